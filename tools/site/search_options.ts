/**
 * How the search finds: the same when its index is made and when it is asked.
 *
 * @module
 */

/** Options of MiniSearch. */
export const SEARCH_OPTIONS = {
  fields: ["title", "text"],
  storeFields: ["title", "path", "where"],
  tokenize: (text: string): string[] =>
    text.replace(/([a-z\d])([A-Z])/g, "$1 $2 $1$2").split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== ""),
  searchOptions: { boost: { title: 4 }, prefix: true, fuzzy: 0.15 },
};
