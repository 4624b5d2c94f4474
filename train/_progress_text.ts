/**
 * What is said of progress, on a terminal and elsewhere.
 *
 * @module
 */
import type { EpochRecord, Figures } from "./history.ts";

/** How far training has come. */
export interface Progress {
  /** The running epoch, from 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  /** The part of the whole that is done, from 0 to 1. */
  readonly done: number;
  /** Loss and metrics of the running epoch, as far as they are known. */
  readonly figures: Figures;
  /** Loss and metrics of the last validation. */
  readonly validation: Figures | undefined;
  /** Samples in a second. */
  readonly rate: number;
  /** Seconds that remain, where that is known. */
  readonly remaining: number | undefined;
}

/** The line of a bar that fits into so many columns. */
export function progressLine(
  progress: Progress,
  columns: number,
  bar: (width: number) => string,
): string {
  const { epoch, epochs, done, figures, validation, rate } = progress;
  const head = `epoch ${
    String(epoch).padStart(String(epochs).length)
  }/${epochs} `;
  const percent = `${Math.floor(done * 100)}%`.padStart(4);
  const tail = [
    rate > 0 ? `${inThousands(rate)} samples/s` : "",
    progress.remaining === undefined
      ? ""
      : `${inTime(progress.remaining)} left`,
  ];
  const own = figureTexts(figures);
  const other = validation === undefined
    ? ""
    : `validation ${figureTexts(validation).join(" ")}`;
  const most = columns - head.length - percent.length - 1;
  // What matters least goes first where the terminal is narrow.
  const choices = [
    [...own, other, ...tail],
    [...own, ...tail],
    [...own.slice(0, 2), ...tail],
    [...own.slice(0, 1), ...tail],
    [...own.slice(0, 1), tail[1]!],
  ].map((parts) => parts.filter((part) => part !== "").join(" · "));
  const text = choices.find((choice) => most - choice.length - 3 >= 10) ??
    choices.at(-1)!;
  const separator = text === "" ? "" : " · ";
  const width = Math.min(30, most - text.length - separator.length);
  const line = head + (width >= 4 ? bar(width) : "") + percent + separator +
    text;
  return line.slice(0, columns);
}

/** One line on an epoch that is over. */
export function epochLine(record: EpochRecord, epochs: number): string {
  const number = String(record.epoch).padStart(String(epochs).length);
  const parts = [
    `epoch ${number}/${epochs}`,
    ...figureTexts(record.train),
    ...record.validation === undefined
      ? []
      : [`validation ${figureTexts(record.validation).join(" · ")}`],
    inTime(record.seconds),
  ];
  return parts.join(" · ");
}

function figureTexts(figures: Figures): string[] {
  return Object.entries(figures).map(([name, figure]) =>
    `${name} ${inDigits(figure)}`
  );
}

/** Four digits behind the point, or as many that count for what is small. */
function inDigits(figure: number): string {
  return figure !== 0 && Math.abs(figure) < 1e-3
    ? figure.toExponential(2)
    : figure.toFixed(4);
}

function inThousands(rate: number): string {
  return (rate < 10 ? Number(rate.toPrecision(2)) : Math.round(rate))
    .toLocaleString("en-US");
}

function inTime(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return minutes < 60
    ? `${minutes} min ${two(rest)} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}
