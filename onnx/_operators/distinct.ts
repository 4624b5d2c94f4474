/**
 * What differs among the elements of a tensor, or among its slices.
 *
 * @module
 */
import type { Call, Operators } from "../_call.ts";
import { Type } from "../_element.ts";
import { axisOf, type Known, known, sizeOf } from "../_value.ts";

/** The first number in which two slices differ decides; NaN comes last. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i]!;
    if (x < y || !Number.isNaN(x) && Number.isNaN(y)) return -1;
    if (x > y || Number.isNaN(x) && !Number.isNaN(y)) return 1;
  }
  return 0;
}

/** Elements or slices without repetitions, and where they stand. */
function distinct(call: Call): Known[] {
  const numbers = call.numbers(0)!;
  const { type, shape: given } = call.value(0);
  const axis = call.attribute("axis");
  const shape = axis === undefined ? [numbers.length] : given;
  const along = axis === undefined ? 0 : axisOf(axis, shape.length);
  const extent = shape[along]!;
  const inner = sizeOf(shape.slice(along + 1));
  const outer = sizeOf(shape.slice(0, along));
  const slices = Array.from(
    { length: extent },
    (_, at) =>
      Array.from({ length: outer * inner }, (_, i) => {
        const row = Math.floor(i / inner);
        return numbers[(row * extent + at) * inner + i % inner]!;
      }),
  );
  // Of equal ones the first comes first.
  const order = Array.from(slices.keys())
    .sort((a, b) => compare(slices[a]!, slices[b]!) || a - b);
  let found: { first: number; members: number[] }[] = [];
  for (const at of order) {
    const last = found.at(-1);
    if (last && compare(slices[last.first]!, slices[at]!) === 0) {
      last.members.push(at);
    } else found.push({ first: at, members: [at] });
  }
  if (call.attribute("sorted", 1) !== 1) {
    found = found.toSorted((a, b) => a.first - b.first);
  }
  const values = Array.from(
    { length: outer },
    (_, row) =>
      found.map(({ first }) =>
        slices[first]!.slice(row * inner, (row + 1) * inner)
      ),
  ).flat(2);
  const inverse = new Array<number>(extent);
  found.forEach(({ members }, rank) => {
    for (const at of members) inverse[at] = rank;
  });
  const integers = (list: number[]) => known(Type.INT64, [list.length], list);
  return [
    known(type, shape.with(along, found.length), values),
    integers(found.map(({ first }) => first)),
    integers(inverse),
    integers(found.map(({ members }) => members.length)),
  ];
}

/** The operators of this file. */
export const DISTINCT: Operators = {
  Unique: { since: 11, numbers: [0], run: distinct, known: distinct },
};
