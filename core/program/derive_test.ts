import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on } from "../_testing.ts";
import type { Backend } from "../backend.ts";
import { call, type Expr } from "../expr/expr.ts";
import { fused } from "../fused.ts";
import { randn } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";

const BACKENDS: readonly (() => Backend)[] = [cpuTypedArray, wasmSimd];

const scaleOf = (variance: Expr, eps: Expr) =>
  call("rsqrt", call("add", variance, eps));
const one = { scalars: 1 };
/** Inputs x and a variance. */
const scaled = fused(
  "scaled",
  ([x, variance], [eps]) => call("mul", x, scaleOf(variance, eps)),
  one,
);
const offset = fused(
  "offset",
  ([x, variance], [eps]) => call("sub", x, scaleOf(variance, eps)),
  one,
);
const squared = fused(
  "squared",
  ([x, variance], [eps]) => {
    const sum = call("add", variance, eps);
    return call("mul", x, call("mul", sum, sum));
  },
  one,
);
const beside = fused("beside", ([x, variance]) => call("div", x, variance));
const kept = { dims: [1], keepDim: true };

/** The listing of what is compiled, which gives what the function gives. */
function listed(fn: (x: Tensor) => readonly Tensor[], x: Tensor): string {
  using compiled = compile(fn);
  const expected = fn(x);
  for (let i = 0; i < 3; i++) {
    const got = compiled(x);
    got.forEach((tensor, k) =>
      assertEquals(tensor.dataSync(), expected[k]!.dataSync())
    );
  }
  return compiled.inspect();
}

const count = (listing: string, word: string) =>
  listing.split(`${word}(`).length - 1;

describe("what all readers make of a result", () => {
  for (const open of BACKENDS) {
    const { name, rounds = false } = open();
    const each = (what: string, test: () => void) =>
      it(
        `${what} on ${name}`,
        clean(() =>
          on(open(), () => {
            manualSeed(0);
            test();
          })
        ),
      );

    const both = (x: Tensor) => {
      const variance = x.square().sum(1, { keepDim: true });
      return [
        scaled.map([x, variance], [1e-5]),
        offset.sum([x.t(), variance.t()], { dims: [0] }, [1e-5]),
      ];
    };

    each("is made once, where the result is", () => {
      const single = listed(both, randn([7, 33]));
      assertEquals(count(single, "rsqrt"), rounds ? 1 : 2, single);
      const double = listed(both, randn([7, 33], { dtype: "float64" }));
      assertEquals(count(double, "rsqrt"), 1, double);
    });

    each("may be several steps, and is as many as all have in common", () => {
      const listing = listed((x) => {
        const variance = x.square().sum(1, { keepDim: true });
        return [
          scaled.map([x, variance], [0.5]),
          squared.sum([x, variance], kept, [0.5]),
        ];
      }, randn([7, 33], { dtype: "float64" }));
      // What is added is added once; the root is only one reader's.
      assert(/then add\(acc, s\d\)/.test(listing), listing);
      assertEquals(count(listing, "rsqrt"), 1, listing);
    });

    each("stays where readers take different numbers", () => {
      const listing = listed((x) => {
        const variance = x.square().sum(1, { keepDim: true });
        return [
          scaled.map([x, variance], [0.5]),
          offset.sum([x, variance], kept, [0.25]),
        ];
      }, randn([7, 33], { dtype: "float64" }));
      assertEquals(count(listing, "rsqrt"), 2, listing);
    });

    each("stays where a reader takes the result as it is", () => {
      const listing = listed((x) => {
        const variance = x.square().sum(1, { keepDim: true });
        return [
          scaled.map([x, variance], [0.5]),
          beside.sum([x, variance], kept),
        ];
      }, randn([7, 33], { dtype: "float64" }));
      assert(!/then/.test(listing) || !/then rsqrt/.test(listing), listing);
    });

    each("stays where the result is returned", () => {
      listed((x) => {
        const variance = x.square().sum(1, { keepDim: true });
        return [
          scaled.map([x, variance], [0.5]),
          offset.sum([x, variance], kept, [0.5]),
          variance,
        ];
      }, randn([7, 33], { dtype: "float64" }));
    });
  }
});
