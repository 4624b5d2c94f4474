/**
 * Charts of results, as SVG, drawn by Apache ECharts.
 *
 * @module
 */
import type { EChartsOption } from "echarts";
import { init } from "echarts/dist/echarts.esm.min.mjs";
import { showSize } from "./case.ts";
import { showBytes, showRate, showTime } from "./format.ts";
import type { Result } from "./schema.ts";

/** Eight colours that colour-blind people tell apart (Okabe and Ito). */
const COLORS = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#6f4e9c",
  "#7f7f7f",
];

/** The page's colours, so that the charts follow light and dark. */
const INK = "var(--ink)";
const GRID = "var(--grid)";
const FONT = "system-ui, sans-serif";

/** Shapes, for more than there are colours. */
const SYMBOLS = [
  ["circle", "●"],
  ["triangle", "▲"],
  ["rect", "■"],
] as const;

/** How a backend is drawn. */
export interface Look {
  /** Its colour. */
  readonly color: string;
  /** The shape of its points. */
  readonly symbol: string;
  /** The same shape as a character, for the legend. */
  readonly mark: string;
}

/** How each backend is drawn, the same in all charts. */
export function looksOf(backends: readonly string[]): Map<string, Look> {
  return new Map(backends.map((name, i) => {
    const shape = Math.floor(i / COLORS.length) % SYMBOLS.length;
    const [symbol, mark] = SYMBOLS[shape]!;
    return [name, { color: COLORS[i % COLORS.length]!, symbol, mark }];
  }));
}

/** The series that were measured at several sizes. */
export function curves(results: readonly Result[]): string[] {
  const sizes = new Map<string, Set<number>>();
  for (const { series, size } of results) {
    if (size === undefined) continue;
    sizes.set(series, (sizes.get(series) ?? new Set()).add(size));
  }
  return [...sizes].filter(([, all]) => all.size >= 3).map(([name]) => name);
}

/** One series over its sizes: a line for each backend. */
export function lineChart(
  series: string,
  results: readonly Result[],
  looks: ReadonlyMap<string, Look>,
): string {
  const own = results.filter((result) => result.series === series);
  const rated = own.every(({ work }) => work !== undefined);
  const unit = own[0]?.work?.unit;
  const value = (result: Result) =>
    rated ? result.work!.amount / result.median * 1e9 : result.median;
  const label = (figure: number) =>
    rated
      ? showRate({
        ...own[0]!,
        median: 1e9,
        work: { amount: figure, unit: unit! },
      })
      : showTime(figure);
  return draw(360, 250, {
    title: titleOf(series),
    grid: { left: 86, right: 16, top: 36, bottom: 36 },
    xAxis: {
      ...logAxis((size) => showSize(size)),
      logBase: 2,
      min: "dataMin",
      max: "dataMax",
    },
    yAxis: logAxis(label),
    series: [...looks].map(([backend, { color, symbol }]) => ({
      type: "line",
      name: backend,
      symbol,
      symbolSize: 5,
      color,
      data: own.filter((result) => result.backend === backend)
        .map((result) => [result.size!, value(result)]),
    })),
  });
}

/** Cases one below the other: a point for each backend, on one scale. */
export function dotChart(
  results: readonly Result[],
  looks: ReadonlyMap<string, Look>,
): string {
  const names = [...new Set(results.map((result) => result.case))];
  const time = results[0]?.unit !== "byte";
  return draw(840, 44 + 24 * names.length, {
    grid: { left: 380, right: 24, top: 8, bottom: 36 },
    xAxis: logAxis(time ? showTime : showBytes),
    yAxis: {
      type: "category",
      inverse: true,
      data: names,
      axisLabel: {
        color: INK,
        fontFamily: FONT,
        width: 370,
        overflow: "truncate",
      },
      axisTick: { show: false },
      axisLine: { show: false },
      splitLine: { show: true, lineStyle: { color: GRID } },
    },
    series: [...looks].map(([backend, { color, symbol }]) => ({
      type: "scatter",
      name: backend,
      symbol,
      symbolSize: 9,
      color,
      data: results.filter((result) => result.backend === backend)
        .map((result) => [result.median, result.case]),
    })),
  });
}

function titleOf(text: string): NonNullable<EChartsOption["title"]> {
  return {
    text,
    left: "center",
    textStyle: { color: INK, fontFamily: FONT, fontSize: 13 },
  };
}

function logAxis(label: (value: number) => string) {
  return {
    type: "log" as const,
    axisLabel: {
      color: INK,
      fontFamily: FONT,
      formatter: label,
      hideOverlap: true,
    },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: GRID } },
  };
}

function draw(width: number, height: number, option: EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
