/**
 * A summary of a model, layer by layer.
 *
 * @module
 */
import { type DType, Tensor, tidy, zeros } from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import { parseArguments, showAs, showValue } from "@tenfold/core/internal";
import {
  type AnyModule,
  Conv2d,
  Embedding,
  EmbeddingBag,
  Linear,
} from "@tenfold/nn";
import * as z from "./_zod.ts";
import type { Model } from "./model.ts";
import { watchForward } from "./_watch_forward.ts";
import { summaryHtml, summaryText } from "./_summary_text.ts";

/**
 * Options of {@linkcode summary}.
 *
 * @example A model that takes indices
 * ```ts
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(
 *   new nn.Embedding(10, 4),
 *   new nn.Linear(4, 2),
 * );
 * const options: train.SummaryOptions = { dtype: "int32" };
 * console.log(train.summary(model, [1, 7], options));
 * ```
 */
export interface SummaryOptions {
  /**
   * The dtype of the inputs. Without it, `int32` where the model's first
   * parameter is the table of an `Embedding` or `EmbeddingBag`, else the dtype
   * of that parameter.
   */
  dtype?: DType;
}

/**
 * A layer of a {@linkcode ModelSummary}.
 *
 * @example The output shapes of the layers
 * ```ts
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU());
 * const shapes = train.summary(model, [1, 4]).layers.map(
 *   ({ layer, outputShape }: train.LayerSummary) => `${layer}: ${outputShape}`,
 * );
 * ```
 */
export interface LayerSummary {
  /** Its name in the model, such as `"encoder.0"`; that of the model is `""`. */
  readonly name: string;
  /** Its class and options, such as `Linear(inFeatures=4, outFeatures=3)`. */
  readonly layer: string;
  /** Depth of nesting in the model. */
  readonly depth: number;
  /** Shape of its last output, or null if it was not called. */
  readonly outputShape: readonly number[] | null;
  /** Number of elements of its own parameters, without those of modules inside. */
  readonly parameters: number;
  /**
   * Multiplications, each with its addition, that a `Linear` or a `Conv2d`
   * does for the whole batch; other layers do few, and count none.
   */
  readonly multiplyAdds: number;
}

/**
 * The result of {@linkcode summary}; it prints as a table.
 *
 * @example The number of parameters
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(4, 3);
 * const summary: train.ModelSummary = train.summary(model, [1, 4]);
 * assertEquals([summary.parameters, summary.bytes], [15, 60]);
 * ```
 */
export interface ModelSummary {
  /** The model and all modules inside it, outer ones first. */
  readonly layers: readonly LayerSummary[];
  /** Number of elements of all parameters; shared ones count once. */
  readonly parameters: number;
  /** Number of elements of the parameters that require gradients. */
  readonly trainable: number;
  /** Bytes of all parameters and buffers. */
  readonly bytes: number;
  /** Bytes of the outputs of the innermost layers, for the whole batch. */
  readonly outputBytes: number;
  /** The multiply-adds of all layers together. */
  readonly multiplyAdds: number;
  /** The table as lines of text. */
  toString(): string;
  /** The table as HTML. */
  toHtml(): string;
}

const optionsSchema = z.strictObject({
  dtype: z.optional(
    z.enum(
      Object.keys(DTYPES) as DType[],
      `must be one of ${Object.keys(DTYPES).join(", ")}`,
    ),
  ),
});

const operation = "summarise a model";

/**
 * Runs a model once on zeros, in evaluation mode and without recording, and
 * tells its layers with output shapes, parameters, bytes and multiply-adds.
 *
 * @param model The model; it is as before afterwards.
 * @param inputShape The shape of its input with the batch first, such as
 * `[1, 1, 28, 28]`, or a list of shapes if `forward` takes several tensors.
 * @param options The dtype of the inputs.
 * @returns The figures; printed, they are a table.
 * @throws {TypeError} If the shape is not a list of whole numbers.
 * @throws {Error} What the model's `forward` throws for such an input.
 *
 * @example A small convolutional net
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(
 *   new nn.Conv2d(1, 4, 3),
 *   new nn.ReLU(),
 *   new nn.Flatten(),
 *   new nn.Linear(4 * 6 * 6, 10),
 * );
 * const told = train.summary(model, [1, 1, 8, 8]);
 * assertEquals(told.parameters, 4 * 9 + 4 + 1440 + 10);
 * assertEquals(told.layers[1]?.outputShape, [1, 4, 6, 6]);
 * assertEquals(told.multiplyAdds, 36 * 4 * 9 + 1440);
 * console.log(told);
 * ```
 */
export function summary(
  model: Model,
  inputShape: readonly number[] | readonly (readonly number[])[],
  options: SummaryOptions = {},
): ModelSummary {
  const { dtype } = parseArguments(
    optionsSchema,
    { model, inputShape },
    options,
    arguments,
    operation,
  );
  const shapes = shapesOf(inputShape);
  const parameters = model.parameters();
  const kind = dtype ??
    (beginsWithTable(model) ? "int32" : parameters[0]?.dtype);
  const device = parameters[0]?.device;
  const watch = new Watch(model);
  tidy(() => {
    const inputs = shapes.map((shape) =>
      zeros(shape, {
        ...kind && { dtype: kind },
        ...device && { device },
      })
    );
    watch.run(() => model.forward(...inputs as never[]));
  });
  const layers = watch.layers();
  const sum = (numbers: readonly number[]) =>
    numbers.reduce((total, n) => total + n, 0);
  const facts = {
    layers,
    parameters: sum(parameters.map(({ size }) => size)),
    trainable: sum(
      parameters.filter((p) => p.requiresGrad).map(({ size }) => size),
    ),
    bytes: sum([...parameters, ...model.buffers()].map(bytesOf)),
    outputBytes: watch.outputBytes,
    multiplyAdds: sum(layers.map((layer) => layer.multiplyAdds)),
  };
  const text = () => summaryText(facts);
  const html = () => summaryHtml(facts);
  const told = { ...facts, toString: text, toHtml: html };
  showAs(told, () => ({ "text/plain": text(), "text/html": html() }));
  return told;
}

/** Whether the first parameter is a table, which is read by indices. */
function beginsWithTable(model: AnyModule): boolean {
  const [first] = model.parameters();
  return model.modules().some((module) =>
    (module instanceof Embedding || module instanceof EmbeddingBag) &&
    module.weight === first
  );
}

function shapesOf(given: unknown): readonly (readonly number[])[] {
  const isShape = (shape: unknown): shape is readonly number[] =>
    Array.isArray(shape) &&
    shape.every((extent) => Number.isInteger(extent) && extent >= 0);
  if (isShape(given)) return [given];
  if (Array.isArray(given) && given.every(isShape)) return given;
  throw new TypeError(
    `Cannot ${operation} as inputShape must be a shape such as [1, 784], or a list of shapes: got ${
      showValue(given)
    }`,
  );
}

function bytesOf(tensor: Tensor): number {
  return tensor.size * DTYPES[tensor.dtype].bytes;
}

/** Watches what the modules of a model give. */
class Watch {
  outputBytes = 0;
  readonly #modules: [name: string, module: AnyModule][];
  readonly #shapes = new Map<AnyModule, readonly number[]>();
  readonly #multiplyAdds = new Map<AnyModule, number>();

  constructor(model: AnyModule) {
    this.#modules = model.namedModules();
  }

  /** Calls a function in which every `forward` is watched. */
  run(forward: () => unknown): void {
    watchForward(
      this.#modules,
      (module, output) => this.#note(module, output),
      forward,
    );
  }

  layers(): LayerSummary[] {
    return this.#modules.map(([name, module]) => ({
      name,
      layer: `${module.constructor.name}(${module.describe()})`,
      depth: name === "" ? 0 : name.split(".").length,
      outputShape: this.#shapes.get(module) ?? null,
      parameters: ownSize(module),
      multiplyAdds: this.#multiplyAdds.get(module) ?? 0,
    }));
  }

  #note(module: AnyModule, output: unknown): void {
    if (!(output instanceof Tensor)) return;
    this.#shapes.set(module, output.shape);
    const before = this.#multiplyAdds.get(module) ?? 0;
    this.#multiplyAdds.set(module, before + multiplyAdds(module, output));
    if (module.namedChildren().length === 0) {
      this.outputBytes += bytesOf(output);
    }
  }
}

/** Elements of the parameters that no module inside has. */
function ownSize(module: AnyModule): number {
  const inner = new Set(
    module.namedChildren().flatMap(([, child]) => child.parameters()),
  );
  return module.parameters().filter((parameter) => !inner.has(parameter))
    .reduce((total, { size }) => total + size, 0);
}

/** Each element of the output is a sum over a row of weights. */
function multiplyAdds(module: AnyModule, output: Tensor): number {
  if (!(module instanceof Linear || module instanceof Conv2d)) return 0;
  const { weight } = module;
  return output.size * weight.size / Math.max(1, weight.shape[0]!);
}
