/**
 * Low-rank adapters: training a small part beside weights that stay as they are
 * (Hu and others, "LoRA: Low-rank adaptation of large language models", 2021).
 *
 * @module
 */
import { isFloating, type Tensor } from "@tenfold/core";
import {
  checkCount,
  noGradNow,
  parseArguments,
  showValue,
  structureChanged,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { type Around, LAYER, setAround } from "./_around.ts";
import { INNER } from "./_inner.ts";
import { emptyParameter } from "./_empty.ts";
import { type MemberPlace, placesOf } from "./_members.ts";
import { matcher, type NamePattern } from "./_names.ts";
import { flag, positiveInteger, positiveNumber } from "./_options.ts";
import { kaimingUniform_ } from "./init/kaiming.ts";
import { zeros_ } from "./init/plain.ts";
import { Linear } from "./linear.ts";
import { type AnyModule, Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { StateDict } from "./state_dict.ts";

/**
 * Options of {@linkcode loraInject}.
 *
 * @example Queries and values of all attention layers
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.LoraOptions = { pattern: "*weight", rank: 4 };
 * const model = new nn.Sequential(new nn.Linear(8, 8));
 * nn.loraInject(model, options);
 * ```
 */
export interface LoraOptions {
  /** Selects parameters by name, as {@linkcode Module.freeze} does. */
  readonly pattern: NamePattern;
  /** Rank of the update. @default {8} */
  readonly rank?: number;
  /** The update is scaled by `alpha / rank`. @default {rank} */
  readonly alpha?: number;
  /** Whether all other parameters are frozen. @default {true} */
  readonly freeze?: boolean;
}

const schema = () =>
  z.strictObject({
    pattern: z.custom<NamePattern>(
      (value) =>
        typeof value === "string" || value instanceof RegExp ||
        typeof value === "function",
      "must be a string, a regular expression or a function",
    ),
    rank: z._default(positiveInteger, 8),
    alpha: z.exactOptional(positiveNumber),
    freeze: z._default(flag, true),
  });

/** What is added to one weight: `scale b a`, in the shape of the weight. */
class LoraAdapter extends Module<[], Tensor> {
  /** Of shape `[rank, rest]`. */
  a: Parameter;
  /** Of shape `[rows, rank]`; zeros at first. */
  b: Parameter;
  declare private readonly [INNER]: {
    readonly weight: MemberPlace;
    readonly scale: number;
  };

  constructor(weight: MemberPlace, rank: number, alpha: number) {
    super();
    const { shape, size, dtype, device } = weight.member as Parameter;
    this[INNER] = { weight, scale: alpha / rank };
    this.a = emptyParameter([rank, size / shape[0]!], { dtype, device });
    this.b = emptyParameter([shape[0]!, rank], { dtype, device });
    kaimingUniform_(this.a, { a: Math.sqrt(5) });
    zeros_(this.b);
  }

  /** What is added. */
  forward(): Tensor {
    const { shape } = this[INNER].weight.member as Parameter;
    return tidyNow(() =>
      this.b.matmul(this.a).mul(this[INNER].scale).reshape(shape)
    );
  }

  /** What is added to the result of a linear layer, without the product. */
  along(x: Tensor): Tensor {
    return x.matmul(this.a.t()).matmul(this.b.t()).mul(this[INNER].scale);
  }

  /** Calls a function while the weight's field holds the sum. */
  within<T>(fn: () => T): T {
    const { container, key, member } = this[INNER].weight;
    const fields = container as { [key: string]: unknown };
    fields[key] = (member as Parameter).add(this.forward());
    try {
      return fn();
    } finally {
      fields[key] = member;
    }
  }

  /** Adds it to the weight for good. */
  merge(): void {
    const weight = this[INNER].weight.member as Parameter;
    noGradNow(() => tidyNow(() => void weight.add_(this.forward())));
  }

  /** The rank, and what the product is multiplied with. */
  override describe(): string {
    return `rank=${this.a.shape[0]}, scale=${this[INNER].scale}`;
  }
}

/** The field of a module that holds the adapter of a member. */
const fieldOf = (name: string): string => `lora_${name}`;

/** The adapters of a module itself, by the names of their weights. */
function adaptersOf(module: AnyModule): [name: string, LoraAdapter][] {
  return module.namedChildren().flatMap(([name, child]) =>
    child instanceof LoraAdapter ? [[name.slice(5), child] as const] : []
  ) as [string, LoraAdapter][];
}

/** Whether a low-rank product can run beside the whole layer. */
function isBeside(module: AnyModule, adapters: readonly unknown[]): boolean {
  return module instanceof Linear && adapters.length === 1;
}

/** Adds the adapters of a module whenever it runs. */
const withAdapters: Around = (module, inputs, next) => {
  const adapters = adaptersOf(module).map(([, adapter]) => adapter);
  const plain = () => next(...inputs);
  if (isBeside(module, adapters)) {
    return tidyNow(() =>
      (plain() as Tensor).add(adapters[0]!.along(inputs[0] as Tensor))
    );
  }
  return tidyNow(() =>
    adapters.reduce<() => unknown>(
      (inner, adapter) => () => adapter.within(inner),
      plain,
    )()
  );
};

/**
 * Adds low-rank adapters to weights, and freezes everything else. A weight `w`
 * then acts as `w + alpha / rank * b a`, seen as a matrix of its first dim by
 * all others: `b` is initialised with zeros, so that the outputs of the model
 * are unchanged at first. Linear layers, convolutions, embeddings, attention
 * and models read from ONNX are adapted alike, by the names of their
 * parameters.
 *
 * An adapter is stored beside its weight: that of `"0.weight"` has the
 * parameters `"0.lora_weight.a"` and `"0.lora_weight.b"`. New heads train too
 * once they are unfrozen. {@linkcode loraStateDict} gives what is to be saved,
 * `loadStateDict` with `{ strict: false }` takes it back, and {@linkcode
 * loraMerge} makes it part of the weights.
 *
 * @param model The model.
 * @param options Which parameters, and the rank.
 * @returns The names of the parameters that were adapted.
 * @throws {RangeError} If no parameter of two dims or more fits, or one has an
 * adapter already.
 *
 * @example A twentieth of the parameters
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 * import { loraInject, loraMerge } from "@tenfold/nn";
 *
 * const model = new nn.Sequential(new nn.Linear(64, 64), new nn.Linear(64, 2));
 * assertEquals(loraInject(model, { pattern: "0", rank: 2 }), ["0.weight"]);
 * const trained = model.namedParameters().filter(([, p]) => p.requiresGrad);
 * assertEquals(trained.map(([name]) => name), [
 *   "0.lora_weight.a",
 *   "0.lora_weight.b",
 * ]);
 * loraMerge(model);
 * assertEquals(model.namedParameters().length, 4);
 * ```
 */
export function loraInject(model: AnyModule, options: LoraOptions): string[] {
  const { pattern, rank, alpha = rank, freeze } = parseArguments(
    schema,
    { model },
    options,
    arguments,
    "inject LoRA",
  );
  checkModule(model, "inject LoRA into");
  const fits = matcher(pattern, "inject LoRA");
  const chosen: { name: string; module: AnyModule; place: MemberPlace }[] = [];
  const names = new Map<Parameter, string>(
    model.namedParameters().map(([name, parameter]) => [parameter, name]),
  );
  for (const [, module] of model.namedModules()) {
    if (module instanceof LoraAdapter) continue;
    for (const place of placesOf(module, isModule)) {
      const { member } = place;
      if (!(member instanceof Parameter)) continue;
      const name = names.get(member)!;
      if (member.ndim < 2 || !isFloating(member.dtype) || !fits(name)) continue;
      if (chosen.some(({ place }) => place.member === member)) {
        throw new RangeError(
          `Cannot inject LoRA as two modules share ${name}: choose others`,
        );
      }
      if (Object.hasOwn(module, fieldOf(place.name))) {
        throw new RangeError(
          `Cannot inject LoRA as ${name} has an adapter already: call loraMerge(model) before`,
        );
      }
      chosen.push({ name, module, place });
    }
  }
  if (chosen.length === 0) {
    throw new RangeError(
      `Cannot inject LoRA as no parameter of two dims or more fits ${
        showValue(pattern)
      }: the names are ${[...names.values()].join(", ")}`,
    );
  }
  if (freeze) model.requiresGrad_(false);
  for (const { module, place } of chosen) {
    const adapter = new LoraAdapter(place, rank, alpha);
    (module as unknown as { [name: string]: unknown })[fieldOf(place.name)] =
      adapter;
    setAround(module, LAYER.lora, withAdapters);
  }
  structureChanged();
  return chosen.map(({ name }) => name);
}

/**
 * Merges every adapter into its weight and removes it: the model is as fast as
 * before, and its state dict has its original names.
 *
 * @param model The model.
 * @returns The names of the parameters that were changed.
 * @throws {RangeError} If the model has no adapters.
 * @example The same output, without adapters
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(new nn.Linear(4, 4));
 * nn.loraInject(model, { pattern: "*.weight", rank: 2 });
 * assertEquals(nn.loraMerge(model), ["0.weight"]);
 * assertEquals(Object.keys(model.stateDict()), ["0.weight", "0.bias"]);
 * ```
 */
export function loraMerge(model: AnyModule): string[] {
  checkCount("loraMerge", arguments.length, 1);
  checkModule(model, "merge LoRA of");
  const merged: string[] = [];
  for (const [path, module] of model.namedModules()) {
    const adapters = adaptersOf(module);
    if (adapters.length === 0) continue;
    for (const [name, adapter] of adapters) {
      adapter.merge();
      adapter.dispose();
      delete (module as unknown as { [name: string]: unknown })[fieldOf(name)];
      merged.push(path === "" ? name : `${path}.${name}`);
    }
    setAround(module, LAYER.lora, null);
  }
  if (merged.length === 0) {
    throw new RangeError(
      "Cannot merge LoRA as the model has no adapters: call loraInject before",
    );
  }
  structureChanged();
  return merged;
}

/**
 * The parameters of all adapters by name, and nothing else: what is to be saved
 * of a model that was adapted. The tensors themselves, not copies.
 *
 * @param model The model.
 * @example Two small matrices in place of a large one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(new nn.Linear(64, 64));
 * nn.loraInject(model, { pattern: "*.weight", rank: 2 });
 * const shapes = Object.values(nn.loraStateDict(model)).map((x) => x.shape);
 * assertEquals(shapes, [[2, 64], [64, 2]]);
 * ```
 */
export function loraStateDict(model: AnyModule): StateDict {
  checkCount("loraStateDict", arguments.length, 1);
  checkModule(model, "save LoRA of");
  const state: StateDict = {};
  for (const [path, module] of model.namedModules()) {
    if (!(module instanceof LoraAdapter)) continue;
    state[`${path}.a`] = module.a;
    state[`${path}.b`] = module.b;
  }
  return state;
}

function isModule(value: object): value is AnyModule {
  return value instanceof Module;
}

function checkModule(model: unknown, operation: string): void {
  if (model instanceof Module) return;
  throw new TypeError(
    `Cannot ${operation} what is not a module: got ${showValue(model)}`,
  );
}
