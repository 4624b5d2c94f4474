/**
 * Fisher's irises, embedded.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import { decodeTable } from "./_embedded/decode.ts";
import type { DeviceOption } from "./_to_tensor.ts";
import { labeledData } from "./labeled_data.ts";
import { type LoadingData, loadingData } from "./loading_data.ts";

const DESCRIPTION = `150 irises of three species, 50 of each: the length and
the width of their sepals and petals in centimetres.
Source: Fisher, "Iris", UCI Machine Learning Repository, 1936,
https://doi.org/10.24432/C56C76, with the figures of Fisher's paper, as
scikit-learn ships it. Licence: CC BY 4.0.`;

/**
 * 150 irises of three species with four measures each. They are part of
 * the package, in a module of their own that is loaded with the first call: no file
 * and no other address is asked for.
 *
 * Fisher, "Iris", UCI Machine Learning Repository, 1936,
 * <https://doi.org/10.24432/C56C76>, CC BY 4.0.
 *
 * @param options `device`.
 * @returns `data` of shape `[150, 4]`, `target` of shape `[150]` with values
 * from 0 to 2, and the names.
 *
 * @example Names of the species
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const iris = await data.loadIris();
 * assertEquals(iris.data.shape, [150, 4]);
 * assertEquals(iris.targetNames, ["setosa", "versicolor", "virginica"]);
 * ```
 */
export function loadIris(options: DeviceOption = {}): LoadingData {
  const given = arguments.length;
  const table = { load: () => import("./_embedded/iris.ts"), file: "iris" };
  return loadingData("loadIris", table, ({ DECIMALS, ROWS, WIDTHS }) => {
    checkCount("loadIris", given, 1);
    return labeledData(decodeTable(ROWS, WIDTHS, DECIMALS), [4], {
      featureNames: [
        "sepal length (cm)",
        "sepal width (cm)",
        "petal length (cm)",
        "petal width (cm)",
      ],
      targetNames: ["setosa", "versicolor", "virginica"],
      description: DESCRIPTION,
    }, options);
  });
}
