/**
 * A model whose weights are averages of those of another one.
 *
 * @module
 */
import { currentDevice, type DType, type Tensor, zeros } from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  floatOf,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";
import {
  checkCount,
  noGradNow,
  parseArguments,
  showShape,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";
import {
  Buffer,
  functionalCall,
  Module,
  Parameter,
  type StateDict,
} from "@tenfold/nn";
import * as z from "./_zod.ts";
import { flag } from "./_options.ts";

/**
 * How an average is updated with the next value.
 *
 * @example The mean of all values
 * ```ts
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const mean: train.AverageFunction = (average, value, count) =>
 *   average.add(value.sub(average).div(count.add(1)));
 * const averaged = new train.AveragedModel(new nn.Linear(2, 1), {
 *   avgFn: mean,
 * });
 * ```
 */
export type AverageFunction = (
  average: Tensor,
  value: Tensor,
  count: Tensor,
) => Tensor;

/**
 * Options of {@linkcode AveragedModel}.
 *
 * @example An exponential moving average
 * ```ts
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const options: train.AveragedModelOptions = {
 *   decay: 0.99,
 *   useBuffers: true,
 * };
 * const averaged = new train.AveragedModel(new nn.Linear(2, 1), options);
 * ```
 */
export interface AveragedModelOptions {
  /**
   * Decay rate of an exponential moving average, from 0 to less than 1.
   *
   * @default {none: all updates count the same, as in stochastic weight averaging}
   */
  readonly decay?: number;
  /**
   * How an average is updated, instead of `decay`: a function of the average,
   * the value, and the number of updates before (0-d int32).
   */
  readonly avgFn?: AverageFunction;
  /**
   * Whether buffers are averaged as well; otherwise they keep their initial
   * values until {@linkcode updateBn} recomputes them.
   *
   * @default {false}
   */
  readonly useBuffers?: boolean;
}

const range = "must be a number from 0 to less than 1";
const schema = () =>
  z.strictObject({
    decay: z.optional(
      z.number("must be a number").check(z.gte(0, range), z.lt(1, range)),
    ),
    avgFn: z.optional(
      z.custom<AverageFunction>(
        (value) => typeof value === "function",
        "must be a function",
      ),
    ),
    useBuffers: z._default(flag, false),
  });

/**
 * The average after one more value, as one kernel; the first value is taken as it
 * is. Of integers the fraction is dropped.
 */
function updateOf(dtype: DType, decay: number | undefined): UpdateProgram {
  const float = floatOf(dtype);
  const old = castExpr(arg(0, dtype), float);
  const value = arg(1, float);
  const count = arg(2, "int32");
  const way = call("sub", value, old);
  const next = call("add", count, constant(1, "int32"));
  const step: Expr = decay === undefined
    ? call("div", way, castExpr(next, float))
    : call("mul", way, constant(1 - decay, float));
  const first = call("eq", count, constant(0, "int32"));
  const average = call("select", first, value, call("add", old, step));
  return {
    label: "updateParameters",
    inputs: [dtype, float, "int32"],
    exprs: [castExpr(average, dtype)],
  };
}

/** The model whose averages these are. */
export let wrappedBy: (averaged: AveragedModel) => Module<never[], unknown>;

/**
 * A model whose parameters are running averages of those of a model in
 * training; its metrics are often better than those of the last step. It
 * computes the same function with the averages as weights, and has a mode of
 * its own: `train()` and `eval()` of one do not switch the other. Its state
 * dict is that of PyTorch's class of the same name.
 *
 * Without options all updates count the same (stochastic weight averaging,
 * Izmailov and others, 2018); `decay` makes it an exponential moving average. The
 * averages begin as a copy of the model, which the first update replaces.
 *
 * @example An exponential moving average beside training
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, noGrad, tensor, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(1, 1, { bias: false });
 * const averaged = new train.AveragedModel(model, { decay: 0.5 });
 * for (const weight of [1, 2, 4]) {
 *   noGrad(() => model.weight.fill_(weight)); // a step of an optimizer
 *   averaged.updateParameters();
 * }
 * // 1, then 1.5, then 2.75
 * assertAlmostEquals(await averaged.forward(tensor([[1]])).item(), 2.75);
 * model.loadStateDict(averaged.weights);
 * ```
 */
export class AveragedModel<
  Inputs extends readonly unknown[] = never[],
  Output = Tensor,
> extends Module<Inputs, Output> {
  /** Number of updates (int32, 0-d). */
  n_averaged: Buffer;
  /** The averages and the buffers, by their names in the model. */
  readonly module: { readonly [name: string]: Parameter | Buffer };
  readonly #model: Module<Inputs, Output>;
  readonly #decay: number | undefined;
  readonly #avgFn: AverageFunction | undefined;
  readonly #useBuffers: boolean;
  readonly #programs = new Map<DType, UpdateProgram>();

  static {
    wrappedBy = (averaged) => averaged.#model as Module<never[], unknown>;
  }

  /**
   * Copies the parameters and buffers of a model.
   *
   * @param model The model that trains.
   * @param options `decay` or `avgFn`, and `useBuffers`.
   * @throws {TypeError} If an option is unknown or of the wrong type, or both
   * `decay` and `avgFn` are given.
   * @throws {RangeError} If `decay` is not from 0 to less than 1.
   */
  constructor(
    model: Module<Inputs, Output>,
    options: AveragedModelOptions = {},
  ) {
    const { decay, avgFn, useBuffers } = parseArguments(
      schema,
      { model },
      options,
      arguments,
      "make an AveragedModel",
    );
    if (!(model instanceof Module)) {
      throw new TypeError(
        "Cannot make an AveragedModel as the model must be a module: pass the one that trains",
      );
    }
    if (decay !== undefined && avgFn !== undefined) {
      throw new TypeError(
        "Cannot make an AveragedModel with both decay and avgFn: give one",
      );
    }
    super();
    this.#model = model;
    this.#decay = decay;
    this.#avgFn = avgFn;
    this.#useBuffers = useBuffers;
    const device = model.parameters()[0]?.device ?? currentDevice();
    this.n_averaged = unscopedNow(() => {
      const none = zeros([], { dtype: "int32", device });
      const count = new Buffer(none);
      none.dispose();
      return count;
    });
    const copies: { [name: string]: Parameter | Buffer } = {};
    for (const [name, parameter] of model.namedParameters()) {
      copies[name] = copyOf(parameter, (data) => {
        const copy = new Parameter(data);
        return copy.requiresGrad_(false);
      });
    }
    for (const [name, buffer] of model.namedBuffers()) {
      const { persistent } = buffer;
      copies[name] = copyOf(buffer, (data) => new Buffer(data, { persistent }));
    }
    this.module = copies;
  }

  /**
   * The averages and buffers by the names of the model's own state dict, for
   * `model.loadStateDict`.
   */
  get weights(): StateDict {
    return Object.fromEntries(
      Object.keys(this.#model.stateDict()).map((name) => [
        name,
        this.module[name]!,
      ]),
    );
  }

  /** What the model computes with the averages in the place of its weights. */
  forward(...inputs: Inputs): Output {
    const { training } = this;
    const others = this.#model.modules().filter((m) => m.training !== training);
    for (const module of others) module.training = training;
    try {
      return functionalCall(this.#model, this.module, ...inputs);
    } finally {
      for (const module of others) module.training = !training;
    }
  }

  /**
   * Updates the averages with the current parameters of a model: call it after
   * a step of the optimizer. It can be part of a compiled step.
   *
   * @param model Another model with the same parameters; by default the one of
   * which the averages were made.
   * @throws {TypeError} If the names or shapes of its parameters differ.
   */
  updateParameters(model: Module<Inputs, Output> = this.#model): void {
    checkCount("updateParameters", arguments.length, 1);
    const values = this.#valuesOf(model);
    noGradNow(() =>
      tidyNow(() => {
        for (const [average, value] of values) this.#update(average, value);
        this.n_averaged.add_(1);
      })
    );
  }

  #update(average: Tensor, value: Tensor): void {
    const { n_averaged: count } = this;
    const { dtype } = average;
    if (this.#avgFn !== undefined) {
      const next = this.#avgFn(average.detach(), value.detach(), count);
      average.copy_(value.where(count.eq(0), next));
      return;
    }
    let program = this.#programs.get(dtype);
    if (program === undefined) {
      program = updateOf(dtype, this.#decay);
      this.#programs.set(dtype, program);
    }
    const others = [value.cast(floatOf(dtype)), count];
    updateInPlace(program, [average], others, []);
  }

  /** What is averaged, each beside its present value. */
  #valuesOf(model: Module<Inputs, Output>): (readonly [Tensor, Tensor])[] {
    const now: [string, Tensor][] = model.namedParameters();
    if (this.#useBuffers) now.push(...model.namedBuffers());
    return now.map(([name, value]) => {
      const average = this.module[name];
      if (average && showShape(average.shape) === showShape(value.shape)) {
        return [average, value] as const;
      }
      throw new TypeError(
        `Cannot updateParameters as ${name} of shape ${
          showShape(value.shape)
        } is not among the averages: pass a model with the same parameters`,
      );
    });
  }
}

/** A copy of a parameter or buffer that no scope owns. */
function copyOf<T>(source: Tensor, make: (data: Tensor) => T): T {
  return unscopedNow(() => {
    const data = noGradNow(() => source.clone());
    const copy = make(data);
    data.dispose();
    return copy;
  });
}
