/**
 * What a notebook shows of a table: the first rows and the last ones.
 *
 * @module
 */
import type { TextRows } from "./_rows_as_text.ts";

/** How many rows are shown at each end, and how many columns. */
const [ENDS, COLUMNS] = [5, 20];

/** What stands for a table in a notebook. */
export function displayTable(
  names: readonly string[],
  rows: TextRows,
  text: string,
): Record<string, string> {
  const columns = names.slice(0, COLUMNS);
  const more = names.length > COLUMNS;
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${
      [...cells, ...more ? ["…"] : []].map((cell) =>
        `<${tag}>${escapeHtml(cell)}</${tag}>`
      ).join("")
    }</tr>`;
  const row = (r: number) =>
    line([String(r), ...columns.map((_, c) => rows.field(r, c))], "td");
  const count = rows.length;
  const first = Array.from({ length: Math.min(count, ENDS) }, (_, r) => r);
  const last = first.map((_, i) => count - first.length + i)
    .filter((r) => r >= first.length);
  const gap = first.length + last.length < count
    ? [line(["…", ...columns.map(() => "…")], "td")]
    : [];
  const facts = `${plural(count, "row")} of ${plural(names.length, "column")}`;
  return {
    "text/plain": text,
    "text/html": `<table><thead>${line(["", ...columns], "th")}</thead><tbody>${
      [...first.map(row), ...gap, ...last.map(row)].join("")
    }</tbody></table><div>${facts}</div>`,
  };
}

function plural(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

/** Text as it stands in HTML. This file imports nothing that is loaded at first. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
