/**
 * All parts of the backend, there from the start.
 *
 * @module
 */
import { WINDOW_KERNELS } from "./convolution/kernels.ts";
import type { Parts } from "./parts.ts";
import { joinCalls } from "./sequence.ts";
import { ThreadPool } from "./threads/pool.ts";

/** Each part of the backend. */
export const ALL_PARTS: Parts = {
  windows: WINDOW_KERNELS,
  sequences: { joinCalls },
  threading: { ThreadPool },
};
