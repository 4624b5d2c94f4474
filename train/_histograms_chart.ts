/**
 * Histograms as SVG. This file is loaded when it is asked for.
 *
 * @module
 */
import { histogramOf } from "./_histogram.ts";
import { element, svgDocument, text } from "./_svg.ts";

const [WIDTH, HEIGHT, GAP, TOP] = [250, 120, 26, 56];
const INK = "#1f2933";
const FAINT = "#7b8794";
const BLUE = "#0072b2";
const FONT = "Helvetica, Arial, sans-serif";

/** Draws a histogram for each list of numbers. */
export function drawHistograms(
  panels: readonly (readonly [name: string, numbers: ArrayLike<number>])[],
  { bins, columns, title }: { bins: number; columns: number; title: string },
): string {
  const across = Math.min(columns, Math.max(1, panels.length));
  return svgDocument({
    title,
    width: GAP + across * (WIDTH + GAP),
    height: TOP + Math.ceil(panels.length / across) * (HEIGHT + 62),
    font: FONT,
  }, [
    text(title, { x: GAP, y: 32, fill: INK, size: 18, weight: "bold" }),
    ...panels.flatMap(([name, numbers], i) =>
      drawPanel(name, numbers, bins, {
        x: GAP + (i % across) * (WIDTH + GAP),
        y: TOP + Math.floor(i / across) * (HEIGHT + 62) + 18,
      })
    ),
  ]);
}

function drawPanel(
  name: string,
  numbers: ArrayLike<number>,
  bins: number,
  { x, y }: { x: number; y: number },
): string[] {
  const histogram = histogramOf(numbers, bins);
  const bottom = y + HEIGHT;
  const small = { y: bottom + 16, fill: FAINT, size: 11 };
  const most = Math.max(1, ...histogram?.buckets ?? []);
  const buckets = histogram?.buckets ?? [];
  const width = WIDTH / Math.max(1, buckets.length);
  const odd = numbers.length - (histogram?.count ?? 0);
  return [
    text(shortened(name), { x, y: y - 8, fill: INK, size: 13 }),
    ...buckets.flatMap((count, i) =>
      count === 0 ? [] : [element("rect", {
        x: x + i * width,
        y: bottom - HEIGHT * count / most,
        width: Math.max(0.5, width - 0.5),
        height: HEIGHT * count / most,
        fill: BLUE,
      })]
    ),
    element("line", {
      x1: x,
      y1: bottom,
      x2: x + WIDTH,
      y2: bottom,
      stroke: FAINT,
    }),
    text(histogram ? digits(histogram.min) : "nothing finite", { ...small, x }),
    ...histogram
      ? [
        text(digits(histogram.max), { ...small, x: x + WIDTH, anchor: "end" }),
        text(factsOf(histogram, odd), {
          ...small,
          x: x + WIDTH / 2,
          anchor: "middle",
        }),
      ]
      : [],
  ];
}

function factsOf(
  { count, sum, sumOfSquares }: {
    count: number;
    sum: number;
    sumOfSquares: number;
  },
  odd: number,
): string {
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean));
  return `mean ${digits(mean)}, std ${digits(deviation)}${
    odd > 0 ? `, ${odd} not finite` : ""
  }`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}

function shortened(name: string): string {
  return name.length <= 36 ? name : `…${name.slice(-35)}`;
}
