import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { stateDictGoldens } from "./state_dict_suite.ts";

for (const backend of await backendsUnderTest()) {
  stateDictGoldens({ afterAll, beforeAll, describe, it }, backend);
}
