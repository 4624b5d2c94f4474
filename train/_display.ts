/**
 * Where progress is shown: in a notebook by an output that is drawn anew, on a
 * terminal by a bar and a line for each epoch, elsewhere by the lines alone, or
 * nowhere.
 *
 * @module
 */
import { epochLine, type Progress, progressLine } from "./_progress_text.ts";
import { notebookKernel, openNotebook } from "./_notebook.ts";
import { terminalColumns, writeTerminal } from "./_terminal.ts";
import type { EpochRecord } from "./history.ts";

/** Hears of progress, and of its end. */
export interface Display {
  /** Whether it draws between epochs, so that figures are worth a read. */
  readonly live: boolean;
  /** Shows how far training has come. */
  update(progress: Progress): void;
  /** Shows an epoch that is over. */
  epoch(record: EpochRecord, epochs: number): void;
  /** Says something on a line of its own. */
  note(text: string): void;
  /** Leaves the terminal as it should be. Stopping twice does nothing. */
  stop(): void | Promise<void>;
}

const SILENT: Display = {
  live: false,
  update: () => {},
  epoch: () => {},
  note: (text) => console.warn(text),
  stop: () => {},
};

const LINES: Display = {
  ...SILENT,
  epoch: (record, epochs) => console.log(epochLine(record, epochs)),
};

/** A display of a rank that shows nothing. */
export function openNothing(): Display {
  return { ...SILENT, note: () => {} };
}

/** The display for this place. */
export function openDisplay(wanted: boolean): Display {
  if (!wanted) return SILENT;
  const kernel = notebookKernel();
  if (kernel) return openNotebook(kernel);
  return terminalColumns() === null ? LINES : openBar();
}

/** The least time between two drawings, in milliseconds. */
const PAUSE = 100;

/** The back of a line that is drawn over a longer one. */
const CLEAR = "\x1b[K";

function drawBar(done: number, width: number): string {
  const full = Math.round(done * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** One column is left free, so that the cursor stays in the line. */
function columnsNow(): number {
  return (terminalColumns() ?? 80) - 1;
}

/**
 * A line for each epoch that is over, and below it one that is drawn over and
 * over, the cursor and
 * wrapping left alone.
 */
function openBar(): Display {
  let shown: Progress | null = null;
  let drawnAt = -Infinity;
  const draw = (progress: Progress) => {
    const line = progressLine(
      progress,
      columnsNow(),
      (width) => drawBar(progress.done, width),
    );
    writeTerminal(`\r${line}${CLEAR}`);
  };
  return {
    live: true,
    update(progress) {
      shown = progress;
      const now = performance.now();
      if (now - drawnAt < PAUSE) return;
      drawnAt = now;
      draw(progress);
    },
    epoch(record, epochs) {
      const text = `${epochLine(record, epochs, columnsNow())}\n`;
      writeTerminal(`\r${text.replaceAll("\n", `${CLEAR}\n`)}`);
      if (shown !== null) draw(shown);
    },
    note(text) {
      writeTerminal(`\r${CLEAR}`);
      console.warn(text);
      if (shown !== null) draw(shown);
    },
    stop() {
      if (shown === null) return;
      draw(shown);
      writeTerminal("\n");
      shown = null;
    },
  };
}
