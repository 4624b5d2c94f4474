/**
 * Charts of the tables that `bench:peers` prints: what each library takes for
 * the same work.
 *
 * @module
 */
import { dotChart, looksOf } from "../../bench/harness/charts.ts";
import type { Result } from "../../bench/harness/schema.ts";
import { escapeHtml } from "./markdown.ts";

/** One table: where it was measured, by whom, and how long it took. */
export interface PeerTable {
  readonly title: string;
  readonly contenders: readonly string[];
  readonly results: readonly Result[];
}

const TITLE = /^On (.+): how many times as long as (.+) \(more than 1/;
const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
};

/** The tables in a file of results. */
export function peerTables(markdown: string): PeerTable[] {
  const tables: PeerTable[] = [];
  let contenders: string[] = [];
  let results: Result[] = [];
  for (const line of markdown.split("\n")) {
    const title = TITLE.exec(line);
    if (title) {
      contenders = [title[2]!];
      results = [];
      tables.push({ title: `On ${title[1]}`, contenders, results });
      continue;
    }
    const other = /^ {2}[a-z] {2}(\S.*)$/.exec(line);
    if (other && tables.length > 0) contenders.push(other[1]!);
    const row = /^(\S.*?) {2,}([\d.]+) (ns|µs|ms|s) +(.*×.*)$/.exec(line);
    if (!row || tables.length === 0) continue;
    const [, name = "", figure, unit = "", rest = ""] = row;
    const base = Number(figure) * NANOSECONDS[unit]!;
    const ratios = ["1", ...rest.trim().split(/ +/)];
    if (ratios.length !== contenders.length) continue;
    ratios.forEach((ratio, i) => {
      // A note stands where something could not be measured.
      const median = base * parseFloat(ratio);
      if (Number.isNaN(median)) return;
      results.push(resultOf(name, contenders[i]!, median));
    });
  }
  return tables;
}

function resultOf(name: string, backend: string, median: number): Result {
  return {
    suite: "peers",
    case: name,
    series: name,
    backend,
    unit: "ns",
    median,
    p25: median,
    p75: median,
    min: median,
    rounds: [median],
    samples: [median],
    count: 1,
    callsPerSample: 1,
  };
}

/** The charts, with what the colours mean. */
export function peerCharts(markdown: string): string {
  return peerTables(markdown).map(({ title, contenders, results }) => {
    const looks = looksOf(contenders);
    const legend = [...looks].map(([name, { color, mark }]) =>
      `<span><i style="color:${color}">${mark}</i> ${escapeHtml(name)}</span>`
    ).join(" ");
    return `<figure class="chart"><figcaption>${
      escapeHtml(title)
    }, time of each work; less is better</figcaption><div class="legend">${legend}</div>${
      dotChart(results, looks)
    }</figure>`;
  }).join("\n");
}
