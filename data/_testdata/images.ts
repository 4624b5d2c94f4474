/**
 * Pictures of Pillow, which `tests/goldens/generators/images.py` makes.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

interface Figures {
  readonly width: number;
  readonly height: number;
  readonly rgb: string;
  readonly files: {
    readonly [name: string]: {
      readonly file: string;
      readonly width: number;
      readonly height: number;
      readonly rgb: string;
    };
  };
  readonly resized: readonly {
    readonly size: readonly [number, number];
    readonly interpolation: "nearest" | "bilinear" | "bicubic";
    readonly rgb: string;
  }[];
  readonly adjusted: readonly {
    readonly name: "brightness" | "contrast" | "saturation";
    readonly factor: number;
    readonly rgb: string;
  }[];
}

/** The figures. */
export const FIGURES: Figures = JSON.parse(
  await readFile(new URL("./images.json", import.meta.url), "utf8"),
);

/** Bytes that are written in base 64. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** The picture that all of them come from. */
export const PICTURE = {
  width: FIGURES.width,
  height: FIGURES.height,
  data: bytesOf(FIGURES.rgb),
};
