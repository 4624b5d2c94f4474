/**
 * A progress bar for downloads, drawn only where there is a terminal.
 *
 * @module
 */
import type { DownloadProgress } from "./_download.ts";
import { isTerminal, writeTerminal } from "./_fs.ts";

/** Hears of progress, and of its end. */
export interface ProgressBar {
  /** Shows how far a download has come. */
  update(progress: DownloadProgress): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

const SILENT: ProgressBar = { update: () => {}, stop: () => {} };

const WIDTH = 30;

/** The least time between two drawings, in milliseconds. */
const PAUSE = 100;

/** Goes to the start of the line, and clears what is behind the cursor. */
const [START, CLEAR] = ["\r", "\x1b[K"];

/** The line that says how far a download has come. */
export function downloadLine(
  { file, received, total }: DownloadProgress,
): string {
  const megabytes = `${(received / 1e6).toFixed(1)} MB`;
  if (!total) return `${file} ${megabytes}`;
  const done = Math.min(1, received / total);
  const full = Math.round(done * WIDTH);
  const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
  return `${file} ${bar} ${Math.floor(done * 100)}% | ${megabytes}`;
}

/** A bar on the terminal, or one that draws nothing where there is none. */
export function progressBar(): ProgressBar {
  if (!isTerminal()) return SILENT;
  let drawnAt = -Infinity;
  return {
    update(progress) {
      const now = performance.now();
      if (now - drawnAt < PAUSE) return;
      drawnAt = now;
      writeTerminal(`${START}${downloadLine(progress)}${CLEAR}`);
    },
    stop: () => writeTerminal(`${START}${CLEAR}`),
  };
}
