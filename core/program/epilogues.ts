/**
 * Products that end with what a map makes of each result: an activation, a
 * residual, the update of the parameter whose gradient it is. Loaded where a
 * backend takes epilogues.
 *
 * @module
 */
import { accumulator, arg, type Expr } from "../expr/expr.ts";
import { type RoutineName, SUMMED_DIMS } from "../kernel.ts";
import { stridesAlong } from "../lower/geometry.ts";
import { MapProgram } from "../lower/program.ts";
import { sizeOf } from "../shape.ts";
import type { Storage } from "../storage.ts";
import { denseStrides, View } from "../view.ts";
import { writesInPlace, writesTo } from "./combine.ts";
import { costOf } from "./cost.ts";
import { Interner, rewriter, storedExpr } from "./expression.ts";
import type { MapLaunch, Place, RoutineLaunch } from "./launch.ts";
import type { LaunchOrder } from "./order.ts";

/**
 * The most instructions of an epilogue, which shaders write out for each result
 * of a tile. Each result is made once, so nothing is computed twice, and it is
 * not read again.
 */
const MOST = 24;
/**
 * The fewest multiplications of a product with one: GPUs run smaller ones and
 * what follows them as one dispatch, where a map has more invocations.
 */
const LEAST_PRODUCT = 2 ** 16;

/** What may be joined. */
export interface EpilogueOptions {
  /** Whether nobody needs a storage after the last launch. */
  readonly temporary: (storage: Storage) => boolean;
  /** How many outputs and inputs a kernel may have. */
  readonly operands: number;
  /** Products that the backend computes with an epilogue. */
  readonly epilogues: ReadonlySet<RoutineName>;
}

/** Makes the map that reads a product first its epilogue, wherever it may be. */
export function joinProducts(
  launches: LaunchOrder,
  { epilogues, operands, temporary }: EpilogueOptions,
): void {
  for (let a = 0; a < launches.length; a++) {
    const product = launches.at(a);
    if (product?.kind !== "routine" || !epilogues.has(product.name)) continue;
    const [{ storage }] = product.outputs as [Place];
    const readers = launches.readersAfter(storage, a);
    const [r] = readers;
    const reader = r === undefined ? null : launches.at(r);
    if (reader?.kind !== "map" || !isWorthIt(product, reader)) continue;
    if (
      launches.writers(storage) > 1 ||
      launches.isWritten(product.inputs, a, r!) ||
      writesTo(reader, product.inputs)
    ) continue;
    const stores = readers.length > 1 || !temporary(storage);
    const joined = withEpilogue(product, reader, stores, operands);
    if (joined === null) continue;
    launches.set(r!, joined);
    launches.set(a, null);
  }
}

function isWorthIt({ shape }: RoutineLaunch, { program }: MapLaunch): boolean {
  return sizeOf(shape) >= LEAST_PRODUCT && costOf(program.exprs) <= MOST;
}

/**
 * The product with what `reader` makes of each result; null where it reads them
 * in another order, or what both take is more than `limit`.
 *
 * @param stores Whether the result itself is needed as well.
 */
function withEpilogue(
  product: RoutineLaunch,
  reader: MapLaunch,
  stores: boolean,
  limit: number,
): RoutineLaunch | null {
  const { shape } = product;
  const [made] = product.outputs as [Place];
  const { program, outputs } = reader;
  const loop = outputs[0]!.view.shape;
  const kept = shape.slice(0, shape.length - SUMMED_DIMS[product.name]!);
  const dense = [...denseStrides(kept), ...shape.slice(kept.length).fill(0)];
  const isDense = (strides: readonly number[]) =>
    strides.every((s, d) => s === dense[d] || shape[d] === 1);
  if (
    !program.collapses || product.epilogue ||
    made.storage.dtype !== "float32" || !isDense(product.strides[0]!) ||
    !outputs.every(({ view }) => view.dense && view.size === made.view.size)
  ) return null;
  const interner = new Interner();
  const inputs = [...product.inputs];
  const strides = product.strides.slice(1);
  const result = interner.intern(accumulator(made.storage.dtype));
  const read: Expr[] = [];
  for (const { storage, view } of reader.inputs) {
    const along = stridesAlong(view, loop);
    const own = new View(loop, along, view.offset).reshape(kept);
    if (own === null) return null;
    if (storage === made.storage) {
      if (own.offset !== made.view.offset || !isDense(own.strides)) return null;
      read.push(storedExpr(interner, result));
      continue;
    }
    read.push(interner.intern(arg(inputs.length, storage.dtype)));
    inputs.push({ storage, view: own });
    strides.push(dense.map((_, d) => own.strides[d] ?? 0));
  }
  const others = inputs.slice(product.inputs.length);
  // A backend may read what is multiplied in another way.
  const twice = others.some((p) =>
    product.inputs.some((q) => q.storage === p.storage)
  );
  const results = stores ? [made, ...outputs] : outputs;
  if (
    twice || results.length + inputs.length > limit ||
    !writesInPlace(
      outputs.map(({ storage, view }) => ({
        storage,
        view: view.reshape(kept)!,
      })),
      others,
      kept,
    )
  ) return null;
  const first = product.scalars.length;
  const rewrite = rewriter(interner, {
    arg: (k) => read[k]!,
    scalar: (i) => first + i,
  });
  const exprs = program.exprs.map(rewrite);
  const scalars = [...product.scalars, ...reader.scalars];
  const whole = new MapProgram(
    inputs.map(({ storage }) => storage.dtype),
    stores ? [result, ...exprs] : exprs,
    scalars.length,
  );
  return {
    ...product,
    label: product.label === "" ? reader.label : product.label,
    outputs: results,
    inputs,
    strides: [...results.map(() => dense), ...strides],
    scalars,
    late: [
      ...product.late,
      ...reader.late.map((l) => ({ ...l, at: l.at + first })),
    ],
    epilogue: {
      id: whole.id,
      exprs: whole.exprs,
      inputs: product.inputs.length,
    },
  };
}
