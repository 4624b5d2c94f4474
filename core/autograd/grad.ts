/**
 * Gradients as values, without touching those of leaves.
 *
 * @module
 */
import { GradientError } from "../errors.ts";
import { EDGE, VALUE } from "../members.ts";
import { checkCount } from "../options.ts";
import { checkPlain } from "../plain_options.ts";
import { currentScope } from "../scope.ts";
import { apply, FACTORY, rootOf, Tensor } from "../tensor.ts";
import { GRAD } from "../tensor_options.ts";
import { walk } from "./backward.ts";

/**
 * One gradient for each input.
 *
 * @example The gradients of two inputs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grad, type Gradients, tensor, Tensor } from "@tenfold/tenfold";
 *
 * const x = tensor(2, { requiresGrad: true });
 * const y = tensor(3, { requiresGrad: true });
 * const gradients: Gradients<[Tensor, Tensor]> = grad(x.mul(y), [x, y]);
 * assertEquals(await gradients[0].item(), 3);
 * ```
 */
export type Gradients<X extends Tensor | readonly Tensor[]> = X extends
  readonly Tensor[] ? { -readonly [I in keyof X]: Tensor }
  : [Tensor];

/**
 * Options of {@linkcode grad}.
 *
 * @example A second derivative
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grad, type GradOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: GradOptions = { createGraph: true };
 * const x = tensor(2, { requiresGrad: true });
 * const [first] = grad(x.pow(3), [x], options);
 * const [second] = grad(first, [x]);
 * assertEquals(await second.item(), 12);
 * ```
 */
export interface GradOptions {
  /**
   * Whether to record the computation of the gradients, for higher orders.
   *
   * @default {false}
   */
  readonly createGraph?: boolean;
  /** Whether to keep the tape for another backward. @default {createGraph} */
  readonly retainGraph?: boolean;
  /** Gradient of each output, of its shape; ones by default. */
  readonly gradOutputs?: readonly (Tensor | undefined)[];
}

/**
 * The gradients of the sum of `outputs` by `inputs`, without touching any
 * `.grad`.
 *
 * @returns One gradient an input; zeros where an output does not depend on it.
 * @throws {GradientError} If an input or output was not recorded.
 * @example A second derivative
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grad, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor(3, { requiresGrad: true });
 * const [first] = grad(x.pow(3), x, { createGraph: true });
 * const [second] = grad(first, x);
 * assertEquals([first.itemSync(), second.itemSync()], [27, 18]);
 * ```
 */
export function grad<const X extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: X,
  options: GradOptions = {},
): Gradients<X> {
  checkCount("grad", arguments.length, 3);
  checkPlain(GRAD, options, "take gradients");
  const ys = outputs instanceof Tensor ? [outputs] : outputs;
  const xs: readonly Tensor[] = inputs instanceof Tensor ? [inputs] : inputs;
  const targets = xs.map((x, i) => {
    void x[VALUE];
    if (x[EDGE]) return x[EDGE];
    throw new GradientError(
      `Cannot take the gradient by input ${i} as it does not require one: make it with { requiresGrad: true }`,
    );
  });
  const createGraph = options.createGraph ?? false;
  const found = walk(
    ys.map((y, i) => rootOf(y, options.gradOutputs?.[i])),
    {
      createGraph,
      retainGraph: options.retainGraph ?? createGraph,
      targets,
    },
    FACTORY,
  );
  const gradients = found.map((gradient, i): Tensor => {
    const { device, shape, dtype } = xs[i]!;
    if (!gradient) {
      return apply({ name: "full", shape, value: 0, dtype }, [], device)[0]!;
    }
    currentScope()?.own(gradient);
    return gradient;
  });
  return gradients as Gradients<X>;
}
