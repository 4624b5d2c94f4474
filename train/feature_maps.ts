/**
 * What the layers of a model make of an input.
 *
 * @module
 */
import { Tensor, tidy } from "@tenfold/core";
import { checkTensor, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { passing } from "./_options.ts";
import { watchForward } from "./_watch_forward.ts";
import type { Model } from "./model.ts";

/**
 * Options of {@linkcode featureMaps}.
 *
 * @example One layer of two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(
 *   new nn.Conv2d(1, 4, 3),
 *   new nn.Conv2d(4, 2, 3),
 * );
 * const options: train.FeatureMapsOptions = { layers: ["0"] };
 * const maps = await train.featureMaps(model, randn([1, 1, 8, 8]), options);
 * assertEquals([...maps.keys()], ["0"]);
 * ```
 */
export interface FeatureMapsOptions {
  /**
   * The layers to look at, by name.
   *
   * @default {all that have no modules inside}
   */
  layers?: readonly string[];
}

const optionsSchema = z.strictObject({
  layers: z.optional(
    passing<readonly string[]>(
      (value) =>
        Array.isArray(value) && value.every((name) => typeof name === "string"),
      "must be a list of names",
    ),
  ),
});

const operation = "look at feature maps";

/**
 * Runs a model once, in evaluation mode and without recording, and gives the
 * outputs of its layers. Convolutions give `[samples, channels, height, width]`,
 * which {@linkcode imageGridPng} draws, as do notebooks.
 *
 * @param model The model; it is as before afterwards.
 * @param input The input of its `forward`, or a list of them.
 * @param options `layers`.
 * @returns The last output of each layer, by its name and in the order of their
 * calls. The tensors are yours, or the innermost scope's.
 * @throws {RangeError} If the model has no layer of a name, or does not call it.
 *
 * @example The maps of a convolution
 * ```ts
 * import { nn, randn, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.ReLU());
 * const maps = train.featureMaps(model, randn([1, 1, 8, 8]));
 * assertEquals([...maps.keys()], ["0", "1"]);
 * assertEquals(maps.get("1")?.shape, [1, 4, 6, 6]);
 * ```
 */
export function featureMaps(
  model: Model,
  input: Tensor | readonly Tensor[],
  options: FeatureMapsOptions = {},
): Map<string, Tensor> {
  const { layers } = parseArguments(
    optionsSchema,
    { model, input },
    options,
    arguments,
    operation,
  );
  const inputs = Array.isArray(input) ? input as readonly Tensor[] : [input];
  for (const each of inputs) checkTensor(each, operation, "input");
  const modules = model.namedModules();
  const names = modules.map(([name]) => name);
  const absent = layers?.find((name) => !names.includes(name));
  if (absent !== undefined) {
    throw new RangeError(
      `Cannot ${operation} of ${
        JSON.stringify(absent)
      } as the model has no such layer: it has ${names.join(", ")}`,
    );
  }
  const chosen = modules.filter(([name, module]) =>
    layers?.includes(name) ?? module.namedChildren().length === 0
  );
  const wanted = new Map(chosen.map(([name, module]) => [module, name]));
  const found = new Map<string, Tensor>();
  const kept = tidy(() => {
    watchForward(modules, (module, output) => {
      const name = wanted.get(module);
      if (name === undefined || !(output instanceof Tensor)) return;
      // A copy, as a Sequential releases what it passes on.
      const before = found.get(name);
      found.set(name, output.clone());
      before?.dispose();
    }, () => model.forward(...inputs as never[]));
    return [...found.values()];
  });
  const silent = layers?.find((name) => !found.has(name));
  if (silent !== undefined) {
    for (const tensor of kept) tensor.dispose();
    throw new RangeError(
      `Cannot ${operation} of ${
        JSON.stringify(silent)
      } as the model did not call it, or it gave no tensor`,
    );
  }
  return Object.defineProperty(found, Symbol.for("Jupyter.display"), {
    value: () => displayMaps(found),
  });
}

const display: unique symbol = Symbol.for("Jupyter.display") as never;

/** The maps of the first sample below each other, for notebooks. */
async function displayMaps(
  maps: ReadonlyMap<string, Tensor>,
): Promise<Record<string, string>> {
  const parts: string[] = [];
  for (const [name, output] of maps) {
    const first = output.ndim > 1 ? output.detach().select(0, 0) : output;
    const shown = await (first as unknown as {
      [display](): Promise<Record<string, string>>;
    })[display]();
    if (first !== output) first.dispose();
    parts.push(`<h4>layer ${name}</h4>${shown["text/html"]}`);
  }
  return {
    "text/plain": [...maps].map(([name, { shape }]) =>
      `${name}: [${shape.join(", ")}]`
    ).join("\n"),
    "text/html": parts.join(""),
  };
}
