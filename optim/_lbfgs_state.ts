/**
 * What L-BFGS remembers, to be saved and loaded.
 *
 * @module
 */
import type { DType, Tensor } from "@tenfold/core";
import type { Curvature } from "./_curvature.ts";
import {
  checkedTensor,
  copyFor,
  type OptimizerState,
  StateError,
} from "./_state.ts";

/** The last step. */
export interface Search {
  /** Its direction, of all parameters at once. */
  readonly direction: Tensor;
  /** The gradient where it began. */
  readonly gradient: Tensor;
  /** Its length. */
  t: number;
  /** The loss where it began. */
  readonly loss: number;
}

/** All of it. */
export interface Memory {
  readonly iterations: number;
  readonly evaluations: number;
  readonly search: Search | null;
  readonly curvature: Pick<Curvature, "pairs" | "scale">;
}

/** The memory as the state of the first parameter. */
export function savedMemory(memory: Memory): OptimizerState["state"] {
  const { iterations, evaluations, search, curvature } = memory;
  if (search === null) return {};
  const entry: Record<string, number | Tensor> = {
    step: iterations,
    funcEvals: evaluations,
    t: search.t,
    prevLoss: search.loss,
    d: search.direction,
    prevFlatGrad: search.gradient,
  };
  if (curvature.scale) entry.hDiag = curvature.scale;
  curvature.pairs.forEach(({ y, s, ro }, i) => {
    entry[`oldDirs.${i}`] = y;
    entry[`oldStps.${i}`] = s;
    entry[`ro.${i}`] = ro;
  });
  return { 0: entry };
}

/**
 * Checks a saved memory, and gives what makes copies of it.
 *
 * @throws {StateError} If it does not fit the parameters.
 */
export function checkedMemory(
  state: OptimizerState,
  params: readonly Tensor[],
  dtype: DType,
): () => Memory {
  const refuse = (why: string): never => {
    throw new StateError(`Cannot load the state of LBFGS as ${why}`);
  };
  const key = String(state?.paramGroups?.[0]?.params?.[0]);
  const entry = state?.state?.[key];
  if (entry === undefined) {
    const curvature = { pairs: [], scale: null };
    return () => ({ iterations: 0, evaluations: 0, search: null, curvature });
  }
  const number = (name: string): number => {
    const value = entry[name];
    if (typeof value === "number") return value;
    return refuse(`${name} of parameter ${key} must be a number`);
  };
  const size = params.reduce((sum, p) => sum + p.size, 0);
  const param = params[0]!;
  const tensor = (name: string, shape: readonly number[]) => {
    const found = checkedTensor(entry, name, shape, param, key, refuse);
    return () => copyFor(param, found, dtype);
  };
  const facts = ["step", "funcEvals", "t", "prevLoss"].map(number);
  const [iterations, evaluations, t, loss] = facts as [
    number,
    number,
    number,
    number,
  ];
  const direction = tensor("d", [size]);
  const gradient = tensor("prevFlatGrad", [size]);
  const scale = "hDiag" in entry ? tensor("hDiag", []) : () => null;
  const pairs: [y: () => Tensor, s: () => Tensor, ro: () => Tensor][] = [];
  for (let i = 0; `oldDirs.${i}` in entry; i++) {
    pairs.push([
      tensor(`oldDirs.${i}`, [size]),
      tensor(`oldStps.${i}`, [size]),
      tensor(`ro.${i}`, []),
    ]);
  }
  return () => ({
    iterations,
    evaluations,
    search: { direction: direction(), gradient: gradient(), t, loss },
    curvature: {
      pairs: pairs.map(([y, s, ro]) => ({ y: y(), s: s(), ro: ro() })),
      scale: scale(),
    },
  });
}
