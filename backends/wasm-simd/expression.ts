/**
 * Scalar expressions as vector code, four elements at a time.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import {
  type ComputeDType,
  type Expr,
  operandsOf,
  type ScalarFunction,
  topological,
} from "@tenfold/core/backend";
import type { Func, FunctionBuilder } from "./assembler.ts";
import { boolCall } from "./functions/bool.ts";
import { floatCall } from "./functions/float.ts";
import { doubleCall } from "./functions/double.ts";
import { intCall } from "./functions/int.ts";
import type { Fallback, Lanes } from "./math/lanes.ts";
import { convert, FORMS, type Quad, quad, splat } from "./values.ts";

/** What the leaves of an expression are at the place where it is written. */
export interface Leaves {
  /** The elements of an input. */
  readonly arg: (index: number, dtype: DType) => Quad;
  /** A run-time scalar. */
  readonly scalar: (index: number, dtype: DType) => Quad;
  /** The positions along a dim. */
  readonly index: (dim: number) => Quad;
  /** The accumulator of a reduction. */
  readonly accumulator?: Quad;
}

/** Writes expressions into one function. */
export class ExpressionWriter {
  readonly #f: FunctionBuilder;
  /** What vector math in this function is written with. */
  readonly lanes: Lanes;
  readonly #imported: (name: ScalarFunction) => Func;

  /**
   * Writes into a function.
   *
   * @param f The function.
   * @param fused Whether vector math may use fused multiply-add.
   * @param imported The imported functions of its module.
   */
  constructor(
    f: FunctionBuilder,
    fused: boolean,
    imported: (name: ScalarFunction) => Func,
  ) {
    this.#f = f;
    this.#imported = imported;
    this.lanes = {
      f,
      fused,
      fallback: (name) => imported(name) as unknown as Fallback,
      remainder: () =>
        imported("remainder") as unknown as Func<["f64", "f64"], "f64">,
    };
  }

  /**
   * Emits expressions; nodes that they share are computed once.
   *
   * @param roots The expressions.
   * @param leaves The values of their leaves.
   * @param computed Values that are there already, as {@linkcode
   * ExpressionWriter.writeStill} gives them.
   * @returns The value of each.
   */
  write(
    roots: readonly Expr[],
    leaves: Leaves,
    computed?: ReadonlyMap<Expr, Quad>,
  ): Quad[] {
    const known = new Map(computed);
    const lanes: Lanes = { ...this.lanes, known: new Map() };
    const value = (node: Expr): Quad => {
      let result = known.get(node);
      if (result === undefined) {
        result = this.#node(lanes, node, leaves, value);
        known.set(node, result);
      }
      return result;
    };
    return roots.map(value);
  }

  /**
   * Emits what stays the same along a loop, before it.
   *
   * @param roots The expressions.
   * @param still The elements of the inputs that stay the same.
   * @param scalar A run-time scalar.
   * @returns The value of each of the largest such parts.
   */
  writeStill(
    roots: readonly Expr[],
    still: ReadonlyMap<number, Quad>,
    scalar: Leaves["scalar"],
  ): Map<Expr, Quad> {
    const moves = new Set<Expr>();
    const nodes = topological(roots);
    for (const node of nodes) {
      const stays = node.kind === "arg"
        ? still.has(node.index)
        : node.kind !== "index" && node.kind !== "accumulator" &&
          operandsOf(node).every((operand) => !moves.has(operand));
      if (!stays) moves.add(node);
    }
    const largest = new Set<Expr>();
    const add = (node: Expr) => {
      if (operandsOf(node).length > 0 && !moves.has(node)) largest.add(node);
    };
    roots.forEach(add);
    for (const node of nodes) {
      if (moves.has(node)) operandsOf(node).forEach(add);
    }
    const parts = [...largest];
    const values = this.write(parts, {
      arg: (index) => still.get(index)!,
      scalar,
      index: () => {
        throw new Error("A position does not stay the same");
      },
    });
    return new Map(parts.map((part, i) => [part, values[i]!]));
  }

  #node(
    lanes: Lanes,
    node: Expr,
    leaves: Leaves,
    value: (operand: Expr) => Quad,
  ): Quad {
    switch (node.kind) {
      case "arg":
        return leaves.arg(node.index, node.dtype);
      case "scalar":
        return leaves.scalar(node.index, node.dtype);
      case "const":
        return splat(this.#f, node.dtype, node.value);
      case "index":
        return leaves.index(node.dim);
      case "accumulator":
        return leaves.accumulator!;
      case "cast":
        return convert(this.#f, value(node.value), node.dtype);
      case "call":
        return this.#call(lanes, node.fn, node.args.map(value), node);
    }
  }

  #call(
    lanes: Lanes,
    fn: ScalarFunction,
    operands: readonly Quad[],
    node: Expr & { readonly kind: "call" },
  ): Quad {
    // Functions take no float16: it is computed in float32.
    const operandType = operands[operands.length - 1]!.dtype as ComputeDType;
    const first = operands.map((operand) => operand.parts[0]!);
    switch (FORMS[operandType].lanes) {
      case "f32":
        return quad(this.#f, node.dtype, floatCall(lanes, fn, first));
      case "i32": {
        const last = node.args[node.args.length - 1]!;
        const amount = last.kind === "const" ? last.value : null;
        return quad(this.#f, node.dtype, intCall(lanes, fn, first, amount));
      }
      case "mask":
        return quad(this.#f, node.dtype, boolCall(lanes, fn, first));
      case "f64":
        return doubleCall(
          this.#f,
          fn,
          operands,
          () => this.#imported(fn),
          node.dtype,
        );
    }
  }
}
