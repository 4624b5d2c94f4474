/**
 * What all ranks together remember of parameters, out of what each remembers of
 * its shards, and back.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import { noGradNow, showShape, UPLOAD_LIKE } from "@tenfold/core/internal";
import { type OptimizerState, StateError } from "@tenfold/optim";
import type { HostArray } from "./_communicator.ts";
import { exchange } from "./_exchange.ts";
import { isOnHost } from "./_host.ts";
import type { World } from "./world.ts";

/** A parameter, and where each rank's piece of it lies. */
export interface Sharded {
  readonly param: Tensor;
  /** Null where one rank has all of it. */
  readonly pieces:
    | readonly { readonly from: number; readonly size: number }[]
    | null;
}

/** A tensor of the state of a parameter, in memory of the host. */
interface Gathered {
  readonly data: HostArray;
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
}

/** What is remembered of a parameter. */
interface Entry {
  readonly step: number;
  readonly tensors: Readonly<Record<string, Gathered>>;
}

/** What is remembered of each parameter, by its number. */
export type WholeState = ReadonlyMap<number, Entry>;

type States = OptimizerState["state"];

/** What a rank tells of its shard of a parameter. */
interface Note {
  readonly number: number;
  readonly step: number;
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: Tensor["dtype"];
  }[];
}

/**
 * Collects the state.
 *
 * @param own The state of this rank's shards, by the number of the parameter.
 * @param params The parameters that are sharded, by their numbers.
 * @param everywhere Whether all ranks get it, and not rank 0 alone.
 * @returns What there is; nothing on ranks that do not get it. A promise where
 * the state is on `webgpu`.
 */
export function gatherState(
  world: World,
  own: States,
  params: ReadonlyMap<number, Sharded>,
  everywhere: boolean,
): WholeState | Promise<WholeState> {
  const tensors = Object.values(own).flatMap((entry) =>
    Object.values(entry).filter((value) => typeof value !== "number")
  );
  if (tensors.every(isOnHost)) {
    const read = (tensor: Tensor) => tensor.dataSync() as HostArray;
    return collect(world, own, params, everywhere, read);
  }
  return Promise.all(
    tensors.map(async (tensor) => [tensor, await tensor.data()] as const),
  ).then((pairs) => {
    const known = new Map(pairs);
    const read = (tensor: Tensor) => known.get(tensor) as HostArray;
    return collect(world, own, params, everywhere, read);
  });
}

function collect(
  world: World,
  own: States,
  params: ReadonlyMap<number, Sharded>,
  everywhere: boolean,
  read: (tensor: Tensor) => HostArray,
): WholeState {
  const { communicator: ranks } = world;
  world.begin("gather the state of the optimizer", "");
  const keeps = everywhere || world.rank === 0;
  const notes = exchange(ranks, Object.entries(own).map(noteOf));
  const known = new Map(notes.flat().map((note) => [note.number, note]));
  const whole = new Map<number, Entry>();
  for (const [number, { param, pieces }] of params) {
    const note = known.get(number);
    if (note === undefined) continue;
    const gathered: Record<string, Gathered> = {};
    for (const { name, shape, dtype } of note.tensors) {
      const counts = notes.map((list, rank) =>
        list.some((one) => one.number === number)
          ? (pieces === null ? sizeOf(shape) : pieces[rank]!.size)
          : 0
      );
      const length = counts.reduce((a, b) => a + b, 0);
      const mine = own[number]?.[name];
      const data = mine === undefined
        ? DTYPES[dtype].allocate(0)
        : read(mine as Tensor);
      const into = DTYPES[dtype].allocate(length) as HostArray;
      const pending = ranks.allGather(data as HostArray, into, counts);
      ranks.wait(pending, "gather the state of the optimizer");
      if (!keeps) continue;
      const all = pieces === null ? shape : param.shape;
      gathered[name] = { data: into, shape: all, dtype };
    }
    if (keeps) whole.set(number, { step: note.step, tensors: gathered });
  }
  return whole;
}

function noteOf([number, entry]: [string, States[string]]): Note {
  const tensors = Object.entries(entry).flatMap(([name, value]) =>
    typeof value === "number"
      ? []
      : [{ name, shape: value.shape, dtype: value.dtype }]
  );
  return { number: Number(number), step: Number(entry["step"]), tensors };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** The state as tensors beside the parameters. */
export function tensorsOf(
  whole: WholeState,
  params: readonly Tensor[],
): States {
  return noGradNow(() =>
    Object.fromEntries(
      Array.from(whole, ([number, { step, tensors }]) => {
        const made = Object.entries(tensors).map(([name, one]) => {
          const { data, shape, dtype } = one;
          const tensor = params[number]![UPLOAD_LIKE](data, shape, dtype);
          return [name, tensor] as const;
        });
        return [number, { step, ...Object.fromEntries(made) }];
      }),
    )
  );
}

/**
 * The part of a whole state that belongs to a shard: views of its tensors.
 *
 * @throws {StateError} If a tensor has another shape than the parameter.
 */
export function cutEntry(
  entry: States[string],
  { shape, size: all }: Tensor,
  number: string,
  name: string,
  { from, size }: { readonly from: number; readonly size: number },
): States[string] {
  return noGradNow(() =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => {
        if (typeof value === "number") return [key, value];
        if (value.shape.join() !== shape.join()) {
          throw new StateError(
            `Cannot load the state of ${name} as ${key} of parameter ${number} has another shape: got ${
              showShape(value.shape)
            }, expected ${showShape(shape)}`,
          );
        }
        const flat = value.reshape([all]);
        return [key, flat.narrow(0, from, size)];
      }),
    )
  );
}
