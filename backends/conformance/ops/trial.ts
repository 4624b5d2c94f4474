/**
 * Routines launched without core between: operands of any layout, and the op
 * that means the same.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import { type Op, type RoutineName, View } from "@tenfold/core/backend";
import { APART, type Held, hold, shownBy } from "../held.ts";
import { ALL_LAYOUTS, layOut } from "../layout.ts";
import type { Random } from "../random.ts";
import type { Session } from "../session.ts";
import { common, type Draw } from "../values.ts";
import type { Plain } from "./plain.ts";

/** The operands of one launch, and the op with the same meaning. */
export interface Trial {
  readonly name: RoutineName;
  readonly shape: readonly number[];
  readonly outputs: readonly Held[];
  readonly inputs: readonly Held[];
  readonly scalars: readonly number[];
  /** The op that means the same, and its inputs. */
  readonly op: Op;
  readonly plains: readonly Plain[];
}

/** The trials of one routine. */
export interface Trials {
  /** The dtypes that the routine works in. */
  readonly dtypes: readonly DType[];
  /** Makes the operands of one launch. */
  readonly trial: (maker: Maker, dtype: DType) => Trial;
}

/** Rows and the dim along which a routine works. */
export function loopOf(random: Random): number[] {
  return [
    ...Array.from({ length: random.whole(1, 2) }, () => random.whole(1, 5)),
    random.pick([1, 2, 3, 7, 17, 33]),
  ];
}

/** Creates operands of one session. */
export class Maker {
  readonly session: Session;
  readonly random: Random;

  constructor(session: Session, random: Random) {
    this.session = session;
    this.random = random;
  }

  input(shape: readonly number[], dtype: DType, draw: Draw = common): Held {
    const { session, random } = this;
    const laid = layOut(shape, random.pick(ALL_LAYOUTS));
    return hold(session, dtype, laid, () => draw(random, dtype));
  }

  output(shape: readonly number[], dtype: DType, dense = false): Held {
    const { session, random } = this;
    const laid = layOut(shape, dense ? "dense" : random.pick(APART));
    return hold(session, dtype, laid, () => random.whole(0, 1));
  }

  plain(held: Held, dtype: DType): Plain {
    return { shape: held.view.shape, dtype, data: shownBy(held) };
  }
}

/** The operand with a view along the whole loop. */
export function viewed(
  held: Held,
  shape: readonly number[],
  strides: readonly number[],
): Held {
  return { ...held, view: new View(shape, strides, held.view.offset) };
}

/** A shape with another extent along its last dim. */
export const ending = (shape: readonly number[], n: number): number[] => [
  ...shape.slice(0, -1),
  n,
];
