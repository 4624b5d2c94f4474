/**
 * What runs at the moment, on a terminal.
 *
 * @module
 */
import process from "node:process";

/** A line that is written over and over; nothing where there is no terminal. */
export function progressLine(): {
  show: (what: string) => void;
  clear: () => void;
} {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => {}, clear: () => {} };
  return {
    show: (what) => stderr.write(`\r\u001b[K… ${what}`),
    clear: () => stderr.write("\r\u001b[K"),
  };
}
