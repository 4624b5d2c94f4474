/**
 * Spectral normalisation.
 *
 * @module
 */
import { randn, type Tensor } from "@tenfold/core";
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
import { dim, positiveInteger, positiveNumber } from "./_options.ts";
import { TransposedConvolution } from "./conv_transpose.ts";
import type { AnyModule } from "./module.ts";
import { Buffer } from "./parameter.ts";

/**
 * Options of {@linkcode spectralNorm}.
 *
 * @example More iterations in each call
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.SpectralNormOptions = { nPowerIterations: 3 };
 * const layer = nn.spectralNorm(new nn.Linear(4, 4), options);
 * ```
 */
export interface SpectralNormOptions {
  /** Name of the weight's field. @default {"weight"} */
  readonly name?: string;
  /** Number of power iterations in each call in training mode. @default {1} */
  readonly nPowerIterations?: number;
  /** Lower bound of the norms that vectors are divided by. @default {1e-12} */
  readonly eps?: number;
  /**
   * The dim of the weight that indexes its outputs.
   *
   * @default {0, and 1 for transposed convolutions}
   */
  readonly dim?: number;
}

const schema = () =>
  z.strictObject({
    name: z._default(nameField, "weight"),
    nPowerIterations: z._default(positiveInteger, 1),
    eps: z._default(positiveNumber, 1e-12),
    dim: z.optional(dim),
  });

/** The weight as a matrix of its outputs by all else. */
function matrixOf(weight: Tensor, dim: number | null): Tensor {
  if (!dim) return weight.reshape([weight.shape[0]!, -1]);
  const rest = Array.from(weight.shape, (_, d) => d).filter((d) => d !== dim);
  return weight.permute([dim, ...rest]).reshape([weight.shape[dim]!, -1]);
}

const unit = (x: Tensor, eps: number): Tensor =>
  x.div(x.square().sum().sqrt().clamp({ min: eps }));

const NORM: Norm = {
  title: "spectralNorm",
  remover: "removeSpectralNorm",
  source: "_orig",
  others: ["_u", "_v"],
  weight(fields, { dim, eps, iterations, name }, training) {
    const weight = fields[`${name}_orig`]!;
    let [u, v] = [fields[`${name}_u`]!, fields[`${name}_v`]!];
    return tidyNow(() => {
      const matrix = matrixOf(weight, dim);
      if (training) {
        noGradNow(() => {
          for (let i = 0; i < iterations; i++) {
            v.copy_(unit(matrix.t().matmul(u), eps));
            u.copy_(unit(matrix.matmul(v), eps));
          }
          // The next call changes them before backward through this one may run.
          [u, v] = [u.clone(), v.clone()];
        });
      }
      return weight.div(u.dot(matrix.matmul(v)));
    });
  },
};

/**
 * Divides a weight of a module by its largest singular value (Miyato and
 * others, 2018), approximated by power iteration in each call of `forward` in
 * training mode. The parameter `weight_orig` and the buffers `weight_u` and
 * `weight_v`, named as in PyTorch, replace it, and `module.weight` is computed
 * from them whenever it is used.
 *
 * @param module The module; changed in place.
 * @param options `name`, `nPowerIterations`, `eps` and `dim`.
 * @returns The module.
 * @throws {RangeError} If the module has no parameter with this name, or the
 * weight is already normalised.
 *
 * @example A largest singular value of 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { manualSeed, nn, noGrad, ones } from "@tenfold/tenfold";
 *
 * manualSeed(0);
 * const layer = nn.spectralNorm(new nn.Linear(4, 1), { nPowerIterations: 5 });
 * noGrad(() => layer.forward(ones([1, 4])));
 * assertAlmostEquals(await layer.weight.norm().item(), 1, 1e-5);
 * ```
 */
export function spectralNorm<M extends AnyModule>(
  module: M,
  options: SpectralNormOptions = {},
): M {
  const facts = parseArguments(
    schema,
    { module },
    options,
    arguments,
    "apply spectralNorm",
  );
  const { eps, name, nPowerIterations: iterations } = facts;
  const weight = parameterOf(module, name, "spectralNorm");
  const { device, dtype, ndim, shape, size } = weight;
  const given = facts.dim ?? (module instanceof TransposedConvolution ? 1 : 0);
  const at = given < 0 ? given + ndim : given;
  if (at < 0 || at >= ndim) {
    throw new RangeError(
      `Cannot apply spectralNorm as ${name} has ${ndim} dims: got dim ${given}`,
    );
  }
  const rows = shape[at]!;
  const others = [rows, size / rows].map((length) => {
    const start = noGradNow(() =>
      unscopedNow(() =>
        tidyNow(() => unit(randn([length], { device, dtype }), eps))
      )
    );
    const buffer = new Buffer(start);
    start.dispose();
    return buffer;
  });
  setNorm(module, { norm: NORM, name, dim: at, eps, iterations }, others);
  return module;
}

/**
 * Removes spectral normalisation: the normalised weight becomes a single
 * parameter again; see {@linkcode spectralNorm}.
 *
 * @param module The module; changed in place.
 * @param name Name of the weight's field. @default {"weight"}
 * @returns The module.
 * @throws {RangeError} If the weight has no spectral normalisation.
 * @example The weight is one parameter again
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = nn.removeSpectralNorm(nn.spectralNorm(new nn.Linear(3, 1)));
 * assertEquals(Object.keys(layer.stateDict()), ["bias", "weight"]);
 * ```
 */
export function removeSpectralNorm<M extends AnyModule>(
  module: M,
  name = "weight",
): M {
  checkCount("removeSpectralNorm", arguments.length, 2);
  removeNorm(module, name, NORM);
  return module;
}
