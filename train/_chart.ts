/**
 * The curves of training as an SVG document, drawn by Apache ECharts. This
 * file is loaded when a chart is asked for.
 *
 * @module
 */
import type { EChartsOption } from "echarts";
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
export async function drawCurves(
  epochs: readonly EpochRecord[],
  size: ChartSize,
): Promise<string> {
  // The bundle is one file that asks for no environment variable.
  const { init } = await import(
    "echarts/dist/echarts.esm.min.mjs"
  ) as typeof import("echarts");
  const panels = panelsOf(epochs);
  const width = size.width ?? Math.max(1, panels.length) * PANEL_WIDTH;
  const chart = init(null, null, {
    renderer: "svg",
    ssr: true,
    width,
    height: size.height,
  });
  try {
    chart.setOption(layOut(panels, size.title, width));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
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

/** The whole as ECharts takes it. */
function layOut(
  panels: readonly Panel[],
  title: string,
  width: number,
): EChartsOption {
  const step = width / Math.max(1, panels.length);
  const text = { fontFamily: FONT, color: INK };
  const names = new Set(
    panels.flatMap(({ lines }) => lines.map((l) => l.name)),
  );
  names.delete("Learning rate");
  const last = Math.max(
    1,
    ...panels.flatMap(({ lines }) => lines.map((l) => l.points.at(-1)![0])),
  );
  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: text,
    title: [
      {
        text: title,
        left: LEFT - 8,
        top: 14,
        textStyle: { ...text, fontSize: 18, fontWeight: "bold" },
      },
      ...panels.map((panel, i) => ({
        text: panel.title,
        left: i * step + LEFT - 8,
        top: TOP - 38,
        textStyle: { ...text, fontSize: 14, fontWeight: "normal" as const },
      })),
    ],
    legend: {
      show: names.size > 0,
      data: [...names],
      right: RIGHT,
      top: 16,
      icon: "roundRect",
      itemWidth: 18,
      itemHeight: 4,
      itemGap: 18,
      textStyle: { ...text, fontSize: 13 },
    },
    grid: panels.map((_, i) => ({
      left: i * step + LEFT,
      width: step - LEFT - RIGHT,
      top: TOP,
      bottom: BOTTOM,
    })),
    xAxis: panels.map((_, i) => ({
      type: "value" as const,
      gridIndex: i,
      name: "Epoch",
      nameLocation: "middle" as const,
      nameGap: 28,
      nameTextStyle: { ...text, color: FAINT, fontSize: 12 },
      min: 1,
      max: Math.max(2, last),
      minInterval: 1,
      axisLine: { lineStyle: { color: FAINT } },
      axisTick: { lineStyle: { color: FAINT } },
      axisLabel: { color: FAINT, fontSize: 12 },
      splitLine: { show: false },
    })),
    yAxis: panels.map((panel, i) => ({
      type: scaleOf(panel),
      gridIndex: i,
      scale: true,
      splitNumber: 5,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        color: FAINT,
        fontSize: 12,
        formatter: (value: number) => shortNumber(value),
      },
      splitLine: { lineStyle: { color: GRID } },
    })),
    series: panels.flatMap((panel, i) =>
      panel.lines.map((line) => ({
        type: "line" as const,
        name: line.name,
        xAxisIndex: i,
        yAxisIndex: i,
        data: line.points.map((point) => [...point]),
        showSymbol: line.points.length === 1,
        symbol: "circle",
        symbolSize: 6,
        lineStyle: { color: line.color, width: 2 },
        itemStyle: { color: line.color },
      }))
    ),
  };
}

/** Logarithmic where the figures span more than two orders of magnitude. */
function scaleOf({ lines }: Panel): "log" | "value" {
  const figures = lines.flatMap(({ points }) => points.map(([, f]) => f));
  const least = Math.min(...figures);
  return least > 0 && Math.max(...figures) / least > 100 ? "log" : "value";
}

/** At most three digits that count. */
function shortNumber(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6
    ? value.toExponential().replace("e+", "e")
    : String(Number(value.toPrecision(3)));
}
