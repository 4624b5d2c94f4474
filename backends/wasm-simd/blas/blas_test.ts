import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { conformance } from "@tenfold/backends/conformance";
import { EagerDevice, type Value } from "@tenfold/core/backend";
import { ALL_PARTS } from "../all_parts.ts";
import { WasmSimd } from "../backend.ts";
import { Engine } from "../engine.ts";
import { probeFeatures } from "../features.ts";
import { Multiplier, Product } from "../matmul/matmul.ts";
import { LinearMemory } from "../memory.ts";
import { wasmSimd } from "../mod.ts";
import { DoubleMultiplier } from "./double.ts";
import type { Foreign, ForeignFunction } from "@tenfold/core/foreign";
import { type Blas, coreType } from "./library.ts";
import { PLAIN, whyWrong } from "./probe.ts";
import { BlasProducts } from "./products.ts";

const features = probeFeatures();

function engineOf(): Engine {
  return new Engine(features, new LinearMemory(false, 1 << 24));
}

/** An interface whose addresses are those of the memory. */
const API: Foreign = {
  open: () => {
    throw new Error("nothing is opened");
  },
  addressOf: () => 0,
  textAt: () => "",
};

/** What a BLAS may do wrong. */
type Fault = "none" | "zeros" | "element" | "beta" | "between" | "transposed";

/** A BLAS on the memory of an engine, written without cleverness. */
function blasOf({ memory }: Engine, fault: Fault): Blas {
  const gemm = (bytes: 4 | 8): ForeignFunction => (...args) => {
    const [, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc] = args as
      & number[]
      & { length: 14 };
    const view = bytes === 4 ? memory.f32 : memory.f64;
    const at = (start: number, across: boolean, line: number) =>
    (
      i: number,
      j: number,
    ) => start / bytes + (across ? j * line + i : i * line + j);
    const across = (t: number) => t !== PLAIN && fault !== "transposed";
    const aAt = at(a!, across(ta!), lda!);
    const bAt = at(b!, across(tb!), ldb!);
    const cAt = at(c!, false, ldc!);
    for (let i = 0; i < m!; i++) {
      for (let j = 0; j < n!; j++) {
        let sum = beta === 0 && fault !== "beta" ? 0 : beta! * view[cAt(i, j)]!;
        for (let s = 0; s < k!; s++) {
          const x = view[aAt(i, s)]!;
          if (fault === "zeros" && x === 0) continue;
          sum += alpha! * x * view[bAt(s, j)]!;
        }
        if (fault === "element" && i === 3 && j === 11) sum *= 1.001;
        view[cAt(i, j)] = sum;
      }
      if (fault === "between") view[cAt(i, n!)] = 0;
    }
    return 0;
  };
  return { name: "a BLAS", sgemm: gemm(4), dgemm: gemm(8) };
}

describe("the check of a BLAS", () => {
  it("finds nothing wrong with one that is right", () => {
    const engine = engineOf();
    assertEquals(whyWrong(blasOf(engine, "none"), engine, 0), null);
  });

  for (
    const fault of [
      "zeros",
      "element",
      "beta",
      "between",
      "transposed",
    ] as const
  ) {
    it(`finds what is wrong: ${fault}`, () => {
      const engine = engineOf();
      assertEquals(
        whyWrong(blasOf(engine, fault), engine, 0),
        "it computes float32 products wrong",
      );
    });
  }

  it("leaves no memory behind", () => {
    const engine = engineOf();
    const before = engine.allocator.held;
    whyWrong(blasOf(engine, "none"), engine, 0);
    assertEquals(engine.allocator.held, before);
  });
});

/** Strides of a matrix of rows and columns, in elements. */
const LAYOUTS = {
  plain: (_rows: number, columns: number) => [columns, 1],
  padded: (_rows: number, columns: number) => [columns + 3, 1],
  transposed: (rows: number, _columns: number) => [1, rows],
  overlapping: (_rows: number, _columns: number) => [2, 1],
  strided: (_rows: number, columns: number) => [2 * columns + 1, 2],
  repeated: (_rows: number, _columns: number) => [0, 1],
} as const;
type Layout = keyof typeof LAYOUTS;
const NAMES = Object.keys(LAYOUTS) as Layout[];

describe("products by a BLAS", () => {
  const [rows, columns, depth] = [5, 7, 6] as const;

  /** The sum of an element by itself, over small whole numbers. */
  function expected(
    view: Float32Array | Float64Array,
    bytes: number,
    p: Product,
    begin: number,
  ): number[] {
    const read = (at: number) => view[at / bytes]!;
    const result: number[] = [];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = begin;
        for (let s = 0; s < depth; s++) {
          sum += read(p.a + i * p.aRow + s * p.aStep) *
            read(p.b + s * p.bStep + j * p.bColumn);
        }
        result.push(sum);
      }
    }
    return result;
  }

  for (const dtype of ["float32", "float64"] as const) {
    it(`are right whatever the strides of ${dtype} are`, () => {
      const engine = engineOf();
      const products = new BlasProducts(API, blasOf(engine, "none"), engine);
      const bytes = dtype === "float32" ? 4 : 8;
      const view = dtype === "float32" ? engine.memory.f32 : engine.memory.f64;
      const own = new Multiplier(engine, "float32");
      own.blas = products;
      const multiplier = dtype === "float32"
        ? own
        : new DoubleMultiplier(products, engine);
      const block = engine.allocate(dtype, 1000);
      const start = block.pointer / bytes;
      for (let i = 0; i < 1000; i++) view[start + i] = i * 7 % 11 - 5;
      const BIASES = ["none", "row", "column", "matrix", "one"] as const;
      for (const aLayout of NAMES) {
        for (const bLayout of NAMES) {
          for (const bias of BIASES) {
            const p = new Product();
            [p.rows, p.columns, p.depth] = [rows, columns, depth];
            p.a = block.pointer;
            p.b = block.pointer + 300 * bytes;
            p.out = block.pointer + 800 * bytes;
            p.outRow = columns * bytes;
            const [aRow, aStep] = LAYOUTS[aLayout](rows, depth);
            const [bStep, bColumn] = LAYOUTS[bLayout](depth, columns);
            [p.aRow, p.aStep] = [aRow! * bytes, aStep! * bytes];
            [p.bStep, p.bColumn] = [bStep! * bytes, bColumn! * bytes];
            const first = start + 600;
            if (bias !== "none") {
              view.fill(3, first, first + 100);
              p.first = first * bytes;
              p.firstRow = bias === "column"
                ? bytes
                : bias === "matrix"
                ? columns * bytes
                : 0;
              p.firstColumn = bias === "row" || bias === "matrix" ? bytes : 0;
            }
            const sums = expected(view, bytes, p, bias === "none" ? 0 : 3);
            multiplier.multiply(p);
            assertEquals(
              [...view.subarray(start + 800, start + 800 + rows * columns)],
              sums,
              `${aLayout} times ${bLayout}, bias: ${bias}`,
            );
          }
        }
      }
    });
  }

  it("are the same in a sequence, beyond two gigabytes too", () => {
    const engine = engineOf();
    const products = new BlasProducts(API, blasOf(engine, "none"), engine);
    const seen: Product[] = [];
    products.multiply = (product) => void seen.push({ ...product });
    const product = new Product();
    [product.rows, product.columns, product.depth] = [2, 3, 4];
    [product.a, product.b, product.out] = [3e9, 2 ** 31, 4e9];
    [product.aRow, product.aStep, product.bStep] = [16, 4, 12];
    [product.bColumn, product.outRow, product.first] = [4, 12, 2.5e9];
    const args = engine.allocate("bool", 64).pointer;
    products.write(product, args);
    products.program.exports[products.work.entry]!(args, 0, 0, 0);
    assertEquals(seen, [{ ...product }]);
  });

  it("are left to our own kernels where they are small or narrow", () => {
    const engine = engineOf();
    const blas = blasOf(engine, "none");
    const products = new BlasProducts(API, blas, engine);
    products.smallest = 100;
    const block = engine.allocate("float32", 1000);
    const product = (rows: number, columns: number, depth: number) => {
      const p = new Product();
      [p.rows, p.columns, p.depth] = [rows, columns, depth];
      p.a = p.b = block.pointer;
      p.out = block.pointer + 2000;
      p.aRow = 4 * depth;
      p.bStep = p.outRow = 4 * columns;
      p.aStep = p.bColumn = 4;
      return products.suits(p);
    };
    assertEquals(product(5, 5, 4), true);
    assertEquals(product(5, 5, 3), false);
    assertEquals(product(3, 10, 10), false);
    assertEquals(product(10, 3, 10), false);
    assertEquals(product(10, 10, 0), false);
  });
});

describe("the kernel of OpenBLAS", () => {
  const AVX2 = ["avx2", "fma"];
  const AVX512 = [
    ...["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"],
    ...AVX2,
  ];
  it("is chosen by what the processor can do", () => {
    const chosen = (...flags: string[]) => coreType(new Set(flags));
    assertEquals(chosen(), null);
    assertEquals(chosen("GenuineIntel", "sse4_2"), null);
    assertEquals(chosen("GenuineIntel", ...AVX2), "HASWELL");
    assertEquals(chosen("AuthenticAMD", ...AVX2), null);
    assertEquals(chosen("GenuineIntel", ...AVX512), "SKYLAKEX");
    assertEquals(chosen("AuthenticAMD", ...AVX512), "SKYLAKEX");
    assertEquals(chosen(...AVX512.slice(1), "GenuineIntel"), "HASWELL");
    const newest = [...AVX512, "avx512_bf16", "avx512_vnni"];
    assertEquals(chosen(...newest), "COOPERLAKE");
  });
});

describe("wasmSimd({ blas })", () => {
  it("refuses what is neither a path nor false", () => {
    for (const blas of [true, 1, "", null, {}]) {
      assertThrows(
        () => wasmSimd({ blas } as never),
        blas === "" ? RangeError : TypeError,
        'Cannot open wasm-simd as blas must be a path, "auto" or false',
      );
    }
  });

  it("works without where there is no such library, and says why", async () => {
    const backend = wasmSimd({ blas: "/no/such/library.so", threads: 1 });
    await backend.ready;
    assert(backend.notice!.startsWith("works without a BLAS as "));
    const device = new EagerDevice(backend);
    const x = device.upload(Float32Array.of(2), [1, 1], "float32");
    const [y] = device.apply({ name: "matmul" }, [x, x]) as [Value];
    assertEquals([...device.readSync(y)], [4]);
    for (const value of [x, y]) value.release();
  });

  it("says nothing where none is asked for", () => {
    const backend = wasmSimd({ blas: false, threads: 1 }) as WasmSimd;
    assertEquals(backend.ready, undefined);
    assertEquals(backend.blas, null);
    assertEquals(backend.notice, undefined);
  });
});

/** With the BLAS of this machine, where there is one that is faster. */
async function withBlas(threads: number): Promise<WasmSimd> {
  const memory = new LinearMemory(threads > 1);
  const backend = new WasmSimd(features, memory, {
    threads,
    blas: "auto",
    parts: ALL_PARTS,
  });
  await backend.ready;
  // Small products too, which are most of the suite.
  if (backend.blas) backend.blas.smallest = 0;
  return backend;
}

describe("with the BLAS of this machine", () => {
  conformance({
    backend: () => withBlas(features.sharedMemory ? 2 : 1),
    describe,
    it: (name, body) => {
      if (/matmul|linear|conv2d/.test(name)) it(name, body);
    },
  });
});
