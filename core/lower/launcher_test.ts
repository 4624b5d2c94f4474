import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { Backend } from "../backend.ts";
import type { DType } from "../dtype.ts";
import { arg, call, castExpr, type Expr } from "../expr/expr.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { Storage } from "../storage.ts";
import { Value } from "../value.ts";
import { View } from "../view.ts";
import { ACCESSES, classify } from "./geometry.ts";
import { Launcher } from "./launcher.ts";
import { MapProgram, ReduceProgram } from "./program.ts";

/** A backend without memory that tells which kernel each call reached. */
class Recorder implements Backend {
  readonly name = "recorder";
  readonly dtypes: readonly DType[] = ["bool", "int32", "float32", "float64"];
  readonly maxBufferBytes = Infinity;
  readonly reached: { kernel: Kernel; call: KernelCall }[] = [];
  alloc = () => ({});
  free() {}
  write() {}
  read = () => Promise.resolve(new Float32Array(0));
  prepare(kernel: Kernel) {
    return (call: KernelCall) => void this.reached.push({ kernel, call });
  }
}

const DTYPE: fc.Arbitrary<DType> = fc.constantFrom(
  "bool",
  "int32",
  "float32",
  "float64",
);

/** Extents of many dims, and inputs that broadcast along some of them. */
const signatures = fc.tuple(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 0, max: 20 }),
).chain(([inputs, rank]) =>
  fc.record({
    dtypes: fc.constant(inputs).chain((n) =>
      fc.array(DTYPE, { minLength: n, maxLength: n })
    ),
    shape: fc.array(fc.integer({ min: 1, max: 3 }), {
      minLength: rank,
      maxLength: rank,
    }),
    // Few layouts, so that signatures differ in few places.
    layouts: fc.array(
      fc.array(fc.integer({ min: 0, max: 1 }), {
        minLength: rank,
        maxLength: rank,
      }),
      { minLength: inputs, maxLength: inputs },
    ),
    dims: fc.subarray(Array.from({ length: rank }, (_, d) => d)),
  })
);

/** A value whose dims count where the layout says so, and repeat elsewhere. */
function valueOf(
  backend: Backend,
  dtype: DType,
  shape: readonly number[],
  layout: readonly number[],
): Value {
  const own = shape.map((n, d) => layout[d] ? n : 1);
  const { strides } = View.dense(own);
  const view = new View(shape, strides.map((s, d) => layout[d] ? s : 0), 0);
  return new Value(new Storage(backend, dtype, 1), view);
}

function sumOf(dtypes: readonly DType[]): Expr {
  return dtypes
    .map((dtype, i) => castExpr(arg(i, dtype), "float32"))
    .reduce((a, b) => call("add", a, b));
}

/** The kernel that a call reached fits what the call passes. */
function assertFits(
  { kernel, call }: { kernel: Kernel; call: KernelCall },
  dtypes: readonly DType[],
): void {
  assertEquals(kernel.inputs.length, dtypes.length);
  if (kernel.kind === "map") {
    assertEquals(kernel.rank, call.shape.length);
    kernel.inputs.forEach(({ dtype, access }, i) => {
      assertEquals(dtype, dtypes[i]);
      const code = classify(call.shape, call.strides[i + 1]!);
      assertEquals(access, ACCESSES[code], `input ${i}`);
    });
  } else if (kernel.kind === "reduce") {
    const { rank } = kernel;
    assertEquals(rank + kernel.reducedRank, call.shape.length);
    kernel.inputs.forEach(({ access, kept }, i) => {
      const strides = call.strides[i + 1]!;
      const outer = classify(call.shape.slice(0, rank), strides.slice(0, rank));
      const inner = classify(call.shape.slice(rank), strides.slice(rank));
      assertEquals(kept, ACCESSES[outer], `input ${i}`);
      assertEquals(access, ACCESSES[inner], `input ${i}`);
    });
  }
}

describe("Launcher", () => {
  it("reaches the kernel of a call's own signature, whatever came before", () => {
    const backend = new Recorder();
    const run = new Launcher(backend, () => {});
    const maps = new Map<string, MapProgram>();
    const sums = new Map<string, ReduceProgram>();
    fc.assert(
      fc.property(signatures, ({ dtypes, shape, layouts, dims }) => {
        // Programs by the number of inputs alone, so that they are used often.
        const same = dtypes.map((): DType => "float32");
        const key = String(same.length);
        const map = maps.get(key) ?? new MapProgram(same, [sumOf(same)], 0);
        maps.set(key, map);
        const sum = sums.get(key) ?? new ReduceProgram(
          same,
          sumOf(same),
          "sum",
          { kind: "accumulator", dtype: "float32" },
          0,
        );
        sums.set(key, sum);
        const values = same.map((dtype, i) =>
          valueOf(backend, dtype, shape, layouts[i]!)
        );
        const out = [
          run.map(map, shape, values),
          run.reduce(sum, shape, dims, values),
        ];
        for (const reached of backend.reached.splice(0)) {
          assertFits(reached, same);
        }
        for (const value of [...out, ...values]) value.release();
      }),
      { seed: 7, numRuns: 3000 },
    );
  });

  it("tells signatures apart that differ in the last operand", () => {
    const backend = new Recorder();
    const run = new Launcher(backend, () => {});
    for (const count of [2, 11, 12, 13, 22, 23, 24, 40]) {
      const dtypes = new Array<DType>(count).fill("float32");
      const program = new MapProgram(dtypes, [sumOf(dtypes)], 0);
      for (const layout of [[1, 1], [1, 0], [0, 1], [0, 0]]) {
        const values = dtypes.map((dtype, i) =>
          valueOf(backend, dtype, [2, 3], i === count - 1 ? layout : [1, 0])
        );
        run.map(program, [2, 3], values).release();
        assertFits(backend.reached.pop()!, dtypes);
        for (const value of values) value.release();
      }
    }
  });

  it("tells ranks apart from 16 reduced dims on", () => {
    const backend = new Recorder();
    const run = new Launcher(backend, () => {});
    const program = new ReduceProgram(
      ["float32"],
      arg(0, "float32"),
      "sum",
      { kind: "accumulator", dtype: "float32" },
      0,
    );
    for (let reduced = 1; reduced <= 40; reduced++) {
      for (let kept = 1; kept <= 5; kept++) {
        // Strides that no two neighbours walk as one.
        const rank = kept + reduced;
        const shape = new Array<number>(rank).fill(2);
        const strides = shape.map((_, d) => 3 ** (rank - 1 - d) % 1000003);
        const value = new Value(
          new Storage(backend, "float32", 1),
          new View(shape, strides, 0),
        );
        const dims = Array.from({ length: reduced }, (_, i) => kept + i);
        run.reduce(program, shape, dims, [value]).release();
        assertFits(backend.reached.pop()!, ["float32"]);
        value.release();
      }
    }
  });
});
