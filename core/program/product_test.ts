import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on } from "../_testing.ts";
import type { Backend } from "../backend.ts";
import { randn } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";

const BACKENDS: readonly (() => Backend)[] = [cpuTypedArray, wasmSimd];

/** Compares a compiled function with the function; gives its launches. */
function compared<A extends Tensor[]>(
  fn: (...tensors: A) => Tensor,
  ...tensors: A
): { launches: number; listing: string } {
  using compiled = compile(fn);
  compiled(...tensors);
  // Memory that is used again may hold what came out before.
  tensors[0]!.mul_(0.75);
  const expected = fn(...tensors);
  const got = compiled(...tensors);
  assertEquals(got.shape, expected.shape);
  const [a, b] = [got.dataSync(), expected.dataSync()];
  b.forEach((x, i) => assertAlmostEquals(a[i]!, x, 1e-4, `element ${i}`));
  return { launches: compiled.stats.launches, listing: compiled.inspect() };
}

describe("what is added to a product", () => {
  for (const open of BACKENDS) {
    const each = (name: string, test: () => void) =>
      it(
        `${name} on ${open().name}`,
        clean(() =>
          on(open(), () => {
            manualSeed(0);
            test();
          })
        ),
      );

    each("is what it begins with, however it lies", () => {
      const [a, b] = [randn([5, 7]), randn([7, 9])];
      const addends = [
        randn([5, 9]),
        randn([9, 5]).t(),
        randn([9]),
        randn([5, 1]),
        randn([]),
        randn([6, 20]).slice(0, 1).slice(1, 2, 20, 2),
      ];
      for (const addend of addends) {
        const left = (a: Tensor, b: Tensor, r: Tensor) => a.matmul(b).add(r);
        const right = (a: Tensor, b: Tensor, r: Tensor) => r.add(a.matmul(b));
        for (const fn of [left, right]) {
          const { launches, listing } = compared(fn, a, b, addend);
          assertEquals(launches, 1, listing);
        }
      }
      const [long, wide] = [randn([3, 1000]), randn([1000, 33])];
      const sum = (a: Tensor, b: Tensor, r: Tensor) => a.matmul(b).add(r);
      assertEquals(compared(sum, long, wide, randn([3, 33])).launches, 1);
      const [row, column] = [randn([1, 40]), randn([40, 1])];
      assertEquals(
        compared(sum, row, wide.slice(0, 0, 40), randn([1, 33])).launches,
        1,
      );
      assertEquals(
        compared(sum, randn([8, 40]), column, randn([8, 1])).launches,
        1,
      );
    });

    each("is what each product of a batch begins with", () => {
      const fn = (a: Tensor, b: Tensor, r: Tensor) => a.matmul(b).add(r);
      const [a, b] = [randn([2, 3, 4, 5]), randn([3, 5, 6])];
      for (const shape of [[2, 3, 4, 6], [3, 4, 6], [4, 6], [3, 1, 1]]) {
        const { launches, listing } = compared(fn, a, b, randn(shape));
        assertEquals(launches, 1, listing);
      }
    });

    each("stays by itself where it has to", () => {
      const [a, b, r] = [randn([4, 5]), randn([5, 4]), randn([4, 4])];
      const cases: ((a: Tensor, b: Tensor, r: Tensor) => Tensor)[] = [
        // The product is read elsewhere, or twice.
        (a, b, r) => {
          const p = a.matmul(b);
          return p.add(r).matmul(p);
        },
        (a, b) => {
          const p = a.matmul(b);
          return p.add(p);
        },
        // It is added to itself in another order.
        (a, b) => {
          const p = a.matmul(b);
          return p.add(p.t());
        },
        (a, b) => {
          const p = a.matmul(b);
          return p.t().add(p);
        },
        (a, b) => {
          const p = a.matmul(b);
          return p.add(p.narrow(0, 1, 1));
        },
        // It is not added element by element in order.
        (a, b, r) => a.matmul(b).t().add(r),
        (a, b, r) => a.matmul(b).reshape([2, 8]).add(r.reshape([2, 1, 8])),
        (a, b, r) => a.matmul(b).mul(r),
      ];
      for (const fn of cases) assert(compared(fn, a, b, r).launches > 0);
    });

    each("may be another product", () => {
      const fn = (a: Tensor, b: Tensor, c: Tensor, d: Tensor) =>
        a.matmul(b).add(c.matmul(d)).relu();
      const [a, b] = [randn([4, 5]), randn([5, 6])];
      const [c, d] = [randn([4, 3]), randn([3, 6])];
      const { launches, listing } = compared(fn, a, b, c, d);
      assertEquals(launches, 3, listing);
    });
  }
});
