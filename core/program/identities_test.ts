import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on } from "../_testing.ts";
import { noGrad } from "../autograd/mode.ts";
import type { Backend } from "../backend.ts";
import { linspace, ones, tensor } from "../creation.ts";
import type { DType } from "../dtype.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";

const BACKENDS: readonly (() => Backend)[] = [cpuTypedArray, wasmSimd];

/** GELU and its gradient, of a leaf that is made of the argument. */
function slope(x: Tensor): [y: Tensor, gradient: Tensor] {
  const leaf = x.detach().requiresGrad_();
  const y = leaf.gelu();
  y.backward(ones(x.shape, { dtype: x.dtype, device: x.device }));
  return [y.detach(), leaf.grad!.clone()];
}

/** The largest distance from float64, relative to 1 or the value itself. */
function farthest(got: Iterable<number>, exact: Iterable<number>): number {
  const [a, b] = [[...got], [...exact]];
  return Math.max(
    ...b.map((x, i) => Math.abs(a[i]! - x) / Math.max(1, Math.abs(x))),
  );
}

describe("the gradient of GELU in a compiled function", () => {
  const points = (dtype: DType) => {
    const special = [0, -0, 1e-20, -1e-38, 1e-45, 20, -20, 3e38, -3e38];
    return tensor([...special, ...linspace(-9, 9, 2001).dataSync()], { dtype });
  };
  for (const open of BACKENDS) {
    it(
      `comes from what GELU has given on ${open().name}`,
      clean(() =>
        on(open(), () => {
          const exact = slope(points("float64")).map((t) => t.dataSync());
          for (
            const [dtype, bound] of [["float32", 4e-7], [
              "float64",
              1e-14,
            ]] as const
          ) {
            using compiled = compile(slope);
            const x = points(dtype);
            const eager = slope(x);
            compiled(x);
            const [y, gradient] = compiled(x);
            assertEquals(compiled.stats.replayed, 1);
            assert(!compiled.inspect().includes("erf"), compiled.inspect());
            assertEquals(y.dataSync(), eager[0].dataSync(), "GELU itself");
            const off = farthest(gradient.dataSync(), exact[1]!);
            assert(off <= bound, `${dtype} is ${off} off`);
          }
        })
      ),
    );
  }

  it(
    "stays NaN where it is",
    clean(() => {
      using compiled = compile(slope);
      const x = tensor([NaN, Infinity, -Infinity, 1]);
      const eager = slope(x).map((t) => t.dataSync());
      compiled(x);
      const got = compiled(x).map((t) => t.dataSync());
      assertEquals([...got[1]!].map(isNaN), [...eager[1]!].map(isNaN));
    }),
  );

  it(
    "is computed anew where the result of GELU was changed",
    clean(() => {
      const changed = (x: Tensor) => {
        const leaf = x.detach().requiresGrad_();
        const y = leaf.gelu();
        noGrad(() => y.detach().mul_(3));
        y.backward(ones(x.shape));
        return leaf.grad!.clone();
      };
      using compiled = compile(changed);
      const x = linspace(-4, 4, 9);
      const expected = changed(x).dataSync();
      compiled(x);
      assertEquals(compiled(x).dataSync(), expected);
      assert(compiled.inspect().includes("erf"));
    }),
  );
});
