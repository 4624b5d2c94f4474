/**
 * Data-parallel training with MPI: the same script runs in several processes or
 * on several machines.
 *
 * @module
 */
export {
  DistributedDataParallel,
  type DistributedDataParallelOptions,
  type Replicated,
  type TraceOptions,
} from "./data_parallel.ts";
export {
  DistributedSampler,
  type DistributedSamplerOptions,
  type Ranks,
} from "./distributed_sampler.ts";
export { CollectiveError, MpiError, RankError } from "./errors.ts";
export type {
  Communicator,
  HostArray,
  Pending,
  Reduction,
} from "./_communicator.ts";
export { init, type InitOptions } from "./init.ts";
export { type BroadcastOptions, type ReduceOptions, World } from "./world.ts";
export { ZeroRedundancyOptimizer } from "./zero_redundancy_optimizer.ts";
