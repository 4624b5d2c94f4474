/**
 * How precisely float32 is computed, where a faster algorithm errs more.
 *
 * @module
 */
import { checkCount, showValue } from "./options.ts";
import { currentRecording } from "./program/recording.ts";

/**
 * Precision of products in float32: see {@linkcode setFloat32Precision}.
 *
 * @example Products that may be a little less precise
 * ```ts
 * import {
 *   type Float32Precision,
 *   setFloat32Precision,
 * } from "@tenfold/tenfold";
 *
 * const precision: Float32Precision = "high";
 * setFloat32Precision(precision);
 * setFloat32Precision("highest");
 * ```
 */
export type Float32Precision = "highest" | "high";

const HOLDS = {};
let current: Float32Precision = "highest";

/**
 * How precisely float32 is computed now.
 *
 * @returns What {@linkcode setFloat32Precision} was given last. @default {"highest"}
 * @example Lower it for a while
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { float32Precision, setFloat32Precision } from "@tenfold/tenfold";
 *
 * const before = float32Precision();
 * setFloat32Precision("high");
 * assertEquals(float32Precision(), "high");
 * setFloat32Precision(before);
 * ```
 */
export function float32Precision(): Float32Precision {
  checkCount("float32Precision", arguments.length, 0);
  const was = current;
  currentRecording()?.guard(HOLDS, () => current === was);
  return was;
}

/**
 * Sets how precisely float32 is computed, of all operations from then on, as
 * `torch.set_float32_matmul_precision` does of products.
 *
 * With `"high"` convolutions of 3×3 taps and stride 1, and both of their
 * gradients, may take Winograd's F(4×4, 3×3), as they do on wasm-simd from eight
 * channels and filters on, in 0.6 to 0.75 of the time. Errors of normal numbers
 * are then 5 to 15 units of 2⁻²³ of the sum of the sizes of the terms, where they
 * are 1 to 3 with `"highest"`, and more where a window has much smaller terms than
 * its neighbours; an infinity or NaN spreads over a tile of four by four outputs.
 * Compiled functions are recorded anew.
 *
 * @param precision `"highest"` (the default) or `"high"`.
 * @throws {TypeError} If it is not a string.
 * @throws {RangeError} If it is another string.
 * @example Faster convolutions
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { float32Precision, setFloat32Precision } from "@tenfold/core";
 *
 * setFloat32Precision("high");
 * // Convolve and train here.
 * assertEquals(float32Precision(), "high");
 * setFloat32Precision("highest");
 * ```
 */
export function setFloat32Precision(precision: Float32Precision): void {
  checkCount("setFloat32Precision", arguments.length, 1);
  if (precision !== "highest" && precision !== "high") {
    const wrong = typeof precision === "string" ? RangeError : TypeError;
    throw new wrong(
      `Cannot set the precision of float32 as it must be "highest" or "high": got ${
        showValue(precision)
      }`,
    );
  }
  current = precision;
}
