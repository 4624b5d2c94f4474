import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { sequenceGoldens } from "./sequence_suite.ts";

for (const backend of await backendsUnderTest()) {
  sequenceGoldens({ afterAll, beforeAll, describe, it }, backend);
}
