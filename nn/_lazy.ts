/**
 * What lazy layers have in common.
 *
 * @module
 */
import {
  getRandomState,
  setRandomState,
  ShapeError,
  type Tensor,
} from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  currentRecording,
  showShape,
  showValue,
} from "@tenfold/core/internal";
import { shownOptions } from "./_shown_options.ts";
import { UNSEEN } from "./_unseen.ts";
import { type AnyModule, Module } from "./module.ts";

/**
 * The class of the layer that a lazy one becomes.
 *
 * @example The class of LazyLinear's layer
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const kind: nn.LazyKind = nn.Linear;
 * ```
 */
export type LazyKind = abstract new (
  size: number,
  ...rest: never[]
) => Module<never[], Tensor>;

/**
 * How the layer is created once the size of its input is known.
 *
 * @example What LazyLinear(3) is created with
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const facts: nn.LazyFacts = {
 *   kind: nn.Linear,
 *   dim: -1,
 *   sizes: [3],
 *   options: {},
 * };
 * ```
 */
export interface LazyFacts {
  /** The class of the layer. */
  readonly kind: LazyKind;
  /**
   * The dim of the input whose size is inferred; negative ones count from the
   * last.
   */
  readonly dim: number;
  /** The arguments after the size, before the options. */
  readonly sizes: readonly unknown[];
  /** The options of the layer. */
  readonly options: object;
  /** Number of arguments of `forward`. @default {1} */
  readonly inputs?: number;
}

/**
 * A layer that infers the size of its input from the first call, and then
 * becomes the corresponding layer without `Lazy` in its name.
 *
 * @example The number of features is that of the first input
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const layer = new nn.LazyLinear(2);
 * assertEquals(String(layer).startsWith("LazyLinear"), true);
 * layer.forward(randn([1, 5]));
 * assertEquals(layer instanceof nn.Linear, true);
 * ```
 */
export abstract class Lazy<Inputs extends readonly [Tensor, ...unknown[]]>
  extends Module<Inputs> {
  declare private readonly [UNSEEN]: LazyFacts;

  /**
   * Checks the arguments by creating a layer for the smallest input, without
   * advancing the random number generator.
   */
  constructor(facts: LazyFacts, args: ArrayLike<unknown>) {
    super();
    checkCount(
      `make a ${new.target.name}`,
      args.length,
      facts.sizes.length + 1,
    );
    const { groups } = Object(facts.options) as { groups?: unknown };
    const state = getRandomState();
    try {
      make(facts, Number.isInteger(groups) ? groups as number : 1).dispose();
    } finally {
      setRandomState(state);
    }
    Object.defineProperty(this, UNSEEN, { value: facts, configurable: true });
  }

  /**
   * Creates the parameters for an input of this size and applies the layer.
   *
   * @throws {ShapeError} If the input does not fit the layer, which stays lazy.
   * @throws {CompileError} If a compiled function calls it: call it once
   * before.
   */
  forward(...inputs: Inputs): Tensor {
    const facts = this[UNSEEN];
    checkCount("forward", inputs.length, facts.inputs ?? 1);
    const [x] = inputs;
    const { name } = this.constructor;
    checkTensor(x, "x", `apply ${name}`);
    const size = x.shape.at(facts.dim);
    if (size === undefined) {
      throw new ShapeError(
        `Cannot apply ${name} to shape ${
          showShape(x.shape)
        }: it has too few dims`,
      );
    }
    currentRecording()?.refuse(
      `the first input of a ${name}, which makes its parameters: call forward with an example before`,
    );
    const layer = make(facts, size);
    layer.training = this.training;
    let y: Tensor;
    try {
      y = layer.forward(...inputs as unknown as never[]);
    } catch (error) {
      layer.dispose();
      throw error;
    }
    Reflect.deleteProperty(this, UNSEEN);
    Object.assign(this, layer);
    Object.setPrototypeOf(this, Object.getPrototypeOf(layer));
    return y;
  }

  /** The sizes and options as text, for `toString`. */
  override describe(): string {
    const { sizes, options } = this[UNSEEN];
    const { device: _, ...others } = options as Record<string, unknown>;
    const shown = shownOptions(others);
    return [...sizes.map(showValue), ...shown ? [shown] : []].join(", ");
  }
}

function make({ kind, sizes, options }: LazyFacts, size: number) {
  return Reflect.construct(kind, [size, ...sizes, options]) as
    & AnyModule
    & InstanceType<LazyKind>;
}
