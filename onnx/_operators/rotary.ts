/**
 * Rotary positions of queries and keys.
 *
 * @module
 */
import { cat, stack, type Tensor } from "@tenfold/core";
import type { Call, Operators } from "../_call.ts";
import type { Value } from "../_value.ts";

/** The angles of each step, `[batch, length, 1, pairs]`. */
function anglesOf(call: Call, at: number, pairs: number): Tensor {
  const table = call.tensor(at);
  const positions = call.optional(3);
  const rows = positions === null ? table : table
    .indexSelect(0, positions.reshape([positions.size]))
    .reshape([...positions.shape, table.shape[1]!]);
  return rows.narrow(-1, 0, pairs).unsqueeze(2);
}

/** Pairs of elements turned by the angle of their step. */
function rotate(call: Call): Value {
  const given = call.floats(0);
  const flat = given.ndim === 3;
  const [batch, length] = flat
    ? [given.shape[0]!, given.shape[1]!]
    : [given.shape[0]!, given.shape[2]!];
  const x = flat
    ? given.reshape([batch, length, call.attribute("num_heads", 0), -1])
    : given.transpose(1, 2);
  const size = x.shape[3]!;
  const turned = call.attribute("rotary_embedding_dim", 0) || size;
  const pairs = turned / 2;
  const part = x.narrow(-1, 0, turned);
  const interleaved = call.attribute("interleaved", 0) === 1;
  const rows = part.shape.slice(0, -1);
  const grid = interleaved
    ? part.reshape([...rows, pairs, 2])
    : part.reshape([...rows, 2, pairs]).transpose(-1, -2);
  const [a, b] = [grid.select(-1, 0), grid.select(-1, 1)];
  const [cos, sin] = [1, 2].map((at) => anglesOf(call, at, pairs));
  const both = [a.mul(cos!).sub(b.mul(sin!)), a.mul(sin!).add(b.mul(cos!))];
  const done = interleaved
    ? stack(both, -1).reshape(part.shape)
    : cat(both, -1);
  const whole = turned === size
    ? done
    : cat([done, x.narrow(-1, turned, size - turned)], -1);
  return call.like(
    0,
    flat ? whole.reshape([...given.shape]) : whole.transpose(1, 2),
  );
}

/** The operators of this file. */
export const ROTARY: Operators = {
  RotaryEmbedding: { since: 23, run: rotate },
};
