/**
 * The first law: an operation agrees with the reference, or is refused.
 *
 * @module
 */
import {
  DeviceError,
  type DType,
  DTypeError,
  type TypedArray,
} from "@tenfold/core";
import type { Op, Value } from "@tenfold/core/backend";
import { type Plain, showNumber } from "./ops/plain.ts";
import { reference, toleranceOf } from "./ops/table.ts";
import {
  describeTolerance,
  firstDifference,
  type Flushing,
  flushingOf,
  type Tolerance,
} from "./compare.ts";
import { positionOf, showElementOperands } from "./element_operands.ts";
import type { Random } from "./random.ts";
import type { Operand, Placed, Session } from "./session.ts";
import type { Case } from "./ops/spec.ts";

/** An op as text; the expressions of an update are long, but they say it. */
export function showOp(op: Op): string {
  return JSON.stringify(
    op,
    (_, value) =>
      typeof value === "number" &&
        (!Number.isFinite(value) || Object.is(value, -0))
        ? String(Object.is(value, -0) ? "-0" : value)
        : value,
  );
}

function showList(data: readonly number[]): string {
  const text = data.slice(0, 24).map(showNumber);
  return `[${text.join(", ")}${data.length > 24 ? ", …" : ""}]`;
}

/** Dtype, shape, layout and elements of an operand. */
export function showPlain(x: Plain, layout: string): string {
  return `${x.dtype} [${x.shape.join(", ")}] ${layout} ${showList(x.data)}`;
}

function showOperands(
  operands: readonly Operand[],
  placed: readonly Placed[],
): string {
  return placed.map(({ plain, value }, i) =>
    `\n  input ${i}: ${
      showPlain(
        plain,
        `${operands[i]!.layout} (strides [${
          value.view.strides.join(", ")
        }], offset ${value.view.offset})`,
      )
    }`
  ).join("");
}

/** What differs between a result and the reference. */
export interface Difference {
  /** The difference in words. */
  readonly text: string;
  /** The element that differs, in C order; -1 where it is none of them. */
  readonly at: number;
}

/** What differs between a result and the reference, or null. */
export function differenceOf(
  actual: TypedArray,
  expected: Plain,
  tolerance: Tolerance,
  flushing: Flushing | null,
): Difference | null {
  if (actual.length !== expected.data.length) {
    const text =
      `${actual.length} elements were read, expected ${expected.data.length}`;
    return { text, at: -1 };
  }
  const at = firstDifference(actual, expected, tolerance, flushing);
  if (at < 0) return null;
  const text = `element [${positionOf(expected.shape, at).join(", ")}] is ${
    showNumber(actual[at]!)
  }, expected ${showNumber(expected.data[at]!)} ${
    describeTolerance(expected, tolerance, at)
  }`;
  return { text, at };
}

/** The dtypes of everything that an operation touches. */
function dtypesOf(
  inputs: readonly { readonly dtype: DType }[],
  results: readonly Plain[],
): DType[] {
  return [...inputs, ...results].map(({ dtype }) => dtype);
}

/** The results of the reference, or the error that it throws. */
function meaningOf(op: Op, inputs: readonly Plain[]): Plain[] | DTypeError {
  try {
    return reference(op, inputs);
  } catch (error) {
    if (error instanceof DTypeError) return error;
    throw error;
  }
}

/** A tolerance of more epsilons. */
const widened = (tolerance: Tolerance, slack: number): Tolerance =>
  slack === 0
    ? tolerance
    : { ...tolerance, epsilons: tolerance.epsilons + slack };

/** Compares every result of an op with what is expected of it. */
export async function compareResults(
  session: Session,
  op: Op,
  plains: readonly Plain[],
  results: readonly Value[],
  expected: readonly Plain[],
  given?: Tolerance,
): Promise<string | null> {
  if (results.length !== expected.length) {
    return `${results.length} results, expected ${expected.length}`;
  }
  const tolerance = given ?? toleranceOf(op, plains, expected);
  for (const [k, result] of results.entries()) {
    const wanted = expected[k]!;
    if (
      result.dtype !== wanted.dtype ||
      result.shape.join() !== wanted.shape.join()
    ) {
      return `result ${k} is ${result.dtype} [${
        result.shape.join(", ")
      }], expected ${wanted.dtype} [${wanted.shape.join(", ")}]`;
    }
    const actual = await session.device.read(result);
    const difference = differenceOf(
      actual,
      wanted,
      tolerance,
      session.backend.subnormals ? null : flushingOf(op, plains, k),
    );
    if (difference) {
      const { text, at } = difference;
      const operands = at < 0 ? "" : showElementOperands(op, plains, k, at);
      return `of result ${k}, ${text}${operands}`;
    }
  }
  return null;
}

/**
 * Runs a case and throws an error that tells everything about it if the
 * result is not what the reference says. A backend may refuse just the dtypes
 * that it declares not to have.
 */
export async function checkCase(
  session: Session,
  { op, inputs, tolerance, slack = 0 }: Case,
  random: Random,
): Promise<void> {
  const { device, backend } = session;
  const placed: Placed[] = [];
  let results: readonly Value[] = [];
  const fail = (what: string, cause?: unknown): never => {
    throw new Error(
      `${showOp(op)} on ${backend.name}: ${what}${
        showOperands(inputs, placed)
      }`,
      { cause },
    );
  };
  try {
    const absent = inputs.map(({ dtype }) => dtype)
      .find((dtype) => !session.has(dtype));
    for (const input of inputs) {
      if (session.has(input.dtype)) {
        placed.push(session.place(input, random));
        continue;
      }
      mustRefuse(
        () => session.place(input, random),
        `a tensor of ${input.dtype}`,
      );
    }
    if (absent) return;
    const plains = placed.map(({ plain }) => plain);
    const values = placed.map(({ value }) => value);
    const expected = meaningOf(op, plains);
    try {
      results = device.apply(op, values);
    } catch (error) {
      const declared = expected instanceof DTypeError
        ? error instanceof DTypeError
        : error instanceof DeviceError &&
          dtypesOf(inputs, expected).some((dtype) => !session.has(dtype));
      if (declared) return;
      fail(`it threw ${error}`, error);
    }
    if (expected instanceof DTypeError) {
      return fail(`it ran, expected ${expected}`);
    }
    const undeclared = dtypesOf(inputs, expected)
      .find((dtype) => !session.has(dtype));
    if (undeclared) fail(`it ran with ${undeclared}, which is not declared`);
    const outcome = op.name === "update"
      ? values.slice(0, op.targets)
      : results;
    const difference = await compareResults(
      session,
      op,
      plains,
      outcome,
      expected,
      tolerance ?? widened(toleranceOf(op, plains, expected), slack),
    );
    if (difference) fail(difference);
  } finally {
    for (const result of results) result.release();
    for (const { value } of placed) value.release();
  }
}

/** Checks that something the backend does not have is refused as such. */
export function mustRefuse(body: () => unknown, what: string): void {
  try {
    body();
  } catch (error) {
    if (error instanceof DeviceError) return;
    throw new Error(`${what} was refused with ${error}`, { cause: error });
  }
  throw new Error(`${what} was not refused`);
}
