/**
 * Changes in place: one map kernel with several outputs over the targets.
 *
 * @module
 */
import { DTypeError, ShapeError } from "../errors.ts";
import type { UpdateOp, UpdateProgram } from "../op.ts";
import type { Value } from "../value.ts";
import { overlapsItself, type View } from "../view.ts";
import type { Launcher } from "./launcher.ts";
import { copyOf } from "./move.ts";
import { MapProgram } from "./program.ts";

const programs = new WeakMap<UpdateProgram, MapProgram>();

function programOf(op: UpdateOp): MapProgram {
  let program = programs.get(op.program);
  if (program === undefined) {
    const { label, inputs, exprs } = op.program;
    exprs.forEach(({ dtype }, i) => {
      if (dtype === inputs[i]) return;
      throw new DTypeError(
        `Cannot ${label} in place as the new value of target ${i} is ${dtype}: cast it to ${
          inputs[i]
        }, the dtype of the target`,
      );
    });
    program = new MapProgram(inputs, exprs, op.scalars.length);
    programs.set(op.program, program);
  } else if (program.scalars !== op.scalars.length) {
    throw new RangeError(
      `Cannot ${op.program.label} in place with ${op.scalars.length} run-time scalars: it takes ${program.scalars}`,
    );
  }
  return program;
}

function sameView(a: View, b: View): boolean {
  return a === b ||
    (a.offset === b.offset &&
      a.strides.every((stride, d) =>
        stride === b.strides[d] || a.shape[d] === 1
      ) && a.shape.length === b.shape.length);
}

/** Runs an update; inputs that overlap a target otherwise are copied first. */
export function lowerUpdate(
  op: UpdateOp,
  inputs: readonly Value[],
  run: Launcher,
): void {
  const targets = inputs.slice(0, op.targets);
  for (const { view } of targets) {
    if (!overlapsItself(view)) continue;
    const expanded = view.strides.some((s, d) => s === 0 && view.shape[d]! > 1);
    throw new ShapeError(
      `Cannot ${op.program.label} in place as the target repeats its elements (${
        expanded ? "it was expanded" : "its windows overlap"
      }): call contiguous() first`,
    );
  }
  const copies: Value[] = [];
  const operands = inputs.map((input, i) => {
    if (i < op.targets) return input;
    const overlaps = targets.some((target) =>
      target.storage === input.storage && !sameView(target.view, input.view)
    );
    if (!overlaps) return input;
    const copy = copyOf(input, run);
    copies.push(copy);
    return copy;
  });
  run.mapInto(programOf(op), targets, operands, op.scalars);
  for (const target of targets) target.storage.version++;
  for (const copy of copies) copy.release();
}
