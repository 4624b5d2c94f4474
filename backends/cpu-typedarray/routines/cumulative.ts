/**
 * Running sums and products along the last dim of the loop.
 *
 * @module
 */
import { isFloating, type TypedArray } from "@tenfold/core";
import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import { forEachRow } from "../positions.ts";

/** Runs one of them; floats are accumulated in float64, integers wrap. */
function prepareCumulative({ name, outputs }: RoutineKernel): Launch {
  const multiplies = name === "cumprod";
  const integers = !isFloating(outputs[0]!);
  return (call) => {
    const [out, x] = call.buffers as [TypedArray, TypedArray];
    const n = call.shape.at(-1)!;
    const [outStep, xStep] = call.strides.map((s) => s.at(-1)!) as [
      number,
      number,
    ];
    forEachRow(call, 1, ([outStart, xStart]) => {
      let to = outStart!;
      let from = xStart!;
      let total = multiplies ? 1 : 0;
      for (let i = 0; i < n; i++) {
        const value = x[from]!;
        if (multiplies) {
          total = integers ? Math.imul(total, value) : total * value;
        } else {
          total += value;
          if (integers) total |= 0;
        }
        out[to] = total;
        to += outStep;
        from += xStep;
      }
    });
  };
}

/** The running reductions. */
export const CUMULATIVE = {
  cumsum: prepareCumulative,
  cumprod: prepareCumulative,
};
