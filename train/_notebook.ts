/**
 * Progress in a cell of a notebook: one output that is drawn over and over,
 * the bar of a run and the figures of its epochs.
 *
 * @module
 */
import { escapeXml } from "./_svg.ts";
import type { Display } from "./_display.ts";
import { epochLine, type Progress, progressLine } from "./_progress_text.ts";
import type { EpochRecord } from "./history.ts";

/** What Deno's kernel brings. */
interface Kernel {
  broadcast(type: string, content: object): Promise<void>;
}

/** Deno's kernel, where a notebook runs the program. */
export function notebookKernel(): Kernel | null {
  const { Deno: deno } = globalThis as { Deno?: { jupyter?: Kernel } };
  try {
    return typeof deno?.jupyter?.broadcast === "function" ? deno.jupyter : null;
  } catch {
    // Outside of a kernel Deno refuses to be asked.
    return null;
  }
}

/** The least time between two drawings, in milliseconds. */
const PAUSE = 200;
/** How many epochs the table shows, the last ones. */
const SHOWN = 10;

let made = 0;

/** A display in the running cell. */
export function openNotebook(kernel: Kernel): Display {
  const transient = { display_id: `tenfold-progress-${made++}` };
  const records: EpochRecord[] = [];
  let [shown, last] = [null as Progress | null, ""];
  let drawnAt = -Infinity;
  let sent = Promise.resolve();
  const draw = () => {
    if (shown === null) return;
    const first = last === "";
    const lines = records.slice(-SHOWN).map((record) =>
      epochLine(record, shown!.epochs)
    );
    const line = progressLine(shown, 90, () => "").replace(/ +/g, " ");
    const text = [...lines, line].join("\n");
    if (text === last) return;
    last = text;
    const data = {
      "text/plain": text,
      "text/html": `<progress max="1" value="${
        shown.done.toFixed(3)
      }" style="width:24em"></progress><pre style="margin:0">${
        escapeXml(text)
      }</pre>`,
    };
    const type = first ? "display_data" : "update_display_data";
    // In order, and without making the steps wait.
    sent = sent.then(() =>
      kernel.broadcast(type, { data, metadata: {}, transient })
    ).catch(() => {});
  };
  return {
    live: true,
    update(progress) {
      shown = progress;
      const now = performance.now();
      if (now - drawnAt < PAUSE) return;
      drawnAt = now;
      draw();
    },
    epoch(record) {
      records.push(record);
      draw();
    },
    note: (text) => console.warn(text),
    async stop() {
      draw();
      await sent;
    },
  };
}
