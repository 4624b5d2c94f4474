/**
 * The typing rules of scalar expressions: what each scalar function takes, and
 * the dtype that it gives.
 *
 * @module
 */
import { type DType, DTYPES, isFloating } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import type { Expr } from "./expr.ts";
import { showValue } from "../options.ts";
import {
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  type ScalarFunction,
} from "./scalar.ts";

const BOOLEAN: ReadonlySet<ScalarFunction> = new Set<ScalarFunction>([
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "and",
  "or",
  "xor",
  "not",
  "isNan",
  "isFinite",
]);

/** Whether operands of a dtype are what a scalar function takes. */
const TAKES: {
  readonly [T in ScalarFacts["takes"]]: (dtype: DType) => boolean;
} = {
  any: () => true,
  numbers: (dtype) => DTYPES[dtype].kind !== "bool",
  floats: isFloating,
  integers: (dtype) => DTYPES[dtype].kind === "integer",
  bools: (dtype) => DTYPES[dtype].kind === "bool",
};

/** Refuses what is not an expression. */
export function checkExpr(value: unknown, operation: string): void {
  const kind = (value as Partial<Expr> | null | undefined)?.kind;
  if (typeof value === "object" && typeof kind === "string") return;
  throw new TypeError(
    `Cannot ${operation} an operand that is not an expression: got ${
      showValue(value)
    }${
      typeof value === "number" ? ", write it as constant(value, dtype)" : ""
    }`,
  );
}

/**
 * The dtype of a call, once its operands have been found right: they share one
 * dtype (except the bool condition of `select`), and the function takes it.
 *
 * @throws {DTypeError} If they differ, or the function does not take them.
 * @throws {TypeError} If there is no such function, or it takes another number
 * of operands.
 */
export function typeOfCall(fn: ScalarFunction, args: readonly Expr[]): DType {
  if (!Object.hasOwn(SCALAR_FUNCTIONS, fn)) {
    throw new TypeError(
      `Cannot call a scalar function that does not exist: got ${showValue(fn)}`,
    );
  }
  const { arity, takes }: ScalarFacts = SCALAR_FUNCTIONS[fn];
  if (args.length !== arity) {
    throw new TypeError(
      `Cannot call ${fn} with ${args.length} operands as it takes ${arity}`,
    );
  }
  for (const operand of args) checkExpr(operand, `call ${fn} with`);
  const selects = fn === "select";
  if (selects && args[0]!.dtype !== "bool") {
    throw new DTypeError(
      `Cannot call select as its condition must be bool: got ${
        args[0]!.dtype
      }, compare it or cast it with castExpr(condition, "bool")`,
    );
  }
  const { dtype } = args[arity - 1]!;
  const values = selects ? args.slice(1) : args;
  if (values.some((operand) => operand.dtype !== dtype)) {
    throw new DTypeError(
      `Cannot call ${fn} as its operands must share a dtype: got ${
        values.map((operand) => operand.dtype).join(" and ")
      }, cast one of them with castExpr`,
    );
  }
  if (!TAKES[takes](dtype)) {
    throw new DTypeError(
      `Cannot call ${fn} as its operands must be ${takes}: got ${dtype}, cast them with castExpr`,
    );
  }
  return BOOLEAN.has(fn) ? "bool" : dtype;
}

/** Refuses what is not a position in a list: text would end up in code. */
export function checkPosition(value: unknown, what: string): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot write ${what} as its position must be a number: got ${
        showValue(value)
      }`,
    );
  }
  if (Number.isInteger(value) && value >= 0) return value;
  throw new RangeError(
    `Cannot write ${what} as its position must be a non-negative integer: got ${value}`,
  );
}
