/**
 * How parameters are put into buckets, and which rank steps which elements.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkReducible } from "./_host.ts";

/** Elements of a parameter, counted in the order of its memory. */
export interface Piece {
  readonly param: Tensor;
  readonly from: number;
  readonly size: number;
}

/** The pieces of a bucket: those of each rank, or one list that all share. */
export type Layout = readonly (readonly Piece[])[];

/** How the elements are divided among the ranks. */
export type Division = "shared" | "elements" | "parameters";

/**
 * Parameters of one dtype each, in the order in which gradients come: the last
 * layer first.
 */
export function groupParameters(
  params: readonly Tensor[],
  bytes: number,
): Tensor[][] {
  const groups: Tensor[][] = [];
  let room = 0;
  for (const param of params.toReversed()) {
    checkReducible("average gradients of", param, "mean");
    const size = param.size * (param.dtype === "float64" ? 8 : 4);
    const last = groups.at(-1);
    if (last === undefined || last[0]!.dtype !== param.dtype || size > room) {
      groups.push([param]);
      room = bytes - size;
    } else {
      last.push(param);
      room -= size;
    }
  }
  return groups;
}

/**
 * The layouts of buckets.
 *
 * - `"shared"`: all ranks have all elements.
 * - `"elements"`: each rank has the same number of elements of each bucket.
 * - `"parameters"`: each rank has whole parameters, about as many elements as
 *   the others.
 */
export function divide(
  groups: readonly (readonly Tensor[])[],
  ranks: number,
  division: Division,
): Layout[] {
  if (division === "shared") return groups.map((group) => [group.map(whole)]);
  if (division === "elements") {
    return groups.map((group) => cutEvenly(group, ranks));
  }
  const owners = ownersOf(groups.flat(), ranks);
  return groups.map((group) =>
    Array.from(
      { length: ranks },
      (_, rank) =>
        group.filter((param) => owners.get(param) === rank).map(whole),
    )
  );
}

function whole(param: Tensor): Piece {
  return { param, from: 0, size: param.size };
}

/** Parts of the same length, which may begin and end within parameters. */
function cutEvenly(group: readonly Tensor[], ranks: number): Layout {
  const total = group.reduce((sum, { size }) => sum + size, 0);
  return Array.from({ length: ranks }, (_, rank) => {
    const start = Math.floor(total * rank / ranks);
    const end = Math.floor(total * (rank + 1) / ranks);
    const pieces: Piece[] = [];
    let at = 0;
    for (const param of group) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, param.size);
      if (to > from) pieces.push({ param, from, size: to - from });
      at += param.size;
    }
    return pieces;
  });
}

/** The rank of each parameter: the largest first, to the rank with the least. */
function ownersOf(
  params: readonly Tensor[],
  ranks: number,
): Map<Tensor, number> {
  const loads = new Array<number>(ranks).fill(0);
  const owners = new Map<Tensor, number>();
  for (const param of params.toSorted((a, b) => b.size - a.size)) {
    const rank = loads.indexOf(Math.min(...loads));
    loads[rank]! += param.size;
    owners.set(param, rank);
  }
  return owners;
}
