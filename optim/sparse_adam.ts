/**
 * Adam for gradients of a few rows.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { betas, flag, positive } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode SparseAdam}.
 *
 * @example A larger learning rate
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.SparseAdamOptions = { lr: 0.01 };
 * const optimizer = new optim.SparseAdam([weight], options);
 * ```
 */
export interface SparseAdamOptions {
  /** The learning rate. @default {0.001} */
  lr?: number;
  /**
   * Decay rates of the running averages of the gradient and of its square.
   *
   * @default {[0.9, 0.999]}
   */
  betas?: [number, number];
  /** Value added to the denominator for numerical stability. @default {1e-8} */
  eps?: number;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode SparseAdam}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SparseAdam([weight]);
 * const groups: optim.SparseAdamGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.eps), [1e-8]);
 * ```
 */
export type SparseAdamGroup = Required<SparseAdamOptions>;

const sparseAdam = /* @__PURE__ */ algorithm({
  name: "SparseAdam",
  schema: () =>
    z.strictObject({
      lr: z._default(positive, 1e-3),
      betas: z._default(betas, [0.9, 0.999]),
      eps: z._default(positive, 1e-8),
      maximize: z._default(flag, false),
    }),
  onlySparse: true,
  sparse: (_: SparseAdamGroup) => "summed" as const,
  state: () => ["expAvg", "expAvgSq"],
  numbers: ({ lr, betas: [b1, b2], eps }, step) => ({
    rate: lr * Math.sqrt(1 - b2 ** step) / (1 - b1 ** step),
    b1,
    c1: 1 - b1,
    b2,
    c2: 1 - b2,
    eps,
  }),
  update: (values, { rate, b1, c1, b2, c2, eps }) => {
    const { add, div, mul, sqrt, sub } = expr;
    const { parameter, gradient: g } = values;
    const expAvg = add(mul(b1, values.expAvg), mul(c1, g));
    const expAvgSq = add(mul(b2, values.expAvgSq), mul(mul(c2, g), g));
    const size = add(sqrt(expAvgSq), eps);
    return {
      parameter: sub(parameter, div(mul(rate, expAvg), size)),
      expAvg,
      expAvgSq,
    };
  },
});

/**
 * Adam for tables of which a step uses a few rows: averages and parameters of
 * other rows stay as they are. It takes the gradients of embeddings with
 * `{ sparse: true }`, and no others.
 *
 * @example Two rows of a table
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, optim, tensor } from "@tenfold/tenfold";
 *
 * const table = nn.Embedding.fromPretrained(tensor([[1], [2], [3]]), {
 *   sparse: true,
 *   freeze: false,
 * });
 * const optimizer = new optim.SparseAdam(table.parameters(), { lr: 0.1 });
 * table.forward(tensor([2, 0], { dtype: "int32" })).sum().backward();
 * optimizer.step();
 * const moved = table.weight.sub(tensor([[1], [2], [3]])).div(0.1);
 * assertEquals(await moved.round().toArray(), [[-1], [0], [-1]]);
 * ```
 */
export class SparseAdam extends AlgorithmOptimizer<SparseAdamGroup> {
  /**
   * Creates the optimizer.
   *
   * @param params The parameters, such as `table.parameters()`, or groups of them
   * with options of their own.
   * @param options The options; groups may override them.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    params: OptimizerParameters<SparseAdamGroup>,
    options: SparseAdamOptions = {},
  ) {
    super(sparseAdam, params, options, arguments);
  }
}
