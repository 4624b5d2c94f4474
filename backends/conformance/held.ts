/**
 * Memory that is handed to kernels without core between, on the host and on
 * the device.
 *
 * @module
 */
import type { DType, TypedArray } from "@tenfold/core";
import {
  type Buffer,
  DTYPES,
  type Kernel,
  type KernelCall,
  type View,
} from "@tenfold/core/backend";
import { fit, showNumber } from "./ops/plain.ts";
import { addressesOf, type Layout } from "./layout.ts";
import type { Session } from "./session.ts";

/** Memory of one operand on the host and on the device. */
export interface Held {
  /** The memory before the launch. */
  readonly memory: TypedArray;
  /** The view of the operand along the loop. */
  readonly view: View;
  /** On the device. */
  readonly buffer: Buffer;
}

/** Layouts in which no element is there twice. */
export const APART: readonly Layout[] = [
  "dense",
  "offset",
  "transposed",
  "stepped",
  "negative",
];

/** Memory for an operand of a given layout, filled by `fill`. */
export function hold(
  session: Session,
  dtype: DType,
  { view, size }: { readonly view: View; readonly size: number },
  fill: () => number,
): Held {
  const memory = DTYPES[dtype].allocate(Math.max(1, size));
  for (let i = 0; i < memory.length; i++) memory[i] = fit(dtype, fill());
  const buffer = session.backend.alloc(dtype, memory.length);
  session.backend.write(buffer, 0, memory);
  return { memory, view, buffer };
}

/** The elements of an operand, in the order of the loop. */
export function shownBy({ memory, view }: Held): number[] {
  return addressesOf(view).map((at) => memory[at]!);
}

/** Launches a kernel over operands, outputs first. */
export function launch(
  session: Session,
  kernel: Kernel,
  shape: readonly number[],
  operands: readonly Held[],
  scalars: readonly number[],
): boolean {
  const run = session.backend.prepare(kernel);
  if (!run) return false;
  const arguments_: KernelCall = {
    shape,
    buffers: operands.map(({ buffer }) => buffer),
    offsets: operands.map(({ view }) => view.offset),
    strides: operands.map(({ view }) => view.strides),
    scalars,
  };
  run(arguments_);
  return true;
}

/**
 * Checks the whole memory of an output: what the loop writes, and that nothing
 * else has changed.
 *
 * @param operandsOf The numbers of each input that an element is computed from.
 */
export async function checkOutput(
  session: Session,
  { memory, view, buffer }: Held,
  expected: readonly number[],
  what: () => string,
  operandsOf: (element: number) => readonly (readonly number[])[] = () => [],
): Promise<void> {
  const wanted = Array.from(memory);
  const elements = new Map<number, number>();
  addressesOf(view).forEach((at, i) => {
    wanted[at] = expected[i]!;
    elements.set(at, i);
  });
  const actual = await session.backend.read(buffer, 0, memory.length);
  for (let i = 0; i < wanted.length; i++) {
    // -0 and 0 are one number, as sums of whole numbers may give either.
    if (actual[i] === wanted[i] || Object.is(actual[i], wanted[i])) continue;
    const element = elements.get(i);
    const where = element === undefined
      ? ", which is none of its elements"
      : operandsOf(element).map((numbers, k) =>
        `\n  computed from input ${k}: ${numbers.map(showNumber).join(", ")}`
      ).join("");
    throw new Error(
      `${what()}: address ${i} of an output holds ${
        showNumber(actual[i]!)
      }, expected ${showNumber(wanted[i]!)}${where}`,
    );
  }
}
