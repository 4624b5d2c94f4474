/**
 * Map and reduce kernels as closures, for pages that forbid generated code:
 * slower by far, and the same results.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import type {
  KernelCall,
  Launch,
  MapKernel,
  ReduceKernel,
} from "@tenfold/core/backend";
import { accumulatorOf } from "./accumulator.ts";
import { evaluator, type Position } from "./evaluate.ts";
import { forEachPosition } from "./positions.ts";

/** The current position, as expressions see it. */
class Cursor implements Position {
  readonly scalars: readonly number[];
  position: readonly number[] = [];
  accumulator = 0;
  at: readonly number[] = [];
  readonly #inputs: readonly TypedArray[];
  readonly #outputs: number;

  constructor(call: KernelCall, outputs: number) {
    this.scalars = call.scalars;
    this.#inputs = call.buffers.slice(outputs) as TypedArray[];
    this.#outputs = outputs;
  }

  readonly arg = (index: number): number =>
    this.#inputs[index]![this.at[this.#outputs + index]!]!;
}

/** Runs a map kernel element by element. */
export function closeMap({ outputs, exprs }: MapKernel): Launch {
  const evaluate = evaluator(exprs);
  return (call) => {
    const cursor = new Cursor(call, outputs.length);
    const targets = call.buffers.slice(0, outputs.length) as TypedArray[];
    forEachPosition(call.shape, call.offsets, call.strides, (at, position) => {
      cursor.at = at;
      cursor.position = position;
      const results = evaluate(cursor);
      targets.forEach((target, k) => target[at[k]!] = results[k]!);
    });
  };
}

/** Runs a reduce kernel result by result. */
export function closeReduce(kernel: ReduceKernel): Launch {
  const { rank, element, combine } = kernel;
  const evaluateElement = evaluator([element]);
  const evaluateEpilogue = evaluator([kernel.epilogue]);
  const { identity, apply } = accumulatorOf(combine, element.dtype);
  return (call) => {
    const cursor = new Cursor(call, 1);
    const output = call.buffers[0] as TypedArray;
    const reducedShape = call.shape.slice(rank);
    const reducedStrides = call.strides.map((strides) => strides.slice(rank));
    forEachPosition(
      call.shape.slice(0, rank),
      call.offsets,
      call.strides,
      (at, kept) => {
        let accumulator = identity;
        forEachPosition(reducedShape, at, reducedStrides, (inner, reduced) => {
          cursor.at = inner;
          cursor.position = [...kept, ...reduced];
          accumulator = apply(accumulator, evaluateElement(cursor)[0]!);
        });
        cursor.at = at;
        cursor.position = kept;
        cursor.accumulator = accumulator;
        output[at[0]!] = evaluateEpilogue(cursor)[0]!;
      },
    );
  };
}
