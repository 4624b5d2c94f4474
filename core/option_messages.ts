/**
 * What is said of arguments and options that do not fit, and what to write
 * instead.
 *
 * @module
 */

/** What checks single options, by name. */
interface Fields {
  readonly [name: string]: {
    safeParse(value: unknown): { readonly success: boolean };
  };
}

/**
 * A value for a message: short, and on one line.
 *
 * @example Text in quotation marks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { showValue } from "@tenfold/core/internal";
 *
 * assertEquals(showValue("relu"), '"relu"');
 * ```
 */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    const short = value.length <= 8 &&
      value.every((item) => typeof item !== "object");
    return short
      ? `[${value.map((item) => showValue(item)).join(", ")}]`
      : `an array of ${value.length}`;
  }
  const name = value.constructor?.name ?? "object without prototype";
  if (name === "Object") return "an object";
  return `${/^[AEIOUaeiou]/.test(name) ? "an" : "a"} ${name}`;
}

/** True for `{}` and its like, of whatever realm: what options are written as. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ||
    Object.getPrototypeOf(prototype) === null;
}

/** The options of a schema, without what goes by position. */
export function optionNames(
  fields: Fields,
  positional: readonly string[],
): string[] {
  return Object.keys(fields).filter((name) => !positional.includes(name));
}

/** More arguments than an operation takes. */
export function tooMany(
  operation: string,
  given: number,
  most: number,
): TypeError {
  const takes = most === 0
    ? "no arguments"
    : `at most ${most} ${most === 1 ? "argument" : "arguments"}`;
  return new TypeError(
    `Cannot ${operation} as it takes ${takes}: got ${given}`,
  );
}

/** Options that were given by their position, with how to write them. */
export function byPosition(
  operation: string,
  names: readonly string[],
  fields: Fields,
  { given, most }: { given: readonly unknown[]; most: number },
): TypeError {
  if (given.length <= 1 && given[0] === undefined) {
    return new TypeError(
      `Cannot ${operation} as the options must be an object: got undefined`,
    );
  }
  const loose = given.filter((value) => value !== undefined);
  if (loose.every(isPlainObject) || names.length === 0) {
    return tooMany(operation, most - 1 + given.length, most);
  }
  const values = loose.filter((value) => !isPlainObject(value));
  const got = values.map(showValue).join(", ");
  const pairs = namesOf(values, names, fields);
  const instead = pairs === null
    ? `its options are ${names.join(", ")}`
    : `write { ${pairs.join(", ")} }`;
  return new TypeError(
    `Cannot ${operation} as options go by name: got ${got}, ${instead}`,
  );
}

/** Each value with the next option that takes it; null if one fits nowhere. */
function namesOf(
  values: readonly unknown[],
  names: readonly string[],
  fields: Fields,
): string[] | null {
  const pairs: string[] = [];
  let next = 0;
  for (const value of values) {
    const at = names.findIndex((name, i) =>
      i >= next && fields[name]!.safeParse(value).success
    );
    if (at < 0) return null;
    const name = names[at]!;
    const simple = typeof value !== "object" || Array.isArray(value);
    pairs.push(simple ? `${name}: ${showValue(value)}` : name);
    next = at + 1;
  }
  return pairs;
}

/** Options that other libraries have under another name. */
const ELSEWHERE: { readonly [name: string]: readonly string[] } = {
  axis: ["dim"],
  keepdims: ["keepDim"],
  learningrate: ["lr"],
  epsilon: ["eps"],
  rho: ["alpha"],
  usebias: ["bias"],
  units: ["outFeatures"],
  strides: ["stride"],
  dilationrate: ["dilation"],
  validationdata: ["validation"],
  validationsplit: ["validation"],
  traindata: ["train"],
  optimiser: ["optimizer"],
  criterion: ["loss"],
  lossfn: ["loss"],
  rate: ["p"],
  reduce: ["reduction"],
  size: ["batchSize", "shape"],
  randomstate: ["seed"],
};

/** An option that there is not, with those that there are. */
export function unknownOption(
  operation: string,
  keys: readonly string[],
  known: readonly string[],
): TypeError {
  const near = keys.length === 1 ? nearest(keys[0]!, known) : null;
  const meant = near === null ? "" : `, did you mean ${near}?`;
  const options = known.length === 0
    ? ""
    : `${meant === "" ? ", the" : " The"} options are ${known.join(", ")}`;
  return new TypeError(
    `Cannot ${operation} as there is no such option: got ${
      keys.join(", ")
    }${meant}${options}`,
  );
}

/** The name that is meant by a misspelt one, if any is near. */
function nearest(key: string, known: readonly string[]): string | null {
  const plain = (name: string) => name.toLowerCase().replace(/[_-]/g, "");
  const other = ELSEWHERE[plain(key)]?.find((name) => known.includes(name));
  if (other !== undefined) return other;
  const begun = known.find((name) =>
    (name.length > 2 && plain(key).startsWith(plain(name))) ||
    (key.length > 3 && plain(name).startsWith(plain(key)))
  );
  let best: string | null = begun ?? null;
  let least = Math.max(1, Math.floor(key.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(plain(key), plain(name));
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** How many letters must be put in, left out or changed (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      ));
    }
    row = next;
  }
  return row[b.length]!;
}
