/**
 * The random programs of `tools/differential` within transforms: forward mode
 * agrees with reverse mode, and a batch with a loop over it. A part of those that
 * are committed; `tools/differential/try.ts` takes all of any seed.
 */
import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { memory } from "@tenfold/core";
import { onBackend } from "../goldens/harness.ts";
import { type ProgramCase, showProgram } from "../goldens/program.ts";
import { readFigures } from "../goldens/read.ts";
import { transformProblems } from "./program_transforms.ts";

/** Of how many programs one is run. */
const PARTS = { tensor: 9, functions: 3, linalg: 2 };

const runner = { afterAll, beforeAll, describe, it };

onBackend(runner, "Random programs within transforms", cpuTypedArray(), () => {
  for (const [group, every] of Object.entries(PARTS)) {
    it(`agree with what they are outside: ${group}`, async () => {
      const { cases } = await readFigures<ProgramCase>(`programs_${group}`);
      const { tensors } = memory();
      const found = cases.flatMap((program, i) =>
        i % every === 0
          ? transformProblems(program).map((problem) =>
            `program ${i}: ${problem}\n  ${showProgram(program)}`
          )
          : []
      );
      assertEquals(found, []);
      assertEquals(memory().tensors, tensors);
    });
  }
});
