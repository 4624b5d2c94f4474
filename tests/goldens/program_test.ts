import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type Backend, memory } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { flushingBackend } from "../../backends/conformance/flushing_backend.ts";
import { onBackend } from "./harness.ts";
import { type ProgramCase, runProgram } from "./program.ts";
import { readFigures } from "./read.ts";

const { cases } = await readFigures<ProgramCase>("programs_tiny");

/** Declares a test on one backend. */
function on(backend: Backend, what: string, body: () => Promise<void>): void {
  onBackend({ afterAll, beforeAll, describe, it }, what, backend, () => {
    it("element by element", async () => {
      const { tensors } = memory();
      await body();
      assertEquals(memory().tensors, tensors);
    });
  });
}

/** The programs that differ from their figures. */
async function differing(): Promise<number[]> {
  const found: number[] = [];
  for (const [i, program] of cases.entries()) {
    if ((await runProgram(program)).length > 0) found.push(i);
  }
  return found;
}

/** A program of one operation over numbers of float32, and its figures. */
function program(
  name: string,
  inputs: readonly (readonly number[])[],
  value: readonly number[],
  flushed: readonly number[],
): ProgramCase {
  const figure = (data: readonly number[]) => ({
    float32: [data.length],
    b64: btoa(String.fromCharCode(
      ...new Uint8Array(Float32Array.from(data).buffer),
    )),
  });
  return {
    in: inputs.map(figure),
    steps: [[name, ...inputs.map((_, t) => ({ t }))]],
    out: [inputs.length],
    values: [figure(value)],
    flushed: [figure(flushed)],
  };
}

describe("programs over subnormal numbers", () => {
  on(
    flushingBackend(cpuTypedArray()),
    "pass where they are flushed",
    async () => assertEquals(await differing(), []),
  );
  on(
    flushingBackend(cpuTypedArray(), true),
    "fail where they are flushed in silence",
    async () => assert((await differing()).length > 50),
  );
  // Wrong in some element, whatever is flushed.
  const wrong = [
    program("mul", [[1e-40, 2], [1, 3]], [1e-40, 5], [0, 5]),
    program("add", [[1e-40, 1], [1e-40, 1e-40]], [2e-40, 1.5], [0, 1.5]),
    program("atan2", [[1e-40, 2], [1e-40, 1]], [0.7853982, 1.5], [0, 1.5]),
  ];
  for (const backend of [cpuTypedArray(), flushingBackend(cpuTypedArray())]) {
    on(backend, "find another figure", async () => {
      for (const one of wrong) {
        assertEquals((await runProgram(one)).length, 1, `${one.steps}`);
      }
    });
  }
  on(cpuTypedArray(), "hold a backend that keeps them to it", async () => {
    const flushed = program("add", [[1e-40, 1], [0, 1]], [0, 2], [0, 2]);
    assertEquals((await runProgram(flushed)).length, 1);
  });
});
