import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { TypedArray } from "@tenfold/core";
import type { KernelCall, RoutineKernel } from "@tenfold/core/backend";
import { WasmSimd } from "../backend.ts";
import { type Features, probeFeatures } from "../features.ts";
import { LinearMemory } from "../memory.ts";

const found = probeFeatures();
const VARIANTS: Record<string, Features> = {
  "as the engine has them": found,
  plain: { ...found, fusedMultiplyAdd: false },
};

let state = 3;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state / 2 ** 31;
}

/** A matrix inside an array, anywhere and any way round. */
interface Laid {
  readonly data: number[];
  readonly offset: number;
  readonly strides: readonly [number, number];
}

type Layout = (rows: number, columns: number) => Omit<Laid, "data">;

const LAYOUTS: Record<string, Layout> = {
  dense: (_, columns) => ({ offset: 0, strides: [columns, 1] }),
  transposed: (rows) => ({ offset: 3, strides: [1, rows] }),
  scattered: (_, columns) => ({ offset: 1, strides: [2 * columns + 5, 2] }),
  reversed: (rows, columns) => ({
    offset: rows * columns - 1,
    strides: [-columns, -1],
  }),
};

function lay(layout: Layout, rows: number, columns: number, whole: boolean) {
  const { offset, strides } = layout(rows, columns);
  const reach = Math.max(
    offset,
    offset + (rows - 1) * strides[0] + (columns - 1) * strides[1],
  );
  const data = Array.from(
    { length: reach + 1 },
    () => whole ? Math.round(10 * random()) : random(),
  );
  return { data, offset, strides };
}

const SHAPES = [
  [1, 1, 1],
  [1, 7, 9],
  [9, 1, 130],
  [1, 40, 200],
  [40, 1, 7],
  [1, 33, 1],
  [33, 1, 1],
  [5, 6, 1],
  [4, 8, 3],
  [5, 8, 4],
  [7, 9, 5],
  [6, 17, 31],
  [61, 50, 260],
  [64, 10, 300],
  [13, 300, 20],
  [121, 65, 257],
  // Several blocks of steps, then of columns too.
  [7, 811, 11],
  [3, 401, 1030],
] as const;

function expectClose(
  got: TypedArray,
  want: number[],
  tolerance: number,
  label: string,
): void {
  want.forEach((x, i) =>
    assert(
      Math.abs(got[i]! - x) <= tolerance,
      `${label}: element ${i} is ${got[i]}, not ${x}`,
    )
  );
}

/** Multiplies with the backend and compares with the definition. */
function check(
  backend: WasmSimd,
  [m, n, k]: readonly [number, number, number],
  layouts: readonly [string, string],
  bias: "none" | "row" | "column" | "full" | "single",
  dtype: "float32" | "int32",
): void {
  const whole = dtype === "int32";
  const a = lay(LAYOUTS[layouts[0]]!, m, k, whole);
  const b = lay(LAYOUTS[layouts[1]]!, k, n, whole);
  const first = lay(LAYOUTS.dense!, m, n, whole);
  const firstStrides = {
    none: [0, 0],
    row: [0, 1],
    column: [1, 0],
    full: [n, 1],
    single: [0, 0],
  }[bias] as [number, number];
  const inputs = bias === "none" ? [a, b] : [a, b, first];
  const kernel: RoutineKernel = {
    kind: "routine",
    name: "matmul",
    rank: 3,
    outputs: [dtype],
    inputs: inputs.map(() => dtype),
  };
  const typed = whole ? Int32Array : Float32Array;
  const buffers = [
    backend.alloc(dtype, m * n),
    ...inputs.map(({ data }) => {
      const buffer = backend.alloc(dtype, data.length);
      backend.write(buffer, 0, typed.from(data));
      return buffer;
    }),
  ];
  const call: KernelCall = {
    shape: [m, n, k],
    buffers,
    offsets: [0, a.offset, b.offset, 0].slice(0, buffers.length),
    strides: [
      [n, 1, 0],
      [a.strides[0], 0, a.strides[1]],
      [0, b.strides[1], b.strides[0]],
      [...firstStrides, 0],
    ].slice(0, buffers.length),
    scalars: [],
  };
  backend.prepare(kernel)!(call);
  const want: number[] = [];
  const biases = typed.from(first.data);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = bias === "none"
        ? 0
        : biases[i * firstStrides[0] + j * firstStrides[1]]!;
      for (let l = 0; l < k; l++) {
        const x = a.data[a.offset + i * a.strides[0] + l * a.strides[1]]!;
        const y = b.data[b.offset + l * b.strides[0] + j * b.strides[1]]!;
        sum += Math.fround(x) * Math.fround(y);
      }
      want.push(sum);
    }
  }
  const got = backend.readSync(buffers[0], 0, m * n);
  const label = `[${m}, ${n}, ${k}] ${layouts} bias ${bias} ${dtype}`;
  if (whole) assertEquals([...got], want, label);
  else expectClose(got, want, 2e-6 * (k + 1), label);
  for (const buffer of buffers) backend.free(buffer);
}

for (const [variant, features] of Object.entries(VARIANTS)) {
  describe(`matmul with products ${variant}`, () => {
    const backend = new WasmSimd(features, new LinearMemory(false));
    for (const a of Object.keys(LAYOUTS)) {
      for (const b of Object.keys(LAYOUTS)) {
        it(`takes a ${a} and a ${b} matrix`, () => {
          for (const shape of SHAPES) {
            check(backend, shape, [a, b], "none", "float32");
          }
        });
      }
    }

    for (const bias of ["row", "column", "full", "single"] as const) {
      it(`adds a bias: ${bias}`, () => {
        for (const shape of SHAPES) {
          for (const a of ["dense", "transposed"]) {
            check(backend, shape, [a, "dense"], bias, "float32");
            check(backend, shape, [a, "transposed"], bias, "float32");
          }
        }
      });
    }

    it("multiplies integers exactly", () => {
      for (const shape of SHAPES) {
        check(backend, shape, ["dense", "transposed"], "row", "int32");
        check(backend, shape, ["transposed", "dense"], "none", "int32");
      }
    });
  });
}
