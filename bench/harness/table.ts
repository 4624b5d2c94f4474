/**
 * Results as text for a terminal.
 *
 * @module
 */
import { align, bar, digits, showFigure, showRate } from "./format.ts";
import type { Failure, Result, ResultsFile } from "./schema.ts";

const BAR = 24;

/** The lines of one suite: a block for each case, a line for each backend. */
export function suiteTable(
  suite: string,
  question: string,
  results: readonly Result[],
  failures: readonly Failure[],
): string {
  const cases = new Set([...results, ...failures].map((each) => each.case));
  const rows: string[][] = [];
  for (const name of cases) {
    const measured = results.filter((each) => each.case === name);
    const best = Math.min(...measured.map(({ median }) => median));
    let title = name;
    for (const result of measured) {
      rows.push([title, ...resultCells(result, best)]);
      title = "";
    }
    for (const failure of failures.filter((each) => each.case === name)) {
      rows.push([title, failure.backend, "—", "", "", failure.error]);
      title = "";
    }
  }
  const lines = align(rows, [{}, {}, { right: true }, {}, { right: true }, {}]);
  return [`${suite}: ${question}`, ...lines, ""].join("\n");
}

function resultCells(result: Result, best: number): string[] {
  const { backend, median, p25, p75, unit } = result;
  const times = median / best;
  return [
    backend,
    showFigure(median, unit),
    p25 === p75 ? "" : `${showFigure(p25, unit)} – ${showFigure(p75, unit)}`,
    rateOrCount(result),
    `${bar(1 / times, BAR)}${times > 1.005 ? ` ${digits(times)}×` : ""}`,
  ];
}

function rateOrCount(result: Result): string {
  const { submits } = result.counted ?? {};
  const rate = showRate(result);
  if (submits === undefined || result.suite !== "train") return rate;
  return `${rate}, ${submits} submit${submits === 1 ? "" : "s"}`;
}

/** Where and with what a run was made. */
export function heading(file: ResultsFile): string {
  const { machine, runtime, versions, backends } = file;
  const memory = digits(machine.memoryBytes / 2 ** 30);
  return [
    `${machine.processor}, ${machine.cores} cores, ${memory} GiB, ${machine.system} ${machine.architecture}`,
    `${runtime.name} ${runtime.version}, ${
      Object.entries(versions).map(([name, v]) => `${name} ${v}`).join(", ")
    }`,
    ...backends.map(({ name, available, reason }) =>
      `${available ? "✓" : "✗"} ${name}${reason ? `: ${reason}` : ""}`
    ),
    ...(file.slowed ? [`Slowed on purpose: kernels of ${file.slowed}`] : []),
    "",
  ].join("\n");
}
