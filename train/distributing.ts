/**
 * What `fit` needs of several ranks that train together. `@tenfold/distributed`
 * has it; nothing here knows of MPI.
 *
 * @module
 */
import type { Model } from "./model.ts";

/** The ranks of a job, such as the world that `init` returns. */
export interface Distributing {
  /** A replica of a model, whose gradients are averaged over the ranks. */
  replicate(model: Model): Replica;
}

/** The replica of this rank. */
export interface Replica {
  /** Number of this rank, from 0 on; rank 0 shows progress and writes files. */
  readonly rank: number;
  /** Number of ranks. */
  readonly worldSize: number;
  /**
   * Whether gradients are averaged within `backward`; else by `synchronize`.
   */
  readonly isOnHost: boolean;
  /** How many ranks have a batch in this step. */
  participants: number;
  /** Copies parameters and buffers of rank 0 to all ranks. */
  copyFromFirst(): void | Promise<void>;
  /** Copies buffers of rank 0 to all ranks before a forward pass. */
  syncBuffers(): void | Promise<void>;
  /** Runs `fn`, in which `backward` does not average gradients. */
  noSync<T>(fn: () => T): T;
  /** Averages the gradients as they are. */
  synchronize(): void | Promise<void>;
  /** The values of all ranks added up, in place. */
  sum(values: Float64Array): void;
  /** What each rank passes, by rank. */
  exchange<T>(value: T): T[];
  /** The bytes of rank 0, on all ranks. */
  share(bytes: Uint8Array | null): Uint8Array | null;
  /** Tells the other ranks why this one cannot go on, and ends the job. */
  fail(cause: unknown): void;
  /** Averages gradients no longer. */
  dispose(): void;
}

/** An optimizer that averages the gradients of all ranks by itself. */
export interface ShardedOptimizing {
  /** Always true. */
  readonly averagesGradients: true;
  /** Clips the averaged gradients to a norm of all of them together. */
  clipGradNorm(maxNorm: number): void;
}

/** Whether an optimizer averages the gradients by itself. */
export function averagesGradients(
  optimizer: object,
): optimizer is ShardedOptimizing {
  return (optimizer as Partial<ShardedOptimizing>).averagesGradients === true;
}
