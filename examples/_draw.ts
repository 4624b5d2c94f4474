/**
 * Pictures for the terminal, and what the digit scripts have in common.
 *
 * @module
 */
import { data } from "@tenfold/tenfold";

/** From white to black, twice as wide as high to look square. */
const SHADES = ["  ", "░░", "▒▒", "▓▓", "██"];

/**
 * Draws 8×8 images beside each other.
 *
 * @param images 64 numbers from 0 to 1 each.
 * @param captions What to write below each.
 */
export function drawDigits(
  images: readonly ArrayLike<number>[],
  captions: readonly string[],
): string {
  const lines = Array.from(
    { length: 8 },
    (_, row) =>
      images.map((image) =>
        Array.from({ length: 8 }, (_, column) => {
          const ink = image[8 * row + column]!;
          return SHADES[Math.min(4, Math.floor(5 * ink))];
        }).join("")
      ).join("   "),
  );
  const below = captions.map((caption) => caption.padEnd(16)).join("   ");
  return [...lines, below].map((line) => `  ${line.trimEnd()}`).join("\n") +
    "\n";
}

/** Draws a confusion matrix, with points for zeros. */
export function drawMatrix(matrix: readonly (readonly number[])[]): string {
  const cell = (value: number | string) => String(value).padStart(5);
  const header = cell("") + matrix.map((_, j) => cell(j)).join("");
  const rows = matrix.map((row, i) =>
    cell(i) + row.map((count) => cell(count === 0 ? "·" : count)).join("")
  );
  return [header, ...rows].join("\n") + "\n";
}

/** Writes a file, or says why it could not be written. */
export async function tryToWrite(
  path: string,
  write: (path: string) => Promise<void>,
): Promise<void> {
  try {
    await write(path);
    console.log(`Wrote ${path}`);
  } catch (error) {
    if (!(error instanceof data.FileError)) throw error;
    console.log(error.message);
  }
}
