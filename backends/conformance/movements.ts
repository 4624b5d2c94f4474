/**
 * Movements with random parameters.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import { type MovementOp, sizeOf } from "@tenfold/core/backend";
import type { Random } from "./random.ts";

/** A movement that fits a shape, or null. */
export function movementOf(shape: Shape, random: Random): MovementOp | null {
  const rank = shape.length;
  const size = sizeOf(shape);
  const kind = random.pick(
    ["reshape", "permute", "expand", "slice", "unfold", "diagonal"] as const,
  );
  if (kind === "reshape") {
    const divisors = [1, 2, 3, 4, 6].filter((n) => size > 0 && size % n === 0);
    if (divisors.length === 0) return { name: kind, shape: [1, ...shape] };
    const n = random.pick(divisors);
    return {
      name: kind,
      shape: random.shuffle([n, size / n, ...(random.chance(0.3) ? [1] : [])]),
    };
  }
  if (kind === "permute") {
    return { name: kind, dims: random.shuffle(shape.map((_, d) => d)) };
  }
  if (kind === "expand") {
    return {
      name: kind,
      shape: [
        ...(random.chance(0.5) ? [2] : []),
        ...shape.map((n) => n === 1 ? random.whole(1, 3) : n),
      ],
    };
  }
  if (rank === 0 || size === 0) return null;
  const dim = random.whole(0, rank - 1);
  const extent = shape[dim]!;
  if (kind === "slice") {
    const step = random.pick([1, 1, 2, -1, -2]);
    const start = random.whole(0, extent - 1);
    const room = step > 0
      ? Math.floor((extent - 1 - start) / step) + 1
      : Math.floor(start / -step) + 1;
    return { name: kind, dim, start, length: random.whole(0, room), step };
  }
  if (kind === "unfold") {
    return {
      name: kind,
      dim,
      size: random.whole(1, Math.min(3, extent)),
      step: random.whole(1, 2),
    };
  }
  if (rank < 2) return null;
  const [dim1, dim2] = random.shuffle(shape.map((_, d) => d));
  return {
    name: kind,
    shift: random.whole(-1, 1),
    dim1: dim1!,
    dim2: dim2!,
  };
}
