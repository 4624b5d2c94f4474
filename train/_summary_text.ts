/**
 * Summaries of models as text and as HTML.
 *
 * @module
 */
import { escapeXml } from "./_svg.ts";
import type { LayerSummary } from "./summary.ts";

/** What is written. */
interface Facts {
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly trainable: number;
  readonly bytes: number;
  readonly outputBytes: number;
  readonly multiplyAdds: number;
}

const TITLES = ["layer", "output shape", "parameters", "multiply-adds"];

/** The layers in columns, the inner ones indented, and the sums below. */
export function summaryText(facts: Facts): string {
  const rows = facts.layers.map((layer) => {
    const [name, ...cells] = cellsOf(layer);
    // The class without its options, which would take several lines.
    const text = name!.replace(/\([^]*$/, "");
    return ["  ".repeat(layer.depth) + text, ...cells];
  });
  const widths = TITLES.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) =>
      i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    ).join("  ").trimEnd();
  const rule = "─".repeat(widths.reduce((a, b) => a + b) + 6);
  return [
    line(TITLES),
    rule,
    ...rows.map(line),
    rule,
    ...sums(facts).map(([title, text]) => `${title}: ${text}`),
  ].join("\n");
}

/** The same as a table of HTML. */
export function summaryHtml(facts: Facts): string {
  const numbers = ' style="text-align:right"';
  const row = (cells: readonly string[], tag: string, indent = 0) =>
    `<tr>${
      cells.map((cell, i) =>
        `<${tag}${
          i > 1
            ? numbers
            : ` style="text-align:left;padding-left:${
              i ? 8 : 8 + 16 * indent
            }px"`
        }>${escapeXml(cell)}</${tag}>`
      ).join("")
    }</tr>`;
  return [
    "<table>",
    `<thead>${row(TITLES, "th")}</thead>`,
    "<tbody>",
    ...facts.layers.map((layer) => row(cellsOf(layer), "td", layer.depth)),
    "</tbody>",
    "</table>",
    `<p>${
      sums(facts).map(([title, text]) => `${title}: ${text}`).join("<br>")
    }</p>`,
  ].join("\n");
}

function cellsOf(layer: LayerSummary): string[] {
  const { name, outputShape, parameters, multiplyAdds } = layer;
  const title = name.slice(name.lastIndexOf(".") + 1);
  return [
    title === "" ? layer.layer : `${title}: ${layer.layer}`,
    outputShape === null ? "" : `[${outputShape.join(", ")}]`,
    parameters === 0 ? "" : grouped(parameters),
    multiplyAdds === 0 ? "" : grouped(multiplyAdds),
  ];
}

function sums(facts: Facts): [title: string, text: string][] {
  const { parameters, trainable, bytes, outputBytes, multiplyAdds } = facts;
  return [
    [
      "Parameters",
      grouped(parameters) +
      (trainable === parameters ? "" : `, ${grouped(trainable)} trainable`),
    ],
    ["Bytes of parameters and buffers", inBytes(bytes)],
    ["Bytes of outputs", inBytes(outputBytes)],
    ["Multiply-adds", grouped(multiplyAdds)],
  ];
}

function grouped(n: number): string {
  return n.toLocaleString("en-US");
}

function inBytes(bytes: number): string {
  for (
    const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], [
      "KiB",
      1024,
    ]] as const
  ) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}
