/**
 * Data-parallel training: one replica of a model on each rank.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import type { Module } from "@tenfold/nn";
import type { Optimizer } from "@tenfold/optim";
import type {
  Distributing,
  Optimizing,
  Replica,
  ReplicaOptions,
  ShardedOptimizing,
} from "@tenfold/train";
import * as z from "zod/mini";
import { exchange } from "./_exchange.ts";
import { isOnHost } from "./_host.ts";
import { keepReducer, Reducer } from "./_reducer.ts";
import { checkSameModel } from "./_same_model.ts";
import { shareTensors } from "./_share.ts";
import { Trace } from "./_trace.ts";
import type { World } from "./world.ts";
import { ZeroRedundancyOptimizer } from "./zero_redundancy_optimizer.ts";

/**
 * Options of {@linkcode DistributedDataParallel}.
 *
 * @example Each rank with its own running statistics
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 * import {
 *   DistributedDataParallel,
 *   type DistributedDataParallelOptions,
 *   init,
 * } from "@tenfold/distributed";
 *
 * const options: DistributedDataParallelOptions = { broadcastBuffers: false };
 * const model = new nn.Linear(2, 1);
 * const parallel = new DistributedDataParallel(model, await init(), options);
 * parallel.dispose();
 * ```
 */
export type DistributedDataParallelOptions = ReplicaOptions;

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

/**
 * Options of {@linkcode DistributedDataParallel.trace}.
 *
 * @example The events of all ranks
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 * import {
 *   DistributedDataParallel,
 *   init,
 *   type TraceOptions,
 * } from "@tenfold/distributed";
 *
 * const options: TraceOptions = { allRanks: true };
 * const model = new nn.Linear(2, 1);
 * const parallel = new DistributedDataParallel(model, await init(), {
 *   profile: true,
 * });
 * const json = parallel.trace(options);
 * parallel.dispose();
 * ```
 */
export interface TraceOptions {
  /**
   * Whether to include the events of all ranks; all of them must call it then.
   *
   * @default {false}
   */
  readonly allRanks?: boolean;
}

const traceSchema = z.strictObject({
  allRanks: z._default(z.boolean("must be true or false"), false),
});

/**
 * The modules that can be trained in parallel.
 *
 * @example Any model of tensors
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 * import type { Replicated } from "@tenfold/distributed";
 *
 * const model: Replicated = new nn.Sequential(new nn.Linear(2, 1));
 * ```
 */
export type Replicated = Module<never[], Tensor>;

/**
 * A replica of a model that is kept equal to those of all other ranks. On
 * creation the parameters and buffers of rank 0 are copied to all ranks. In
 * each `backward` the gradients are averaged over the ranks, in buckets whose
 * communication overlaps with the rest of backward; when `backward` returns,
 * all ranks have the same gradients and take the same step.
 *
 * The mean over the ranks equals the gradient of one batch of all samples if
 * each rank has the same number of samples and the loss is a mean.
 *
 * A compiled function cannot wait for other ranks: compile the computation
 * before and after the averaging separately, call the first within
 * {@linkcode DistributedDataParallel.noSync}, and call
 * {@linkcode DistributedDataParallel.synchronize} between the two, as `fit`
 * does.
 *
 * @typeParam M Type of the model.
 *
 * @example A custom loop
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
  readonly #reducer: Reducer;
  /** All parameters, and whether there are buffers: to walk them takes time. */
  readonly #parameters: readonly Tensor[];
  readonly #hasBuffers: boolean;
  readonly #trace: Trace | null;
  readonly #broadcastBuffers: boolean;

  /**
   * Copies the model of rank 0 to all ranks, and averages gradients from now on.
   *
   * @param module The model, with the same parameters on all ranks.
   * @param world What {@linkcode init} returned.
   * @param options `bucketBytes`, `broadcastBuffers` and `profile`.
   * @throws {CollectiveError} If the models of the ranks differ.
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
    this.#trace = parsed.profile ? new Trace(world.rank) : null;
    checkSameModel(world, module);
    this.#parameters = module.parameters();
    this.#hasBuffers = module.buffers().length > 0;
    this.#reducer = new Reducer({
      world,
      params: this.#trained(),
      bucketBytes: parsed.bucketBytes,
      trace: this.#trace,
    });
    keepReducer(this, this.#reducer);
    if (world.worldSize > 1 && this.isOnHost) this.copyFromFirst();
  }

  #trained(): Tensor[] {
    return this.#parameters.filter(({ requiresGrad }) => requiresGrad);
  }

  /** Index of this rank. */
  get rank(): number {
    return this.world.rank;
  }

  /** Number of ranks. */
  get worldSize(): number {
    return this.world.worldSize;
  }

  /**
   * Whether the model is in host memory, so that gradients are averaged within
   * backward.
   */
  get isOnHost(): boolean {
    return this.module.parameters().every(isOnHost);
  }

  /** Number of bytes that each rank passes to MPI in a step. */
  get bytesPerStep(): number {
    return this.#reducer.bytes + this.#reducer.gatheredBytes;
  }

  /**
   * Number of ranks that have a batch in this step, by which sums are divided;
   * the others contribute gradients of 0.
   */
  set participants(participants: number) {
    this.#reducer.participants = participants;
  }

  /** Returns itself, for `fit`; it has its options already. */
  replicate(module: Replicated, options?: ReplicaOptions): Replica {
    checkCount("replicate", arguments.length, 2);
    if (options !== undefined) {
      throw new TypeError(
        `Cannot fit by a DistributedDataParallel with ${
          Object.keys(options).join(", ")
        } beside it: give them to its constructor`,
      );
    }
    if (module as unknown === this.module) return this;
    throw new TypeError(
      "Cannot fit a model by the DistributedDataParallel of another one: pass { distributed: world }, or one that was made of this model",
    );
  }

  /**
   * An optimizer whose state is partitioned among the ranks, for `fit`; see
   * {@linkcode ZeroRedundancyOptimizer}.
   */
  shard(optimizer: Optimizing): ShardedOptimizing {
    checkCount("shard", arguments.length, 1);
    return new ZeroRedundancyOptimizer(optimizer as Optimizer, this);
  }

  /**
   * Copies the buffers of rank 0 if `broadcastBuffers` is set, and calls the
   * model.
   *
   * @param inputs The inputs of the model.
   * @returns Its result.
   */
  forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    this.syncBuffers();
    return this.module.forward(...inputs as never[]) as ReturnType<
      M["forward"]
    >;
  }

  /**
   * Copies the parameters and buffers of rank 0 to all ranks, as the
   * constructor does for models in host memory; on `webgpu` `fit` awaits it.
   */
  copyFromFirst(): void | Promise<void> {
    checkCount("copyFromFirst", arguments.length, 0);
    return this.#share([...this.module.parameters(), ...this.module.buffers()]);
  }

  /**
   * Copies the buffers of rank 0 to all ranks, unless each has its own; called
   * before each forward pass. It also detects parameters that were frozen or
   * unfrozen.
   */
  syncBuffers(): void | Promise<void> {
    checkCount("syncBuffers", arguments.length, 0);
    const followed = this.#reducer.follow(this.#trained());
    if (followed === undefined) return this.#shareBuffers();
    return followed.then(() => this.#shareBuffers());
  }

  #shareBuffers(): void | Promise<void> {
    if (!this.#broadcastBuffers || !this.#hasBuffers) return;
    if (!this.module.training) return;
    return this.#share(this.module.buffers());
  }

  #share(tensors: readonly Tensor[]): void | Promise<void> {
    return shareTensors(this.world, tensors);
  }

  /**
   * Disables the averaging of gradients in backward passes within `fn`: they
   * accumulate on each rank, and the next backward outside averages them.
   *
   * @param fn The function to call.
   * @returns Its result.
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
    const before = this.#reducer.syncs;
    this.#reducer.syncs = false;
    try {
      return fn();
    } finally {
      this.#reducer.syncs = before;
    }
  }

  /**
   * Averages the current gradients: after a backward within
   * {@linkcode DistributedDataParallel.noSync}, or of a compiled function.
   *
   * @returns A promise where the model is on `webgpu`.
   * @throws {RankError} If another rank has failed.
   */
  synchronize(): void | Promise<void> {
    checkCount("synchronize", arguments.length, 0);
    if (this.world.worldSize === 1) return;
    return this.#reducer.synchronize();
  }

  /**
   * The times at which buckets were communicated and the backward passes they
   * belong to, in the trace format of Perfetto and `chrome://tracing`: for each
   * rank a row of backward passes, from their first gradient on, and one for
   * each bucket.
   *
   * @param options `allRanks`.
   * @returns JSON of trace events, in microseconds.
   * @throws {Error} If the replica was created without `profile`.
   * @throws {RankError} If another rank has failed.
   *
   * @example Passes of a world of one
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { DistributedDataParallel, init } from "@tenfold/distributed";
   * import { nn } from "@tenfold/tenfold";
   *
   * const options = { profile: true };
   * const model = new nn.Linear(4, 1);
   * const replica = new DistributedDataParallel(model, await init(), options);
   * const { traceEvents } = JSON.parse(replica.trace());
   * assertEquals(traceEvents[0].args.name, "rank 0");
   * ```
   */
  trace(options: TraceOptions = {}): string {
    const { allRanks } = parseArguments(
      traceSchema,
      {},
      options,
      arguments,
      "trace",
    );
    if (this.#trace === null) {
      throw new Error(
        "Cannot trace as nothing was noted: make the DistributedDataParallel with { profile: true }",
      );
    }
    const own = this.#trace.events();
    const traceEvents = allRanks ? this.exchange(own).flat() : own;
    return JSON.stringify({ traceEvents });
  }

  /** Sums values over all ranks, in place; for `fit`. */
  sum(values: Float64Array): void {
    checkCount("sum", arguments.length, 1);
    this.world.begin("sum", `${values.length} figures`);
    const { communicator } = this.world;
    communicator.wait(communicator.allReduce(values, "sum"), "sum figures");
  }

  /** Collects a value from each rank; for `fit`. */
  exchange<T>(value: T): T[] {
    checkCount("exchange", arguments.length, 1);
    this.world.begin("exchange", "");
    return exchange(this.world.communicator, value);
  }

  /** Returns the bytes of rank 0 on all ranks; for `fit`. */
  share(bytes: Uint8Array | null): Uint8Array | null {
    checkCount("share", arguments.length, 1);
    const [length] = this.exchange(bytes === null ? -1 : bytes.length);
    if (length! < 0) return null;
    const data = this.rank === 0 ? bytes!.slice() : new Uint8Array(length!);
    const { communicator } = this.world;
    communicator.wait(communicator.broadcast(data, 0), "broadcast");
    return data;
  }

  /** Tells the other ranks why this one cannot continue; for `fit`. */
  fail(cause: unknown): void {
    checkCount("fail", arguments.length, 1);
    this.world.fail(cause);
  }

  /** Stops averaging gradients. The model is left unchanged. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    this.#reducer.dispose();
  }

  /** {@linkcode DistributedDataParallel.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
