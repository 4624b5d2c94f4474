/**
 * The elements of a parameter that this rank steps.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, unscopedNow } from "@tenfold/core/internal";
import type { Piece } from "./_partition.ts";

/** A piece of this rank as a tensor, which has a gradient of its own. */
export interface Shard extends Piece {
  /** A view of the parameter: what changes it changes the parameter. */
  readonly tensor: Tensor;
}

/**
 * Makes a shard.
 *
 * @param keepsShape Whether a piece that is a whole parameter has its shape, and
 * not one dim.
 */
export function makeShard(piece: Piece, keepsShape: boolean): Shard {
  const { param, from, size } = piece;
  const tensor = unscopedNow(() =>
    noGradNow(() => {
      const alias = param.detach();
      if (keepsShape) return alias;
      const flat = alias.reshape([-1]);
      const part = flat.narrow(0, from, size);
      for (const between of new Set([alias, flat])) between.dispose();
      return part;
    })
  );
  return { ...piece, tensor };
}
