import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { nnGoldens } from "./nn_suite.ts";

for (const backend of await backendsUnderTest()) {
  nnGoldens({ afterAll, beforeAll, describe, it }, backend);
}
