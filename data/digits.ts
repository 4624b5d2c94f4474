/**
 * 1,797 handwritten digits, embedded.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { decodeDigits } from "./_embedded/decode.ts";
import { type DeviceOption, deviceOption } from "./_to_tensor.ts";
import { labeledData } from "./labeled_data.ts";
import { type LoadingData, loadingData } from "./loading_data.ts";

/**
 * Options of {@linkcode loadDigits}.
 *
 * @example Images for convolutions
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.LoadDigitsOptions = { layout: "image" };
 * const digits = await data.loadDigits(options);
 * assertEquals(digits.data.shape, [1797, 1, 8, 8]);
 * ```
 */
export interface LoadDigitsOptions extends DeviceOption {
  /**
   * The shape of a sample: `"flat"` for `[64]`, `"image"` for `[1, 8, 8]`, as
   * convolutions take it.
   *
   * @default {"flat"}
   */
  layout?: "flat" | "image";
}

const optionsSchema = z.strictObject({
  layout: z._default(
    z.enum(["flat", "image"], 'must be "flat" or "image"'),
    "flat",
  ),
  device: deviceOption,
});

const DESCRIPTION = `1,797 handwritten digits as images of 8 x 8 pixels.
Each pixel is a whole number from 0 to 16: how many points of a 4 x 4 block of
the scan were inked. 43 people wrote them.
Source: Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI
Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49, the test
part, as scikit-learn ships it. Licence: CC BY 4.0.`;

/**
 * 1,797 handwritten digits of 8×8 pixels with values from 0 to 16. They are
 * part of the package, in a module of their own that is loaded with the first
 * call: no file and no other address is asked for.
 *
 * Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine
 * Learning Repository, 1998, <https://doi.org/10.24432/C50P49>, CC BY 4.0.
 *
 * @param options `layout` and `device`.
 * @returns `data` of shape `[1797, 64]` or `[1797, 1, 8, 8]`, `target` of shape
 * `[1797]` with values from 0 to 9, and the names.
 *
 * @example The first digit is a zero
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const digits = await data.loadDigits();
 * assertEquals(digits.data.shape, [1797, 64]);
 * assertEquals(await digits.target.select(0, 0).item(), 0);
 * ```
 */
export function loadDigits(options: LoadDigitsOptions = {}): LoadingData {
  const args = arguments;
  const load = () => import("./_embedded/digits.ts");
  return loadingData("loadDigits", { load, file: "digits" }, ({ DIGITS }) => {
    const { layout, ...place } = parseArguments(
      optionsSchema,
      {},
      options,
      args,
      "load the digits",
    );
    const featureNames = Array.from(
      { length: 64 },
      (_, i) => `pixel_${Math.floor(i / 8)}_${i % 8}`,
    );
    const targetNames = Array.from({ length: 10 }, (_, i) => String(i));
    return labeledData(
      decodeDigits(DIGITS),
      layout === "flat" ? [64] : [1, 8, 8],
      { featureNames, targetNames, description: DESCRIPTION },
      place,
    );
  });
}
