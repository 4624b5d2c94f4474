/**
 * Files as those of MNIST, with drawn ones and sevens.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

/** A file as Playwright hands it to a page. */
export interface HandedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const SIDE = 28;

/** Strokes from point to point, in pixels of an image of 28 × 28. */
const STROKES: Readonly<Record<1 | 7, readonly (readonly [number, number])[]>> =
  {
    1: [[14, 4], [14, 24]],
    7: [[8, 5], [20, 5], [13, 24]],
  };

/** Images, and their labels gzipped, in turns a one and a seven. */
export function digitFiles(count: number): HandedFile[] {
  const images = new Uint8Array(count * SIDE * SIDE);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2 ? 7 : 1);
  labels.forEach((label, i) => {
    const image = images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
    // A little to each side, and up and down.
    const [dx, dy] = [(i >> 1) % 5 - 2, (i >> 1) % 3 - 1];
    const points = STROKES[label as 1 | 7];
    for (const [k, [x1, y1]] of points.slice(1).entries()) {
      const [x0, y0] = points[k]!;
      for (let part = 0; part <= 1; part += 1 / 64) {
        for (const [ox, oy] of [[0, 0], [1, 0], [0, 1], [1, 1]] as const) {
          const x = Math.floor(x0 + (x1 - x0) * part) + dx + ox;
          const y = Math.floor(y0 + (y1 - y0) * part) + dy + oy;
          if (x < SIDE && y < SIDE) image[y * SIDE + x] = 255;
        }
      }
    }
  });
  const hand = (name: string, bytes: Uint8Array) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.from(bytes),
  });
  return [
    hand("images-idx3-ubyte", idx([count, SIDE, SIDE], images)),
    hand("labels-idx1-ubyte.gz", gzipSync(idx([count], labels))),
  ];
}

/** Bytes in the IDX format: their type, the extents, the elements. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((extent, i) => view.setUint32(4 + 4 * i, extent));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}
