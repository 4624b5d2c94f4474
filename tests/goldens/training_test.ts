import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { trainingGoldens } from "./training_suite.ts";

for (const backend of await backendsUnderTest()) {
  trainingGoldens({ afterAll, beforeAll, describe, it }, backend);
}
