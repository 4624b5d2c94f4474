/**
 * What core promises with each launch of a kernel, and whether it holds.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type {
  Access,
  Buffer,
  Kernel,
  KernelCall,
  Slot,
} from "@tenfold/core/backend";

/** The dtype and the size that a buffer was allocated with. */
export interface Allocation {
  /** Its dtype. */
  readonly dtype: DType;
  /** The number of elements. */
  readonly size: number;
}

/** One operand of a kernel, and the accesses that are promised for it. */
interface Promised {
  readonly dtype: DType;
  readonly promises: readonly {
    readonly access: Access;
    /** The dims of the loop of which it speaks. */
    readonly from: number;
    readonly to: number;
  }[];
}

/** The operands of a kernel, outputs first. */
export function operandsOf(kernel: Kernel): readonly Promised[] {
  switch (kernel.kind) {
    case "map": {
      const whole = ({ dtype, access }: Slot): Promised => ({
        dtype,
        promises: [{ access, from: 0, to: kernel.rank }],
      });
      return [...kernel.outputs.map(whole), ...kernel.inputs.map(whole)];
    }
    case "reduce": {
      const { rank, reducedRank } = kernel;
      const split = (dtype: DType, kept: Access, access: Access): Promised => ({
        dtype,
        promises: [
          { access: kept, from: 0, to: rank },
          { access, from: rank, to: rank + reducedRank },
        ],
      });
      return [
        split(kernel.output, "dense", "uniform"),
        ...kernel.inputs.map(({ dtype, kept, access }) =>
          split(dtype, kept, access)
        ),
      ];
    }
    case "routine":
      return [...kernel.outputs, ...kernel.inputs]
        .map((dtype) => ({ dtype, promises: [] }));
  }
}

/** The promise that a call breaks, in words, or null. */
export function violationOf(
  kernel: Kernel,
  operands: readonly Promised[],
  { shape, buffers, offsets, strides, scalars }: KernelCall,
  live: ReadonlyMap<Buffer, Allocation>,
): string | null {
  const rank = kernel.rank +
    (kernel.kind === "reduce" ? kernel.reducedRank : 0);
  if (shape.length !== rank) return "a loop of another rank";
  if (shape.slice(0, rank - reducedDims(kernel)).includes(0)) {
    return "an empty loop";
  }
  if (
    buffers.length !== operands.length ||
    offsets.length !== operands.length || strides.length !== operands.length
  ) return "another number of operands";
  if (kernel.kind !== "routine" && scalars.length !== kernel.scalars) {
    return "another number of scalars";
  }
  for (const [i, operand] of operands.entries()) {
    const known = live.get(buffers[i]);
    if (!known) return `operand ${i} not alive`;
    if (known.dtype !== operand.dtype) return `operand ${i} of another dtype`;
    const steps = strides[i]!;
    if (steps.length !== rank) return `operand ${i} with too few strides`;
    const extents = extentsOf(kernel, i, shape, scalars[0] ?? 1);
    const [low, high] = reach(extents, steps, offsets[i]!);
    if (!extents.includes(0) && (low < 0 || high >= known.size)) {
      if (!reachesOutside(kernel, i)) {
        return `operand ${i} outside of its buffer`;
      }
    }
    for (const { access, from, to } of operand.promises) {
      if (!holds(access, shape.slice(from, to), steps.slice(from, to))) {
        return `operand ${i} that is not ${access}`;
      }
    }
  }
  return null;
}

/** Pooling itself skips what is outside of the plane. */
function reachesOutside(kernel: Kernel, i: number): boolean {
  return kernel.kind === "routine" && kernel.name === "maxPool2d" && i === 2;
}

/**
 * The number of trailing dims of the loop that are reduced, and may be empty.
 */
function reducedDims(kernel: Kernel): number {
  if (kernel.kind === "reduce") return kernel.reducedRank;
  if (kernel.kind === "map") return 0;
  return kernel.name === "conv2d" ? 3 : kernel.name === "matmul" ? 1 : 0;
}

/** The extents of operand `i`: an indexed one has a bound instead. */
function extentsOf(
  kernel: Kernel,
  i: number,
  shape: readonly number[],
  bound: number,
): readonly number[] {
  const indexed = kernel.kind === "routine" &&
    ((kernel.name === "gather" && i === 1) ||
      (kernel.name.startsWith("scatter") && i === 0));
  return indexed ? [...shape.slice(0, -1), bound] : shape;
}

/** The lowest and highest address of an operand. */
function reach(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): [number, number] {
  let [low, high] = [offset, offset];
  for (let d = 0; d < shape.length; d++) {
    const far = (shape[d]! - 1) * strides[d]!;
    if (far < 0) low += far;
    else high += far;
  }
  return [low, high];
}

/** Whether the promise of an access holds. */
function holds(
  access: Access,
  shape: readonly number[],
  strides: readonly number[],
): boolean {
  if (shape.includes(0)) return true;
  switch (access) {
    case "dense": {
      let expected = 1;
      for (let d = shape.length - 1; d >= 0; d--) {
        if (shape[d] !== 1 && strides[d] !== expected) return false;
        expected *= shape[d]!;
      }
      return true;
    }
    case "uniform":
      return shape.every((extent, d) => extent === 1 || strides[d] === 0);
    case "row":
      return strides[strides.length - 1] === 1;
    case "splat":
      return strides[strides.length - 1] === 0;
    case "strided":
      return true;
  }
}
