/**
 * Confusion matrices as pictures.
 *
 * @module
 */
import { parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { element, svgDocument, text } from "./_svg.ts";

/**
 * Options of {@linkcode confusionMatrixSvg}.
 *
 * @example Names of the classes
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { train } from "@tenfold/tenfold";
 *
 * const matrix = await train.confusionMatrix([0, 1, 1], [0, 0, 1]);
 * const options: train.ConfusionMatrixSvgOptions = { labels: ["cat", "dog"] };
 * const svg = await train.confusionMatrixSvg(matrix, options);
 * assertStringIncludes(svg, "dog");
 * ```
 */
export interface ConfusionMatrixSvgOptions {
  /** The names of the classes. Without them, their numbers. */
  labels?: readonly string[];
  /**
   * Title above the matrix.
   *
   * @default {"Confusion matrix"}
   */
  title?: string;
}

const optionsSchema = z.strictObject({
  labels: z.optional(
    z.array(z.string("must be text"), "must be a list of names"),
  ),
  title: z._default(z.string("must be text"), "Confusion matrix"),
});

const INK = "#1f2933";
const FAINT = "#7b8794";
const FONT = "Helvetica, Arial, sans-serif";

/** The width of a cell in pixels, and the most of the whole square. */
const [CELL, MOST] = [46, 690];
/** The darkest blue, for a row that is predicted as one class. */
const FULL = [0, 64, 128] as const;

const operation = "draw a confusion matrix";

/**
 * Draws a confusion matrix: a row for each true class, a column for each
 * predicted one, darker the larger its share of the row.
 *
 * @param matrix The rows that `confusionMatrix` gives: counts, or shares.
 * @param options Names of the classes, and a title.
 * @returns An SVG document.
 * @throws {RangeError} If the matrix is not square, holds negative numbers or
 * ones that are not finite, or has another number of labels.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example A cat that is taken for a dog
 * ```ts
 * import { assert } from "@std/assert";
 * import { confusionMatrixSvg } from "@tenfold/train";
 *
 * const svg = confusionMatrixSvg([[1, 1], [0, 1]], { labels: ["cat", "dog"] });
 * assert(svg.startsWith("<svg") && svg.includes("cat"));
 * ```
 */
export function confusionMatrixSvg(
  matrix: readonly (readonly number[])[],
  options: ConfusionMatrixSvgOptions = {},
): string {
  const { labels, title } = parseArguments(
    optionsSchema,
    { matrix },
    options,
    arguments,
    operation,
  );
  checkMatrix(matrix, labels);
  const n = matrix.length;
  const names = labels ?? matrix.map((_, i) => String(i));
  const cell = Math.min(CELL, MOST / Math.max(1, n));
  const longest = Math.max(1, ...names.map((name) => name.length));
  const left = 44 + Math.min(160, 7 * longest);
  const top = 92;
  const side = n * cell;
  const size = Math.min(12, 0.42 * cell);
  return svgDocument({
    title,
    width: Math.max(left + side + 24, 260),
    height: top + side + 24,
    font: FONT,
  }, [
    text(title, { x: 16, y: 32, fill: INK, size: 18, weight: "bold" }),
    text("predicted", { x: left, y: 62, fill: FAINT, size: 12 }),
    text("true", { x: 16, y: top - 8, fill: FAINT, size: 12 }),
    ...names.flatMap((name, i) => [
      text(name, {
        x: left - 8,
        y: top + (i + 0.5) * cell + size / 3,
        fill: INK,
        size: Math.max(size, 7),
        anchor: "end",
      }),
      text(shortened(name, cell, size), {
        x: left + (i + 0.5) * cell,
        y: top - 8,
        fill: INK,
        size: Math.max(size, 7),
        anchor: "middle",
      }),
    ]),
    ...matrix.flatMap((row, i) => {
      const whole = row.reduce((sum, figure) => sum + figure, 0);
      return row.flatMap((figure, j) => {
        const share = whole === 0 ? 0 : figure / whole;
        return drawCell(figure, share, {
          x: left + j * cell,
          y: top + i * cell,
          cell,
          size,
        });
      });
    }),
  ]);
}

function drawCell(
  figure: number,
  share: number,
  at: { x: number; y: number; cell: number; size: number },
): string[] {
  const { x, y, cell, size } = at;
  const fill = `rgb(${
    FULL.map((full) => Math.round(248 + share * (full - 248))).join(",")
  })`;
  const square = element("rect", {
    x: x + 0.5,
    y: y + 0.5,
    width: cell - 1,
    height: cell - 1,
    fill,
  });
  if (figure === 0 || cell < 14) return [square];
  return [
    square,
    text(shown(figure), {
      x: x + cell / 2,
      y: y + cell / 2 + size / 3,
      fill: share > 0.5 ? "#ffffff" : INK,
      size,
      anchor: "middle",
    }),
  ];
}

/** Counts as they are, shares with two digits. */
function shown(figure: number): string {
  return Number.isInteger(figure) ? String(figure) : figure.toFixed(2);
}

/** As much of a name as stands above a column. */
function shortened(name: string, cell: number, size: number): string {
  const most = Math.max(1, Math.floor(cell / (0.58 * Math.max(size, 7))));
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}

function checkMatrix(
  matrix: unknown,
  labels: readonly string[] | undefined,
): void {
  const rows = Array.isArray(matrix) ? matrix : [matrix];
  for (const row of rows) {
    if (!Array.isArray(row) || row.length !== rows.length) {
      throw new RangeError(
        `Cannot ${operation} as it must have as many numbers in each row as it has rows: got ${
          showValue(matrix)
        }`,
      );
    }
    const odd = row.find((figure) => !(figure >= 0 && figure < Infinity));
    if (odd !== undefined) {
      throw new RangeError(
        `Cannot ${operation} as its figures must be finite numbers from 0 on: got ${
          showValue(odd)
        }`,
      );
    }
  }
  if (labels && labels.length !== rows.length) {
    throw new RangeError(
      `Cannot ${operation} of ${rows.length} classes as there must be a label for each: got ${labels.length}`,
    );
  }
}
