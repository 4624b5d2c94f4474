/**
 * Data-parallel training: one replica of a model on each rank.
 *
 * @module
 */
import {
  afterBackward,
  CompileError,
  type LeafHookHandle,
  registerLeafHook,
  type Tensor,
} from "@tenfold/core";
import {
  checkCount,
  currentRecording,
  parseArguments,
} from "@tenfold/core/internal";
import type { Module } from "@tenfold/nn";
import type { Distributing, Replica } from "@tenfold/train";
import * as z from "zod/mini";
import { Bucket, type BucketEvent } from "./_bucket.ts";
import { exchange } from "./_exchange.ts";
import {
  checkReducible,
  elementsOf,
  isDense,
  isOnHost,
  write,
} from "./_host.ts";
import { checkSameModel } from "./_same_model.ts";
import type { HostArray } from "./_communicator.ts";
import type { World } from "./world.ts";

/** Options of {@linkcode DistributedDataParallel}. */
export interface DistributedDataParallelOptions {
  /**
   * Bytes of gradients that are reduced together. Smaller buckets begin earlier,
   * larger ones take fewer messages.
   *
   * @default {1048576}
   */
  readonly bucketBytes?: number;
  /**
   * Whether the buffers of rank 0, such as the running mean of batch norm, are
   * copied to all ranks before each forward pass in training mode. Without it
   * each rank has its own.
   *
   * @default {true}
   */
  readonly broadcastBuffers?: boolean;
  /**
   * Whether to note when buckets begin and end, for
   * {@linkcode DistributedDataParallel.trace}.
   *
   * @default {false}
   */
  readonly profile?: boolean;
}

const schema = z.strictObject({
  bucketBytes: z._default(
    z.int("must be a positive integer").check(
      z.gt(0, "must be a positive integer"),
    ),
    2 ** 20,
  ),
  broadcastBuffers: z._default(z.boolean("must be true or false"), true),
  profile: z._default(z.boolean("must be true or false"), false),
});

/** The modules that can be trained so. */
export type Replicated = Module<never[], Tensor>;

/**
 * A replica of a model that learns the same as those of all other ranks. The
 * parameters and buffers of rank 0 are copied to all when it is made. In each
 * `backward` the gradients are averaged over the ranks, in buckets, the first of
 * which are under way while backward goes on; when `backward` returns, all ranks
 * hold the same gradients, and make the same step.
 *
 * The mean over the ranks is that of one batch that has all samples where each
 * rank has the same number of them and the loss is a mean.
 *
 * A compiled function cannot wait for others: compile what comes before and
 * after, call the first in {@linkcode DistributedDataParallel.noSync} and
 * {@linkcode DistributedDataParallel.synchronize} between the two. `fit` does.
 *
 * @typeParam M The model.
 *
 * @example A loop of one's own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DistributedDataParallel, init } from "@tenfold/distributed";
 * import { nn, optim, randn } from "@tenfold/tenfold";
 *
 * const world = await init();
 * const model = new nn.Linear(4, 1);
 * const replica = new DistributedDataParallel(model, world);
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * replica.forward(randn([8, 4])).square().mean().backward();
 * optimizer.step();
 * assertEquals(replica.bytesPerStep, 4 * (4 + 1 + 2));
 * replica.dispose();
 * ```
 */
export class DistributedDataParallel<M extends Replicated = Replicated>
  implements Distributing, Replica {
  /** The model. */
  readonly module: M;
  /** The ranks. */
  readonly world: World;
  readonly #buckets: readonly Bucket[];
  readonly #hooks: LeafHookHandle[] = [];
  readonly #places = new Map<Tensor, readonly [bucket: Bucket, i: number]>();
  readonly #broadcastBuffers: boolean;
  readonly #profile: boolean;
  #events: BucketEvent[] = [];
  #passes: (readonly [begun: number, ended: number])[] = [];
  /** The bucket that begins next: all ranks have the same order. */
  #next = 0;
  #inBackward = false;
  #firstGradient = 0;
  #syncs = true;
  #participants: number;

  /**
   * Copies the model of rank 0 to all ranks, and averages gradients from now on.
   *
   * @param module The model, of the same parameters on all ranks.
   * @param world What {@linkcode init} returned.
   * @param options `bucketBytes`, `broadcastBuffers` and `profile`.
   * @throws {CollectiveError} If the ranks have other models.
   * @throws {RankError} If another rank has failed.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    module: M,
    world: World,
    options: DistributedDataParallelOptions = {},
  ) {
    const parsed = parseArguments(
      schema,
      { module, world },
      options,
      arguments,
      "make a DistributedDataParallel",
    );
    this.module = module;
    this.world = world;
    this.#broadcastBuffers = parsed.broadcastBuffers;
    this.#profile = parsed.profile;
    this.#participants = world.worldSize;
    checkSameModel(world, module);
    this.#buckets = makeBuckets(
      module.parameters().filter(({ requiresGrad }) => requiresGrad),
      parsed.bucketBytes,
    );
    for (const bucket of this.#buckets) {
      bucket.params.forEach((param, i) => this.#places.set(param, [bucket, i]));
    }
    if (world.worldSize === 1) return;
    if (this.isOnHost) this.copyFromFirst();
    for (const param of this.#places.keys()) {
      this.#hooks.push(registerLeafHook(param, this.#gradientReady));
    }
  }

  /** Number of this rank. */
  get rank(): number {
    return this.world.rank;
  }

  /** Number of ranks. */
  get worldSize(): number {
    return this.world.worldSize;
  }

  /** Whether gradients are averaged within backward, as memory of the host is. */
  get isOnHost(): boolean {
    return this.module.parameters().every(isOnHost);
  }

  /** Bytes that each rank hands to MPI in a step. */
  get bytesPerStep(): number {
    return this.#buckets.reduce((bytes, bucket) => bytes + bucket.bytes, 0);
  }

  /**
   * Number of ranks that have a batch in this step, by which sums are divided;
   * the others take part with gradients of 0.
   */
  set participants(participants: number) {
    this.#participants = participants;
  }

  /** Returns itself, for `fit`. */
  replicate(module: Replicated): Replica {
    checkCount("replicate", arguments.length, 1);
    if (module as unknown === this.module) return this;
    throw new TypeError(
      "Cannot fit a model by the DistributedDataParallel of another one: pass { distributed: world }, or one that was made of this model",
    );
  }

  /**
   * Copies the buffers of rank 0 where that is asked for, and calls the model.
   *
   * @param inputs What the model takes.
   * @returns What it returns.
   */
  forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    this.syncBuffers();
    return this.module.forward(...inputs as never[]) as ReturnType<
      M["forward"]
    >;
  }

  /**
   * Copies the parameters and buffers of rank 0 to all ranks, as the constructor
   * does where they are in memory of the host; on `webgpu` `fit` awaits it.
   */
  copyFromFirst(): void | Promise<void> {
    checkCount("copyFromFirst", arguments.length, 0);
    return this.#share([...this.module.parameters(), ...this.module.buffers()]);
  }

  /** Copies the buffers of rank 0 to all ranks, unless each has its own. */
  syncBuffers(): void | Promise<void> {
    checkCount("syncBuffers", arguments.length, 0);
    if (!this.#broadcastBuffers || !this.module.training) return;
    return this.#share(this.module.buffers());
  }

  #share(tensors: readonly Tensor[]): void | Promise<void> {
    if (this.world.worldSize === 1 || tensors.length === 0) return;
    if (!tensors.every(isOnHost)) {
      return Promise.all(
        tensors.map((tensor) => this.world.broadcastAsync(tensor)),
      ).then(() => {});
    }
    this.world.begin("broadcast", `of ${tensors.length} tensors`);
    const { communicator } = this.world;
    // All at once: together they take little longer than one.
    const copies = tensors.map((tensor) =>
      isDense(tensor) ? elementsOf(tensor) : tensor.dataSync() as HostArray
    );
    const pending = copies.map((data) => communicator.broadcast(data, 0));
    for (const one of pending) communicator.wait(one, "broadcast");
    tensors.forEach((tensor, i) => {
      if (isDense(tensor)) write(tensor, copies[i]!);
      else {
        throw new TypeError(
          "Cannot broadcast a parameter whose elements do not lie one after the other: make it contiguous before",
        );
      }
    });
  }

  /**
   * Does not average the gradients of a backward that runs within `fn`: they add
   * up on each rank, and the next backward outside averages all.
   *
   * @param fn What to run.
   * @returns What it returns.
   *
   * @example Two batches for one step
   * ```ts
   * import { DistributedDataParallel, init } from "@tenfold/distributed";
   * import { nn, randn } from "@tenfold/tenfold";
   *
   * const replica = new DistributedDataParallel(new nn.Linear(4, 1), await init());
   * const loss = () => replica.forward(randn([8, 4])).square().mean().div(2);
   * replica.noSync(() => loss().backward());
   * loss().backward(); // averages the gradients of both
   * replica.dispose();
   * ```
   */
  noSync<T>(fn: () => T): T {
    checkCount("noSync", arguments.length, 1);
    const before = this.#syncs;
    this.#syncs = false;
    try {
      return fn();
    } finally {
      this.#syncs = before;
    }
  }

  /**
   * Averages the gradients as they are: after a backward within
   * {@linkcode DistributedDataParallel.noSync}, or of a compiled function.
   *
   * @returns A promise where the model is on `webgpu`.
   * @throws {RankError} If another rank has failed.
   */
  synchronize(): void | Promise<void> {
    checkCount("synchronize", arguments.length, 0);
    if (this.world.worldSize === 1) return;
    if (!this.isOnHost) return this.#synchronizeLater();
    this.#begin();
    for (const param of this.#places.keys()) this.#take(param);
    this.#finish();
  }

  async #synchronizeLater(): Promise<void> {
    const read = [...this.#places].map(async ([{ grad }, [bucket, i]]) => {
      if (grad !== null) bucket.put(i, await grad.data() as Float32Array);
    });
    await Promise.all(read);
    this.#begin();
    this.#finish();
  }

  /** The hook: a gradient is complete. */
  readonly #gradientReady = (param: Tensor): void => {
    if (!this.#syncs) return;
    if (currentRecording() !== null) {
      throw new CompileError(
        "Cannot compile a backward that averages gradients over ranks: compile forward and backward alone, call it in noSync(), and synchronize() before the step of the optimizer",
      );
    }
    if (!isOnHost(param)) {
      throw new CompileError(
        `Cannot average gradients within backward on ${param.device.name}: call backward in noSync(), and await synchronize() before the step of the optimizer`,
      );
    }
    if (!this.#inBackward) {
      this.#begin();
      afterBackward(() => this.#finish());
    }
    this.#take(param);
    for (let b = 0; b < this.#next; b++) this.#buckets[b]!.progress();
  };

  #begin(): void {
    this.world.begin(
      "average gradients",
      `in ${this.#buckets.length} buckets of ${this.bytesPerStep} bytes`,
    );
    if (this.#inBackward) {
      for (const bucket of this.#buckets) {
        bucket.reset();
      }
    }
    this.#inBackward = true;
    this.#next = 0;
    this.#firstGradient = performance.now();
  }

  #take(param: Tensor): void {
    const [bucket, i] = this.#places.get(param)!;
    bucket.take(i);
    while (this.#buckets[this.#next]?.complete) {
      this.#buckets[this.#next++]!.begin(this.world.communicator);
    }
  }

  /** Backward is over: what is missing counts as 0. */
  #finish(): void {
    const ended = performance.now();
    const { communicator } = this.world;
    while (this.#next < this.#buckets.length) {
      this.#buckets[this.#next++]!.begin(communicator);
    }
    this.#buckets.forEach((bucket, b) => {
      bucket.finish(communicator, 1 / this.#participants);
      const { bytes, begun, done } = bucket;
      if (this.#profile) this.#events.push({ bucket: b, bytes, begun, done });
      bucket.reset();
    });
    if (this.#profile) this.#passes.push([this.#firstGradient, ended]);
    this.#inBackward = false;
  }

  /**
   * When buckets were under way, beside the backward passes that they belong to,
   * as the text of a file that Perfetto and `chrome://tracing` open.
   *
   * @returns JSON of trace events, in microseconds.
   * @throws {Error} If it was made without `profile`.
   */
  trace(): string {
    checkCount("trace", arguments.length, 0);
    if (!this.#profile) {
      throw new Error(
        "Cannot trace as nothing was noted: make the DistributedDataParallel with { profile: true }",
      );
    }
    const pid = this.rank;
    const event = (
      name: string,
      tid: number,
      [begun, ended]: readonly [number, number],
      args: object = {},
    ) => ({
      name,
      ph: "X",
      pid,
      tid,
      ts: begun * 1000,
      dur: (ended - begun) * 1000,
      args,
    });
    return JSON.stringify({
      traceEvents: [
        ...this.#passes.map((pass) => event("backward", 0, pass)),
        ...this.#events.map(({ bucket, bytes, begun, done }) =>
          event(`allReduce ${bucket}`, 1 + bucket, [begun, done], { bytes })
        ),
      ],
    });
  }

  /** The values of all ranks added up, in place; for `fit`. */
  sum(values: Float64Array): void {
    checkCount("sum", arguments.length, 1);
    this.world.begin("sum", `${values.length} figures`);
    const { communicator } = this.world;
    communicator.wait(communicator.allReduce(values, "sum"), "sum figures");
  }

  /** What each rank passes, by rank; for `fit`. */
  exchange<T>(value: T): T[] {
    checkCount("exchange", arguments.length, 1);
    this.world.begin("exchange", "");
    return exchange(this.world.communicator, value);
  }

  /** The bytes of rank 0, on all ranks; for `fit`. */
  share(bytes: Uint8Array | null): Uint8Array | null {
    checkCount("share", arguments.length, 1);
    const [length] = this.exchange(bytes === null ? -1 : bytes.length);
    if (length! < 0) return null;
    const data = this.rank === 0 ? bytes!.slice() : new Uint8Array(length!);
    const { communicator } = this.world;
    communicator.wait(communicator.broadcast(data, 0), "broadcast");
    return data;
  }

  /** Tells the other ranks why this one cannot go on; for `fit`. */
  fail(cause: unknown): void {
    checkCount("fail", arguments.length, 1);
    this.world.fail(cause);
  }

  /** Averages gradients no longer. The model stays as it is. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    for (const hook of this.#hooks.splice(0)) hook.remove();
  }

  /** {@linkcode DistributedDataParallel.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Buckets in the order in which gradients come: the last layer first. */
function makeBuckets(params: readonly Tensor[], bytes: number): Bucket[] {
  const buckets: Tensor[][] = [];
  let room = 0;
  for (const param of params.toReversed()) {
    checkReducible("average gradients of", param, "mean");
    const width = param.dtype === "float64" ? 8 : 4;
    const last = buckets.at(-1);
    const size = param.size * width;
    if (last === undefined || last[0]!.dtype !== param.dtype || size > room) {
      buckets.push([param]);
      room = bytes - size;
    } else {
      last.push(param);
      room -= size;
    }
  }
  return buckets.map((members) => new Bucket(members));
}
