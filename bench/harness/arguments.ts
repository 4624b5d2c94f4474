/**
 * Command lines.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { errorText } from "./channel.ts";
import { isSuite, type SuiteName, unknownSuite } from "./suites.ts";
import { UsageError } from "./usage.ts";

/** Parses a command line; what it does not know is told in one line. */
export function parse<const T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node adds a hint about dashes in a second sentence.
    const [first] = errorText(error).split(". ");
    throw new UsageError(`Cannot read the command line: ${first}`);
  }
}

/** Names given several times or with commas between them. */
export function names(given: readonly string[] | undefined): string[] {
  const all = (given ?? []).flatMap((each) => each.split(","));
  return [...new Set(all.map((each) => each.trim()).filter(Boolean))];
}

/** The suites of those names; the order is that of a whole run. */
export function suiteNames(given: readonly string[]): SuiteName[] {
  return names(given).map((name) => {
    if (!isSuite(name)) throw new UsageError(unknownSuite(name));
    return name;
  });
}
