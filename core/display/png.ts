/**
 * Pictures as PNG, compressed by the runtime. (W3C, "Portable Network
 * Graphics", third edition.)
 *
 * @module
 */
/** Colour types of PNG by channels: grey, grey and alpha, RGB, RGBA. */
const COLOR_TYPES = [0, 4, 2, 6] as const;

/** @param pixels One byte for each channel of each pixel, row by row. */
export async function encodePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  channels: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = COLOR_TYPES[channels - 1]!;
  // Each row begins with its filter: none.
  const row = width * channels;
  const rows = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  }
  const compressed = new Blob([rows]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(compressed).arrayBuffer());
  const parts = [
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", data),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(data.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  whole.set(new TextEncoder().encode(type), 4);
  whole.set(data, 8);
  view.setInt32(data.length + 8, checksum(whole.subarray(4, -4)));
  return whole;
}

/** The remainders of all bytes by the polynomial of CRC-32. */
const REMAINDERS = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) {
    rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return rest;
});

function checksum(bytes: Uint8Array): number {
  let rest = -1;
  for (let i = 0; i < bytes.length; i++) {
    rest = REMAINDERS[(rest ^ bytes[i]!) & 255]! ^ (rest >>> 8);
  }
  return ~rest;
}
