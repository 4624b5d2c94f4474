import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { tensorGoldens } from "./tensor_suite.ts";

for (const backend of await backendsUnderTest()) {
  tensorGoldens({ afterAll, beforeAll, describe, it }, backend);
}
