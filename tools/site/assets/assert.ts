/**
 * The assertions that programs of the documentation use, for pages.
 *
 * @module
 */
import { equal } from "../../offline/_equal.ts";

/** What a failing assertion throws. */
export class AssertionError extends Error {
  /** Always `"AssertionError"`. */
  override name = "AssertionError";
}

function fail(told: string): never {
  throw new AssertionError(told);
}

function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

export function assert(holds: unknown, told = "It does not hold"): void {
  if (!holds) fail(told);
}

export function assertEquals(actual: unknown, expected: unknown): void {
  if (!equal(actual, expected)) {
    fail(`${show(actual)} is not ${show(expected)}`);
  }
}

export function assertNotEquals(actual: unknown, expected: unknown): void {
  if (equal(actual, expected)) fail(`${show(actual)} is what it should not be`);
}

export function assertStrictEquals(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) {
    fail(`${show(actual)} is not the same as ${show(expected)}`);
  }
}

export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = Math.max(1e-7, Math.abs(expected) * 1e-7),
): void {
  if (Object.is(actual, expected)) return;
  if (!(Math.abs(actual - expected) <= tolerance)) {
    fail(`${actual} is not ${expected}, within ${tolerance}`);
  }
}

export function assertMatch(actual: string, pattern: RegExp): void {
  if (!pattern.test(actual)) fail(`${show(actual)} does not match ${pattern}`);
}

export function assertStringIncludes(actual: string, part: string): void {
  if (!actual.includes(part)) fail(`${show(actual)} has no ${show(part)}`);
}

type Class = abstract new (...args: never[]) => unknown;

export function assertInstanceOf(actual: unknown, of: Class): void {
  if (!(actual instanceof of)) fail(`${show(actual)} is no ${of.name}`);
}

function checkError(error: unknown, of?: Class, part?: string): void {
  if (of && !(error instanceof of)) fail(`${error} is no ${of.name}`);
  if (part !== undefined && !String((error as Error)?.message).includes(part)) {
    fail(`${show(String((error as Error)?.message))} has no ${show(part)}`);
  }
}

export function assertThrows(
  run: () => unknown,
  of?: Class,
  part?: string,
): unknown {
  try {
    run();
  } catch (error) {
    checkError(error, of, part);
    return error;
  }
  return fail("Nothing was thrown");
}

export async function assertRejects(
  run: () => PromiseLike<unknown>,
  of?: Class,
  part?: string,
): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    checkError(error, of, part);
    return error;
  }
  return fail("Nothing was rejected");
}
