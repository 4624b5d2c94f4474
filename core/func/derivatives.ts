/**
 * Derivatives of functions: products with Jacobians and Hessians, and whole
 * ones.
 *
 * @module
 */
import { grad } from "../autograd/grad.ts";
import { withRecording } from "../autograd/mode.ts";
import { ShapeError, showShape } from "../errors.ts";
import { checkCount } from "../options.ts";
import { checkPlain, flag, type PlainFields, text } from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import type { Shape } from "../shape.ts";
import { apply, checkTensor, Tensor } from "../tensor.ts";
import { type Arguments, type Inputs, jvp, listOf } from "./jvp.ts";
import { refusePromise } from "./structure.ts";
import { vmap } from "./vmap.ts";

/**
 * One value for each input; a single one for a single input.
 *
 * @example A gradient for each of two inputs
 * ```ts
 * import { type PerInput, Tensor, zeros } from "@tenfold/tenfold";
 *
 * const gradients: PerInput<[Tensor, Tensor]> = [zeros([2]), zeros([3])];
 * ```
 */
export type PerInput<X extends Inputs, T = Tensor> = X extends Tensor ? T
  : X extends readonly Tensor[] ? { -readonly [I in keyof X]: T }
  : never;

/**
 * Options of {@linkcode jacobian}.
 *
 * @example By columns, for few inputs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   jacobian,
 *   type JacobianOptions,
 *   tensor,
 *   Tensor,
 * } from "@tenfold/tenfold";
 *
 * const options: JacobianOptions = { strategy: "forward-mode" };
 * const y = jacobian((x: Tensor) => x.square(), tensor([1, 2]), options);
 * assertEquals(await y.toArray(), [[2, 0], [0, 4]]);
 * ```
 */
export interface JacobianOptions {
  /**
   * Whether rows are computed by backward, which pays if there are fewer
   * results than inputs, or columns by {@linkcode jvp}.
   *
   * @default {"reverse-mode"}
   */
  readonly strategy?: "reverse-mode" | "forward-mode";
  /**
   * Whether to record the computation of the derivative, for higher orders.
   *
   * @default {false}
   */
  readonly createGraph?: boolean;
}

const OPTIONS: PlainFields = { strategy: text, createGraph: flag };
const CREATE: PlainFields = { createGraph: flag };

function checkInputs(name: string, inputs: Inputs): readonly Tensor[] {
  const list = listOf(inputs);
  if (!Array.isArray(list)) checkTensor(list, "the input", name);
  list.forEach((x, i) => checkTensor(x, `input ${i}`, name));
  return list;
}

/** Inputs by which a gradient can be taken, on the tape where that is wanted. */
const leaves = (
  inputs: readonly Tensor[],
  createGraph: boolean,
): readonly Tensor[] =>
  inputs.map((x) =>
    createGraph && x.requiresGrad ? x : x.detach().requiresGrad_()
  );

const per = (inputs: Inputs, list: readonly unknown[]): unknown =>
  inputs instanceof Tensor ? list[0] : list;

/** The unit vectors in the shape of `x`, one behind the other. */
function basis(x: Tensor): Tensor {
  const { size, shape, dtype, device } = x;
  const eye = { name: "eye", rows: size, columns: size, dtype } as const;
  return apply(eye, [], device)[0]!.reshape([size, ...shape]);
}

const zeros = (x: Tensor, shape: Shape): Tensor =>
  apply({ name: "full", shape, value: 0, dtype: x.dtype }, [], x.device)[0]!;

/** The first dims, `[size]`, as those of `x` and behind all others. */
function columns(found: Tensor, x: Tensor): Tensor {
  const rest = found.shape.slice(1);
  const order = rest.map((_, d) => d + 1);
  return found.permute([...order, 0]).reshape([...rest, ...x.shape]);
}

function call<R>(
  name: string,
  fn: (...inputs: Tensor[]) => R,
  inputs: readonly Tensor[],
): R {
  const result = fn(...inputs);
  refusePromise(name, result);
  return result;
}

/** Refuses other than one tensor of one element. */
function checkScalar(name: string, y: unknown): asserts y is Tensor {
  checkTensor(y, "the result of the function", name);
  if (y.size === 1) return;
  throw new ShapeError(
    `Cannot ${name} as the function must give one number: got shape ${
      showShape(y.shape)
    }`,
  );
}

/**
 * The value of a function, and the product of a cotangent with its Jacobian, by
 * one backward.
 *
 * @param fn A function of the inputs that gives a tensor, or several in an
 * array.
 * @param inputs One tensor, or one for each argument, of floats.
 * @param v A cotangent of the shape of the result (for several results an array
 * of them). @default {1, for a result of one element}
 * @returns The results, and one product for each input.
 * @throws {ShapeError} If a cotangent has another shape than its result.
 * @throws {GradientError} If no cotangent is given for several elements.
 * @example A row of a Jacobian
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { vjp } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2]);
 * const [, product] = vjp((x) => x.square(), x, tensor([0, 1]));
 * assertEquals(await product.toArray(), [0, 4]);
 * ```
 */
export function vjp<
  const X extends Inputs,
  R extends Tensor | readonly Tensor[],
>(
  fn: (...inputs: Arguments<X>) => R,
  inputs: X,
  v?: R,
): [output: R, products: PerInput<X>] {
  checkCount("vjp", arguments.length, 3);
  const list = checkInputs("vjp", inputs);
  return tidyNow(() =>
    withRecording(true, () => {
      const xs = leaves(list, true);
      const y = call("vjp", fn as (...xs: Tensor[]) => R, xs);
      const ys = listOf(y as Inputs);
      const weights = v === undefined ? undefined : listOf(v as Inputs);
      const asked = ys.map((_, i) => i).filter((i) => ys[i]!.requiresGrad);
      const found = asked.length === 0
        ? xs.map((x) => zeros(x, x.shape))
        : grad(asked.map((i) => ys[i]!), xs, {
          createGraph: list.some((x) => x.requiresGrad),
          ...weights && { gradOutputs: asked.map((i) => weights[i]) },
        });
      return [y, per(inputs, found)] as [R, PerInput<X>];
    })
  );
}

/**
 * The Jacobian of a function: the derivative of each element of its result with
 * respect to each element of its inputs. All rows (or columns) are found at
 * once, by {@linkcode vmap}.
 *
 * @param fn A function of the inputs that gives a tensor.
 * @param inputs One tensor, or one for each argument, of floats.
 * @param options `strategy` and `createGraph`.
 * @returns For each input the shape of the result followed by that of the
 * input: one tensor for one, an array for several.
 * @throws {TypeError} If something is not a tensor, or an option is wrong.
 * @throws {RangeError} If the strategy is unknown.
 * @example Of squares
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jacobian } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const j = jacobian((x) => x.square(), tensor([1, 2]));
 * assertEquals(await j.toArray(), [[2, 0], [0, 4]]);
 * ```
 */
export function jacobian<const X extends Inputs>(
  fn: (...inputs: Arguments<X>) => Tensor,
  inputs: X,
  options: JacobianOptions = {},
): PerInput<X> {
  checkCount("jacobian", arguments.length, 3);
  checkPlain(OPTIONS, options, "jacobian");
  const { strategy = "reverse-mode", createGraph = false } = options;
  if (strategy !== "reverse-mode" && strategy !== "forward-mode") {
    throw new RangeError(
      `Cannot jacobian as the strategy must be "reverse-mode" or "forward-mode": got "${strategy}"`,
    );
  }
  const list = checkInputs("jacobian", inputs);
  const f = fn as (...xs: Tensor[]) => Tensor;
  return tidyNow(() => {
    const found = strategy === "reverse-mode"
      ? byRows(f, list, createGraph)
      : withRecording(createGraph, () => byColumns("jacobian", f, list))
        .map(([column]) => column!);
    return per(inputs, found) as PerInput<X>;
  });
}

function byRows(
  fn: (...xs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  createGraph: boolean,
): Tensor[] {
  return withRecording(true, () => {
    const xs = leaves(inputs, createGraph);
    const y = call("jacobian", fn, xs);
    checkTensor(y, "the result of the function", "jacobian");
    const shapes = xs.map((x) => [...y.shape, ...x.shape]);
    if (!y.requiresGrad || y.size === 0) {
      return xs.map((x, i) => zeros(x, shapes[i]!));
    }
    const rows = vmap((u: Tensor) =>
      grad(y, xs, { gradOutputs: [u], retainGraph: true, createGraph })
    )(basis(y)) as Tensor[];
    return rows.map((row, i) => row.reshape(shapes[i]!));
  });
}

/** For each input the derivatives of the results by it. */
function byColumns(
  name: string,
  fn: (...xs: Tensor[]) => Tensor | Tensor[],
  inputs: readonly Tensor[],
): Tensor[][] {
  return inputs.map((x, j) => {
    if (x.size === 0) {
      const y = listOf(call(name, fn, inputs));
      return y.map((y) => zeros(y, [...y.shape, ...x.shape]));
    }
    const others = inputs.map((other) => zeros(other, other.shape));
    const found = vmap((t: Tensor) => {
      const tangents = others.map((other, i) => i === j ? t : other);
      return listOf(jvp(fn as never, inputs, tangents)[1] as Inputs);
    })(basis(x));
    return found.map((column) => columns(column, x));
  });
}

/** The gradients of a function of one number, as a function. */
const gradientOf =
  (name: string, fn: (...xs: Tensor[]) => Tensor, createGraph: boolean) =>
  (...xs: Tensor[]): Tensor[] =>
    withRecording(true, () => {
      // By handles of their own, so that those of the caller stay as they are.
      const own = xs.map((x) => x.requiresGrad ? x : x.alias().requiresGrad_());
      const y = call(name, fn, own);
      checkScalar(name, y);
      if (!y.requiresGrad) return xs.map((x) => zeros(x, x.shape));
      return [...grad(y, own, { createGraph })];
    });

/**
 * The Hessian of a function of one number: the derivative of each element of
 * its gradient with respect to each element of its inputs. Forward mode over
 * backward, all columns at once.
 *
 * @param fn A function of the inputs that gives one number.
 * @param inputs One tensor, or one for each argument, of floats.
 * @param options `createGraph`. @default {createGraph: false}
 * @returns For one input its shape twice; for several an array of arrays, by
 * the input of the gradient, then by the other.
 * @throws {ShapeError} If the function gives other than one number.
 * @example Of a product of powers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hessian } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const h = hessian((x) => x.pow(3).sum(), tensor([1, 2]));
 * assertEquals(await h.toArray(), [[6, 0], [0, 12]]);
 * ```
 */
export function hessian<const X extends Inputs>(
  fn: (...inputs: Arguments<X>) => Tensor,
  inputs: X,
  options: { createGraph?: boolean } = {},
): X extends Tensor ? Tensor : Tensor[][] {
  checkCount("hessian", arguments.length, 3);
  checkPlain(CREATE, options, "hessian");
  const { createGraph = false } = options;
  const list = checkInputs("hessian", inputs);
  const f = fn as (...xs: Tensor[]) => Tensor;
  return tidyNow(() => {
    const found = withRecording(
      createGraph,
      () => byColumns("hessian", gradientOf("hessian", f, createGraph), list),
    );
    // By the input of the gradient first.
    const rows = list.map((_, i) => found.map((column) => column[i]!));
    return inputs instanceof Tensor ? rows[0]![0]! : rows;
  }) as X extends Tensor ? Tensor : Tensor[][];
}

/**
 * The value of a function of one number, and the product of its Hessian with
 * vectors, which costs about as much as two gradients and holds no matrix.
 *
 * @param fn A function of the inputs that gives one number.
 * @param inputs One tensor, or one for each argument, of floats.
 * @param v A vector of the shape of each input.
 * @returns The value, and one product for each input.
 * @throws {ShapeError} If the function gives other than one number, or a vector
 * has another shape than its input.
 * @example Of a sum of cubes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hvp } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2]);
 * const [value, product] = hvp((x) => x.pow(3).sum(), x, tensor([1, 1]));
 * assertEquals(await value.item(), 9);
 * assertEquals(await product.toArray(), [6, 12]);
 * ```
 */
export function hvp<const X extends Inputs>(
  fn: (...inputs: Arguments<X>) => Tensor,
  inputs: X,
  v: X,
): [output: Tensor, products: PerInput<X>] {
  checkCount("hvp", arguments.length, 3);
  const list = checkInputs("hvp", inputs);
  const vectors = checkInputs("hvp", v);
  let value: Tensor | null = null;
  const f = (...xs: Tensor[]): Tensor =>
    value = call("hvp", fn as (...xs: Tensor[]) => Tensor, xs);
  return tidyNow(() => {
    const both = (...xs: Tensor[]) => {
      const gradients = gradientOf("hvp", f, list.some((x) => x.requiresGrad))(
        ...xs,
      );
      return [value!, ...gradients];
    };
    const [outputs, products] = jvp(both as never, list, vectors) as [
      Tensor[],
      Tensor[],
    ];
    return [outputs[0]!, per(inputs, products.slice(1))] as [
      Tensor,
      PerInput<X>,
    ];
  });
}
