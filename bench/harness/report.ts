/**
 * A page with the results of a run: charts and tables, no script, no server.
 *
 * @module
 */
import { curves, dotChart, lineChart, type Look, looksOf } from "./charts.ts";
import { digits, showBytes, showFigure, showRate } from "./format.ts";
import type { Failure, Result, ResultsFile } from "./schema.ts";
import { contentionWarning } from "./contention.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2933; --faint: #5f6b76;
  --grid: #e4e7eb; --paper: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --faint: #9aa5b1;
  --grid: #3a434d; --paper: #14181d; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); max-width: 1160px; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 3rem 0 0; } p, .faint { color: var(--faint); margin: .2rem 0; }
.legend { position: sticky; top: 0; background: var(--paper); padding: .5rem 0;
  border-bottom: 1px solid var(--grid); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; }
.legend span { white-space: nowrap; }
details { overflow-x: auto; }
.legend i { font-style: normal; margin-right: .4em; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }
.charts svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: .15rem .8rem .15rem 0; text-align: right; vertical-align: top; }
td { white-space: nowrap; }
td:first-child, th:first-child, td.text { text-align: left; }
th { font-weight: 600; border-bottom: 1px solid var(--grid); }
tbody tr:hover { background: var(--grid); }
summary { cursor: pointer; color: var(--faint); }
.best { font-weight: 600; }
`;

/** The whole page. */
export function reportPage(file: ResultsFile): string {
  const backends = backendsIn(file);
  const looks = looksOf(backends);
  const suites = [
    ...new Set([...file.results, ...file.failures].map(({ suite }) => suite)),
  ];
  const { machine, runtime, versions } = file;
  const facts = [
    `${machine.processor}, ${machine.cores} cores, ${
      digits(machine.memoryBytes / 2 ** 30)
    } GiB, ${machine.system} ${machine.architecture}`,
    `${runtime.name} ${runtime.version}, ${
      Object.entries(versions).map(([name, v]) => `${name} ${v}`).join(", ")
    }`,
    `${file.date.slice(0, 16).replace("T", " ")} UTC${
      file.quick ? ", a quick run" : ""
    }`,
    ...file.backends.flatMap(({ name, reason }) =>
      reason ? [`${name}: ${reason}`] : []
    ),
    ...(contentionWarning(file) ? [contentionWarning(file)!] : []),
  ];
  const legend = [...looks].map(([name, { color, mark }]) =>
    `<span><i style="color:${color}">${mark}</i>${escape(name)}</span>`
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tenfold benchmarks</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Tenfold benchmarks</h1>
${facts.map((fact) => `<p>${escape(fact)}</p>`).join("\n")}
<div class="legend">${legend.join("")}</div>
${
    suites.map((suite) =>
      section(
        suite,
        file.results.filter((result) => result.suite === suite),
        file.failures.filter((failure) => failure.suite === suite),
        looks,
      )
    ).join("\n")
  }
</body>
</html>
`;
}

function backendsIn({ backends, results }: ResultsFile): string[] {
  const measured = new Set(results.map(({ backend }) => backend));
  return backends.map(({ name }) => name).filter((name) => measured.has(name));
}

function section(
  suite: string,
  results: readonly Result[],
  failures: readonly Failure[],
  looks: ReadonlyMap<string, Look>,
): string {
  const lined = curves(results);
  const rest = results.filter(({ series }) => !lined.includes(series));
  const charts = lined.map((series) => lineChart(series, results, looks));
  const times = rest.filter(({ unit }) => unit === "ns");
  const sizes = rest.filter(({ unit }) => unit === "byte");
  if (times.length > 0) charts.push(dotChart(times, looks));
  if (sizes.length > 0) charts.push(dotChart(sizes, looks));
  return `<section>
<h2>${escape(suite)}</h2>
<div class="charts">
${charts.join("\n")}
</div>
<details${results.length <= 30 ? " open" : ""}>
<summary>Figures</summary>
${table(results, failures, [...looks.keys()])}
</details>
</section>`;
}

function table(
  results: readonly Result[],
  failures: readonly Failure[],
  backends: readonly string[],
): string {
  const cases = [
    ...new Set([...results, ...failures].map((each) => each.case)),
  ];
  const head = ["", ...backends].map((name) => `<th>${escape(name)}</th>`);
  const rows = cases.map((name) => {
    const own = results.filter((result) => result.case === name);
    const best = Math.min(...own.map(({ median }) => median));
    const cells = backends.map((backend) => {
      const result = own.find((each) => each.backend === backend);
      if (result) return cell(result, best);
      const failure = failures.find((each) =>
        each.case === name && each.backend === backend
      );
      return failure
        ? `<td class="faint" title="${escape(failure.error)}">cannot</td>`
        : "<td></td>";
    });
    return `<tr><td>${escape(name)}</td>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table>`;
}

function cell(result: Result, best: number): string {
  const { median, p25, p75, unit, count, peakBytes } = result;
  const details = [
    `${showFigure(p25, unit)} to ${showFigure(p75, unit)}, ${count} samples`,
    showRate(result),
    peakBytes ? `tensors of ${showBytes(peakBytes)} at most` : "",
  ].filter(Boolean).join("; ");
  const text = median === best
    ? showFigure(median, unit)
    : `${showFigure(median, unit)} <span class="faint">${
      digits(median / best)
    }×</span>`;
  return `<td${median === best ? ' class="best"' : ""} title="${
    escape(details)
  }">${text}</td>`;
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
