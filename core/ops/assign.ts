/**
 * What copies elements to their place: copies and casts, tensors in windows of
 * larger ones, and changes in place.
 *
 * @module
 */
import { type DType, promote } from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import { call, type Expr } from "../expr/expr.ts";
import { copyInto, copyOf, filled, programOf } from "../lower/parts.ts";
import { MapProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import { broadcastShapes, sameShape, type Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { liesApart, overlapsItself, type View } from "../view.ts";
import { free, none, pass, type RuleContext } from "./gradient.ts";
import { movedShape, movedView, type MovementOp } from "./movement.ts";
import type { Family } from "./primitive.ts";
import type { Tensor } from "../tensor.ts";

/**
 * A change of dtype.
 *
 * @example To whole numbers
 * ```ts
 * import type { CastOp } from "@tenfold/core/backend";
 *
 * const op: CastOp = { name: "cast", dtype: "int32" };
 * ```
 */
export interface CastOp {
  /** Marks the primitive. */
  readonly name: "cast";
  /** The element type of the result. */
  readonly dtype: DType;
}

/**
 * A fresh dense copy.
 *
 * @example A copy
 * ```ts
 * import type { CopyOp } from "@tenfold/core/backend";
 *
 * const op: CopyOp = { name: "copy" };
 * ```
 */
export interface CopyOp {
  /** Marks the primitive. */
  readonly name: "copy";
}

/**
 * A tensor of `shape` filled with `value`, in which the view that `windows`
 * (movements applied in turn) shows holds the input. The transpose of those
 * movements; also padding.
 *
 * @example Padding by one element
 * ```ts
 * import type { PlaceOp } from "@tenfold/core/backend";
 *
 * const op: PlaceOp = {
 *   name: "place",
 *   shape: [4],
 *   value: 0,
 *   windows: [{ name: "slice", dim: 0, start: 1, length: 3, step: 1 }],
 * };
 * ```
 */
export interface PlaceOp {
  /** Marks the primitive. */
  readonly name: "place";
  /** The extents of the result. */
  readonly shape: Shape;
  /** The number that fills it. */
  readonly value: number;
  /** Movements from the result to the place of the input. */
  readonly windows: readonly MovementOp[];
}

/**
 * The sum of several embeddings: a tensor of `shape` that holds 0, and to which
 * each input is added in the view that its windows (movements applied in turn)
 * show. Windows of one input do not overlap. The transpose of several views of
 * one tensor: their gradients come together in one buffer.
 *
 * @example The gradient of two halves
 * ```ts
 * import type { PlaceSumOp } from "@tenfold/core/backend";
 *
 * const op: PlaceSumOp = {
 *   name: "placeSum",
 *   shape: [4],
 *   places: [
 *     [{ name: "slice", dim: 0, start: 0, length: 2, step: 1 }],
 *     [{ name: "slice", dim: 0, start: 2, length: 2, step: 1 }],
 *   ],
 * };
 * ```
 */
export interface PlaceSumOp {
  /** Marks the primitive. */
  readonly name: "placeSum";
  /** The extents of the result. */
  readonly shape: Shape;
  /** For each input the movements from the result to its place. */
  readonly places: readonly (readonly MovementOp[])[];
}

/**
 * Tensors behind each other along a dim.
 *
 * @example Rows below rows
 * ```ts
 * import type { CatOp } from "@tenfold/core/backend";
 *
 * const op: CatOp = { name: "cat", dim: 0 };
 * ```
 */
export interface CatOp {
  /** Marks the primitive. */
  readonly name: "cat";
  /** The dim, not negative. */
  readonly dim: number;
}

/**
 * Changes the first `targets` inputs in place, element by element: target `t`
 * becomes `program.exprs[t]` over all inputs, which have the target's shape or
 * broadcast to it.
 *
 * @example Plain gradient descent
 * ```ts
 * import { expr } from "@tenfold/tenfold";
 * import { arg, scalar, type UpdateOp } from "@tenfold/core/backend";
 *
 * const [p, g] = [arg(0, "float32"), arg(1, "float32")];
 * const op: UpdateOp = {
 *   name: "update",
 *   targets: 1,
 *   program: {
 *     label: "descend",
 *     inputs: ["float32", "float32"],
 *     exprs: [expr.sub(p, expr.mul(scalar(0, "float32"), g))],
 *   },
 *   scalars: [0.1],
 * };
 * ```
 */
export interface UpdateOp {
  /** Marks the primitive. */
  readonly name: "update";
  /** Number of inputs that are changed. */
  readonly targets: number;
  /** The new values. */
  readonly program: UpdateProgram;
  /** The run-time scalars. */
  readonly scalars: readonly number[];
}

/**
 * The expressions of an update, made once and used for every step.
 *
 * @example A tensor that is halved in place
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expr, tensor } from "@tenfold/tenfold";
 * import {
 *   arg,
 *   updateInPlace,
 *   type UpdateProgram,
 * } from "@tenfold/core/backend";
 *
 * const program: UpdateProgram = {
 *   label: "halve",
 *   inputs: ["float32"],
 *   exprs: [expr.div(arg(0, "float32"), 2)],
 * };
 * const x = tensor([2, 4]);
 * updateInPlace(program, [x], [], []);
 * assertEquals(await x.toArray(), [1, 2]);
 * ```
 */
export interface UpdateProgram {
  /** Name used in error messages. */
  readonly label: string;
  /** The dtype of every input, targets first. */
  readonly inputs: readonly DType[];
  /** The new value of each target, in the target's dtype. */
  readonly exprs: readonly Expr[];
}

/** Checks that a shape fits into the view that windows show of another one. */
function checkRoom(
  whole: Shape,
  windows: readonly MovementOp[],
  part: Shape,
): void {
  let room = whole;
  for (const window of windows) room = movedShape(window, room);
  if (sameShape(room, part)) return;
  throw new ShapeError(
    `Cannot place a tensor of shape ${
      showShape(part)
    } where there is room for ${showShape(room)}`,
  );
}

/** The place in a dense result that windows show. */
const placeOf = (windows: readonly MovementOp[], whole: View): View =>
  windows.reduce((view, window) => movedView(window, view)!, whole);

/** The part of a gradient that windows show. */
const through = (
  windows: readonly MovementOp[],
  g: Tensor,
  c: RuleContext<unknown>,
): Tensor => windows.reduce((view, window) => c.apply(window, [view]), g);

/** Adds the second input to the first. */
const sum = programOf(2, (sum, part) => call("add", sum!, part!));

/** Checks an input of an update against its first target and its program. */
function checkUpdate({ program, targets }: UpdateOp, inputs: readonly Meta[]) {
  const { label } = program;
  const target = inputs[0]!;
  for (const [i, input] of inputs.entries()) {
    const shape = broadcastShapes(target.shape, input.shape, label);
    if (
      !sameShape(shape, target.shape) ||
      (i < targets && input.shape.length !== target.shape.length)
    ) {
      throw new ShapeError(
        `Cannot ${label} in place as the target does not hold the result: got target ${
          showShape(target.shape)
        } and ${showShape(input.shape)}`,
      );
    }
    if (input.dtype !== program.inputs[i]) {
      throw new DTypeError(
        `Cannot ${label} in place as the dtypes differ: got ${input.dtype}, expected ${
          program.inputs[i]
        }`,
      );
    }
  }
}

const programs = new WeakMap<UpdateProgram, MapProgram>();

function updateProgramOf(op: UpdateOp): MapProgram {
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

/** Refuses targets in which several elements lie in one place. */
function refuseRepeated({ view }: Value, label: string): void {
  if (!overlapsItself(view)) return;
  const expanded = view.strides.some((s, d) => s === 0 && view.shape[d]! > 1);
  throw new ShapeError(
    `Cannot ${label} in place as the target repeats its elements (${
      expanded ? "it was expanded" : "its windows overlap"
    }): call contiguous() first`,
  );
}

function sameView(a: View, b: View): boolean {
  return a === b ||
    (a.offset === b.offset &&
      a.strides.every((stride, d) =>
        stride === b.strides[d] || a.shape[d] === 1
      ) && a.shape.length === b.shape.length);
}

type AssignOp = CastOp | CopyOp | PlaceOp | PlaceSumOp | CatOp | UpdateOp;

/** Every primitive that copies elements to their place. */
export const ASSIGN: Family<AssignOp> = {
  cast: {
    infer: (op, [x]) => [{ shape: x!.shape, dtype: op.dtype }],
    lower: (op, [x], run) => copyOf(x!, run, op.dtype),
    gradient: [pass],
  },
  copy: {
    infer: (_, [x]) => [{ shape: x!.shape, dtype: x!.dtype }],
    lower: (_, [x], run) => copyOf(x!, run),
    gradient: [pass],
  },
  place: {
    infer({ shape, windows }, [x]) {
      checkRoom(shape, windows, x!.shape);
      return [{ shape, dtype: x!.dtype }];
    },
    lower({ shape, value, windows }, [x], run) {
      const out = filled(shape, value, x!.dtype, run);
      copyInto(out, placeOf(windows, out.view), x!, run);
      return out;
    },
    gradient: [free((g, c) => through(c.op.windows, g, c))],
  },
  placeSum: {
    infer({ shape, places }, inputs) {
      const { dtype } = inputs[0]!;
      for (const [i, input] of inputs.entries()) {
        checkRoom(shape, places[i]!, input.shape);
        if (input.dtype === dtype && dtype !== "bool") continue;
        throw new DTypeError(
          `Cannot place tensors of ${dtype} and ${input.dtype} together: cast them to one dtype of numbers`,
        );
      }
      return [{ shape, dtype }];
    },
    /** A fill, or a copy of an input that is the whole, and an addition each. */
    lower({ shape, places }, inputs, run) {
      const { dtype } = inputs[0]!;
      const whole = places.findIndex((windows) => windows.length === 0);
      const out = whole < 0
        ? filled(shape, 0, dtype, run)
        : copyOf(inputs[whole]!, run);
      for (let i = 0; i < inputs.length; i++) {
        if (i === whole) continue;
        const target = out.alias(placeOf(places[i]!, out.view));
        run.mapInto(sum(dtype), [target], [target, inputs[i]!]);
        target.release();
      }
      return out;
    },
    gradient: [free((g, c, p) => through(c.op.places[p]!, g, c))],
  },
  cat: {
    infer({ dim }, inputs) {
      const shape = inputs[0]!.shape.slice();
      let { dtype } = inputs[0]!;
      for (const input of inputs.slice(1)) {
        const fits = input.shape.length === shape.length &&
          input.shape.every((extent, d) => d === dim || extent === shape[d]);
        if (!fits) {
          throw new ShapeError(
            `Cannot cat along dim ${dim} as the other extents must match: got ${
              inputs.map((i) => showShape(i.shape)).join(", ")
            }`,
          );
        }
        shape[dim]! += input.shape[dim]!;
        dtype = promote(dtype, input.dtype);
      }
      return [{ shape, dtype }];
    },
    lower({ dim }, inputs, run, [result]) {
      const out = run.allocate(result!.shape, result!.dtype);
      let start = 0;
      for (const input of inputs) {
        const length = input.shape[dim]!;
        copyInto(out, out.view.slice(dim, start, length, 1), input, run);
        start += length;
      }
      return out;
    },
    gradient: [
      free((g, c, p) => {
        const { dim } = c.op;
        let start = 0;
        for (let i = 0; i < p; i++) start += c.input(i).shape[dim]!;
        return g.narrow(dim, start, c.input(p).shape[dim]!);
      }),
    ],
  },
  update: {
    infer(op, inputs) {
      checkUpdate(op, inputs);
      return [];
    },
    /** Inputs that overlap a target otherwise are copied first. */
    lower(op, inputs, run) {
      const targets = inputs.slice(0, op.targets);
      for (const target of targets) refuseRepeated(target, op.program.label);
      const copies: Value[] = [];
      const operands = inputs.map((input, i) => {
        const overlaps = i >= op.targets &&
          targets.some((target) =>
            target.storage === input.storage &&
            !sameView(target.view, input.view) &&
            !liesApart(target.view, input.view)
          );
        if (!overlaps) return input;
        const copy = copyOf(input, run);
        copies.push(copy);
        return copy;
      });
      run.mapInto(updateProgramOf(op), targets, operands, op.scalars);
      for (const target of targets) target.storage.version++;
      for (const copy of copies) copy.release();
      return [];
    },
    gradient: none,
  },
};
