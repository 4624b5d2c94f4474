import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { OutOfMemoryError } from "@tenfold/core";
import { type Kernel, type RoutineName, scalar } from "@tenfold/core/backend";
import { canGenerateCode } from "./codegen.ts";
import { cpuTypedArray } from "./mod.ts";

const fill: Kernel = {
  kind: "map",
  rank: 1,
  outputs: [{ dtype: "float32", access: "dense" }],
  inputs: [],
  exprs: [scalar(0, "float32")],
  scalars: 1,
};

/** Runs `body` where making functions from text is forbidden. */
function withoutCodegen(body: () => void): void {
  const saved = globalThis.Function;
  try {
    globalThis.Function = function () {
      throw new EvalError("Refused to evaluate a string as JavaScript");
    } as unknown as FunctionConstructor;
    body();
  } finally {
    globalThis.Function = saved;
  }
}

describe("cpuTypedArray", () => {
  it("has every dtype, and the name under which it is registered", () => {
    const backend = cpuTypedArray();
    assertEquals(backend.name, "cpu-typedarray");
    assertEquals(backend.dtypes, [
      "bool",
      "int32",
      ...("Float16Array" in globalThis ? ["float16" as const] : []),
      "float32",
      "float64",
    ]);
  });

  it("copies data in and out at an offset", async () => {
    const backend = cpuTypedArray();
    const buffer = backend.alloc("int32", 5);
    backend.write(buffer, 0, Int32Array.of(1, 2, 3, 4, 5));
    backend.write(buffer, 3, Int32Array.of(8, 9));
    const copy = await backend.read(buffer, 1, 4);
    assertEquals([...copy], [2, 3, 8, 9]);
    copy[0] = 7;
    assertEquals([...backend.readSync!(buffer, 0, 2)], [1, 2]);
  });

  it("writes bools as 0 and 1", () => {
    const backend = cpuTypedArray();
    const buffer = backend.alloc("bool", 3);
    backend.write(buffer, 0, Uint8Array.of(0, 255, 1));
    assertEquals([...backend.readSync!(buffer, 0, 3)], [0, 1, 1]);
  });

  it("says how much memory it could not get, and works on", () => {
    const backend = cpuTypedArray();
    const error = assertThrows(
      () => backend.alloc("float64", 2 ** 52),
      OutOfMemoryError,
      `Cannot allocate ${2 ** 55} bytes (${
        2 ** 52
      } elements of float64) on cpu-typedarray`,
    );
    assert(error.cause instanceof Error);
    assertEquals(backend.readSync!(backend.alloc("bool", 1), 0, 1).length, 1);
  });

  it("has every routine, and answers null for one that it does not know", () => {
    const backend = cpuTypedArray();
    const routine = (name: string): Kernel => ({
      kind: "routine",
      name: name as RoutineName,
      rank: 2,
      outputs: ["float32"],
      inputs: ["float32"],
    });
    const names = [
      "matmul",
      "gather",
      "scatterAdd",
      "argmax",
      "argmin",
      "sort",
      "cumsum",
      "softmax",
      "logSoftmax",
    ];
    for (const name of names) assert(backend.prepare(routine(name)) !== null);
    assertEquals(backend.prepare(routine("fold")), null);
    assertEquals(backend.prepare(routine("toString")), null);
  });

  it("runs as closures where a policy forbids generated code", () => {
    withoutCodegen(() => {
      assertEquals(canGenerateCode(), false);
      const backend = cpuTypedArray();
      assert(backend.notice?.includes("without generated code"));
      const buffer = backend.alloc("float32", 3);
      backend.prepare(fill)!({
        shape: [3],
        buffers: [buffer],
        offsets: [0],
        strides: [[1]],
        scalars: [2.5],
      });
      assertEquals([...backend.readSync!(buffer, 0, 3)], [2.5, 2.5, 2.5]);
      assertThrows(
        () => cpuTypedArray({ codegen: true }).prepare(fill),
        EvalError,
      );
    });
    assertEquals(canGenerateCode(), true);
  });

  it("refuses options that it does not have, and names the field", () => {
    assertThrows(
      () => cpuTypedArray({ threads: 4 } as Record<string, unknown>),
      TypeError,
      "threads",
    );
    assertThrows(
      () => cpuTypedArray({ codegen: "yes" } as Record<string, unknown>),
      TypeError,
      "codegen",
    );
    assertThrows(
      () => cpuTypedArray({ poolBytes: -1 }),
      RangeError,
      "poolBytes",
    );
    assertThrows(() => cpuTypedArray({ poolBytes: 0.5 }), Error, "poolBytes");
  });
});
