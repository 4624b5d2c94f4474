/**
 * Checkpoints of custom training loops.
 *
 * @module
 */
import {
  type Device,
  getRandomState,
  setRandomState,
  type Tensor,
} from "@tenfold/core";
import { checkCount, tidyNow } from "@tenfold/core/internal";
import { type ByteSource, readBytes, writeFileAtomic } from "@tenfold/data";
import * as z from "./_zod.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./_checkpoint_file.ts";
import { copied, takesState } from "./_state.ts";
import { CheckpointError } from "./errors.ts";

/**
 * Anything whose state can be saved and loaded.
 *
 * @example Something of your own in a checkpoint
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * class Counter implements train.Checkpointed {
 *   count = 0;
 *   stateDict() {
 *     return { count: this.count };
 *   }
 *   loadStateDict({ count }: { count: number }) {
 *     this.count = count;
 *   }
 * }
 * const counter = new Counter();
 * counter.count = 3;
 * const path = `${await Deno.makeTempDir()}/counter.safetensors`;
 * await train.saveCheckpoint(path, { counter });
 * await train.loadCheckpoint(path, { counter: new Counter() });
 * ```
 */
export interface Checkpointed {
  /** The state: plain values and tensors. */
  stateDict(): object;
  /** Restores a saved state. */
  loadStateDict(state: never): void;
}

/**
 * What a checkpoint holds, by names of your choice: such as `model`, `optimizer`,
 * `scheduler` and a `loader`.
 *
 * @example A model with its optimizer
 * ```ts
 * import { nn, optim, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const parts: train.CheckpointParts = {
 *   model,
 *   optimizer: new optim.Adam(model.parameters()),
 * };
 * const folder = await Deno.makeTempDir();
 * await train.saveCheckpoint(`${folder}/run.safetensors`, parts);
 * ```
 */
export interface CheckpointParts {
  /** A part by its name. */
  readonly [name: string]: Checkpointed;
}

/** Names that a checkpoint has for itself. */
const OWN = ["random", "extra"];

const randomState = z.strictObject({
  seed: z.int(),
  draws: z.int().check(z.gte(0)),
});

function checkParts(parts: CheckpointParts, operation: string): void {
  const entries = typeof parts === "object" && parts !== null
    ? Object.entries(parts)
    : [];
  if (entries.length === 0) {
    throw new TypeError(
      `Cannot ${operation} as its parts must be an object, such as { model, optimizer }`,
    );
  }
  for (const [name, part] of entries) {
    if (OWN.includes(name)) {
      throw new TypeError(
        `Cannot ${operation} with a part named ${name}: a checkpoint has one of its own`,
      );
    }
    if (!takesState(part)) {
      throw new TypeError(
        `Cannot ${operation} as ${name} must have stateDict and loadStateDict`,
      );
    }
  }
}

/**
 * Saves the states of a model, an optimizer, a schedule and whatever else has
 * one, with the state of the random numbers, outside of `fit`: a loop that loads
 * it goes on bit for bit. The file is written under another name, flushed and
 * renamed, so that a whole checkpoint is there whenever the program stops. It is
 * a safetensors file, in which the weights of a part `model` are named `model.`
 * and their own names.
 *
 * @param path Where to save: a path or a `file:` URL.
 * @param parts What to save, by names of your choice.
 * @param extra Plain values, such as the epoch.
 * @throws {TypeError} If a part has no state, or `extra` is not plain.
 *
 * @example A custom loop that can be interrupted
 * ```ts
 * import { nn, optim, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/run.safetensors`;
 * const make = () => {
 *   const model = new nn.Linear(3, 1);
 *   const optimizer = new optim.Adam(model.parameters());
 *   const scheduler = new optim.StepLR(optimizer, { stepSize: 10 });
 *   return { model, optimizer, scheduler };
 * };
 * const before = make();
 * await train.saveCheckpoint(path, before, { epoch: 7 });
 *
 * const after = make();
 * const { epoch } = await train.loadCheckpoint(path, after);
 * assertEquals(epoch, 7);
 * assertEquals(
 *   await after.model.weight.toArray(),
 *   await before.model.weight.toArray(),
 * );
 * ```
 */
export async function saveCheckpoint(
  path: string | URL,
  parts: CheckpointParts,
  extra: { readonly [name: string]: unknown } = {},
): Promise<void> {
  const operation = "save a checkpoint";
  checkCount("saveCheckpoint", arguments.length, 3);
  checkParts(parts, operation);
  const bytes = await encodeCheckpoint(() => ({
    ...Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, part.stateDict()]),
    ),
    random: { ...getRandomState() },
    extra,
  }));
  await writeFileAtomic(path, bytes);
}

/**
 * Loads a checkpoint of {@linkcode saveCheckpoint}, or of the callback
 * `checkpoint`, into a model, an optimizer and whatever else it holds, and puts
 * the state of the random numbers back. Parts that are not given stay in the
 * file. Should one refuse its state, all are as they were.
 *
 * @param source A path, a URL, a `Blob` or bytes.
 * @param parts What to load, by the names that it was saved under.
 * @returns The plain values that were saved with it.
 * @throws {CheckpointError} If it is damaged, lacks a part, or does not fit.
 * @example The model alone, to predict with
 * ```ts
 * import { nn, optim, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `${await Deno.makeTempDir()}/run.safetensors`;
 * const model = new nn.Linear(3, 1);
 * const optimizer = new optim.Adam(model.parameters());
 * await train.saveCheckpoint(path, { model, optimizer });
 *
 * const loaded = new nn.Linear(3, 1);
 * await train.loadCheckpoint(path, { model: loaded });
 * assertEquals(await loaded.weight.toArray(), await model.weight.toArray());
 * ```
 */
export async function loadCheckpoint(
  source: ByteSource,
  parts: CheckpointParts,
): Promise<{ [name: string]: unknown }> {
  const operation = "load a checkpoint";
  checkCount("loadCheckpoint", arguments.length, 2);
  checkParts(parts, operation);
  const bytes = await readBytes(source);
  const shown = typeof source === "string" || source instanceof URL
    ? source
    : "of bytes";
  return tidyNow(() => {
    const state = decodeCheckpoint(bytes, shown, deviceOf(parts)) as {
      [name: string]: unknown;
    };
    return restore(state, parts, operation);
  });
}

/** The device of the first part that has parameters. */
function deviceOf(parts: CheckpointParts): Device | undefined {
  for (const part of Object.values(parts)) {
    const { parameters } = part as { parameters?: () => Tensor[] };
    if (typeof parameters !== "function") continue;
    const [first] = parameters.call(part);
    if (first !== undefined) return first.device;
  }
  return undefined;
}

/** Loads each part, or none. */
function restore(
  state: { readonly [name: string]: unknown },
  parts: CheckpointParts,
  operation: string,
): { [name: string]: unknown } {
  const fail = (why: string, cause?: unknown) =>
    new CheckpointError(`Cannot ${operation} as ${why}`, { cause });
  const random = randomState.safeParse(state.random);
  if (!random.success) throw fail("the state of random numbers is damaged");
  for (const name of Object.keys(parts)) {
    if (typeof state[name] === "object" && state[name] !== null) continue;
    const names = Object.keys(state).filter((name) => !OWN.includes(name));
    throw fail(`it has no part ${name}: it has ${names.join(", ")}`);
  }
  const copies: Tensor[] = [];
  const undo: (() => void)[] = [];
  try {
    for (const [name, part] of Object.entries(parts)) {
      const before = copied(part.stateDict(), copies);
      undo.push(() => part.loadStateDict(before as never));
      try {
        part.loadStateDict(state[name] as never);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw fail(`the state of ${name} does not fit: ${why}`, cause);
      }
    }
  } catch (error) {
    for (const back of undo.reverse()) back();
    throw error;
  } finally {
    for (const tensor of copies) tensor.dispose();
  }
  setRandomState(random.data);
  return { ...state.extra as object };
}
