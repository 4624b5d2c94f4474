/**
 * Weights that are computed from others whenever they are used.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, showValue, structureChanged } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { type Around, LAYER, setAround } from "./_around.ts";
import { type AnyModule, Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Fields of a module by name. */
export type Fields = Record<string, Tensor | undefined>;

/** A way of computing a weight; its functions know no module. */
export interface Norm {
  /** What to call it in messages, and what takes it away. */
  readonly title: string;
  readonly remover: string;
  /** Behind the name of the weight: the field of what it is computed from. */
  readonly source: string;
  /** The fields beside that. */
  readonly others: readonly string[];
  /** Computes the weight; what is done in training alone is done before. */
  weight(fields: Fields, facts: NormFacts, training: boolean): Tensor;
}

/** A weight of a module. */
export interface NormFacts {
  readonly norm: Norm;
  readonly name: string;
  readonly dim: number | null;
  readonly eps: number;
  readonly iterations: number;
}

const NORMS: unique symbol = Symbol("norms");
const CURRENT: unique symbol = Symbol("current");

interface Normed {
  /** The weights by name. */
  [NORMS]?: Map<string, NormFacts>;
  /** Those of the call that runs now. */
  [CURRENT]?: Map<string, Tensor> | undefined;
}

/** The option that names the weight. */
export const nameField: z.ZodMiniType<string> = z.string("must be a string");

/** Computes each weight once a call. */
const withWeights: Around = (module, inputs, next) => {
  const normed = module as Normed;
  const before = normed[CURRENT];
  const weights = new Map<string, Tensor>();
  try {
    for (const [name, facts] of normed[NORMS]!) {
      weights.set(name, weightOf(module, facts, module.training));
    }
    normed[CURRENT] = weights;
    return next(...inputs);
  } finally {
    normed[CURRENT] = before;
    for (const weight of weights.values()) weight.dispose();
  }
};

function weightOf(
  module: AnyModule,
  facts: NormFacts,
  training: boolean,
): Tensor {
  return facts.norm.weight(module as unknown as Fields, facts, training);
}

/** Checks that a module has a parameter of a name, and gives it. */
export function parameterOf(
  module: unknown,
  name: string,
  title: string,
): Parameter {
  if (!(module instanceof Module)) {
    throw new TypeError(
      `Cannot apply ${title} as the first argument must be a module: got ${
        showValue(module)
      }`,
    );
  }
  if ((module as Normed)[NORMS]?.has(name)) {
    throw new RangeError(
      `Cannot apply ${title} to ${name} of ${module.constructor.name} as it has a norm already: call ${
        (module as Normed)[NORMS]!.get(name)!.norm.remover
      } before`,
    );
  }
  const parameter = (module as unknown as Fields)[name];
  if (parameter instanceof Parameter) return parameter;
  const names = Object.entries(module).filter(([, value]) =>
    value instanceof Parameter
  ).map(([name]) => name);
  throw new RangeError(
    `Cannot apply ${title} as ${module.constructor.name} has no parameter ${
      showValue(name)
    } of its own: it has ${names.join(", ") || "none"}`,
  );
}

/** Puts computed weights in the place of a parameter. */
export function setNorm(
  module: AnyModule,
  facts: NormFacts,
  others: readonly Tensor[],
): void {
  const fields = module as unknown as Fields;
  const { name, norm } = facts;
  const source = fields[name]!;
  delete fields[name];
  // In PyTorch's order; state dicts have buffers last.
  others.forEach((tensor, i) => fields[name + norm.others[i]!] = tensor);
  fields[name + norm.source] = source;
  const normed = module as Normed;
  if (!normed[NORMS]) {
    for (const [key, value] of [[NORMS, new Map()], [CURRENT, undefined]]) {
      Object.defineProperty(module, key as symbol, { value, writable: true });
    }
  }
  normed[NORMS]!.set(name, facts);
  // Found by no traversal, and true of copies as of this module.
  Object.defineProperty(module, name, {
    configurable: true,
    get(this: AnyModule) {
      const { [CURRENT]: current, [NORMS]: norms } = this as Normed;
      return current?.get(name) ?? weightOf(this, norms!.get(name)!, false);
    },
    set(this: AnyModule) {
      throw new TypeError(
        `Cannot set ${name} of ${this.constructor.name} as it is computed from ${name}${norm.source}: change that, or call ${norm.remover} before`,
      );
    },
  });
  setAround(module, LAYER.norm, withWeights);
  structureChanged();
}

/** Makes a computed weight a parameter again. */
export function removeNorm(module: unknown, name: string, norm: Norm): void {
  const facts = (Object(module) as Normed)[NORMS]?.get(name);
  if (facts?.norm.title !== norm.title) {
    throw new RangeError(
      `Cannot remove ${norm.title} as ${showValue(name)} of ${
        module instanceof Module ? module.constructor.name : showValue(module)
      } has none`,
    );
  }
  const owner = module as AnyModule & Normed;
  const fields = owner as unknown as Fields;
  const source = fields[name + norm.source]!;
  const weight = noGradNow(() => weightOf(owner, facts, false));
  noGradNow(() => source.copy_(weight));
  weight.dispose();
  for (const other of norm.others) {
    fields[name + other]!.dispose();
    delete fields[name + other];
  }
  delete fields[name + norm.source];
  delete fields[name];
  fields[name] = source;
  owner[NORMS]!.delete(name);
  if (owner[NORMS]!.size === 0) setAround(owner, LAYER.norm, null);
  structureChanged();
}
