/**
 * What all messages between threads share.
 *
 * @module
 */

/** An error on its way. */
export interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Whether a message is one of these, and not one of the program's own. */
export function isMessage(
  message: unknown,
): message is { readonly tenfold: string } {
  return typeof message === "object" && message !== null &&
    "tenfold" in message;
}

/** What is said of something that was thrown. */
export function partsOfError(thrown: unknown): ErrorParts {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: String(thrown), stack: "" };
  }
  const { name, message, stack = "" } = thrown;
  return { name, message, stack };
}

/** The error again, with the stack of the thread that threw it. */
export function errorOf({ name, message, stack }: ErrorParts): Error {
  const error = new Error(message);
  return Object.defineProperties(error, {
    name: { value: name, configurable: true, writable: true },
    stack: { value: stack, configurable: true, writable: true },
  });
}
