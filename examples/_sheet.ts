/**
 * A sheet of digits as a picture.
 *
 * @module
 */

/** A digit on a sheet. */
export interface SheetEntry {
  /** 28×28 pixels from 0 to 255. */
  readonly pixels: Uint8Array;
  /** What stands below it. */
  readonly caption: string;
}

/** Pixels in a row and in a column of a digit. */
const SIDE = 28;
/** The width and height of a digit with its caption, in pixels of the digit. */
const [WIDTH, HEIGHT] = [34, 40];
const COLUMNS = 10;
/** Digits are drawn in so many shades: fewer are fewer paths. */
const SHADES = 8;

/**
 * Draws digits in rows of ten, black on white.
 *
 * @param title What stands above them.
 * @param entries The digits.
 * @returns An SVG document.
 */
export function drawSheet(
  title: string,
  entries: readonly SheetEntry[],
): string {
  const rows = Math.ceil(entries.length / COLUMNS);
  const [width, height] = [COLUMNS * WIDTH + 6, rows * HEIGHT + 20];
  const cells = entries.map(({ pixels, caption }, i) => {
    const x = 6 + WIDTH * (i % COLUMNS);
    const y = 18 + HEIGHT * Math.floor(i / COLUMNS);
    return `<g transform="translate(${x} ${y})">${drawDigit(pixels)}<text x="${
      SIDE / 2
    }" y="${SIDE + 7}">${escape(caption)}</text></g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${
      3 * width
    }" height="${
      3 * height
    }" font-family="sans-serif" font-size="6" text-anchor="middle">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${width / 2}" y="11" font-size="7">${escape(title)}</text>`,
    ...cells,
    "</svg>\n",
  ].join("\n");
}

/** One path for each shade, one stroke of it for neighbours in a row. */
function drawDigit(pixels: Uint8Array): string {
  const paths = Array.from({ length: SHADES + 1 }, () => "");
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE;) {
      const shade = shadeOf(pixels[SIDE * y + x]!);
      const start = x;
      while (x < SIDE && shadeOf(pixels[SIDE * y + x]!) === shade) x++;
      paths[shade] += `M${start} ${y}h${x - start}v1h${start - x}z`;
    }
  }
  const inked = paths.flatMap((path, shade) =>
    shade > 0 && path !== ""
      ? [`<path fill-opacity="${shade / SHADES}" d="${path}"/>`]
      : []
  );
  return `<g shape-rendering="crispEdges">${inked.join("")}</g>`;
}

function shadeOf(pixel: number): number {
  return Math.round(pixel / 255 * SHADES);
}

function escape(text: string): string {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
}
