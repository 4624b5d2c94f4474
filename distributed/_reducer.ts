/**
 * Averages gradients over the ranks, in buckets that begin while backward goes
 * on.
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
import { currentRecording } from "@tenfold/core/internal";
import { Bucket } from "./_bucket.ts";
import type { HostArray } from "./_communicator.ts";
import { elementsOf, isOnHost } from "./_host.ts";
import {
  divide,
  type Division,
  groupParameters,
  type Layout,
} from "./_partition.ts";
import { makeShard, type Shard } from "./_shard.ts";
import type { Trace } from "./_trace.ts";
import type { World } from "./world.ts";

/** What it takes to average gradients. */
export interface ReducerOptions {
  readonly world: World;
  readonly params: readonly Tensor[];
  readonly bucketBytes: number;
  /** What notes when buckets begin and end; null for nothing. */
  readonly trace: Trace | null;
}

/** Who has state that hangs on the shards. */
export interface ShardKeeper {
  /** Takes the state, before there are other shards. */
  before(): void | Promise<void>;
  /** Puts it back. */
  after(): void;
}

const reducers = new WeakMap<object, Reducer>();

/** Notes what averages the gradients of a replica. */
export function keepReducer(replica: object, reducer: Reducer): void {
  reducers.set(replica, reducer);
}

/** What averages the gradients of a replica. */
export function reducerOf(replica: object): Reducer | undefined {
  return reducers.get(replica);
}

/** The gradients of some parameters, on the way to those of all ranks. */
export class Reducer {
  readonly #world: World;
  readonly #trace: Trace | null;
  readonly #bucketBytes: number;
  #division: Division = "shared";
  #params: readonly Tensor[] = [];
  #layouts: readonly Layout[] = [];
  #buckets: readonly Bucket[] = [];
  #shards = new Map<Tensor, Shard>();
  #hooks: LeafHookHandle[] = [];
  #places = new Map<Tensor, Bucket>();
  /** The bucket that begins next: all ranks have the same order. */
  #next = 0;
  #inBackward = false;
  #firstGradient = 0;
  /** Whether gradients were averaged since they were cleared. */
  #averaged = false;
  /** The optimizer that has state of the shards. */
  keeper: ShardKeeper | null = null;
  /** Whether a backward averages. */
  syncs = true;
  /** By how many ranks sums are divided. */
  participants: number;

  /** Averages gradients from now on. */
  constructor({ world, params, bucketBytes, trace }: ReducerOptions) {
    this.#world = world;
    this.#trace = trace;
    this.#bucketBytes = bucketBytes;
    this.participants = world.worldSize;
    this.#lay(params, "shared");
  }

  /** The parameters whose gradients are averaged. */
  get params(): readonly Tensor[] {
    return this.#params;
  }

  /** Bytes of gradients, the same on all ranks. */
  get bytes(): number {
    return this.#buckets.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of parameters that this rank hands to the others after a step. */
  get gatheredBytes(): number {
    return this.#buckets.reduce((sum, bucket) => sum + bucket.gatheredBytes, 0);
  }

  /** The shards of this rank, by their parameters. */
  get shards(): ReadonlyMap<Tensor, Shard> {
    return this.#shards;
  }

  /** Whether gradients were averaged since they were cleared. */
  get averaged(): boolean {
    return this.#averaged;
  }

  /** The piece that each rank has of a parameter: where it begins, its size. */
  piecesOf(param: Tensor): { from: number; size: number }[] {
    const bucket = this.#buckets.indexOf(this.#places.get(param)!);
    return this.#layouts[bucket]!.map((pieces) => {
      const piece = pieces.find((one) => one.param === param);
      return { from: piece?.from ?? 0, size: piece?.size ?? 0 };
    });
  }

  /**
   * Averages the gradients of other parameters, where some were frozen or
   * thawed; on all ranks alike.
   */
  follow(params: readonly Tensor[]): void | Promise<void> {
    const known = this.#params;
    if (
      params.length === known.length &&
      params.every((param, i) => param === known[i])
    ) return;
    const relay = () => {
      this.relay(params, this.#division);
      this.keeper?.after();
    };
    const pending = this.keeper?.before();
    if (pending === undefined) return relay();
    return pending.then(relay);
  }

  /** Averages the gradients of other parameters, or by other pieces. */
  relay(params: readonly Tensor[], division: Division): void {
    this.dispose();
    this.#lay(params, division);
  }

  #lay(params: readonly Tensor[], division: Division): void {
    const { rank, worldSize } = this.#world;
    this.#params = params;
    this.#division = division;
    const groups = groupParameters(params, this.#bucketBytes);
    this.#layouts = divide(groups, worldSize, division);
    const keepsShape = division === "parameters";
    this.#buckets = groups.map((group, b) => {
      const layout = this.#layouts[b]!;
      const own = division === "shared"
        ? null
        : layout[rank]!.map((piece) => makeShard(piece, keepsShape));
      for (const shard of own ?? []) this.#shards.set(shard.param, shard);
      const bucket = new Bucket(group, layout, own, rank);
      for (const param of group) this.#places.set(param, bucket);
      return bucket;
    });
    if (worldSize === 1) return;
    for (const param of params) {
      this.#hooks.push(registerLeafHook(param, this.#gradientReady));
    }
  }

  /** Notes that gradients are cleared. */
  clear(): void {
    this.#averaged = false;
    for (const { tensor } of this.#shards.values()) tensor.grad = null;
  }

  /** Averages the gradients as they are. */
  synchronize(): void | Promise<void> {
    if (!this.#params.every(isOnHost)) return this.#synchronizeLater();
    this.#begin();
    for (const param of this.#params) this.#take(param);
    this.#finish();
  }

  async #synchronizeLater(): Promise<void> {
    const read = this.#params.map(async (param) => {
      const { grad } = param;
      if (grad === null) return;
      this.#places.get(param)!.put(param, await grad.data() as Float32Array);
    });
    await Promise.all(read);
    this.#begin();
    this.#finish();
  }

  /** The hook: a gradient is complete. */
  readonly #gradientReady = (param: Tensor): void => {
    if (!this.syncs) return;
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
    this.#world.begin(
      "average gradients",
      `in ${this.#buckets.length} buckets of ${this.bytes} bytes`,
    );
    // A backward that failed has left some of its own.
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
    const bucket = this.#places.get(param)!;
    bucket.take(param);
    while (this.#buckets[this.#next]?.complete) {
      this.#buckets[this.#next++]!.begin(this.#world.communicator);
    }
  }

  /** Backward is over: what is missing counts as 0. */
  #finish(): void {
    const ended = performance.now();
    const { communicator } = this.#world;
    while (this.#next < this.#buckets.length) {
      this.#buckets[this.#next++]!.begin(communicator);
    }
    this.#buckets.forEach((bucket, b) => {
      bucket.finish(communicator, 1 / this.participants);
      const { collective: name, bytes, begun, done } = bucket;
      this.#trace?.bucket({ bucket: b, name, bytes, begun, done });
      bucket.reset();
    });
    this.#trace?.backward(this.#firstGradient, ended);
    this.#inBackward = false;
    this.#averaged = true;
  }

  /** The norm of all averaged gradients together, where each rank has its own. */
  normOfShards(): number {
    const sum = new Float64Array(1);
    for (const bucket of this.#buckets) {
      sum[0]! += bucket.sumOfSquares(1 / this.participants);
    }
    const { communicator } = this.#world;
    this.#world.begin("clip gradients", "");
    communicator.wait(communicator.allReduce(sum, "sum"), "clip gradients");
    return Math.sqrt(sum[0]!);
  }

  /** The averaged gradients of this rank's shards. */
  gradientsOfShards(): Tensor[] {
    return Array.from(this.#shards.values(), ({ tensor }) => tensor.grad)
      .filter((grad) => grad !== null);
  }

  /** Collects the parameters, of which each rank has stepped its shards. */
  gather(): void | Promise<void> {
    if (this.#params.every(isOnHost)) return this.#gatherNow(elementsOf);
    return this.#gatherLater();
  }

  async #gatherLater(): Promise<void> {
    const read = await Promise.all(
      Array.from(
        this.#shards.values(),
        async ({ tensor }) =>
          [tensor, await tensor.data() as HostArray] as const,
      ),
    );
    const known = new Map(read);
    this.#gatherNow((tensor) => known.get(tensor)!);
  }

  #gatherNow(elements: (tensor: Tensor) => HostArray): void {
    const { communicator } = this.#world;
    this.#world.begin(
      "gather parameters",
      `in ${this.#buckets.length} buckets of ${this.bytes} bytes`,
    );
    for (const bucket of this.#buckets) {
      bucket.beginGather(communicator, elements);
    }
    for (const bucket of this.#buckets) bucket.finishGather(communicator);
  }

  /** Averages gradients no longer. */
  dispose(): void {
    for (const hook of this.#hooks.splice(0)) hook.remove();
    this.clear();
    for (const { tensor } of this.#shards.values()) tensor.dispose();
    this.#shards.clear();
    this.#places.clear();
  }
}
