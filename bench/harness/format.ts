/**
 * Figures as text.
 *
 * @module
 */
import type { Result } from "./schema.ts";

/** Three digits that count, without an exponent. */
export function digits(value: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(3));
  if (Math.abs(rounded) >= 100) return `${Math.round(rounded)}`;
  return rounded.toFixed(Math.abs(rounded) >= 10 ? 1 : 2);
}

function scaled(value: number, steps: readonly [number, string][]): string {
  const [unit, name] = steps.find(([unit]) => value >= 0.9995 * unit) ??
    steps.at(-1)!;
  return `${digits(value / unit)} ${name}`;
}

/** Nanoseconds, in the unit that fits. */
export function showTime(ns: number): string {
  return scaled(ns, [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]]);
}

/** Bytes, in the unit that fits. */
export function showBytes(bytes: number): string {
  return scaled(bytes, [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]]);
}

/** A figure in its unit. */
export function showFigure(value: number, unit: Result["unit"]): string {
  return unit === "ns" ? showTime(value) : showBytes(value);
}

const RATE_NAMES = {
  FLOP: "FLOP/s",
  byte: "B/s",
  element: "elements/s",
  sample: "samples/s",
} as const;

/** What a call gets through in a second, or nothing where that is not known. */
export function showRate({ work, median, unit }: Result): string {
  if (!work || unit !== "ns") return "";
  const rate = work.amount / median * 1e9;
  const name = RATE_NAMES[work.unit];
  const spaced = work.unit === "FLOP" || work.unit === "byte";
  if (spaced) return scaled(rate, [[1e9, `G${name}`], [1e6, `M${name}`]]);
  return scaled(rate, [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]])
    .replace(/ ?$/, ` ${name}`).replace(/ ([GMk]) /, " $1 ");
}

const EIGHTHS = " ▏▎▍▌▋▊▉█";

/** A bar that fills `part` of `width` places. */
export function bar(part: number, width: number): string {
  const eighths = Math.max(1, Math.round(part * width * 8));
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (rest ? EIGHTHS[rest]! : "");
}

/** A cell of a table, and on which side it is filled up. */
export interface Column {
  /** Whether the text ends where the column ends. @default {false} */
  readonly right?: boolean;
}

/** Lines up rows of cells. */
export function align(
  rows: readonly (readonly string[])[],
  columns: readonly Column[],
): string[] {
  const widths = columns.map((_, c) =>
    Math.max(0, ...rows.map((row) => [...(row[c] ?? "")].length))
  );
  return rows.map((row) =>
    row.map((cell, c) => {
      const space = " ".repeat(widths[c]! - [...cell].length);
      return columns[c]?.right ? space + cell : cell + space;
    }).join("  ").trimEnd()
  );
}
