import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { backendsUnderTest } from "./backends.ts";
import { optimGoldens } from "./optim_suite.ts";

for (const backend of await backendsUnderTest()) {
  optimGoldens({ afterAll, beforeAll, describe, it }, backend);
}
