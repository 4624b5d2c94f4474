import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on } from "../_testing.ts";
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

describe("GELU and its gradient in a compiled function", () => {
  const points = (dtype: DType) => {
    const special = [0, -0, 1e-20, -1e-38, 1e-45, 20, -20, 3e38, -3e38];
    return tensor([...special, ...linspace(-9, 9, 2001).dataSync()], { dtype });
  };
  for (const open of BACKENDS) {
    it(
      `are one kernel on ${open().name}`,
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
            assertEquals(compiled.stats.launches, 1, compiled.inspect());
            assertEquals(y.dataSync(), eager[0].dataSync(), "GELU itself");
            assertEquals(gradient.dataSync(), eager[1].dataSync(), "slope");
            const off = farthest(gradient.dataSync(), exact[1]!);
            assert(off <= bound, `${dtype} is ${off} off`);
          }
        })
      ),
    );
  }

  it(
    "stay one kernel where a sum reads GELU",
    clean(() => {
      const step = (x: Tensor, y: Tensor) => {
        const leaf = x.detach().requiresGrad_();
        const loss = leaf.gelu().mul(y).sum();
        loss.backward();
        return [loss.detach(), leaf.grad!.clone()];
      };
      using compiled = compile(step);
      const [x, y] = [linspace(-5, 5, 999), linspace(1, 2, 999)];
      const eager = step(x, y).map((t) => t.dataSync());
      compiled(x, y);
      const got = compiled(x, y).map((t) => t.dataSync());
      assertEquals(got[1], eager[1]);
      assertAlmostEquals(got[0]![0]!, eager[0]![0]!, 1e-3);
      const kernels = compiled.inspect().split(/^\d+\. /m);
      const both = kernels.filter((kernel) => kernel.includes("gelu"));
      assertEquals(both.length, 1, compiled.inspect());
      assertStringIncludes(both[0]!, "geluSlope");
    }),
  );

  it(
    "are PyTorch's at infinities",
    clean(() => {
      using compiled = compile(slope);
      const x = tensor([NaN, Infinity, -Infinity, 99, -99]);
      const eager = slope(x).map((t) => [...t.dataSync()]);
      compiled(x);
      assertEquals(compiled(x).map((t) => [...t.dataSync()]), eager);
      assertEquals(eager[1], [NaN, NaN, NaN, 1, 0]);
    }),
  );
});
