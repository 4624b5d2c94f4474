/**
 * What `fit` needs of several ranks that train together. `@tenfold/distributed`
 * has it; nothing here knows of MPI.
 *
 * @module
 */
import type { Optimizing } from "./optimizing.ts";
import type { Model } from "./model.ts";

/**
 * Options of a replica.
 *
 * @example Smaller buckets, so that reductions begin earlier
 * ```ts
 * import { nn, train } from "@tenfold/tenfold";
 * import { init } from "@tenfold/distributed";
 *
 * const options: train.ReplicaOptions = { bucketBytes: 2 ** 18 };
 * const world = await init();
 * const replica = world.replicate(new nn.Linear(2, 1), options);
 * replica.dispose();
 * ```
 */
export interface ReplicaOptions {
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
   * Whether to note when buckets begin and end, for the `trace` of a
   * `DistributedDataParallel`.
   *
   * @default {false}
   */
  readonly profile?: boolean;
}

/**
 * The ranks of a job, such as the world that `init` returns.
 *
 * @example The world as what replicates models
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 * import { init } from "@tenfold/distributed";
 *
 * const ranks: train.Distributing = await init();
 * const replica = ranks.replicate(new nn.Linear(2, 1));
 * assertEquals(replica.rank, 0);
 * replica.dispose();
 * ```
 */
export interface Distributing {
  /** A replica of a model, whose gradients are averaged over the ranks. */
  replicate(model: Model, options?: ReplicaOptions): Replica;
}

/**
 * Options of training on several ranks.
 *
 * @example An optimizer state that is divided among the ranks
 * ```ts
 * import { nn, optim, randn, train } from "@tenfold/tenfold";
 * import { init } from "@tenfold/distributed";
 *
 * const model = new nn.Linear(2, 1);
 * const batches = [[randn([8, 2]), randn([8, 1])]];
 * const distributed: train.DistributedOptions = {
 *   world: await init(),
 *   shardOptimizer: true,
 * };
 * await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.Adam(model.parameters()),
 *   train: batches,
 *   epochs: 1,
 *   distributed,
 *   progress: false,
 * });
 * ```
 */
export interface DistributedOptions extends ReplicaOptions {
  /** The ranks: what `init` of `@tenfold/distributed` returns. */
  readonly world: Distributing;
  /**
   * Whether each rank has its own part of the optimizer's state, in place of all
   * of it (ZeRO stage 1): the same losses in less memory. Checkpoints have the
   * whole state, and so has the optimizer after `fit`.
   *
   * @default {false}
   */
  readonly shardOptimizer?: boolean;
}

/**
 * The replica of this rank.
 *
 * @example The number of ranks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 * import { init } from "@tenfold/distributed";
 *
 * const world = await init();
 * const replica: train.Replica = world.replicate(new nn.Linear(2, 1));
 * assertEquals(replica.worldSize, 1);
 * replica.dispose();
 * ```
 */
export interface Replica {
  /** Index of this rank, from 0; rank 0 shows progress and writes files. */
  readonly rank: number;
  /** Number of ranks. */
  readonly worldSize: number;
  /**
   * Whether gradients are averaged within `backward`; else by `synchronize`.
   */
  readonly isOnHost: boolean;
  /** Number of ranks that have a batch in this step. */
  participants: number;
  /** Copies parameters and buffers of rank 0 to all ranks. */
  copyFromFirst(): void | Promise<void>;
  /** Copies buffers of rank 0 to all ranks before a forward pass. */
  syncBuffers(): void | Promise<void>;
  /** An optimizer of which each rank has a part of the state. */
  shard(optimizer: Optimizing): ShardedOptimizing;
  /** Runs `fn`, in which `backward` does not average gradients. */
  noSync<T>(fn: () => T): T;
  /** Averages the gradients as they are. */
  synchronize(): void | Promise<void>;
  /** Adds up the values of all ranks, in place. */
  sum(values: Float64Array): void;
  /** Returns the values that the ranks pass, by rank. */
  exchange<T>(value: T): T[];
  /** Broadcasts the bytes of rank 0. */
  share(bytes: Uint8Array | null): Uint8Array | null;
  /** Tells the other ranks why this one cannot continue, and ends the job. */
  fail(cause: unknown): void;
  /** Stops averaging gradients. */
  dispose(): void;
}

/**
 * An optimizer of which each rank has a part of the state.
 *
 * @example A part of Adam's state
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, optim, train } from "@tenfold/tenfold";
 * import { init } from "@tenfold/distributed";
 *
 * const model = new nn.Linear(2, 1);
 * const world = await init();
 * const replica = world.replicate(model);
 * const optimizer: train.ShardedOptimizing = replica.shard(
 *   new optim.Adam(model.parameters()),
 * );
 * assertEquals(optimizer.isSharded, true);
 * replica.dispose();
 * ```
 */
export interface ShardedOptimizing extends Optimizing {
  /** Always true. */
  readonly isSharded: true;
  /** Updates the parameters on all ranks. */
  step(): void | Promise<void>;
  /** Clips the averaged gradients to a norm of all of them together. */
  clipGradNorm(maxNorm: number): unknown;
  /** Collects the state on rank 0, for `stateDict`. */
  consolidate(): Promise<void>;
  /** Gives its whole state back to the optimizer that it was created from. */
  release(): void | Promise<void>;
}

/** Whether each rank has a part of the state of an optimizer. */
export function isSharded(optimizer: object): optimizer is ShardedOptimizing {
  return (optimizer as Partial<ShardedOptimizing>).isSharded === true;
}
