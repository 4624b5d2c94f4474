/**
 * The edge to the terminal and the event loop: the one file that looks for what
 * a runtime may have. Nothing happens when it is imported.
 *
 * @module
 */

/** What this file looks for among the globals. */
interface Runtime {
  readonly process?: {
    readonly stderr?: {
      readonly isTTY?: boolean;
      readonly columns?: number;
      write?(text: string): unknown;
    };
  };
  readonly setImmediate?: (callback: () => void) => unknown;
}

/** The columns of the terminal that can be drawn on, or null without one. */
export function terminalColumns(): number | null {
  try {
    const stream = (globalThis as Runtime).process?.stderr;
    return stream?.isTTY === true ? stream.columns || 80 : null;
  } catch {
    // A runtime that refuses to tell is drawn no bar on.
    return null;
  }
}

/** Writes on the terminal, where there is one. */
export function writeTerminal(text: string): void {
  (globalThis as Runtime).process?.stderr?.write?.(text);
}

/** Lets timers, signals and drawing have their turn. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as Runtime;
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else setTimeout(resolve);
  });
}
