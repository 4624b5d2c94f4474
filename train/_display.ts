/**
 * Where progress is shown: on a terminal by a bar of `cli-progress`, which is
 * loaded only then, elsewhere by a line for each epoch, or nowhere.
 *
 * @module
 */
import { epochLine, type Progress, progressLine } from "./_progress_text.ts";
import { terminalColumns } from "./_terminal.ts";
import type { EpochRecord } from "./history.ts";

/** Hears of progress, and of its end. */
export interface Display {
  /** Whether it draws between epochs, so that figures are worth a read. */
  readonly live: boolean;
  /** Shows how far training has come. */
  update(progress: Progress): void;
  /** Shows an epoch that is over. */
  epoch(record: EpochRecord, epochs: number): void;
  /** Leaves the terminal as it should be. Stopping twice does nothing. */
  stop(): void;
}

const SILENT: Display = {
  live: false,
  update: () => {},
  epoch: () => {},
  stop: () => {},
};

const LINES: Display = {
  ...SILENT,
  epoch: (record, epochs) => console.log(epochLine(record, epochs)),
};

/** The display for this place. */
export async function openDisplay(wanted: boolean): Promise<Display> {
  if (!wanted) return SILENT;
  if (terminalColumns() === null) return LINES;
  try {
    return await openBar();
  } catch {
    // Training needs no bar: where none can be drawn, lines will do.
    return LINES;
  }
}

async function openBar(): Promise<Display> {
  // @ts-types="@types/cli-progress"
  const { default: cliProgress } = await import("cli-progress");
  let shown: Progress | null = null;
  const bar = new cliProgress.SingleBar({
    // Left alone, so that Ctrl-C leaves nothing to be restored.
    hideCursor: false,
    linewrap: true,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    format: (options, params) =>
      shown === null ? "" : progressLine(
        shown,
        (terminalColumns() ?? 80) - 1,
        (width) =>
          cliProgress.Format.BarFormat(params.progress, {
            ...options,
            barsize: width,
          }),
      ),
  });
  return {
    live: true,
    update(progress) {
      const first = shown === null;
      shown = progress;
      if (first) bar.start(1, progress.done);
      else bar.update(progress.done);
    },
    epoch: () => {},
    stop: () => bar.stop(),
  };
}
