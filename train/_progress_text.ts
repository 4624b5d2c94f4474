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
  /** Seconds since the run began. */
  readonly elapsed: number;
  /** Seconds that remain, where that is known. */
  readonly remaining: number | undefined;
}

/** The narrowest bar that is worth drawing, and the widest. */
const [NARROW, WIDE] = [10, 30];

/** The line of a bar that fits into so many columns. */
export function progressLine(
  progress: Progress,
  columns: number,
  bar: (width: number) => string,
): string {
  const { epoch, epochs, done, figures, validation, rate } = progress;
  const number = `${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const percent = ` ${String(Math.floor(done * 100)).padStart(3)}%`;
  const own = figureTexts(figures);
  const other = validation === undefined
    ? ""
    : `validation ${figureTexts(validation).join(" ")}`;
  const speed = rate > 0 ? `${inThousands(rate)} samples/s` : "";
  const short = speed.replace(" samples", "");
  const time = done >= 1
    ? `in ${inTime(progress.elapsed)}`
    : progress.remaining === undefined
    ? ""
    : `${inTime(progress.remaining)} left`;
  // What matters least goes first where the terminal is narrow.
  const choices = [
    [`epoch ${number} `, ...own, other, speed, time],
    [`epoch ${number} `, ...own, speed, time],
    [`${number} `, ...own.slice(0, 2), short, time],
    [`${number} `, ...own.slice(0, 1), short, time],
    [`${number} `, ...own.slice(0, 1), time],
  ].map(([head, ...parts]) => {
    const said = parts.filter((part) => part !== "");
    const text = said.map((part) => ` · ${part}`).join("");
    const room = columns - head!.length - percent.length - text.length;
    return { head, text, room };
  });
  const { head, text, room } = choices.find(({ room }) => room >= NARROW) ??
    choices.at(-1)!;
  const drawn = room < NARROW ? "" : bar(Math.min(WIDE, room));
  return `${head}${drawn}${percent}${text}`.slice(0, columns);
}

/**
 * One line on an epoch that is over. Where it does not fit into so many
 * columns, the figures of the validation go without their names, which are
 * those of the training, and where that is not enough, below in a second line.
 */
export function epochLine(
  record: EpochRecord,
  epochs: number,
  columns = Infinity,
): string {
  const { epoch, train, validation, seconds } = record;
  const number = String(epoch).padStart(String(epochs).length);
  const lineWith = (validated: readonly string[]) =>
    [
      `epoch ${number}/${epochs}`,
      ...figureTexts(train),
      ...validated.length === 0 ? [] : [`validation ${validated.join(" · ")}`],
      inTime(seconds),
    ].join(" · ");
  const whole = lineWith(figureTexts(validation ?? {}));
  const short = lineWith(Object.values(validation ?? {}).map(inDigits));
  return [whole, short].find(({ length }) => length <= columns) ??
    whole.replace(" · validation", "\n  validation");
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
