/**
 * The ranks of a job, and collectives of tensors among them.
 *
 * @module
 */
import { CompileError, DeviceError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  currentRecording,
  showShape,
} from "@tenfold/core/internal";
import type {
  Communicator,
  HostArray,
  Pending,
  Reduction,
} from "./_communicator.ts";
import type { Distributing } from "@tenfold/train";
import {
  DistributedDataParallel,
  type DistributedDataParallelOptions,
  type Replicated,
} from "./data_parallel.ts";
import {
  checkReducible,
  denseOf,
  elementsOf,
  isOnHost,
  isShared,
} from "./_host.ts";
import {
  gathering,
  type Plan,
  reducing,
  scattering,
  sending,
} from "./_plans.ts";
import { checkSignatures } from "./_signature.ts";

/**
 * Options of collectives that reduce.
 *
 * @example The mean of all ranks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { init, type ReduceOptions } from "@tenfold/distributed";
 *
 * const options: ReduceOptions = { op: "mean" };
 * const world = await init();
 * const y = world.allReduce(tensor([1, 2]), options);
 * assertEquals(await y.toArray(), [1, 2]);
 * ```
 */
export interface ReduceOptions {
  /**
   * How the elements of all ranks are reduced. NaN on one rank gives NaN on
   * all.
   *
   * @default {"sum"}
   */
  readonly op?: "sum" | "mean" | "max" | "min";
}

/**
 * Options of a broadcast.
 *
 * @example From the first rank
 * ```ts
 * import { tensor } from "@tenfold/tenfold";
 * import { type BroadcastOptions, init } from "@tenfold/distributed";
 *
 * const options: BroadcastOptions = { from: 0 };
 * const world = await init();
 * const x = world.broadcast(tensor([1, 2]), options);
 * ```
 */
export interface BroadcastOptions {
  /**
   * The rank whose elements are copied to all ranks.
   *
   * @default {0}
   */
  readonly from?: number;
}

/** Turns of the event loop without a pause while a collective is under way. */
const TURNS = 20;

/**
 * All ranks of a job. Collectives must be called by every rank, in the same
 * order, with tensors of the same shape and dtype. Those whose names end in
 * `Async` return at once and proceed while this rank computes; do not use a
 * tensor until its promise is settled.
 *
 * On `wasm-simd` and `cpu-typedarray` MPI works directly on the memory of the
 * tensors; tensors on `webgpu` are copied through the host and need the
 * asynchronous forms.
 *
 * @example A world of one rank
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { init } from "@tenfold/distributed";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const world = await init();
 * const x = world.allReduce(tensor([1, 2]), { op: "mean" });
 * assertEquals([world.rank, world.worldSize], [0, 1]);
 * assertEquals(await x.toArray(), [1, 2]);
 * ```
 */
export class World implements Distributing {
  /** Index of this rank, from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly worldSize: number;
  /** Description of the MPI library; `"none"` in a world of one. */
  readonly library: string;
  /** Performs collectives of arrays; internal to the package. */
  readonly communicator: Communicator;
  readonly #debug: boolean;
  #calls = 0;
  /** Settles when the asynchronous collectives so far have begun. */
  #begun: Promise<void> | null = null;

  /**
   * Creates a world; call {@linkcode init} instead.
   *
   * @param communicator The ranks.
   * @param debug Whether signatures are compared.
   */
  constructor(communicator: Communicator, debug: boolean) {
    this.communicator = communicator;
    this.rank = communicator.rank;
    this.worldSize = communicator.size;
    this.library = communicator.library;
    this.#debug = debug;
  }

  /**
   * Waits until all ranks have called it.
   *
   * @throws {RankError} If another rank has failed.
   */
  barrier(): void {
    checkCount("barrier", arguments.length, 0);
    this.begin("barrier", "");
    this.communicator.wait(this.communicator.barrier(), "wait at a barrier");
  }

  /**
   * {@linkcode World.barrier} without blocking.
   *
   * @throws {RankError} If another rank has failed.
   */
  async barrierAsync(): Promise<void> {
    checkCount("barrierAsync", arguments.length, 0);
    this.begin("barrier", "");
    await this.#settle(this.communicator.barrier(), "wait at a barrier");
  }

  /**
   * Reduces a tensor over all ranks, in place.
   *
   * @param tensor float32, float64 or int32, of the same shape on all ranks.
   * @param options `op`.
   * @returns The tensor.
   * @throws {DTypeError} If the dtype does not support the reduction.
   * @throws {DeviceError} If the tensor is on `webgpu`.
   * @throws {RankError} If another rank has failed.
   */
  allReduce<T extends Tensor>(tensor: T, options: ReduceOptions = {}): T {
    checkCount("allReduce", arguments.length, 2);
    const op = this.#opOf("allReduce", tensor, options);
    return this.#now(
      "allReduce",
      tensor,
      `${op} of `,
      (target) => reducing(this.communicator, target, op, tensor),
      true,
    );
  }

  /**
   * {@linkcode World.allReduce} without blocking, on any device.
   *
   * @param tensor float32, float64 or int32, of the same shape on all ranks.
   * @param options `op`.
   * @returns The tensor, once it is reduced.
   * @throws {DTypeError} If the dtype does not support the reduction.
   * @throws {RankError} If another rank has failed.
   */
  async allReduceAsync<T extends Tensor>(
    tensor: T,
    options: ReduceOptions = {},
  ): Promise<T> {
    checkCount("allReduceAsync", arguments.length, 2);
    const op = this.#opOf("allReduce", tensor, options);
    return await this.#later(
      "allReduce",
      tensor,
      `${op} of `,
      (target) => reducing(this.communicator, target, op, tensor),
      true,
    );
  }

  /**
   * Copies the elements of one rank into the tensors of all, in place.
   *
   * @param tensor Of the same shape and dtype on all ranks.
   * @param options `from`.
   * @returns The tensor.
   * @throws {RangeError} If there is no such rank.
   * @throws {DeviceError} If the tensor is on `webgpu`.
   * @throws {RankError} If another rank has failed.
   */
  broadcast<T extends Tensor>(tensor: T, options: BroadcastOptions = {}): T {
    checkCount("broadcast", arguments.length, 2);
    const from = this.#fromOf(tensor, options);
    return this.#now(
      "broadcast",
      tensor,
      `from ${from} of `,
      (target) => sending(this.communicator, target, from, tensor),
      true,
    );
  }

  /**
   * {@linkcode World.broadcast} without blocking, on any device.
   *
   * @param tensor Of the same shape and dtype on all ranks.
   * @param options `from`.
   * @returns The tensor, once it has the elements.
   * @throws {RangeError} If there is no such rank.
   * @throws {RankError} If another rank has failed.
   */
  async broadcastAsync<T extends Tensor>(
    tensor: T,
    options: BroadcastOptions = {},
  ): Promise<T> {
    checkCount("broadcastAsync", arguments.length, 2);
    const from = this.#fromOf(tensor, options);
    return await this.#later(
      "broadcast",
      tensor,
      `from ${from} of `,
      (target) => sending(this.communicator, target, from, tensor),
      true,
    );
  }

  /**
   * Gathers the tensors of all ranks, stacked along a new dim 0.
   *
   * @param tensor Of the same shape and dtype on all ranks.
   * @returns A tensor of shape `[worldSize, ...tensor.shape]`.
   * @throws {DeviceError} If the tensor is on `webgpu`.
   * @throws {RankError} If another rank has failed.
   */
  allGather(tensor: Tensor): Tensor {
    checkCount("allGather", arguments.length, 1);
    checkTensor(tensor, "what is gathered", "allGather");
    return this.#now(
      "allGather",
      tensor,
      "",
      () => gathering(this.communicator, tensor),
    );
  }

  /**
   * {@linkcode World.allGather} without blocking, on any device.
   *
   * @param tensor Of the same shape and dtype on all ranks.
   * @returns A tensor of shape `[worldSize, ...tensor.shape]`.
   * @throws {RankError} If another rank has failed.
   */
  async allGatherAsync(tensor: Tensor): Promise<Tensor> {
    checkCount("allGatherAsync", arguments.length, 1);
    checkTensor(tensor, "what is gathered", "allGather");
    return await this.#later(
      "allGather",
      tensor,
      "",
      () => gathering(this.communicator, tensor),
    );
  }

  /**
   * Reduces over all ranks; each rank keeps its own part along dim 0.
   *
   * @param tensor float32, float64 or int32; dim 0 is split among the ranks.
   * @param options `op`.
   * @returns A tensor of shape `[shape[0] / worldSize, ...]`.
   * @throws {RangeError} If the extent of dim 0 is not divisible by the number
   * of ranks.
   * @throws {DTypeError} If the dtype does not support the reduction.
   * @throws {DeviceError} If the tensor is on `webgpu`.
   * @throws {RankError} If another rank has failed.
   */
  reduceScatter(tensor: Tensor, options: ReduceOptions = {}): Tensor {
    checkCount("reduceScatter", arguments.length, 2);
    const op = this.#scatterOp(tensor, options);
    return this.#now(
      "reduceScatter",
      tensor,
      `${op} of `,
      () => scattering(this.communicator, tensor, op),
    );
  }

  /**
   * {@linkcode World.reduceScatter} without blocking, on any device.
   *
   * @param tensor float32, float64 or int32; dim 0 is split among the ranks.
   * @param options `op`.
   * @returns A tensor of shape `[shape[0] / worldSize, ...]`.
   * @throws {RangeError} If the extent of dim 0 is not divisible by the number
   * of ranks.
   * @throws {DTypeError} If the dtype does not support the reduction.
   * @throws {RankError} If another rank has failed.
   */
  async reduceScatterAsync(
    tensor: Tensor,
    options: ReduceOptions = {},
  ): Promise<Tensor> {
    checkCount("reduceScatterAsync", arguments.length, 2);
    const op = this.#scatterOp(tensor, options);
    return await this.#later(
      "reduceScatter",
      tensor,
      `${op} of `,
      () => scattering(this.communicator, tensor, op),
    );
  }

  /**
   * Creates a {@linkcode DistributedDataParallel} of a model, as
   * `fit(model, { distributed: world })` does.
   *
   * @param module The model.
   * @param options Options of the replica.
   * @returns The replica.
   */
  replicate(
    module: Replicated,
    options: DistributedDataParallelOptions = {},
  ): DistributedDataParallel {
    checkCount("replicate", arguments.length, 2);
    return new DistributedDataParallel(module, this, options);
  }

  /**
   * Tells all other ranks why this one cannot continue, and ends the job: each
   * of them throws a {@linkcode RankError} with the cause. `fit` calls it when
   * it throws, and so does an uncaught error.
   *
   * @param cause The error.
   */
  fail(cause: unknown): void {
    checkCount("fail", arguments.length, 1);
    this.communicator.fail(cause);
  }

  /**
   * Leaves the job: waits until all ranks leave. A program that ends without an
   * error calls it automatically.
   */
  finalize(): void {
    checkCount("finalize", arguments.length, 0);
    this.communicator.finalize();
  }

  /**
   * Counts a collective, and compares it with those of the other ranks if
   * `debug` is set; internal to the package.
   */
  begin(name: string, what: string): void {
    if (currentRecording() !== null) {
      throw new CompileError(
        `Cannot compile a function that calls ${name}: call it outside, between two compiled functions`,
      );
    }
    if (this.#begun !== null) {
      throw new Error(
        `Cannot ${name} as an asynchronous collective has not begun yet: await it before`,
      );
    }
    this.#sign(name, what);
  }

  #sign(name: string, what: string): void {
    this.#calls++;
    if (!this.#debug || this.worldSize === 1) return;
    checkSignatures(this.communicator, this.#calls, name, what);
  }

  #opOf(
    name: string,
    tensor: Tensor,
    { op = "sum" }: ReduceOptions,
  ): Reduction | "mean" {
    checkTensor(tensor, "what is reduced", name);
    if (!["sum", "mean", "max", "min"].includes(op)) {
      throw new RangeError(
        `Cannot ${name} by ${
          JSON.stringify(op)
        }: op must be "sum", "mean", "max" or "min"`,
      );
    }
    checkReducible(name, tensor, op);
    return op;
  }

  #scatterOp(tensor: Tensor, options: ReduceOptions): Reduction | "mean" {
    const op = this.#opOf("reduceScatter", tensor, options);
    const [first] = tensor.shape;
    if (first === undefined || first % this.worldSize !== 0) {
      throw new RangeError(
        `Cannot reduceScatter as dim 0 must be a multiple of the ${this.worldSize} ranks: got shape ${
          showShape(tensor.shape)
        }`,
      );
    }
    return op;
  }

  #fromOf(tensor: Tensor, { from = 0 }: BroadcastOptions): number {
    checkTensor(tensor, "what is sent", "broadcast");
    if (Number.isInteger(from) && from >= 0 && from < this.worldSize) {
      return from;
    }
    throw new RangeError(
      `Cannot broadcast from rank ${from}: there are ranks 0 to ${
        this.worldSize - 1
      }`,
    );
  }

  /** Runs a collective, and waits. */
  #now<T>(
    name: string,
    tensor: Tensor,
    how: string,
    plan: (target: Tensor) => Plan<T>,
    inPlace = false,
  ): T {
    if (!isOnHost(tensor)) {
      throw new DeviceError(
        `Cannot ${name} a tensor on ${tensor.device.name} without waiting: await world.${name}Async(tensor)`,
      );
    }
    this.begin(name, `${how}${describe(tensor)}`);
    const target = denseOf(tensor);
    try {
      const { begin, end } = plan(target);
      const data = elementsOf(target);
      const pending = begin(data, true);
      this.communicator.wait(pending, name);
      return end(data);
    } finally {
      if (target !== tensor && inPlace) target.dispose();
    }
  }

  /** Begins a collective, and goes on with it between turns of the loop. */
  async #later<T>(
    name: string,
    tensor: Tensor,
    how: string,
    plan: (target: Tensor) => Plan<T>,
    inPlace = false,
  ): Promise<T> {
    const what = `${how}${describe(tensor)}`;
    const target = denseOf(tensor);
    const { begin, end } = plan(target);
    try {
      let data: HostArray;
      let pending: Pending;
      if (isOnHost(target) && this.#begun === null) {
        this.begin(name, what);
        const view = elementsOf(target);
        // Memory that is not shared may move when it grows.
        data = isShared(view) ? view : view.slice() as HostArray;
        pending = begin(data, false);
      } else {
        // Reads end in any order, and collectives begin in that of the calls.
        const read = target.data() as Promise<HostArray>;
        const before = this.#begun;
        const turn = Promise.withResolvers<void>();
        const mine = this.#begun = turn.promise;
        try {
          data = await read;
          await before;
          this.#sign(name, what);
          pending = begin(data, false);
        } finally {
          if (this.#begun === mine) this.#begun = null;
          turn.resolve();
        }
      }
      await this.#settle(pending, name);
      return end(data);
    } finally {
      if (target !== tensor && inPlace) target.dispose();
    }
  }

  async #settle(pending: Pending, operation: string): Promise<void> {
    for (let turns = 0; !pending.done(); turns++) {
      this.communicator.check(operation);
      await new Promise((resolve) =>
        setTimeout(resolve, turns < TURNS ? 0 : 1)
      );
    }
  }
}

function describe({ dtype, shape }: Tensor): string {
  return `${dtype} ${showShape(shape)}`;
}
