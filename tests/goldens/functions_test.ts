import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { functionGoldens } from "./functions_suite.ts";

for (const backend of await backendsUnderTest()) {
  functionGoldens({ afterAll, beforeAll, describe, it }, backend);
}
