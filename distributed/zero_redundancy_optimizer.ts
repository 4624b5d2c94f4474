/**
 * Optimizers whose state is partitioned among the ranks.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkCount,
  noGradNow,
  showShape,
  showValue,
  tidyNow,
} from "@tenfold/core/internal";
import {
  AlgorithmOptimizer,
  clipGradNorm_,
  LBFGS,
  Optimizer,
  type OptimizerState,
} from "@tenfold/optim";
import type { ShardedOptimizing } from "@tenfold/train";
import { isOnHost } from "./_host.ts";
import { type Reducer, reducerOf } from "./_reducer.ts";
import {
  cutEntry,
  gatherState,
  type Sharded,
  tensorsOf,
  type WholeState,
} from "./_whole_state.ts";
import type { DistributedDataParallel } from "./data_parallel.ts";
import type { World } from "./world.ts";

/**
 * Partitions the state of an optimizer among the ranks (ZeRO stage 1;
 * Rajbhandari and others, 2020): each rank receives the averaged gradients of
 * its own part (reduce-scatter), updates that part, and all ranks gather the
 * parameters (all-gather). Losses and weights are those of the optimizer
 * without it; of Adam's state, which takes twice the bytes of the parameters,
 * each rank holds one part in as many as there are ranks.
 *
 * The state of optimizers that update each element independently (all of
 * `@tenfold/optim` but `Muon` and `Adafactor`) is partitioned by elements, that
 * of others by whole parameters. The parameter groups remain those of the
 * optimizer, so that schedulers work as before. Clip gradients with
 * {@linkcode ZeroRedundancyOptimizer.clipGradNorm}, as no rank has all of the
 * averaged gradients: `.grad` of a parameter is that of this rank's batch.
 *
 * `fit(model, { distributed: { world, shardOptimizer: true } })` creates one
 * for the duration of the training.
 *
 * @example A custom loop
 * ```ts
 * import {
 *   DistributedDataParallel,
 *   init,
 *   ZeroRedundancyOptimizer,
 * } from "@tenfold/distributed";
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, optim } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(4, 1);
 * const replica = new DistributedDataParallel(model, await init());
 * const optimizer = new ZeroRedundancyOptimizer(
 *   new optim.Adam(model.parameters(), { lr: 0.1 }),
 *   replica,
 * );
 * const losses: number[] = [];
 * for (let step = 0; step < 10; step++) {
 *   optimizer.zeroGrad();
 *   const loss = replica.forward(ones([8, 4])).sub(20).square().mean();
 *   loss.backward();
 *   optimizer.clipGradNorm(1);
 *   await optimizer.step();
 *   losses.push(await loss.item());
 * }
 * assertEquals(losses.indexOf(Math.min(...losses)), 9);
 * ```
 */
export class ZeroRedundancyOptimizer implements ShardedOptimizing {
  /** Always true. */
  readonly isSharded = true;
  readonly #inner: Optimizer;
  readonly #name: string;
  readonly #world: World;
  readonly #reducer: Reducer;
  readonly #byElements: boolean;
  /** The state that {@linkcode consolidate} has collected. */
  #whole: WholeState | null = null;
  #released = false;

  /**
   * Partitions the current and future state of an optimizer.
   *
   * @param optimizer An optimizer of `@tenfold/optim`, or a custom subclass of
   * its `Optimizer`, of parameters of the model; do not call its `step` from
   * now on.
   * @param replica The replica that averages the gradients of the model.
   * @throws {TypeError} If it is not such an optimizer, is `LBFGS`, or has
   * parameters that are not the model's.
   * @throws {Error} If the replica already has a sharded optimizer.
   */
  constructor(
    optimizer: Optimizer,
    replica: DistributedDataParallel<never> | DistributedDataParallel,
  ) {
    checkCount("ZeroRedundancyOptimizer", arguments.length, 2);
    const action = "shard an optimizer";
    if (!(optimizer instanceof Optimizer)) {
      throw new TypeError(
        `Cannot ${action} that is not one of @tenfold/optim: got ${
          showValue(optimizer)
        }`,
      );
    }
    if (optimizer instanceof LBFGS) {
      throw new TypeError(
        `Cannot ${action} LBFGS, whose steps need all gradients on each rank: take another optimizer, or LBFGS without shards`,
      );
    }
    const reducer = reducerOf(Object(replica));
    if (reducer === undefined) {
      throw new TypeError(
        `Cannot ${action} without a DistributedDataParallel: got ${
          showValue(replica)
        }`,
      );
    }
    if (reducer.keeper !== null) {
      throw new Error(
        `Cannot ${action} as its DistributedDataParallel has one already: dispose that one, or put all parameters into groups of one optimizer`,
      );
    }
    const { module, world } = replica as DistributedDataParallel;
    const known = new Set(module.parameters());
    const odd = optimizer.paramGroups.flatMap(({ params }) => params)
      .find((param) => !known.has(param));
    if (odd !== undefined) {
      throw new TypeError(
        `Cannot ${action} as a parameter of shape ${
          showShape(odd.shape)
        } is not one of the model's`,
      );
    }
    this.#inner = optimizer;
    this.#name = optimizer.constructor.name;
    this.#world = world;
    this.#reducer = reducer;
    this.#byElements = optimizer instanceof AlgorithmOptimizer;
    reducer.keeper = { before: () => this.#take(), after: () => this.#put() };
    if (this.#isAlone) return;
    const state = optimizer.stateDict();
    reducer.relay(reducer.params, this.#byElements ? "elements" : "parameters");
    if (Object.keys(state.state).length === 0) return;
    this.#loadCut(state);
    optimizer.loadStateDict({ ...state, state: {} });
  }

  get #isAlone(): boolean {
    return this.#world.worldSize === 1;
  }

  /** The parameter groups of the optimizer, with whole parameters. */
  get paramGroups(): Optimizer["paramGroups"] {
    return this.#inner.paramGroups;
  }

  /** Number of bytes of state that this rank currently holds. */
  get stateBytes(): number {
    const { state } = this.#swapped(() => this.#inner.stateDict());
    let bytes = 0;
    for (const entry of Object.values(state)) {
      for (const value of Object.values(entry)) {
        if (typeof value === "number") continue;
        bytes += value.size * (value.dtype === "float64" ? 8 : 4);
      }
    }
    return bytes;
  }

  /** Calls `fn` with the optimizer of the shards in the place of parameters. */
  #swapped<T>(fn: () => T): T {
    if (this.#isAlone || this.#released) return fn();
    const { shards } = this.#reducer;
    const groups = this.#inner.paramGroups;
    const whole = groups.map(({ params }) => params);
    for (const group of groups) {
      group.params = (group.params as Tensor[]).flatMap((param) =>
        shards.get(param)?.tensor ?? []
      );
    }
    try {
      return fn();
    } finally {
      groups.forEach((group, g) => group.params = whole[g]!);
    }
  }

  /**
   * Updates the part of this rank, and gathers the parameters of all ranks.
   *
   * @returns A promise where the model is on `webgpu`.
   * @throws {Error} If there are gradients that were not averaged.
   * @throws {RankError} If another rank has failed.
   */
  step(): void | Promise<void> {
    checkCount("step", arguments.length, 0);
    this.#checkInUse("step");
    if (this.#isAlone) return this.#inner.step() as void;
    this.#whole = null;
    if (!this.#reducer.averaged && this.#hasGradients()) {
      throw new Error(
        "Cannot step as gradients were not averaged since they were cleared: call backward outside noSync(), or await synchronize() of the DistributedDataParallel before",
      );
    }
    this.#swapped(() => this.#inner.step());
    return this.#reducer.gather();
  }

  #hasGradients(): boolean {
    return this.paramGroups.some(({ params }) =>
      params.some(({ grad }: Tensor) => grad !== null)
    );
  }

  /** Sets the gradients of all parameters to null. */
  zeroGrad(): void {
    checkCount("zeroGrad", arguments.length, 0);
    this.#inner.zeroGrad();
    if (!this.#isAlone) this.#reducer.clear();
  }

  /**
   * Scales the averaged gradients so that the 2-norm of all of them together is
   * at most `maxNorm`, as `clipGradNorm_` does on one rank. Call it between
   * backward and {@linkcode ZeroRedundancyOptimizer.step}.
   *
   * @param maxNorm The maximum norm; with Infinity the gradients are left
   * unchanged.
   * @returns The norm before clipping; a promise in a world of one on `webgpu`.
   * @throws {RangeError} If `maxNorm` is negative or NaN.
   * @throws {RankError} If another rank has failed.
   */
  clipGradNorm(maxNorm: number): number | Promise<number> {
    checkCount("clipGradNorm", arguments.length, 1);
    if (!(maxNorm >= 0)) {
      throw new RangeError(
        `Cannot clip gradients to a norm of ${
          showValue(maxNorm)
        }: maxNorm must be a number that is not negative`,
      );
    }
    if (this.#isAlone) {
      const norm = clipGradNorm_(this.#params(), maxNorm);
      return isOnHost(norm) ? norm.dataSync()[0]! : norm.item();
    }
    const norm = this.#reducer.normOfShards();
    const factor = Math.min(maxNorm / (norm + 1e-6), 1);
    if (factor === 1) return norm;
    noGradNow(() =>
      tidyNow(() => {
        for (const grad of this.#reducer.gradientsOfShards()) grad.mul_(factor);
      })
    );
    return norm;
  }

  /**
   * Collects the state of all ranks on rank 0, so that
   * {@linkcode ZeroRedundancyOptimizer.stateDict} can return it without
   * waiting; all ranks must call it. It is needed on `webgpu` only; elsewhere
   * `stateDict` does it.
   *
   * @throws {RankError} If another rank has failed.
   */
  async consolidate(): Promise<void> {
    checkCount("consolidate", arguments.length, 0);
    if (!this.#isAlone) this.#whole = await this.#gather(false);
  }

  #gather(everywhere: boolean): WholeState | Promise<WholeState> {
    const { state } = this.#swapped(() => this.#inner.stateDict());
    const numbers = new Map<Tensor, number>();
    const shards: Tensor[] = [];
    for (const { params } of this.#inner.paramGroups) {
      for (const param of params as Tensor[]) numbers.set(param, numbers.size);
    }
    for (const param of numbers.keys()) {
      if (this.#reducer.shards.has(param)) shards.push(param);
    }
    const own = Object.fromEntries(
      Object.entries(state).map(([index, entry]) => [
        numbers.get(shards[Number(index)]!)!,
        entry,
      ]),
    );
    const sharded = new Map<number, Sharded>();
    const trained = new Set(this.#reducer.params);
    for (const [param, number] of numbers) {
      if (!trained.has(param)) continue;
      const pieces = this.#byElements ? this.#reducer.piecesOf(param) : null;
      sharded.set(number, { param, pieces });
    }
    return gatherState(this.#world, own, sharded, everywhere);
  }

  /**
   * The whole state, in the form of the optimizer itself: it can be loaded
   * without sharding, and on any number of ranks. All ranks must call it; rank
   * 0 receives the state, as copies, and the others the options of the groups.
   *
   * @throws {Error} If the state is on `webgpu`, and
   * {@linkcode ZeroRedundancyOptimizer.consolidate} was not awaited before.
   * @throws {RankError} If another rank has failed.
   */
  stateDict(): OptimizerState {
    checkCount("stateDict", arguments.length, 0);
    const own = this.#inner.stateDict();
    if (this.#isAlone || this.#released) return own;
    let whole = this.#whole;
    if (whole === null) {
      const gathered = this.#gather(false);
      if (gathered instanceof Promise) {
        gathered.catch(() => {});
        throw new Error(
          "Cannot give the state of a sharded optimizer without waiting for the device: await consolidate() on all ranks before",
        );
      }
      whole = gathered;
    }
    return { ...own, state: tensorsOf(whole, this.#params()) };
  }

  #params(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params as Tensor[]);
  }

  /**
   * Restores a whole state, of which each rank keeps its own part; all ranks
   * must load the same state.
   *
   * @param state The result of `stateDict` of this class on rank 0, or of the
   * optimizer itself.
   * @throws {StateError} If it does not fit the groups or parameters.
   */
  loadStateDict(state: OptimizerState): void {
    checkCount("loadStateDict", arguments.length, 1);
    this.#whole = null;
    if (this.#isAlone || this.#released) {
      return this.#inner.loadStateDict(state);
    }
    this.#loadCut(state);
  }

  #loadCut(state: OptimizerState): void {
    const { shards } = this.#reducer;
    const groups = this.#inner.paramGroups;
    const given = state?.paramGroups;
    const fits = Array.isArray(given) && given.length === groups.length &&
      groups.every(({ params }, g) =>
        given[g]?.params?.length === params.length
      ) && typeof state.state === "object" && state.state !== null;
    // What does not fit is refused by the optimizer, in its words.
    if (!fits) return this.#inner.loadStateDict(state);
    tidyNow(() => {
      const entries: Record<string, OptimizerState["state"][string]> = {};
      const paramGroups = given.map((options, g) => {
        const params = (groups[g]!.params as Tensor[]).flatMap((param, i) => {
          const number = options.params[i]!;
          const shard = shards.get(param);
          if (shard === undefined) return [];
          const entry = state.state[String(number)];
          if (entry !== undefined) {
            entries[number] = this.#byElements
              ? cutEntry(entry, param, String(number), this.#name, shard)
              : entry;
          }
          return [number];
        });
        return { ...options, params };
      });
      this.#swapped(() =>
        this.#inner.loadStateDict({ state: entries, paramGroups })
      );
    });
  }

  /** Takes the state off the shards, before there are others. */
  #take(): void | Promise<void> {
    if (this.#isAlone) return;
    const gathered = this.#gather(true);
    const keep = (whole: WholeState) => {
      this.#whole = whole;
      this.#swapped(() => {
        const state = this.#inner.stateDict();
        this.#inner.loadStateDict({ ...state, state: {} });
      });
    };
    return gathered instanceof Promise ? gathered.then(keep) : keep(gathered);
  }

  /** Puts the state that was taken onto the shards that there are. */
  #put(): void {
    const whole = this.#whole;
    if (whole === null) return;
    this.#whole = null;
    tidyNow(() => {
      const state = tensorsOf(whole, this.#params());
      this.loadStateDict({ ...this.#inner.stateDict(), state });
    });
  }

  /**
   * Restores the whole state of the optimizer on every rank; afterwards the
   * replica averages gradients as without sharding. All ranks must call it.
   *
   * @returns A promise where the model is on `webgpu`.
   * @throws {RankError} If another rank has failed.
   */
  release(): void | Promise<void> {
    checkCount("release", arguments.length, 0);
    if (this.#released) return;
    const end = () => {
      this.#released = true;
      if (!this.#isAlone) {
        this.#reducer.relay(this.#reducer.params, "shared");
      }
      this.#reducer.keeper = null;
      this.#put();
    };
    const taken = this.#take();
    return taken === undefined ? end() : taken.then(end);
  }

  #checkInUse(operation: string): void {
    if (!this.#released) return;
    throw new Error(
      `Cannot ${operation} by a sharded optimizer that was released: use the optimizer itself, or shard it again`,
    );
  }

  /**
   * Releases the memory of this rank's state. Afterwards the replica averages
   * gradients as without sharding.
   */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    if (this.#released) return;
    this.#swapped(() => this.#inner.dispose());
    this.#released = true;
    this.#whole = null;
    this.#reducer.keeper = null;
    if (!this.#isAlone) this.#reducer.relay(this.#reducer.params, "shared");
  }

  /** {@linkcode ZeroRedundancyOptimizer.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
