/**
 * Expressions as WGSL statements: every node is computed once.
 *
 * @module
 */
import { type Expr, operandsOf, topological } from "@tenfold/core/backend";
import { type GpuDType, gpuOf } from "./dtype.ts";
import { RENDER, renderCast, renderConstant } from "./scalar.ts";

/** How the leaves of expressions are named. */
export interface Leaves {
  /** The element of an input, as a value. */
  arg(index: number): string;
  /** A run-time scalar, as a value. */
  scalar(index: number, dtype: GpuDType): string;
  /** The position along a loop dim, an `i32`. */
  position(dim: number): string;
  /** The accumulator. */
  accumulator?: string;
}

/** Statements, and the names of the values that they compute. */
export interface Rendered {
  /** `let` statements. */
  readonly statements: string[];
  /** The name of each root's value. */
  readonly values: string[];
}

/** Renders expressions; what is the same is computed once. */
export function renderExpressions(
  roots: readonly Expr[],
  leaves: Leaves,
  prefix = "v",
): Rendered {
  const names = new Map<Expr, string>();
  const known = new Map<string, string>();
  const fixed = new Set<Expr>();
  const statements: string[] = [];
  for (const expr of topological(roots)) {
    let text = renderNode(expr, names, leaves);
    const operands = operandsOf(expr);
    if (expr.kind === "const") fixed.add(expr);
    else if (operands.length > 0 && operands.every((x) => fixed.has(x))) {
      // Compilers would go on with the constant, and not as IEEE 754 has it.
      fixed.add(expr);
      if (expr.dtype === "float32") text = `tf_opaque(${text})`;
    }
    let name = expr.kind === "call" || expr.kind === "cast"
      ? known.get(text)
      : text;
    if (name === undefined) {
      name = `${prefix}${known.size}`;
      const type = gpuOf(expr.dtype).value;
      statements.push(`let ${name}: ${type} = ${text};`);
      known.set(text, name);
    }
    names.set(expr, name);
  }
  return { statements, values: roots.map((root) => names.get(root)!) };
}

function renderNode(
  expr: Expr,
  names: ReadonlyMap<Expr, string>,
  leaves: Leaves,
): string {
  const dtype = expr.dtype as GpuDType;
  switch (expr.kind) {
    case "arg":
      return leaves.arg(expr.index);
    case "scalar":
      return leaves.scalar(expr.index, dtype);
    case "const":
      return renderConstant(expr.value, dtype);
    case "index":
      return leaves.position(expr.dim);
    case "accumulator":
      return leaves.accumulator!;
    case "cast":
      return renderCast(
        expr.value.dtype as GpuDType,
        dtype,
        names.get(expr.value)!,
      );
    case "call": {
      const operands = expr.args.map((operand) => names.get(operand)!);
      const last = expr.args[expr.args.length - 1]!;
      return RENDER[expr.fn](last.dtype as GpuDType, ...operands);
    }
  }
}

/** The inputs that are read anywhere below the roots, in order. */
export function usedInputs(roots: readonly Expr[]): number[] {
  const used = new Set<number>();
  for (const expr of topological(roots)) {
    if (expr.kind === "arg") used.add(expr.index);
  }
  return [...used].sort((a, b) => a - b);
}
