/**
 * An embedded data set whose table is a module of its own, loaded when the data
 * set is asked for, so that a page does not download what it does not use.
 *
 * @module
 */
import { moduleNow } from "./_module_now.ts";
import type { LabeledData } from "./labeled_data.ts";

/**
 * A promise of a data set. Until 0.3 its fields can be read from the promise
 * itself, as before, where the runtime loads modules at once: on Deno, Bun and
 * Node, from files that may be read.
 *
 * @example The data set that it becomes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const loading: data.LoadingData = data.loadIris();
 * const { targetNames } = await loading;
 * assertEquals(targetNames.length, 3);
 * ```
 */
export interface LoadingData extends Promise<LabeledData> {
  /** @deprecated Read it from the result: `(await loadDigits()).data`. */
  readonly data: LabeledData["data"];
  /** @deprecated Read it from the result: `(await loadDigits()).target`. */
  readonly target: LabeledData["target"];
  /** @deprecated Read it from the result: `(await loadDigits()).featureNames`. */
  readonly featureNames: LabeledData["featureNames"];
  /** @deprecated Read it from the result: `(await loadDigits()).targetNames`. */
  readonly targetNames: LabeledData["targetNames"];
  /** @deprecated Read it from the result: `(await loadDigits()).description`. */
  readonly description: LabeledData["description"];
}

const FIELDS: readonly (keyof LabeledData)[] = [
  "data",
  "target",
  "featureNames",
  "targetNames",
  "description",
];

/** The module that holds a table. */
export interface TableModule<T> {
  /** Imports it. */
  load(): Promise<T>;
  /** The name of its file in `_embedded/`, without an ending. */
  readonly file: string;
}

const told = new Set<string>();

/**
 * @param name The function that returns this.
 * @param table The module with the table.
 * @param make Makes the data set, and checks the options.
 */
export function loadingData<T>(
  name: string,
  table: TableModule<T>,
  make: (table: T) => LabeledData,
): LoadingData {
  let made: LabeledData | undefined;
  // Not before the next turn, so that a reading at once is first, and only one
  // of the two makes tensors.
  const later = async (): Promise<LabeledData> => {
    await null;
    return made ??= make(await table.load());
  };
  const now = (field: keyof LabeledData): LabeledData => {
    if (made) return made;
    const found = moduleNow(`_embedded/${table.file}`) as T | undefined;
    if (found === undefined) {
      throw new TypeError(
        `Cannot read ${field} of what ${name} returns as it is a promise: write await ${name}()`,
      );
    }
    if (!told.has(name)) {
      told.add(name);
      console.warn(
        `${name} returns a promise: reading its ${field} at once is deprecated and ends with 0.3, write await ${name}()`,
      );
    }
    return made = make(found);
  };
  return Object.defineProperties(
    later(),
    Object.fromEntries(FIELDS.map((field) => [field, {
      get: () => now(field)[field],
    }])),
  ) as LoadingData;
}
