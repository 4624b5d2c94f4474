/**
 * Scaling of losses for gradients in half precision.
 *
 * @module
 */
import { DTypeError, stack, type Tensor, tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  noGradNow,
  parseArguments,
  parseOptions,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { flag, positive, positiveInteger } from "./_options.ts";

/**
 * Options of {@linkcode GradScaler}.
 *
 * @example A scale that grows sooner
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 *
 * const options: optim.GradScalerOptions = { growthInterval: 100 };
 * const scaler = new optim.GradScaler(options);
 * ```
 */
export interface GradScalerOptions {
  /** Factor of the loss at first. @default {65536} */
  readonly initScale?: number;
  /** Factor by which the scale grows. @default {2} */
  readonly growthFactor?: number;
  /** Factor by which it shrinks if a gradient is not finite. @default {0.5} */
  readonly backoffFactor?: number;
  /**
   * Number of consecutive steps with finite gradients after which it grows.
   * @default {2000}
   */
  readonly growthInterval?: number;
  /** Whether it does anything. @default {true} */
  readonly enabled?: boolean;
}

/**
 * The state of a {@linkcode GradScaler}, as PyTorch names it.
 *
 * @example Saved and loaded
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim } from "@tenfold/tenfold";
 *
 * const scaler = new optim.GradScaler({ initScale: 1024 });
 * const state = scaler.stateDict(); // empty where scaling is not enabled
 * assertEquals("scale" in state && state.scale, 1024);
 * new optim.GradScaler().loadStateDict(state);
 * ```
 */
export interface GradScalerState {
  /** The scale. */
  readonly scale: number;
  /** Growth factor. */
  readonly growth_factor: number;
  /** Backoff factor. */
  readonly backoff_factor: number;
  /** Steps after which it grows. */
  readonly growth_interval: number;
  /** Steps in a row with finite gradients so far. */
  readonly _growth_tracker: number;
}

/**
 * What a scaler needs of an optimizer.
 *
 * @example Any optimizer
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer: optim.ScaledOptimizer = new optim.Adam([weight]);
 * const scaler = new optim.GradScaler();
 * scaler.scale(weight.sum()).backward();
 * scaler.step(optimizer);
 * scaler.update();
 * ```
 */
export interface ScaledOptimizer {
  /** Updates the parameters by their gradients. */
  step(): unknown;
  /** The groups of parameters. */
  readonly paramGroups: readonly object[];
}

const above = z.number("must be a number").check(
  z.gt(1, "must be above 1"),
);
const below = z.number("must be a number").check(
  z.gt(0, "must be above 0"),
  z.lt(1, "must be below 1"),
);

const schema = () =>
  z.strictObject({
    initScale: z._default(positive, 65536),
    growthFactor: z._default(above, 2),
    backoffFactor: z._default(below, 0.5),
    growthInterval: z._default(positiveInteger, 2000),
    enabled: z._default(flag, true),
  });

const stateSchema = () =>
  z.strictObject({
    scale: positive,
    growth_factor: above,
    backoff_factor: below,
    growth_interval: positiveInteger,
    _growth_tracker: z.int("must be an integer").check(
      z.gte(0, "must not be negative"),
    ),
  });

/** The gradients of an optimizer between `unscale_` and `update`. */
interface Unscaled {
  /** 1 where all are finite, else 0; null where there are none. */
  readonly finite: Tensor | null;
  /** Whether it has stepped, or left the step out. */
  stepped: boolean;
}

/**
 * Keeps small gradients of float16 from becoming 0: the loss is multiplied by a
 * scale before backward, and the gradients are divided by it before the optimizer
 * steps. A step with gradients that are not finite is left out, and the scale
 * shrinks; after many steps without one it grows. Defaults and formula are
 * PyTorch's.
 *
 * `step` reads whether the gradients are finite, so that it is awaited.
 *
 * @example A step in mixed precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { autocast } from "@tenfold/core/func";
 * import { nn, tensor } from "@tenfold/tenfold";
 * import { GradScaler, SGD } from "@tenfold/optim";
 *
 * const model = new nn.Linear(2, 1);
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * using scaler = new GradScaler({ initScale: 1024 });
 * const [x, y] = [tensor([[1, 2]]), tensor([[3]])];
 *
 * const loss = autocast(() => nn.functional.mseLoss(model.forward(x), y));
 * optimizer.zeroGrad();
 * scaler.scale(loss).backward();
 * const stepped = await scaler.step(optimizer);
 * scaler.update();
 * assertEquals([stepped, scaler.getScale()], [true, 1024]);
 * ```
 */
export class GradScaler {
  readonly #enabled: boolean;
  #growthFactor: number;
  #backoffFactor: number;
  #growthInterval: number;
  #number: number;
  #tracker = 0;
  /** The scale on each device, which compiled steps find changed. */
  readonly #scales = new Map<unknown, Tensor>();
  readonly #unscaled = new Map<ScaledOptimizer, Unscaled>();
  /** Whether a step since the last update was left out. */
  #found: boolean | null = null;

  /**
   * Creates the scaler.
   *
   * @param options The first scale, and how it changes.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(options: GradScalerOptions = {}) {
    const chosen = parseArguments(
      schema,
      {},
      options,
      arguments,
      "make a GradScaler",
    );
    this.#enabled = chosen.enabled;
    this.#number = chosen.initScale;
    this.#growthFactor = chosen.growthFactor;
    this.#backoffFactor = chosen.backoffFactor;
    this.#growthInterval = chosen.growthInterval;
  }

  /** Whether it does anything. */
  isEnabled(): boolean {
    checkCount("isEnabled", arguments.length, 0);
    return this.#enabled;
  }

  /** The scale; 1 where it is disabled. */
  getScale(): number {
    checkCount("getScale", arguments.length, 0);
    return this.#enabled ? this.#number : 1;
  }

  /**
   * The loss times the scale, to run backward from.
   *
   * @param loss The loss.
   * @returns A new tensor of its shape.
   */
  scale(loss: Tensor): Tensor {
    checkCount("scale", arguments.length, 1);
    checkTensor(loss, "the loss", "scale");
    return this.#enabled ? loss.mul(this.#scaleOn(loss)) : loss.alias();
  }

  #scaleOn({ device }: Tensor): Tensor {
    let scale = this.#scales.get(device);
    if (scale === undefined) {
      scale = unscopedNow(() =>
        tensor(this.#number, { device, dtype: "float32" })
      );
      this.#scales.set(device, scale);
    }
    return scale;
  }

  /**
   * Divides the gradients of an optimizer by the scale, such as before they are
   * clipped. `step` does it where it was not called.
   *
   * @param optimizer The optimizer.
   * @throws {Error} If it was called for this optimizer since the last update.
   * @throws {DTypeError} If a gradient is float16: parameters stay float32 under
   * `autocast`.
   */
  unscale_(optimizer: ScaledOptimizer): void {
    checkCount("unscale_", arguments.length, 1);
    if (!this.#enabled) return;
    if (this.#unscaled.has(optimizer)) {
      throw new Error(
        "Cannot unscale gradients a second time since the last update: call update() after step()",
      );
    }
    const grads = gradientsOf(optimizer);
    const half = grads.find(({ dtype }) => dtype === "float16");
    if (half !== undefined) {
      throw new DTypeError(
        "Cannot unscale gradients of float16: keep the parameters float32, and call the model within autocast",
      );
    }
    const inverse = 1 / this.#number;
    const finite = unscopedNow(() =>
      noGradNow(() =>
        tidyNow(() => {
          for (const grad of grads) grad.mul_(inverse);
          if (grads.length === 0) return null;
          return stack(grads.map((grad) => grad.isFinite().all())).all();
        })
      )
    );
    this.#unscaled.set(optimizer, { finite, stepped: false });
  }

  /**
   * Steps the optimizer unless a gradient is not finite, after they were
   * divided by the scale.
   *
   * @param optimizer The optimizer.
   * @returns Whether it has stepped.
   * @throws {Error} If it was called for this optimizer since the last update.
   * @throws {DTypeError} If a gradient is float16.
   */
  async step(optimizer: ScaledOptimizer): Promise<boolean> {
    checkCount("step", arguments.length, 1);
    if (!this.#enabled) {
      optimizer.step();
      return true;
    }
    if (this.#unscaled.get(optimizer)?.stepped) {
      throw new Error(
        "Cannot step a second time since the last update: call update() after step()",
      );
    }
    if (!this.#unscaled.has(optimizer)) this.unscale_(optimizer);
    const state = this.#unscaled.get(optimizer)!;
    state.stepped = true;
    const { finite } = state;
    if (finite === null) {
      throw new Error(
        "Cannot step an optimizer without gradients: run backward from scale(loss) first",
      );
    }
    const isFinite = finite.device.backend.readSync
      ? finite.itemSync()
      : await finite.item();
    const finds = !isFinite;
    this.#found = this.#found === true || finds;
    if (!finds) optimizer.step();
    return !finds;
  }

  /**
   * Changes the scale by what was found since the last update.
   *
   * @param newScale The new scale, instead of the one computed.
   * @throws {Error} If no optimizer has stepped since the last update.
   * @throws {RangeError} If the new scale is not above 0.
   */
  update(newScale?: number): void {
    checkCount("update", arguments.length, 1);
    if (!this.#enabled) return;
    if (newScale !== undefined) {
      parseOptions(
        () => z.strictObject({ newScale: positive }),
        { newScale },
        "update the scale",
      );
      this.#set(newScale);
    } else if (this.#found === null) {
      throw new Error(
        "Cannot update the scale as no optimizer has stepped since the last update: call await step(optimizer) first",
      );
    } else if (this.#found) {
      this.#tracker = 0;
      this.#set(this.#number * this.#backoffFactor);
    } else if (++this.#tracker >= this.#growthInterval) {
      this.#tracker = 0;
      const grown = Math.fround(this.#number * this.#growthFactor);
      if (Number.isFinite(grown)) this.#set(grown);
    }
    this.#forget();
  }

  #set(scale: number): void {
    this.#number = scale;
    noGradNow(() => {
      for (const on of this.#scales.values()) on.fill_(scale);
    });
  }

  #forget(): void {
    for (const { finite } of this.#unscaled.values()) finite?.dispose();
    this.#unscaled.clear();
    this.#found = null;
  }

  /** The state, with PyTorch's names; empty where it is disabled. */
  stateDict(): GradScalerState | Record<never, never> {
    checkCount("stateDict", arguments.length, 0);
    if (!this.#enabled) return {};
    return {
      scale: this.#number,
      growth_factor: this.#growthFactor,
      backoff_factor: this.#backoffFactor,
      growth_interval: this.#growthInterval,
      _growth_tracker: this.#tracker,
    };
  }

  /**
   * Restores a state.
   *
   * @param state What `stateDict` gave, here or in PyTorch.
   * @throws {TypeError} If it is not a state.
   * @throws {RangeError} If a number of it is impossible.
   */
  loadStateDict(state: GradScalerState | Record<never, never>): void {
    checkCount("loadStateDict", arguments.length, 1);
    if (!this.#enabled) return;
    const chosen = parseOptions(
      stateSchema,
      state as GradScalerState,
      "load the state of a GradScaler",
    );
    this.#growthFactor = chosen.growth_factor;
    this.#backoffFactor = chosen.backoff_factor;
    this.#growthInterval = chosen.growth_interval;
    this.#tracker = chosen._growth_tracker;
    this.#set(chosen.scale);
  }

  /** Frees what it holds on devices. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    for (const scale of this.#scales.values()) scale.dispose();
    this.#scales.clear();
    this.#forget();
  }

  /** Frees what it holds on devices, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** The gradients that there are, each once. */
function gradientsOf({ paramGroups }: ScaledOptimizer): Tensor[] {
  const params = paramGroups.flatMap((group) =>
    (group as { params?: readonly Tensor[] }).params ?? []
  );
  return [...new Set(params)].flatMap(({ grad }) => grad ? [grad] : []);
}
