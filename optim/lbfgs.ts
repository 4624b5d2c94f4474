/**
 * L-BFGS.
 *
 * @module
 */
import {
  cat,
  type DType,
  promote,
  stack,
  Tensor,
  zerosLike,
} from "@tenfold/core";
import {
  checkCount,
  currentRecording,
  optionsArgument,
  showValue,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { Curvature, owned } from "./_curvature.ts";
import { checkedMemory, savedMemory, type Search } from "./_lbfgs_state.ts";
import { nonNegative, positiveInteger } from "./_options.ts";
import type { OptimizerState } from "./_state.ts";
import { type Point, strongWolfe } from "./_strong_wolfe.ts";
import { Optimizer, type OptimizerParameters, type Step } from "./optimizer.ts";

/**
 * Options of {@linkcode LBFGS}.
 *
 * @example Line search for each step
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.LBFGSOptions = {
 *   maxIter: 50,
 *   lineSearchFn: "strongWolfe",
 * };
 * const optimizer = new optim.LBFGS([weight], options);
 * ```
 */
export interface LBFGSOptions {
  /** The learning rate: the length of the first step to try. @default {1} */
  lr?: number;
  /** Largest number of iterations of a step. @default {20} */
  maxIter?: number;
  /**
   * Largest number of evaluations of the closure in a step.
   *
   * @default {maxIter * 5 / 4, rounded down}
   */
  maxEval?: number;
  /** Largest element of the gradient at which a step ends. @default {1e-7} */
  toleranceGrad?: number;
  /** Change of the loss or of a parameter at which a step ends. @default {1e-9} */
  toleranceChange?: number;
  /** Number of changes of the gradient that are remembered. @default {100} */
  historySize?: number;
  /**
   * `"strongWolfe"` searches the length of each step, null takes `lr`.
   *
   * @default {null}
   */
  lineSearchFn?: "strongWolfe" | null;
}

/**
 * All options of a group of {@linkcode LBFGS}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.LBFGS([weight]);
 * const groups: optim.LBFGSGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.historySize), [100]);
 * ```
 */
export type LBFGSGroup = Required<Omit<LBFGSOptions, "maxEval">> & {
  /** Largest number of evaluations of the closure in a step. */
  maxEval?: number;
};

const schema = () =>
  z.strictObject({
    lr: z._default(nonNegative, 1),
    maxIter: z._default(positiveInteger, 20),
    maxEval: z.exactOptional(positiveInteger),
    toleranceGrad: z._default(nonNegative, 1e-7),
    toleranceChange: z._default(nonNegative, 1e-9),
    historySize: z._default(positiveInteger, 100),
    lineSearchFn: z._default(
      z.nullable(z.literal("strongWolfe", 'must be "strongWolfe" or null')),
      null,
    ),
  });

/** The loss and the gradient at a point, seen along a direction. */
interface Evaluation extends Point {
  /** The gradient of all parameters. */
  readonly grad: Tensor;
  /** The size of its largest element. */
  readonly most: number;
}

/**
 * L-BFGS (Liu and Nocedal, 1989; in PyTorch's form): steps along the gradient,
 * preconditioned by the curvature estimated from its last changes. For smooth
 * losses over all data, such as the fit of a small model or of a differential
 * equation.
 *
 * It takes one group of parameters of one device. A step calls a closure several
 * times, which clears the gradients, computes the loss and its gradients and
 * returns the loss; so it is awaited, and `fit`, which computes one loss for each
 * step, cannot take it.
 *
 * @example The minimum of Rosenbrock's function
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { LBFGS } from "@tenfold/optim";
 *
 * const x = tensor([-1.2, 1], { dtype: "float64", requiresGrad: true });
 * const optimizer = new LBFGS([x], { lineSearchFn: "strongWolfe" });
 * for (let step = 0; step < 3; step++) {
 *   await optimizer.step(() => {
 *     optimizer.zeroGrad();
 *     const [a, b] = [x.index(0), x.index(1)];
 *     const loss = b.sub(a.square()).square().mul(100).add(a.sub(1).square());
 *     loss.backward();
 *     return loss;
 *   });
 * }
 * assertAlmostEquals(await x.index(0).item(), 1, 1e-4);
 * assertAlmostEquals(await x.index(1).item(), 1, 1e-4);
 * ```
 */
export class LBFGS extends Optimizer<LBFGSGroup> {
  readonly #curvature = new Curvature();
  /** The last direction, the gradient it started from, and figures of both. */
  #search: Search | null = null;
  #iterations = 0;
  #evaluations = 0;
  #running = false;

  /**
   * Creates the optimizer.
   *
   * @param params The parameters, such as `model.parameters()`.
   * @param options The options.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value, or there is more than
   * one group.
   */
  constructor(
    params: OptimizerParameters<LBFGSGroup>,
    options: LBFGSOptions = {},
  ) {
    const operation = "make an optimizer LBFGS";
    const given = optionsArgument(
      schema,
      ["params"],
      options,
      arguments,
      operation,
    );
    super("LBFGS", params, given, schema);
  }

  /**
   * Adds the parameters.
   *
   * @param group The parameters and their options.
   * @throws {RangeError} If it would be the second group.
   */
  override addParamGroup(
    group: Parameters<Optimizer<LBFGSGroup>["addParamGroup"]>[0],
  ): void {
    checkCount("addParamGroup", arguments.length, 1);
    if (this.paramGroups.length > 0) {
      throw new RangeError(
        "Cannot make an optimizer LBFGS of several groups as it steps along one direction: pass all parameters as one",
      );
    }
    super.addParamGroup(group);
  }

  /**
   * Takes a step: up to `maxIter` iterations.
   *
   * @param closure Clears the gradients, computes the loss and its gradients, and
   * returns the loss. Its tensors are released after each call.
   * @returns The loss before the step.
   * @throws {TypeError} If there is no closure, or it does not return a tensor of
   * one element; where a call of it throws, the parameters are as before the
   * iteration.
   */
  override step(closure?: () => Tensor): Promise<number> {
    checkCount("step", arguments.length, 1);
    if (typeof closure !== "function") {
      throw new TypeError(
        "Cannot step LBFGS without a closure as it evaluates the loss several times: await optimizer.step(() => { optimizer.zeroGrad(); …; loss.backward(); return loss; })",
      );
    }
    if (currentRecording()) {
      throw new TypeError(
        "Cannot step LBFGS in a function that is compiled as it reads the loss: compile the closure",
      );
    }
    if (this.#running) {
      throw new TypeError(
        "Cannot step LBFGS while another step is under way: await it first",
      );
    }
    this.#running = true;
    return this.#step(closure).finally(() => this.#running = false);
  }

  async #step(closure: () => Tensor): Promise<number> {
    const group = this.paramGroups[0];
    const { maxIter, toleranceGrad, toleranceChange, lr } = group;
    const { maxEval = Math.floor(maxIter * 5 / 4), lineSearchFn } = group;
    let at = await this.#evaluate(closure, 0, null);
    const { loss: first } = at;
    let evaluations = 1;
    try {
      if (at.most <= toleranceGrad) return first;
      for (let iteration = 1; iteration <= maxIter; iteration++) {
        const { loss } = at;
        const d = await this.#descend(at);
        const [slope, size, sum] = await read(() => [
          d.dot(at.grad),
          d.abs().max(),
          at.grad.abs().sum(),
        ]) as [number, number, number];
        let t = lr * (this.#iterations === 1 ? Math.min(1, 1 / sum) : 1);
        this.#search!.t = t;
        if (slope > -toleranceChange) break;
        if (lineSearchFn !== null) {
          const start = { ...at, t: 0, slope };
          const found = await this.#lineSearch(closure, start, t, size);
          evaluations += found.evaluations;
          at = found.point;
          this.#search!.t = t = at.t;
          this.#move(d, t);
        } else {
          this.#move(d, t);
          if (iteration === maxIter) break;
          at = await this.#evaluate(closure, t, null).catch((error) => {
            this.#move(d, -t);
            throw error;
          });
          evaluations++;
        }
        if (
          evaluations >= maxEval || at.most <= toleranceGrad ||
          size * Math.abs(t) <= toleranceChange ||
          Math.abs(at.loss - loss) < toleranceChange
        ) break;
      }
      return first;
    } finally {
      this.#evaluations += evaluations;
      this.#drop(at);
    }
  }

  /** The direction to go from a point, which is remembered with it. */
  async #descend({ grad, loss }: Evaluation): Promise<Tensor> {
    const last = this.#search;
    if (last !== null) {
      const y = owned(() => grad.sub(last.gradient));
      const s = owned(() => last.direction.mul(last.t));
      await this.#curvature.add(y, s, this.paramGroups[0].historySize);
    }
    const direction = this.#curvature.direction(grad);
    if (last !== null) release(last);
    this.#iterations++;
    this.#search = { direction, gradient: grad, t: 0, loss };
    return direction;
  }

  /** Searches the length of a step; the parameters stay where they are. */
  async #lineSearch(
    closure: () => Tensor,
    start: Evaluation,
    t: number,
    size: number,
  ): Promise<{ point: Evaluation; evaluations: number }> {
    const { direction } = this.#search!;
    const { params } = this.paramGroups[0];
    const from = owned(() => params.map((p) => p.detach().clone()));
    let points = [start];
    const keep = (useful: readonly Evaluation[]) => {
      for (const point of points) {
        if (!useful.includes(point)) this.#drop(point);
      }
      points = points.filter((point) => useful.includes(point));
    };
    try {
      const found = await strongWolfe<Evaluation>({
        start,
        t,
        size,
        tolerance: this.paramGroups[0].toleranceChange,
        keep,
        evaluate: async (t) => {
          this.#move(direction, t);
          try {
            const point = await this.#evaluate(closure, t, direction);
            points.push(point);
            return point;
          } finally {
            owned(() => params.forEach((p, i) => p.copy_(from[i]!)));
          }
        },
      });
      keep([found.point]);
      return found;
    } catch (error) {
      keep([start]);
      throw error;
    } finally {
      for (const tensor of from) tensor.dispose();
    }
  }

  /** The loss and its gradient where the parameters are. */
  async #evaluate(
    closure: () => Tensor,
    t: number,
    direction: Tensor | null,
  ): Promise<Evaluation> {
    let grad: Tensor | undefined;
    const facts = unscopedNow(() =>
      tidyNow(() => {
        const loss: unknown = closure();
        if (!(loss instanceof Tensor) || loss.size !== 1) {
          throw new TypeError(
            `Cannot step LBFGS as the closure must return the loss, a tensor of one element: got ${
              loss instanceof Tensor
                ? `one of shape [${loss.shape.join(", ")}]`
                : showValue(loss)
            }`,
          );
        }
        return owned(() => {
          const flat = this.#flatGradient();
          grad = flat;
          const most = flat.abs().max();
          const slope = direction ? flat.dot(direction) : zerosLike(most);
          const figure = loss.detach().reshape([]).cast(flat.dtype);
          return [stack([figure, most, slope]), flat];
        })[0]!;
      })
    );
    const [loss, most, slope] = await facts.data().finally(() =>
      facts.dispose()
    ) as unknown as [number, number, number];
    return { t, loss, most, slope, grad: grad! };
  }

  /** All gradients behind each other; zeros where there is none. */
  #flatGradient(): Tensor {
    const { params } = this.paramGroups[0];
    const dtype = this.#dtype();
    return cat(
      params.map((p) => (p.grad ?? zerosLike(p)).flatten().cast(dtype)),
    );
  }

  #dtype(): DType {
    const [first, ...others] = this.paramGroups[0].params;
    return others.reduce(
      (dtype, p) => promote(dtype, p.dtype),
      first!.dtype as DType,
    );
  }

  /** Moves the parameters along a direction. */
  #move(direction: Tensor, t: number): void {
    owned(() => {
      let from = 0;
      for (const p of this.paramGroups[0].params) {
        const part = direction.narrow(0, from, p.size).reshape(p.shape);
        p.add_(part.cast(p.dtype), { alpha: t });
        from += p.size;
      }
    });
  }

  /** Releases the gradient of a point, unless it is remembered. */
  #drop({ grad }: Evaluation): void {
    if (grad !== this.#search?.gradient) grad.dispose();
  }

  /**
   * The state: the numbers of iterations and evaluations, the last direction and
   * gradient, and the history of both, as tensors of all parameters at once.
   */
  override stateDict(): OptimizerState {
    checkCount("stateDict", arguments.length, 0);
    const { paramGroups } = super.stateDict();
    const memory = {
      iterations: this.#iterations,
      evaluations: this.#evaluations,
      search: this.#search,
      curvature: this.#curvature,
    };
    return { state: savedMemory(memory), paramGroups };
  }

  /**
   * Restores the state of another optimizer of the same parameters. Tensors are
   * copied, and everything is checked before anything is changed.
   *
   * @param state The result of `stateDict`.
   * @throws {StateError} If it does not fit the parameters.
   */
  override loadStateDict(state: OptimizerState): void {
    checkCount("loadStateDict", arguments.length, 1);
    const { params } = this.paramGroups[0];
    const restore = checkedMemory(state, params, this.#dtype());
    super.loadStateDict(state);
    const memory = restore();
    this.#forget();
    this.#iterations = memory.iterations;
    this.#evaluations = memory.evaluations;
    this.#search = memory.search;
    this.#curvature.pairs = memory.curvature.pairs;
    this.#curvature.scale = memory.curvature.scale;
  }

  #forget(): void {
    this.#curvature.dispose();
    if (this.#search !== null) release(this.#search);
    this.#search = null;
  }

  /** Releases the memory of the state; the parameters keep theirs. */
  override dispose(): void {
    checkCount("dispose", arguments.length, 0);
    super.dispose();
    this.#forget();
    this.#iterations = 0;
  }

  /** None: what it remembers is of all parameters at once. */
  protected override stateNames(): readonly string[] {
    return NONE;
  }

  /** Never called, as `step` does all of it. */
  protected override update(): Step {
    throw new TypeError("Cannot update one parameter by LBFGS alone");
  }
}

const NONE: readonly string[] = [];

/** Reads some scalars at once. */
async function read(fn: () => Tensor[]): Promise<ArrayLike<number>> {
  const figures = owned(() => stack(fn()));
  try {
    return await figures.data();
  } finally {
    figures.dispose();
  }
}

function release({ direction, gradient }: Search): void {
  direction.dispose();
  gradient.dispose();
}
