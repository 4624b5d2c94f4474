/**
 * Optimizers, learning-rate schedules and gradient clipping, with PyTorch's
 * options, defaults and update rules.
 *
 * @example Fit a line
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { scope, tensor } from "@tenfold/tenfold";
 * import { SGD } from "@tenfold/optim";
 *
 * const x = tensor([0, 1, 2, 3]);
 * const y = tensor([1, 3, 5, 7]);
 * const slope = tensor(0, { requiresGrad: true });
 * const start = tensor(0, { requiresGrad: true });
 * const optimizer = new SGD([slope, start], { lr: 0.1 });
 * for (let step = 0; step < 300; step++) {
 *   using _ = scope();
 *   optimizer.zeroGrad();
 *   x.mul(slope).add(start).sub(y).square().mean().backward();
 *   optimizer.step();
 * }
 * assertAlmostEquals(await slope.item(), 2, 1e-3);
 * assertAlmostEquals(await start.item(), 1, 1e-3);
 * ```
 *
 * @module
 */
export { type OptimizerState, StateError } from "./_state.ts";
export * from "./adadelta.ts";
export * from "./adafactor.ts";
export * from "./adagrad.ts";
export { Adam, type AdamGroup, type AdamOptions, AdamW } from "./adam.ts";
export * from "./adamax.ts";
export * from "./algorithm.ts";
export * from "./annealing_lr.ts";
export * from "./asgd.ts";
export * from "./clip.ts";
export * from "./combined_lr.ts";
export * from "./cyclic_lr.ts";
export * from "./grad_scaler.ts";
export * from "./lambda_lr.ts";
export * from "./lbfgs.ts";
export * from "./lion.ts";
export * from "./lr_scheduler.ts";
export * from "./muon.ts";
export * from "./nadam.ts";
export * from "./one_cycle_lr.ts";
export * from "./optimizer.ts";
export * from "./polynomial_lr.ts";
export * from "./radam.ts";
export * from "./reduce_lr_on_plateau.ts";
export * from "./rmsprop.ts";
export * from "./rprop.ts";
export * from "./sgd.ts";
export * from "./sparse_adam.ts";
export * from "./step_lr.ts";
export * from "./swa_lr.ts";
export * from "./update_rule.ts";
export * from "./warm_restarts_lr.ts";
