/**
 * The part of `@std/assert` that our tests use, over `node:assert`, for
 * machines that cannot reach JSR. It accepts what `@std/assert` accepts and
 * passes or fails alike.
 *
 * @module
 */
import { AssertionError as NodeAssertionError } from "node:assert";
import { equal } from "./_equal.ts";

export { equal };

// deno-lint-ignore no-explicit-any
type AnyConstructor = abstract new (...args: any[]) => any;
type ErrorConstructorOf<E extends Error> =
  // deno-lint-ignore no-explicit-any
  abstract new (...args: any[]) => E;
type Falsy = false | 0 | 0n | "" | null | undefined;

/** What every failed assertion throws. */
export class AssertionError extends Error {
  /** The name of the error. */
  override name = "AssertionError";
}

function explain(
  actual: unknown,
  expected: unknown,
  operator: string,
): string {
  return new NodeAssertionError({ actual, expected, operator }).message;
}

function check(holds: boolean, text: () => string, msg?: string): void {
  if (!holds) throw new AssertionError(msg ? `${text()}: ${msg}` : text());
}

/** Throws always. */
export function fail(msg?: string): never {
  throw new AssertionError(msg ? `Failed assertion: ${msg}` : "Failed");
}

/** Throws always: for code that must not be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(msg ? `Unreachable: ${msg}` : "Unreachable");
}

/** `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** `expr` is falsy. */
export function assertFalse(
  expr: unknown,
  msg = "",
): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Deeply equal; NaN equals NaN, 0 equals -0. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  check(
    equal(actual, expected),
    () => explain(actual, expected, "deepStrictEqual"),
    msg,
  );
}

/** Not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  check(
    !equal(actual, expected),
    () => explain(actual, expected, "notDeepStrictEqual"),
    msg,
  );
}

/** The same value by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  check(
    Object.is(actual, expected),
    () => explain(actual, expected, "strictEqual"),
    msg,
  );
}

/** Not the same value by `Object.is`. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    !Object.is(actual, expected),
    () => explain(actual, expected, "notStrictEqual"),
    msg,
  );
}

/** Numbers no further apart than `tolerance` (1e-7 relative by default). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected)
    ? Math.abs(expected) * 1e-7
    : 1e-7,
  msg?: string,
): void {
  const gap = Math.abs(expected - actual);
  check(
    Object.is(actual, expected) || gap <= tolerance,
    () =>
      `Expected ${actual} to be close to ${expected}: they differ by ${gap}, tolerance ${tolerance}`,
    msg,
  );
}

/** Neither null nor undefined. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  check(
    actual !== undefined && actual !== null,
    () => `Expected a value: got ${actual}`,
    msg,
  );
}

/** An instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  check(
    actual instanceof expectedType,
    () => `Expected an instance of ${expectedType.name}: got ${kind(actual)}`,
    msg,
  );
}

/** Not an instance of the class. */
export function assertNotInstanceOf<A, T>(
  actual: A,
  // deno-lint-ignore no-explicit-any
  unexpectedType: abstract new (...args: any[]) => T,
  msg?: string,
): asserts actual is Exclude<A, T> {
  check(
    !(actual instanceof unexpectedType),
    () => `Expected no instance of ${unexpectedType.name}`,
    msg,
  );
}

function kind(value: unknown): string {
  return typeof value === "object" && value !== null
    ? value.constructor?.name ?? "an object without a class"
    : String(value);
}

/** The text contains the part. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  check(
    actual.includes(expected),
    () => `Expected "${actual}" to contain "${expected}"`,
    msg,
  );
}

/** The text matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    expected.test(actual),
    () => `Expected "${actual}" to match ${expected}`,
    msg,
  );
}

/** The text does not match. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    !expected.test(actual),
    () => `Expected "${actual}" not to match ${expected}`,
    msg,
  );
}

/** The first array holds every element of the second. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const held = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) =>
    !held.some((element) => equal(wanted, element))
  );
  check(
    missing.length === 0,
    () => `Expected the array to hold ${JSON.stringify(missing)}`,
    msg,
  );
}

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  check(
    actual > expected,
    () => `Expected ${actual} to be greater than ${expected}`,
    msg,
  );
}

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    actual >= expected,
    () => `Expected ${actual} to be at least ${expected}`,
    msg,
  );
}

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  check(
    actual < expected,
    () => `Expected ${actual} to be less than ${expected}`,
    msg,
  );
}

/** `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    actual <= expected,
    () => `Expected ${actual} to be at most ${expected}`,
    msg,
  );
}

/** An error of the class whose message contains the text or matches. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorConstructorOf<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(`Expected an Error: got ${kind(error)}`);
  }
  check(
    ErrorClass === undefined || error instanceof ErrorClass,
    () =>
      `Expected an error of ${ErrorClass?.name}: got ${
        kind(error)
      } "${error.message}"`,
    msg,
  );
  check(
    msgMatches === undefined ||
      (typeof msgMatches === "string"
        ? error.message.includes(msgMatches)
        : msgMatches.test(error.message)),
    () =>
      `Expected the error's message to contain ${msgMatches}: got "${error.message}"`,
    msg,
  );
}

/** The function throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** The function throws an error of the class with the text in its message. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorConstructorOf<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  classOrMsg?: ErrorConstructorOf<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
    if (typeof classOrMsg === "function") {
      assertIsError(error, classOrMsg, msgIncludes, msg);
    }
    return thrown;
  }
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  throw new AssertionError(
    note ? `Expected function to throw: ${note}` : "Expected function to throw",
  );
}

/** The function's promise rejects; resolves to the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** The promise rejects with an error of the class with the text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorConstructorOf<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorConstructorOf<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(
      `Function throws when expected to reject: ${kind(error)}`,
    );
  }
  if (typeof promise?.then !== "function") {
    throw new AssertionError("Expected function to return a promise");
  }
  let reason: unknown;
  try {
    await promise;
  } catch (error) {
    reason = error;
    if (typeof classOrMsg === "function") {
      assertIsError(error, classOrMsg, msgIncludes, msg);
    }
    return reason;
  }
  const note = typeof classOrMsg === "string" ? classOrMsg : msg;
  throw new AssertionError(
    note
      ? `Expected function to reject: ${note}`
      : "Expected function to reject",
  );
}
