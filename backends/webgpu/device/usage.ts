/**
 * The flags of WebGPU, which not every runtime has as globals.
 *
 * @module
 */

/** Usage flags of buffers. */
export const USAGE = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
} as const;

/** Mapping for reading. */
export const MAP_READ = 0x1;

/** Visible to compute shaders. */
export const COMPUTE_STAGE = 0x4;
