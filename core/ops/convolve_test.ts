import { applyWindows } from "../windows.ts";
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { tensor } from "../creation.ts";
import type { Op } from "../op.ts";
import { reference } from "../../backends/conformance/reference.ts";
import { type Shape, sizeOf } from "../shape.ts";

/** Small whole numbers, whose sums of products are exact. */
function some(shape: Shape, by: number) {
  const data = Array.from({ length: sizeOf(shape) }, (_, i) => i * by % 7 - 3);
  return { shape, dtype: "float32", data } as const;
}

describe("the gradient of a convolution by its input", () => {
  it(
    "meets the right taps for each stride and dilation",
    clean(() => {
      const extent = 9;
      let count = 0;
      for (let code = 0; code < 256; code++) {
        const [stride, dilation, padding, kernel] = [0, 2, 4, 6]
          .map((shift) => code >> shift & 3);
        // The other axis goes through the same numbers in another order.
        const pair = (n: number) => [n, (n + 1) % 4] as [number, number];
        const next = (n: number) => pair(n).map((m) => m + 1) as typeof size;
        const size: [number, number] = [extent, extent + 1];
        const params = {
          stride: next(stride!),
          dilation: next(dilation!),
          padding: pair(padding!),
        };
        const taps = next(kernel!);
        const out = size.map((n, axis) =>
          Math.floor(
            (n + 2 * params.padding[axis]! -
              params.dilation[axis]! * (taps[axis]! - 1) - 1) /
              params.stride[axis]!,
          ) + 1
        );
        if (out.some((n) => n < 1)) continue;
        count++;
        const op: Op = { name: "conv2dInput", ...params, groups: 2, size };
        const g = some([1, 4, ...out], 3);
        const w = some([4, 1, ...taps], 5);
        const [expected] = reference(op, [g, w]);
        const [x, filter] = [g, w].map(({ data, shape }) =>
          tensor(data, { shape })
        );
        assertEquals(
          [...applyWindows(op, x!, filter!).dataSync()],
          // The sums of nothing are 0 rather than -0.
          expected!.data.map((value) => value + 0),
          JSON.stringify(op),
        );
      }
      assert(count > 200, `${count}`);
    }),
  );
});
