/**
 * What a person gets wrong, told in one line.
 *
 * @module
 */
import process from "node:process";
import { errorText } from "./channel.ts";

/** Something that the command line asks for and cannot have. */
export class UsageError extends Error {
  /** Always `"UsageError"`. */
  override name = "UsageError";
}

/**
 * Runs a command and ends the process: with its code, or with 2 and one line
 * where it was asked for something that it cannot do.
 */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
): Promise<never> {
  try {
    process.exit(await main(process.argv.slice(2)));
  } catch (error) {
    if (error instanceof UsageError) console.error(errorText(error));
    else console.error(error);
    process.exit(2);
  }
}
