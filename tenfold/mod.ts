/**
 * All of Tenfold in one import: tensors and automatic differentiation by name,
 * the other packages as namespaces, every backend registered.
 *
 * @example Fit a line
 * ```ts
 * import { nn, optim, tensor } from "@tenfold/tenfold";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([[0], [1], [2], [3]]);
 * const y = tensor([[1], [3], [5], [7]]);
 * const model = new nn.Linear(1, 1);
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
 * for (let step = 0; step < 500; step++) {
 *   optimizer.zeroGrad();
 *   nn.functional.mseLoss(model.forward(x), y).backward();
 *   optimizer.step();
 * }
 * assertAlmostEquals(await model.forward(tensor([[4]])).item(), 9, 1e-2);
 * ```
 *
 * @module
 */
import "./_register_backends.ts";

export * from "@tenfold/core";
export { compile } from "@tenfold/core/compile";
export * from "@tenfold/core/functions";
// What the functions of fused are made of.
export { call, expr } from "@tenfold/core/backend";
export * as data from "@tenfold/data";
export * as nn from "@tenfold/nn";
export * as optim from "@tenfold/optim";
export * as train from "@tenfold/train";
