/**
 * The report on a GPU as a page.
 *
 * @module
 */
import type { Timed, Work } from "./works.ts";

/** How some tests ended. */
export interface Result {
  readonly passed: number;
  readonly failed: number;
  /** What those that failed said. */
  readonly problems?: string;
}

/** The report, whose parts come one after the other. */
export interface Report {
  readonly date: string;
  readonly adapter: string;
  readonly runtime: string;
  /** Whether the adapter runs on the processor. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly profile: Readonly<Record<string, unknown>>;
  conformance?: Result;
  goldens?: Result;
  tests?: Result;
  works?: readonly Work[];
  /** Times, or why there are none. */
  speed?: readonly Timed[] | string;
  pytorch?: readonly Timed[] | string;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function rateOf({ amount, unit }: Work, ms: number): string {
  if (amount === undefined) return "";
  const rate = amount / ms / 1e6;
  return unit === "FLOP"
    ? `${rate.toFixed(1)} GFLOP/s`
    : `${rate.toFixed(1)} GB/s`;
}

/** The page. */
export function pageOf(report: Report): string {
  const { conformance, goldens, tests, works = [], speed, pytorch } = report;
  const results = Object.entries({ conformance, goldens, tests })
    .map(([name, result]) =>
      `<tr><td>${name}<td>${
        result ? `${result.passed} passed, ${result.failed} failed` : "…"
      }</tr>`
    );
  const timeOf = (times: Report["speed"], name: string) =>
    Array.isArray(times)
      ? (times as Timed[]).find((time) => time.name === name)?.ms
      : undefined;
  const rows = works.map((work) => {
    const [ours, theirs] = [speed, pytorch].map((t) => timeOf(t, work.name));
    const cells = [
      work.name,
      ours?.toFixed(3) ?? "",
      ours ? rateOf(work, ours) : "",
      theirs?.toFixed(3) ?? "",
      theirs ? rateOf(work, theirs) : "",
      ours && theirs ? (theirs / ours).toFixed(2) : "",
    ];
    return `<tr>${cells.map((cell) => `<td>${escaped(cell)}`).join("")}</tr>`;
  });
  const problems = [conformance, goldens, tests]
    .flatMap((result) => result?.problems ?? []);
  const why = typeof pytorch === "string" ? pytorch : "";
  return `<!doctype html><html lang="en"><meta charset="utf-8">
<title>${escaped(report.adapter)}</title>
<style>body{font:16px system-ui;margin:2rem;max-width:60rem}td,th{padding:.2rem .8rem;text-align:left;border-bottom:1px solid #ddd}pre{white-space:pre-wrap}</style>
<h1>${escaped(report.adapter)}</h1>
<p>${escaped(`${report.date}, ${report.runtime}`)}${
    report.software ? ": an adapter on the processor, small sizes" : ""
  }</p>
<table>${results.join("")}</table>
<h2>Speed</h2>
<table><tr><th>work<th>ms<th>rate<th>PyTorch, ms<th>rate<th>ratio</tr>${
    rows.join("")
  }</table>
<p>${escaped(why)}</p>
<h2>Adapter</h2>
<pre>${escaped(JSON.stringify(report.profile, null, 2))}\n${
    escaped(report.features.join("\n"))
  }</pre>
${problems.map((text) => `<pre>${escaped(text)}</pre>`).join("")}</html>
`;
}
