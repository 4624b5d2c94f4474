/**
 * The curves of training as an SVG document: with the scales of D3, which
 * need no document to draw into. This file is loaded when a chart is asked
 * for.
 *
 * @module
 */
// @ts-types="@types/d3-scale"
import { scaleLinear, scaleLog } from "d3-scale";
import { element, svgDocument, text } from "./_svg.ts";
import type { EpochRecord } from "./history.ts";

/** The title and the size of the whole. */
export interface ChartSize {
  readonly title: string;
  readonly width: number | undefined;
  readonly height: number;
}

/** One chart: a figure over the epochs, in training and in validation. */
interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [epoch: number, figure: number])[];
}

/** Blue and vermilion, which colour-blind people tell apart (Okabe and Ito). */
const COLORS = { train: "#0072b2", validation: "#d55e00", rate: "#555555" };

const INK = "#1f2933";
const FAINT = "#7b8794";
const GRID = "#e4e7eb";
const FONT = "Helvetica, Arial, sans-serif";

const PANEL_WIDTH = 440;
const TOP = 92;
const BOTTOM = 48;
const LEFT = 58;
const RIGHT = 26;

/** Draws the curves of some epochs. */
export function drawCurves(
  epochs: readonly EpochRecord[],
  { title, width, height }: ChartSize,
): string {
  const panels = panelsOf(epochs);
  const whole = width ?? Math.max(1, panels.length) * PANEL_WIDTH;
  const step = whole / Math.max(1, panels.length);
  const last = Math.max(2, ...epochs.map(({ epoch }) => epoch));
  return svgDocument({ title, width: whole, height, font: FONT }, [
    text(title, { x: LEFT - 8, y: 32, fill: INK, size: 18, weight: "bold" }),
    ...legend(panels, whole),
    ...panels.flatMap((panel, i) =>
      drawPanel(panel, last, {
        left: i * step + LEFT,
        right: Math.max(i * step + LEFT, (i + 1) * step - RIGHT),
        top: TOP,
        bottom: Math.max(TOP, height - BOTTOM),
      })
    ),
  ]);
}

/** One panel for the loss and for each metric, and one for a changing rate. */
function panelsOf(epochs: readonly EpochRecord[]): Panel[] {
  const names = new Set(
    epochs.flatMap(({ train, validation }) => [
      ...Object.keys(train),
      ...Object.keys(validation ?? {}),
    ]),
  );
  const panels: Panel[] = [...names].map((name) => ({
    title: inWords(name),
    lines: (["train", "validation"] as const).map((part) => ({
      name: part === "train" ? "Training" : "Validation",
      color: COLORS[part],
      points: epochs.flatMap((record) => {
        const figure = record[part]?.[name];
        return figure !== undefined && Number.isFinite(figure)
          ? [[record.epoch, figure] as const]
          : [];
      }),
    })).filter(({ points }) => points.length > 0),
  }));
  if (new Set(epochs.map(({ learningRate }) => learningRate)).size > 1) {
    panels.push({
      title: "Learning rate",
      lines: [{
        name: "Learning rate",
        color: COLORS.rate,
        points: epochs.map((e) => [e.epoch, e.learningRate] as const),
      }],
    });
  }
  return panels.filter(({ lines }) => lines.length > 0);
}

/** `"rootMeanSquare"` as "Root mean square". */
function inWords(name: string): string {
  const spaced = name.replace(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Where the lines of a panel are drawn, in pixels. */
interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The names of the lines beside their colours, from the right. */
function legend(panels: readonly Panel[], width: number): string[] {
  const colors = new Map(
    panels.flatMap(({ lines }) => lines.map((l) => [l.name, l.color])),
  );
  colors.delete("Learning rate");
  let right = width - RIGHT;
  return [...colors].reverse().flatMap(([name, fill]) => {
    const x = right - 7 * name.length;
    right = x - 44;
    return [
      text(name, { x, y: 31, fill: INK, size: 13 }),
      element("rect", { x: x - 25, y: 25, width: 18, height: 4, rx: 2, fill }),
    ];
  });
}

function drawPanel(panel: Panel, last: number, area: Area): string[] {
  const { left, right, top, bottom } = area;
  const x = scaleLinear([1, last], [left, right]);
  const y = scaleOf(panel, area);
  const path = (points: Line["points"]) =>
    "M" +
    points.map(([epoch, figure]) =>
      `${x(epoch).toFixed(2)},${y(figure).toFixed(2)}`
    ).join("L");
  const below = { y: bottom + 18, fill: FAINT, size: 12, anchor: "middle" };
  return [
    text(panel.title, { x: left - 8, y: top - 24, fill: INK, size: 14 }),
    ...y.ticks(5).filter(labelled(y)).flatMap((figure) => [
      rule([left, y(figure)], [right, y(figure)], GRID),
      text(shortNumber(figure), {
        x: left - 8,
        y: y(figure) + 4,
        fill: FAINT,
        size: 12,
        anchor: "end",
      }),
    ]),
    rule([left, bottom], [right, bottom], FAINT),
    ...x.ticks(Math.min(last - 1, Math.max(2, (right - left) / 45)))
      .filter(Number.isInteger).flatMap((epoch) => [
        rule([x(epoch), bottom], [x(epoch), bottom + 5], FAINT),
        text(String(epoch), { ...below, x: x(epoch) }),
      ]),
    text("Epoch", { ...below, x: (left + right) / 2, y: bottom + 38 }),
    ...panel.lines.map(({ points, color }) =>
      points.length === 1
        ? element("circle", {
          cx: x(points[0]![0]),
          cy: y(points[0]![1]),
          r: 3,
          fill: color,
        })
        : element("path", {
          d: path(points),
          fill: "none",
          stroke: color,
          "stroke-width": 2,
          "stroke-linejoin": "round",
        })
    ),
  ];
}

function rule(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: string,
): string {
  return element("line", { x1, y1, x2, y2, stroke });
}

type Scale = ReturnType<typeof scaleLinear<number>>;

/** Logarithmic where the figures span more than two orders of magnitude. */
function scaleOf({ lines }: Panel, { top, bottom }: Area): Scale {
  const figures = lines.flatMap(({ points }) => points.map(([, f]) => f));
  const least = Math.min(...figures);
  const most = Math.max(...figures);
  const range = [bottom, top];
  if (least > 0 && most / least > 100) {
    return scaleLog([least, most], range).nice() as unknown as Scale;
  }
  const margin = least === most ? Math.abs(least) / 2 || 1 : 0;
  return scaleLinear([least - margin, most + margin], range).nice(5);
}

/** On a logarithmic axis only the powers of ten, if there are some. */
function labelled(scale: Scale): (figure: number) => boolean {
  const ticks = scale.ticks(5);
  if (!("base" in scale) || ticks.length <= 6) return () => true;
  return (figure) =>
    Number.isInteger(Math.round(Math.log10(figure) * 1e9) / 1e9);
}

/** At most three digits that count. */
function shortNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6
    ? value.toExponential().replace("e+", "e")
    : String(Number(value.toPrecision(3)));
}
