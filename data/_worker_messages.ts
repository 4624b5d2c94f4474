/**
 * What all messages between threads share.
 *
 * @module
 */

/**
 * An error on its way.
 *
 * @example An error as plain values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ErrorParts, partsOfError } from "@tenfold/data/internal";
 *
 * const parts: ErrorParts = partsOfError(new RangeError("too large"));
 * assertEquals([parts.name, parts.message], ["RangeError", "too large"]);
 * ```
 */
export interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/**
 * Whether a message is one of these, and not one of the program's own.
 *
 * @example A message of a program
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isMessage } from "@tenfold/data/internal";
 *
 * assertEquals(isMessage({ type: "ready" }), false);
 * ```
 */
export function isMessage(
  message: unknown,
): message is { readonly tenfold: string } {
  return typeof message === "object" && message !== null &&
    "tenfold" in message;
}

/**
 * What is said of something that was thrown.
 *
 * @example Anything can be thrown
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { partsOfError } from "@tenfold/data/internal";
 *
 * assertEquals(partsOfError("no space").message, "no space");
 * ```
 */
export function partsOfError(thrown: unknown): ErrorParts {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: String(thrown), stack: "" };
  }
  const { name, message, stack = "" } = thrown;
  return { name, message, stack };
}

/**
 * The error again, with the stack of the thread that threw it.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { errorOf, partsOfError } from "@tenfold/data/internal";
 *
 * const error = errorOf(partsOfError(new RangeError("too large")));
 * assertEquals([error.name, error.message], ["RangeError", "too large"]);
 * ```
 */
export function errorOf({ name, message, stack }: ErrorParts): Error {
  const error = new Error(message);
  return Object.defineProperties(error, {
    name: { value: name, configurable: true, writable: true },
    stack: { value: stack, configurable: true, writable: true },
  });
}
