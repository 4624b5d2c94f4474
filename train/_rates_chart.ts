/**
 * The losses of a test of learning rates, as SVG. This file is loaded when it
 * is asked for.
 *
 * @module
 */
// @ts-types="@types/d3-scale"
import { scaleLinear, scaleLog } from "d3-scale";
import { element, svgDocument, text } from "./_svg.ts";
import type { LrFinderResult } from "./lr_finder.ts";

const INK = "#1f2933";
const FAINT = "#7b8794";
const GRID = "#e4e7eb";
const FONT = "Helvetica, Arial, sans-serif";

const [WIDTH, HEIGHT] = [640, 400];
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 616, 56, 348];

/** Draws losses over rates, the suggestion marked. */
export function drawRates(
  found: Omit<LrFinderResult, "toSvg">,
  title: string,
): string {
  const { rates, losses, smoothed, suggestion } = found;
  const [first, last] = [rates[0] ?? 1, rates.at(-1) ?? 10];
  const x = scaleLog([first, Math.max(last, first * 1.01)], [LEFT, RIGHT]);
  // What comes after the divergence would flatten everything before it.
  const most = Math.max(...smoothed, ...losses.slice(0, -1), -Infinity);
  const least = Math.min(...losses, ...smoothed, Infinity);
  const y = scaleLinear(
    least < most ? [least, most] : [0, 1],
    [BOTTOM, TOP],
  ).nice(5);
  const path = (figures: readonly number[], stroke: string, width: number) =>
    figures.length < 2 ? [] : [element("path", {
      d: "M" +
        figures.map((figure, i) =>
          `${x(rates[i]!).toFixed(2)},${Math.max(TOP, y(figure)).toFixed(2)}`
        ).join("L"),
      fill: "none",
      stroke,
      "stroke-width": width,
      "stroke-linejoin": "round",
    })];
  const small = { fill: FAINT, size: 12 };
  return svgDocument({ title, width: WIDTH, height: HEIGHT, font: FONT }, [
    text(title, { x: LEFT - 8, y: 32, fill: INK, size: 18, weight: "bold" }),
    ...y.ticks(5).flatMap((figure) => [
      element("line", {
        x1: LEFT,
        y1: y(figure),
        x2: RIGHT,
        y2: y(figure),
        stroke: GRID,
      }),
      text(String(Number(figure.toPrecision(3))), {
        ...small,
        x: LEFT - 8,
        y: y(figure) + 4,
        anchor: "end",
      }),
    ]),
    ...x.ticks().filter((rate) =>
      Math.abs(Math.log10(rate) - Math.round(Math.log10(rate))) < 1e-9
    ).map((rate) =>
      text(rate.toExponential().replace("e+", "e"), {
        ...small,
        x: x(rate),
        y: BOTTOM + 18,
        anchor: "middle",
      })
    ),
    text("Learning rate", {
      ...small,
      x: (LEFT + RIGHT) / 2,
      y: BOTTOM + 38,
      anchor: "middle",
    }),
    ...path(losses, "#9fb3c8", 1),
    ...path(smoothed, "#0072b2", 2),
    ...suggestion === null ? [] : [
      element("line", {
        x1: x(suggestion),
        y1: TOP,
        x2: x(suggestion),
        y2: BOTTOM,
        stroke: "#d55e00",
        "stroke-dasharray": "4 4",
      }),
      text(`falls fastest at ${suggestion.toPrecision(2)}`, {
        x: x(suggestion) - 6,
        y: TOP + 12,
        fill: "#d55e00",
        size: 12,
        anchor: x(suggestion) > LEFT + 160 ? "end" : "start",
      }),
    ],
  ]);
}
