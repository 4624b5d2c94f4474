/**
 * Temporaries that are consumed as they are made: an update runs right behind the
 * gradient that it takes, so that not all gradients are held at once, and the
 * gradient of a large weight is made and taken in parts.
 *
 * @module
 */
import { type DType, DTYPES } from "../dtype.ts";
import { ROUTINE_PARAMETERS } from "../kernel.ts";
import { stridesAlong } from "../lower/geometry.ts";
import type { Shape } from "../shape.ts";
import type { Storage } from "../storage.ts";
import { View } from "../view.ts";
import { writesInPlace, writesTo } from "./combine.ts";
import type {
  MapLaunch,
  Place,
  RecordedLaunch,
  RoutineLaunch,
} from "./launch.ts";

/** What may be done about temporaries. */
export interface ConsumeOptions {
  /** Whether nobody needs a storage after the last launch. */
  readonly temporary: (storage: Storage) => boolean;
  /** Memory for what nobody needs after the last launch. */
  readonly fresh: (dtype: DType, size: number) => Storage | null;
  /** Counts of refused values, which a run may refuse. */
  readonly refused: ReadonlySet<Storage>;
  /** Whether several launches in the place of one cost next to nothing. */
  readonly divides: boolean;
}

/** Less memory than this is not worth another order. */
const LEAST_BYTES = 2 ** 12;
/** Products that give more are made in parts of about as much as this. */
const PART_BYTES = 2 ** 18;
/** Rows of a part are a multiple of this, so that tiles of products are whole. */
const ROWS = 16;

const bytesOf = ({ dtype, size }: Storage) => size * DTYPES[dtype].bytes;

/** The launches in an order, and in parts, that hold less at once. */
export function consume(
  launches: readonly RecordedLaunch[],
  options: ConsumeOptions,
): RecordedLaunch[] {
  const order = earlyUpdates(launches, options);
  if (!options.divides) return order;
  const out: RecordedLaunch[] = [];
  for (let i = 0; i < order.length; i++) {
    const parts = divided(order, i, options);
    if (parts === null) out.push(order[i]!);
    else {
      out.push(...parts);
      i++;
    }
  }
  return out;
}

/** Each update right behind the last launch that it has to wait for. */
function earlyUpdates(
  launches: readonly RecordedLaunch[],
  options: ConsumeOptions,
): RecordedLaunch[] {
  const last = lastUses(launches);
  const order = [...launches];
  launches.forEach((launch, i) => {
    const { temporary } = options;
    const updates = launch.kind === "map" ||
      launch.kind === "routine" && launch.epilogue !== undefined;
    const consumes = updates &&
      launch.outputs.every(({ storage }) => !temporary(storage)) &&
      launch.inputs.some(({ storage }) =>
        temporary(storage) && last.get(storage) === i &&
        bytesOf(storage) >= LEAST_BYTES
      );
    if (!consumes) return;
    // Launches that moved before were behind nothing but those before `i`.
    let to = i;
    while (to > 0 && !mustStayBehind(launch, order[to - 1]!, options)) to--;
    order.splice(i, 1);
    order.splice(to, 0, launch);
  });
  return order;
}

function lastUses(launches: readonly RecordedLaunch[]): Map<Storage, number> {
  const last = new Map<Storage, number>();
  launches.forEach(({ inputs, outputs }, i) => {
    for (const { storage } of [...inputs, ...outputs]) last.set(storage, i);
  });
  return last;
}

/** Whether `launch` may not run before another that comes before it. */
function mustStayBehind(
  launch: RecordedLaunch,
  other: RecordedLaunch,
  { refused }: ConsumeOptions,
): boolean {
  return writesTo(other, launch.inputs) || writesTo(other, launch.outputs) ||
    writesTo(launch, other.inputs) ||
    // Where it refuses, nothing behind it may have happened.
    other.outputs.some(({ storage }) => refused.has(storage)) ||
    (other.kind === "routine" &&
      (ROUTINE_PARAMETERS[other.name] as readonly string[]).includes("bound"));
}

/** A product and its only reader, the next launch, in parts of their rows. */
function divided(
  order: readonly RecordedLaunch[],
  i: number,
  { temporary, fresh }: ConsumeOptions,
): RecordedLaunch[] | null {
  const product = order[i]!;
  const reader = order[i + 1];
  if (product.kind !== "routine" || product.name !== "matmul") return null;
  if (reader?.kind !== "map" || !reader.program.collapses) return null;
  const [{ storage, view }] = product.outputs as [Place];
  const { shape } = reader.outputs[0]!.view;
  const fits = temporary(storage) && bytesOf(storage) >= 2 * PART_BYTES &&
    view.offset === 0 && view.size === storage.size &&
    uses(order, storage) === 2 && !writesTo(reader, product.inputs) &&
    writesInPlace(reader.outputs, reader.inputs, shape);
  const by = fits ? divisionOf(product, reader, shape) : null;
  if (by === null) return null;
  const rows = shape[0]!;
  const count = Math.floor(bytesOf(storage) / PART_BYTES);
  const height = Math.ceil(rows / count / ROWS) * ROWS;
  const part = fresh(storage.dtype, height * storage.size / rows);
  if (part === null) return null;
  const parts: RecordedLaunch[] = [];
  for (let row = 0; row < rows; row += height) {
    const size = Math.min(height, rows - row);
    parts.push(
      productRows(product, by, part, row, size),
      readerRows(reader, by, storage, part, row, size),
    );
  }
  return parts;
}

/**
 * Which dim of a product are the rows of the map that reads it: counted from the
 * end of its loop, -3 or, where it is read transposed, -2.
 */
type Division = -3 | -2;

function divisionOf(
  { shape: loop, outputs: [made] }: RoutineLaunch,
  { inputs, outputs }: MapLaunch,
  shape: Shape,
): Division | null {
  const [m, n] = loop.slice(-3) as [number, number];
  const single = loop.slice(0, -3).every((extent) => extent === 1);
  if (!single || outputs.some(({ view }) => view.shape[0] !== shape[0])) {
    return null;
  }
  const reads = inputs.filter(({ storage }) => storage === made!.storage);
  const all = (strides: readonly number[]) =>
    reads.length > 0 && reads.every(({ view }) =>
      view.offset === 0 &&
      stridesAlong(view, shape).every((stride, d) =>
        stride === strides[d] || shape[d] === 1
      )
    );
  if (shape[0] === m && all(View.dense(shape).strides)) return -3;
  return shape.length === 2 && shape[0] === n && all([1, n]) ? -2 : null;
}

/** How many launches read or write a storage. */
function uses(order: readonly RecordedLaunch[], storage: Storage): number {
  return order.filter(({ inputs, outputs }) =>
    [...inputs, ...outputs].some((place) => place.storage === storage)
  ).length;
}

function productRows(
  product: RoutineLaunch,
  by: Division,
  part: Storage,
  row: number,
  size: number,
): RoutineLaunch {
  const { strides, inputs } = product;
  const dim = product.shape.length + by;
  const shape = product.shape.with(dim, size);
  const [m, n] = shape.slice(-3) as [number, number];
  const made = strides[0]!.slice(0, -3);
  return {
    ...product,
    shape,
    outputs: [{ storage: part, view: View.dense(shape.slice(0, -1)) }],
    inputs: inputs.map(({ storage, view }, k) => ({
      storage,
      view: view.at(view.offset + row * strides[k + 1]![dim]!),
    })),
    strides: [[...made.map(() => m * n), n, 1, 0], ...strides.slice(1)],
  };
}

function readerRows(
  reader: MapLaunch,
  by: Division,
  whole: Storage,
  part: Storage,
  row: number,
  size: number,
): MapLaunch {
  const { shape } = reader.outputs[0]!.view;
  const some = shape.with(0, size);
  const rows = ({ storage, view }: Place): Place => {
    if (storage === whole) {
      const own = by === -3 ? View.dense(some) : new View(some, [1, size], 0);
      return { storage: part, view: own };
    }
    const strides = stridesAlong(view, shape);
    const offset = view.offset + row * strides[0]!;
    return { storage, view: new View(some, strides, offset) };
  };
  return {
    ...reader,
    outputs: reader.outputs.map(rows),
    inputs: reader.inputs.map(rows),
  };
}
