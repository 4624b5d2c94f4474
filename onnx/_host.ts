/**
 * Arithmetic on known numbers, one by one: what graphs compute of shapes.
 *
 * @module
 */
import { allocate, type Numbers } from "./_element.ts";
import { broadcast, type Known, known, sizeOf } from "./_value.ts";

/** The strides of a dense array. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

/** Calls a function with each position of a shape, in C order. */
export function eachPosition(
  shape: readonly number[],
  visit: (position: readonly number[], at: number) => void,
): void {
  const size = sizeOf(shape);
  const position = shape.map(() => 0);
  for (let at = 0; at < size; at++) {
    visit(position, at);
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++position[d]! < shape[d]!) break;
      position[d] = 0;
    }
  }
}

/** The offset of a position in an array that broadcasts to it. */
function offsetOf(
  position: readonly number[],
  shape: readonly number[],
  strides: readonly number[],
): number {
  const lead = position.length - shape.length;
  let offset = 0;
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] !== 1) offset += position[lead + d]! * strides[d]!;
  }
  return offset;
}

/** A function of each element, broadcasting. */
export function mapKnown(
  type: number,
  inputs: readonly Known[],
  fn: (...values: number[]) => number,
): Known {
  const shape = inputs.reduce<number[]>(
    (all, { shape }) => broadcast(all, shape),
    [],
  );
  const out = allocate(type, sizeOf(shape));
  const strides = inputs.map((input) => stridesOf(input.shape));
  eachPosition(shape, (position, at) => {
    out[at] = fn(
      ...inputs.map(({ shape, numbers }, i) =>
        numbers[offsetOf(position, shape, strides[i]!)]!
      ),
    );
  });
  return known(type, shape, out);
}

/** Elements picked from an input, by their offsets. */
export function pickKnown(
  input: Known,
  shape: readonly number[],
  offset: (position: readonly number[]) => number,
): Known {
  const out = allocate(input.type, sizeOf(shape));
  eachPosition(shape, (position, at) => {
    out[at] = input.numbers[offset(position)]!;
  });
  return known(input.type, shape, out);
}

/** A reduction over dims, with the elements of each result in C order. */
export function reduceKnown(
  input: Known,
  type: number,
  dims: readonly number[],
  keepDims: boolean,
  fn: (values: Numbers) => number,
): Known {
  const kept = input.shape.map((extent, d) => dims.includes(d) ? 1 : extent);
  const lists = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  const strides = stridesOf(kept);
  eachPosition(input.shape, (position, at) => {
    lists[offsetOf(position, kept, strides)]!.push(input.numbers[at]!);
  });
  const out = allocate(type, lists.length);
  lists.forEach((list, i) => out[i] = fn(Float64Array.from(list)));
  const shape = keepDims
    ? kept
    : input.shape.filter((_, d) => !dims.includes(d));
  return known(type, shape, out);
}
