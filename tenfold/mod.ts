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
import "./_environment.ts";

// All that is exported is listed there.
export * from "./browser.ts";
