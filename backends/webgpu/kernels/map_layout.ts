/**
 * The parameters of map kernels.
 *
 * @module
 */
import { type MapKernel, type Slot, usesIndex } from "@tenfold/core/backend";
import { usedInputs } from "../wgsl/expression.ts";
import { Params } from "../wgsl/params.ts";
import {
  type Extents,
  type OperandLayout,
  takeExtents,
  takeOperandLayout,
} from "./loop.ts";
import { ScalarWords } from "./scalars.ts";

/** Where the parameters of a map are. */
export interface MapLayout {
  readonly kernel: MapKernel;
  /** The inputs that are used. */
  readonly used: readonly number[];
  /** The outputs, then the inputs that are used. */
  readonly slots: readonly Slot[];
  /** The indices of these among the operands of the kernel. */
  readonly operands: readonly number[];
  readonly operandLayouts: readonly OperandLayout[];
  readonly count: number;
  readonly extents: Extents;
  readonly scalars: ScalarWords;
  /** True where four elements need positions along dims. */
  readonly usesPositions: boolean;
  readonly words: number;
}

/** Lays out the parameters of a map. */
export function layOut(kernel: MapKernel): MapLayout {
  const { exprs, inputs, outputs, rank } = kernel;
  const used = usedInputs(exprs);
  const slots = [...outputs, ...used.map((i) => inputs[i]!)];
  const params = new Params();
  const parts = {
    count: params.take(),
    extents: takeExtents(params, rank),
    operandLayouts: slots.map(() => takeOperandLayout(params, rank)),
    scalars: new ScalarWords(params, exprs),
  };
  return {
    kernel,
    used,
    slots,
    operands: slots.map((_, k) =>
      k < outputs.length ? k : outputs.length + used[k - outputs.length]!
    ),
    ...parts,
    usesPositions: usesIndex(exprs) ||
      slots.some(({ access }) => access !== "dense" && access !== "uniform"),
    words: params.words,
  };
}
