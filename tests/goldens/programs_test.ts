import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { programGoldens } from "./programs_suite.ts";

for (const backend of await backendsUnderTest()) {
  programGoldens({ afterAll, beforeAll, describe, it }, backend);
}
