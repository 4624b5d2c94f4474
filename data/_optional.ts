/**
 * Packages of others that are installed beside this one where they are used.
 *
 * @module
 */
import { messageOf } from "./errors.ts";

/**
 * Loads a package when it is needed, so that what stands beside it works
 * without it.
 *
 * @param name The package, for the message.
 * @param operation What needs it, such as `"load the tokenizer"`.
 * @param load Imports it.
 * @throws {Error} If it cannot be loaded; the message says what to install.
 */
export async function loadOptional<T>(
  name: string,
  operation: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new Error(
      `Cannot ${operation} as the npm package ${name} cannot be loaded, install it: ${
        messageOf(cause)
      }`,
      { cause },
    );
  }
}
