/**
 * Padding.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { Call, Operators } from "../_call.ts";
import { Type } from "../_element.ts";
import { axisOf, known, type Value } from "../_value.ts";

/** Elements before and behind each dim; negative ones crop. */
function amountsOf(call: Call, rank: number): [number, number][] {
  const pads = call.version < 11
    ? call.list("pads") ?? call.list("paddings")
    : call.numbers(1);
  if (pads == null) throw new TypeError("its pads are missing");
  const axes = call.numbers(3)?.map((axis) => axisOf(axis, rank)) ??
    Array.from({ length: rank }, (_, d) => d);
  const amounts = Array.from({ length: rank }, (): [number, number] => [0, 0]);
  axes.forEach((axis, i) => {
    amounts[axis] = [pads[i]!, pads[axes.length + i]!];
  });
  return amounts;
}

/** Where each element of a padded dim comes from. */
function sources(
  extent: number,
  [before, behind]: readonly [number, number],
  mode: string,
): number[] {
  const out: number[] = [];
  const round = (at: number, by: number) => (at % by + by) % by;
  for (let at = -before; at < extent + behind; at++) {
    if (mode === "edge") out.push(Math.min(Math.max(at, 0), extent - 1));
    else if (mode === "wrap") out.push(round(at, extent));
    else if (extent === 1) out.push(0);
    else {
      const turn = round(at, 2 * (extent - 1));
      out.push(turn < extent ? turn : 2 * (extent - 1) - turn);
    }
  }
  return out;
}

function pad(call: Call): Value {
  const x = call.tensor(0);
  const amounts = amountsOf(call, x.ndim);
  const mode = call.text("mode", "constant");
  if (mode === "constant") {
    const value = call.version < 11
      ? call.attribute("value", 0)
      : call.number(2) ?? 0;
    const reversed = amounts.slice().reverse().flat();
    return call.like(
      0,
      reversed.every((amount) => amount === 0) ? x : x.pad(reversed, { value }),
    );
  }
  let out: Tensor = x;
  amounts.forEach(([before, behind], d) => {
    // What is cropped is not there to be repeated.
    if (before < 0 || behind < 0) {
      const [first, last] = [Math.max(-before, 0), Math.max(-behind, 0)];
      out = out.narrow(d, first, out.shape[d]! - first - last);
    }
    const amount = [Math.max(before, 0), Math.max(behind, 0)] as const;
    if (amount[0] === 0 && amount[1] === 0) return;
    const index = sources(out.shape[d]!, amount, mode);
    const at = call.toTensor(known(Type.INT64, [index.length], index));
    out = out.indexSelect(d, at);
  });
  return call.like(0, out);
}

/** The operators of this file. */
export const PAD: Operators = { Pad: { run: pad, numbers: [1, 2, 3] } };
