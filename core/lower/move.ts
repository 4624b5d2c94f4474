/**
 * Movements and copies: movements only make views; copies write into windows
 * of their output.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { arg, call } from "../expr.ts";
import type { CastOp, CatOp, EmbedOp, EmbedSumOp, MovementOp } from "../op.ts";
import { movedView } from "../infer_movement.ts";
import type { Value } from "../value.ts";
import type { View } from "../view.ts";
import { lowerFull } from "./create.ts";
import { castProgram } from "./elementwise.ts";
import type { Launcher } from "./launcher.ts";
import { MapProgram, memoize } from "./program.ts";

/** A dense copy of a value. */
export function copyOf(x: Value, run: Launcher): Value {
  return run.map(castProgram(x.dtype, x.dtype), x.shape, [x]);
}

/** The value itself where it is dense, else a dense copy; owned either way. */
export function denseOf(x: Value, run: Launcher): Value {
  return x.view.dense ? x.alias() : copyOf(x, run);
}

/** Lowers a movement to a view, or a reshape that needs it to a copy. */
export function lowerMovement(
  op: MovementOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  const view = movedView(op, x!.view);
  if (view) return x!.alias(view);
  const copy = copyOf(x!, run);
  const out = copy.alias(movedView(op, copy.view)!);
  copy.release();
  return out;
}

/** Lowers a change of dtype to one map. */
export function lowerCast(
  op: CastOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  return run.map(castProgram(x!.dtype, op.dtype), x!.shape, [x!]);
}

/** Copies `x` to the place in `out` that `view` shows, cast to its dtype. */
function copyInto(out: Value, view: View, x: Value, run: Launcher): void {
  const target = out.alias(view);
  try {
    run.mapInto(castProgram(x.dtype, out.dtype), [target], [x]);
  } finally {
    target.release();
  }
}

/** Lowers an embedding to a fill and a copy into a window. */
export function lowerEmbed(
  op: EmbedOp,
  [x]: readonly Value[],
  run: Launcher,
): Value {
  const out = lowerFull(
    { name: "full", shape: op.shape, value: op.value, dtype: x!.dtype },
    run,
  );
  let view = out.view;
  for (const window of op.windows) view = movedView(window, view)!;
  copyInto(out, view, x!, run);
  return out;
}

/** Adds the second input to the first. */
const addInto: (dtype: DType) => MapProgram = memoize((dtype) => {
  const inputs = [dtype as DType, dtype as DType];
  const [sum, part] = inputs.map((dtype, i) => arg(i, dtype));
  return new MapProgram(inputs, [call("add", sum!, part!)], 0);
});

/** Lowers a sum of embeddings to a fill and an addition for each of them. */
export function lowerEmbedSum(
  { shape, places }: EmbedSumOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const { dtype } = inputs[0]!;
  const whole = places.findIndex((windows) => windows.length === 0);
  const out = whole < 0
    ? lowerFull({ name: "full", shape, value: 0, dtype }, run)
    : copyOf(inputs[whole]!, run);
  const program = addInto(dtype);
  let done = false;
  try {
    for (let i = 0; i < inputs.length; i++) {
      if (i === whole) continue;
      let view = out.view;
      for (const window of places[i]!) view = movedView(window, view)!;
      const target = out.alias(view);
      try {
        run.mapInto(program, [target], [target, inputs[i]!]);
      } finally {
        target.release();
      }
    }
    done = true;
    return out;
  } finally {
    if (!done) out.release();
  }
}

/** Lowers a concatenation to one copy for each input. */
export function lowerCat(
  op: CatOp,
  inputs: readonly Value[],
  out: Value,
  run: Launcher,
): Value {
  let start = 0;
  for (const input of inputs) {
    const length = input.shape[op.dim]!;
    copyInto(out, out.view.slice(op.dim, start, length, 1), input, run);
    start += length;
  }
  return out;
}
