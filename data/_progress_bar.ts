/**
 * A progress bar for downloads, drawn by `cli-progress`, which is loaded only
 * when there is a terminal to draw on.
 *
 * @module
 */
import type { DownloadProgress } from "./_download.ts";
import { isTerminal } from "./_fs.ts";

/** Hears of progress, and of its end. */
export interface ProgressBar {
  /** Shows how far a download has come. */
  update(progress: DownloadProgress): void;
  /** Leaves the terminal as it was. */
  stop(): void;
}

const SILENT: ProgressBar = { update: () => {}, stop: () => {} };

/** A bar on the terminal, or one that draws nothing where there is none. */
export async function progressBar(): Promise<ProgressBar> {
  if (!isTerminal()) return SILENT;
  try {
    // @ts-types="@types/cli-progress"
    const { default: { Presets, SingleBar } } = await import("cli-progress");
    const bar = new SingleBar({
      format:
        "{file} [{bar}] {percentage} % | {megabytes} MB | {eta_formatted}",
      clearOnComplete: true,
      hideCursor: true,
    }, Presets.shades_classic);
    let shown: string | null = null;
    return {
      update({ file, received, total }) {
        const megabytes = (received / 1e6).toFixed(1);
        if (shown !== file) {
          bar.start(total ?? received, received, { file, megabytes });
          shown = file;
        }
        if (total === undefined) bar.setTotal(received);
        bar.update(received, { file, megabytes });
      },
      stop: () => bar.stop(),
    };
  } catch {
    // A download needs no bar: one that cannot be drawn is left out.
    return SILENT;
  }
}
