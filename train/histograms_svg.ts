/**
 * Histograms of weights, gradients and other numbers, as pictures.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { positiveInt } from "./_options.ts";

/**
 * Options of {@linkcode histogramsSvg}.
 *
 * @example Twenty intervals each
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { nn, train } from "@tenfold/tenfold";
 *
 * const options: train.HistogramsOptions = { bins: 20, title: "Weights" };
 * const model = new nn.Linear(8, 8);
 * const svg = await train.histogramsSvg(model.namedParameters(), options);
 * assertStringIncludes(svg, "Weights");
 * ```
 */
export interface HistogramsOptions {
  /**
   * Number of intervals between the smallest and the largest number.
   *
   * @default {40}
   */
  bins?: number;
  /**
   * Histograms in a row.
   *
   * @default {3}
   */
  columns?: number;
  /**
   * Title above the histograms.
   *
   * @default {"Histograms"}
   */
  title?: string;
}

const optionsSchema = z.strictObject({
  bins: z._default(positiveInt, 40),
  columns: z._default(positiveInt, 3),
  title: z._default(z.string("must be text"), "Histograms"),
});

const operation = "draw histograms";

/**
 * Draws a histogram for each list of numbers. Numbers that are not finite are
 * counted below it and not drawn.
 *
 * @param values Tensors or lists of numbers by name, such as
 * `model.namedParameters()`.
 * @param options `bins`, `columns` and `title`.
 * @returns An SVG document.
 * @throws {TypeError} If a value is neither a tensor nor a list of numbers, or
 * an option is of the wrong type.
 *
 * @example The weights of a layer and their gradients
 * ```ts
 * import { nn, randn, train } from "@tenfold/tenfold";
 * import { assert } from "@std/assert";
 *
 * const model = new nn.Linear(4, 3);
 * model.forward(randn([8, 4])).square().mean().backward();
 * const svg = await train.histogramsSvg([
 *   ...model.namedParameters(),
 *   ...model.namedParameters().map(([name, { grad }]) =>
 *     [`${name}, gradient`, grad!] as const
 *   ),
 * ]);
 * assert(svg.includes("weight, gradient"));
 * ```
 */
export async function histogramsSvg(
  values: Iterable<
    readonly [name: string, numbers: Tensor | ArrayLike<number>]
  >,
  options: HistogramsOptions = {},
): Promise<string> {
  const { bins, columns, title } = parseArguments(
    optionsSchema,
    { values },
    options,
    arguments,
    operation,
  );
  const panels = listed(values);
  const lists: [name: string, numbers: ArrayLike<number>][] = [];
  for (const [name, numbers] of panels) {
    lists.push([name, await numbersOf(numbers)]);
  }
  const { drawHistograms } = await import("./_histograms_chart.ts");
  return drawHistograms(lists, { bins, columns, title });
}

type Panel = readonly [name: string, numbers: Tensor | ArrayLike<number>];

function listed(values: unknown): Panel[] {
  const isList = typeof values === "object" && values !== null &&
    Symbol.iterator in values;
  const panels = isList ? [...values as Iterable<Panel>] : [];
  const odd = isList ? panels.find((panel) => !isPanel(panel)) : values;
  if (isList && odd === undefined) return panels;
  throw new TypeError(
    `Cannot ${operation} as they must be pairs of a name and a tensor or list of numbers, such as model.namedParameters(): got ${
      showValue(odd)
    }`,
  );
}

function isPanel(panel: unknown): panel is Panel {
  if (!Array.isArray(panel) || typeof panel[0] !== "string") return false;
  const numbers: unknown = panel[1];
  return numbers instanceof Tensor || ArrayBuffer.isView(numbers) ||
    (Array.isArray(numbers) && numbers.every((n) => typeof n === "number"));
}

async function numbersOf(
  numbers: Tensor | ArrayLike<number>,
): Promise<ArrayLike<number>> {
  return numbers instanceof Tensor
    ? await numbers.data() as ArrayLike<number>
    : numbers;
}
