/**
 * Weight normalisation.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkCount,
  noGradNow,
  parseArguments,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import {
  nameField,
  type Norm,
  parameterOf,
  removeNorm,
  setNorm,
} from "./_normed.ts";
import { dim } from "./_options.ts";
import type { AnyModule } from "./module.ts";
import { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode weightNorm}.
 *
 * @example One norm of the whole weight
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.WeightNormOptions = { dim: null };
 * const layer = nn.weightNorm(new nn.Linear(4, 2), options);
 * ```
 */
export interface WeightNormOptions {
  /** Name of the weight's field. @default {"weight"} */
  readonly name?: string;
  /**
   * The dim with a separate norm for each index; null for one norm of the whole
   * weight.
   *
   * @default {0}
   */
  readonly dim?: number | null;
}

const schema = () =>
  z.strictObject({
    name: z._default(nameField, "weight"),
    dim: z._default(z.nullable(dim), 0),
  });

/** The length of a tensor along all dims but one. */
function lengthOf(v: Tensor, dim: number | null): Tensor {
  const dims = Array.from(v.shape, (_, d) => d);
  return dim === null
    ? v.square().sum().sqrt()
    : v.square().sum(dims.filter((d) => d !== dim), { keepDim: true }).sqrt();
}

const NORM: Norm = {
  title: "weightNorm",
  remover: "removeWeightNorm",
  source: "_v",
  others: ["_g"],
  weight(fields, { dim, name }) {
    const [g, v] = [fields[`${name}_g`]!, fields[`${name}_v`]!];
    return tidyNow(() => v.mul(g.div(lengthOf(v, dim))));
  },
};

/**
 * Reparameterises a weight of a module by its magnitude and its direction
 * (Salimans and Kingma, 2016): `weight = weight_g * weight_v / |weight_v|`. The
 * parameters `weight_g` and `weight_v`, named as in PyTorch, replace it, and
 * `module.weight` is computed from them whenever it is used.
 *
 * @param module The module; changed in place.
 * @param options `name` and `dim`.
 * @returns The module.
 * @throws {RangeError} If the module has no parameter with this name, or the
 * weight is already normalised.
 *
 * @example The output is unchanged
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(3, 1);
 * const before = await layer.forward(ones([3])).item();
 * nn.weightNorm(layer);
 * assertAlmostEquals(await layer.forward(ones([3])).item(), before, 1e-6);
 * assertEquals(Object.keys(layer.stateDict()), [
 *   "bias",
 *   "weight_g",
 *   "weight_v",
 * ]);
 * nn.removeWeightNorm(layer);
 * ```
 */
export function weightNorm<M extends AnyModule>(
  module: M,
  options: WeightNormOptions = {},
): M {
  const facts = parseArguments(
    schema,
    { module },
    options,
    arguments,
    "apply weightNorm",
  );
  const { name } = facts;
  const weight = parameterOf(module, name, "weightNorm");
  const { ndim, requiresGrad } = weight;
  const at = facts.dim !== null && facts.dim < 0 ? facts.dim + ndim : facts.dim;
  if (at !== null && (at < 0 || at >= ndim)) {
    throw new RangeError(
      `Cannot apply weightNorm as ${name} has ${ndim} dims: got dim ${facts.dim}`,
    );
  }
  const start = noGradNow(() =>
    unscopedNow(() => tidyNow(() => lengthOf(weight, at)))
  );
  const g = new Parameter(start, { requiresGrad });
  start.dispose();
  setNorm(module, { norm: NORM, name, dim: at, eps: 0, iterations: 0 }, [g]);
  return module;
}

/**
 * Removes weight normalisation: the weight becomes a single parameter again;
 * see {@linkcode weightNorm}.
 *
 * @param module The module; changed in place.
 * @param name Name of the weight's field. @default {"weight"}
 * @returns The module.
 * @throws {RangeError} If the weight has no weight normalisation.
 * @example The weight is one parameter again
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = nn.removeWeightNorm(nn.weightNorm(new nn.Linear(3, 1)));
 * assertEquals(Object.keys(layer.stateDict()), ["bias", "weight"]);
 * ```
 */
export function removeWeightNorm<M extends AnyModule>(
  module: M,
  name = "weight",
): M {
  checkCount("removeWeightNorm", arguments.length, 2);
  removeNorm(module, name, NORM);
  return module;
}
