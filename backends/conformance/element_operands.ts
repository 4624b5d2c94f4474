/**
 * The operands of one element of a result, for messages: the elements of the
 * inputs that it is computed from.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import { ELEMENTWISE, type Op } from "@tenfold/core/backend";
import { flatIndex, type Plain, showNumber } from "./ops/plain.ts";
import { reference } from "./ops/table.ts";

/** The most elements of one input that are listed. */
const MAX_LISTED = 24;

/**
 * The elements of each input that element `at` of a result is computed from, as
 * indices in C order. Elementwise operations broadcast; for all others an
 * element belongs to them if the result of the reference changes with it. Of
 * more than 24 the first 25 are given.
 *
 * @param op The operation.
 * @param inputs Its operands.
 * @param result The index of the result.
 * @param at The element of the result, in C order.
 */
export function elementOperands(
  op: Op,
  inputs: readonly Plain[],
  result: number,
  at: number,
): number[][] {
  if (op.name in ELEMENTWISE || op.name === "map" || op.name === "update") {
    const { shape } = reference(op, inputs)[result]!;
    const position = positionOf(shape, at);
    return inputs.map((input) => {
      const lead = shape.length - input.shape.length;
      return [flatIndex(
        input.shape,
        input.shape.map((n, d) => n === 1 ? 0 : position[d + lead]!),
      )];
    });
  }
  const resultWith = (k: number, data: readonly number[]): number | null => {
    const others = inputs.map((x, i) => i === k ? { ...x, data } : x);
    try {
      return reference(op, others)[result]!.data[at]!;
    } catch {
      // An index that is out of range says nothing.
      return null;
    }
  };
  return inputs.map((input, k) => {
    const probes = probesOf(input).map(({ base, probe }) => ({
      data: input.data.map(base),
      probe,
    }));
    const before = probes.map(({ data }) => resultWith(k, data));
    const isUsed = (from: number, to: number) =>
      probes.some(({ data, probe }, i) => {
        if (before[i] === null) return false;
        const after = resultWith(
          k,
          data.map((x, j) => j >= from && j < to ? probe(x) : x),
        );
        return after !== null && !Object.is(after, before[i]);
      });
    const used: number[] = [];
    const search = (from: number, to: number): void => {
      if (from === to || used.length > MAX_LISTED || !isUsed(from, to)) return;
      if (to - from === 1) {
        used.push(from);
        return;
      }
      const middle = (from + to) >> 1;
      search(from, middle);
      search(middle, to);
    };
    search(0, input.data.length);
    return used;
  });
}

/** A number for each element, and another one that a result may change with. */
interface Probe {
  readonly base: (x: number) => number;
  readonly probe: (x: number) => number;
}

function probesOf({ dtype, data }: Plain): Probe[] {
  const same = (x: number) => x;
  const probes: { readonly [D in DType]: () => Probe[] } = {
    bool: () => [
      { base: same, probe: (x) => 1 - x },
      { base: () => 0, probe: () => 1 },
      { base: () => 1, probe: () => 0 },
    ],
    int32: () => {
      const [low, high] = [Math.min(...data), Math.max(...data)];
      const swap = (x: number) => x === low ? high : low;
      return [swap, (x: number) => (x + 1) | 0, (x: number) => ~x]
        .map((probe): Probe => ({ base: same, probe }))
        .concat({ base: () => 1, probe: () => 2 });
    },
    float16: () => [{ base: finite, probe: () => NaN }],
    float32: () => [{ base: finite, probe: () => NaN }],
    float64: () => [{ base: finite, probe: () => NaN }],
  };
  return probes[dtype]();
}

function finite(x: number): number {
  return Number.isFinite(x) ? x : 1;
}

/** The coordinates of the `i`-th element of a shape in C order. */
export function positionOf(shape: readonly number[], i: number): number[] {
  const position: number[] = [];
  let rest = i;
  for (let d = shape.length - 1; d >= 0; d--) {
    position.unshift(rest % shape[d]!);
    rest = Math.floor(rest / shape[d]!);
  }
  return position;
}

/** The operands of one element as lines of a message, one for each input. */
export function showElementOperands(
  op: Op,
  inputs: readonly Plain[],
  result: number,
  at: number,
): string {
  return elementOperands(op, inputs, result, at).map((used, k) => {
    const { data, shape } = inputs[k]!;
    const listed = used.slice(0, MAX_LISTED).map((i) =>
      `[${positionOf(shape, i).join(", ")}] ${showNumber(data[i]!)}`
    );
    if (used.length > MAX_LISTED) listed.push("…");
    return listed.length === 0
      ? ""
      : `\n  computed from input ${k}: ${listed.join(", ")}`;
  }).join("");
}
