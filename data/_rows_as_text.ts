/**
 * What is printed of a table: the names of its columns and its first rows.
 *
 * @module
 */

/** Fields as text, row by row. */
export interface TextRows {
  /** The number of rows. */
  readonly length: number;
  /** One field as text. */
  field(row: number, column: number): string;
}

/** How many columns are printed, so that a line fits 80 characters. */
const SHOWN = 6;

/** What is printed of a field. */
function cell(text: string): string {
  return (text.length > 11 ? `${text.slice(0, 10)}…` : text)
    .replace(/\s/g, " ").padStart(13);
}

/** The first rows in columns, and how many there are. */
export function rowsAsText(names: readonly string[], rows: TextRows): string {
  const lines = Array.from(
    { length: Math.min(rows.length, 5) + 1 },
    (_, r) =>
      names.slice(0, SHOWN).map((name, c) =>
        cell(r === 0 ? name : rows.field(r - 1, c))
      ).join(""),
  );
  return [...lines, `rows: ${rows.length}, columns: ${names.length}`]
    .join("\n");
}
