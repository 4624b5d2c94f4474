/**
 * The breast cancer data of Wisconsin, embedded.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import { decodeTable } from "./_embedded/decode.ts";
import type { DeviceOption } from "./_to_tensor.ts";
import { labeledData } from "./labeled_data.ts";
import { type LoadingData, loadingData } from "./loading_data.ts";

const DESCRIPTION = `569 tumours of the breast, 212 malignant and 357 benign.
Ten measures of the cell nuclei in a digitized image of each, as mean, standard
error and worst value: 30 features.
Source: Wolberg, Mangasarian, Street and Street, "Breast cancer Wisconsin
(diagnostic)", UCI Machine Learning Repository, 1993,
https://doi.org/10.24432/C5DW2B, as scikit-learn ships it. Licence: CC BY 4.0.`;

const MEASURES = [
  "radius",
  "texture",
  "perimeter",
  "area",
  "smoothness",
  "compactness",
  "concavity",
  "concave points",
  "symmetry",
  "fractal dimension",
];

/**
 * 569 tumours with 30 measures each, malignant (0) or benign (1). They are part of
 * the package, in a module of their own that is loaded with the first call: no file
 * and no other address is asked for.
 *
 * Wolberg, Mangasarian, Street and Street, "Breast cancer Wisconsin
 * (diagnostic)", UCI Machine Learning Repository, 1993,
 * <https://doi.org/10.24432/C5DW2B>, CC BY 4.0.
 *
 * @param options `device`.
 * @returns `data` of shape `[569, 30]`, `target` of shape `[569]` with values 0
 * and 1, and the names.
 *
 * @example How many are benign
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const { target, targetNames } = await data.loadBreastCancer();
 * assertEquals(targetNames, ["malignant", "benign"]);
 * assertEquals(await target.sum().item(), 357);
 * ```
 */
export function loadBreastCancer(options: DeviceOption = {}): LoadingData {
  const given = arguments.length;
  const table = {
    load: () => import("./_embedded/breast_cancer.ts"),
    file: "breast_cancer",
  };
  return loadingData(
    "loadBreastCancer",
    table,
    ({ DECIMALS, ROWS, WIDTHS }) => {
      checkCount("loadBreastCancer", given, 1);
      return labeledData(decodeTable(ROWS, WIDTHS, DECIMALS), [30], {
        featureNames: [
          ...MEASURES.map((measure) => `mean ${measure}`),
          ...MEASURES.map((measure) => `${measure} error`),
          ...MEASURES.map((measure) => `worst ${measure}`),
        ],
        targetNames: ["malignant", "benign"],
        description: DESCRIPTION,
      }, options);
    },
  );
}
