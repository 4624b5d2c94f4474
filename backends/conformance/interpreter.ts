/**
 * The smallest backend there is: it interprets expressions and has no routine.
 * The suite is tried on it; it also shows what a backend has to do.
 *
 * @module
 */
import type { Backend, DType, TypedArray } from "@tenfold/core";
import {
  type Buffer,
  type Combine,
  DTYPES,
  type Kernel,
  type KernelCall,
  type Launch,
  type MapKernel,
  type ReduceKernel,
} from "@tenfold/core/backend";
import { evaluator } from "./ops/evaluate.ts";
import { positions } from "./ops/plain.ts";

/** How far each position along some dims is from the first one. */
function distances(
  shape: readonly number[],
  strides: readonly number[],
): number[] {
  return positions(shape).map((position) =>
    position.reduce((at, p, d) => at + p * strides[d]!, 0)
  );
}

const arraysOf = ({ buffers }: KernelCall) => buffers as readonly TypedArray[];

function map({ exprs, outputs }: MapKernel): Launch {
  const values = exprs.map((expr) => evaluator(expr, true));
  return (call) => {
    const { shape, offsets, strides, scalars } = call;
    const arrays = arraysOf(call);
    const addresses = strides.map((own) => distances(shape, own));
    positions(shape).forEach((position, at) => {
      const elements = arrays.map((array, i) =>
        array[offsets[i]! + addresses[i]![at]!]!
      );
      const args = elements.slice(outputs.length);
      values
        .map((value) => value({ args, scalars, position }))
        .forEach((value, o) => {
          arrays[o]![offsets[o]! + addresses[o]![at]!] = value;
        });
    });
  };
}

const INT32_MIN = -(2 ** 31);

const IDENTITY: { readonly [C in Combine]: (dtype: DType) => number } = {
  sum: () => 0,
  prod: () => 1,
  max: (dtype) => dtype === "int32" ? INT32_MIN : -Infinity,
  min: (dtype) => dtype === "int32" ? -1 - INT32_MIN : Infinity,
};

/** Sums are as exact as float64 makes them; what is stored is rounded. */
const COMBINE: {
  readonly [C in Combine]: (dtype: DType, a: number, b: number) => number;
} = {
  sum: (dtype, a, b) => dtype === "int32" ? (a + b) | 0 : a + b,
  prod: (dtype, a, b) => dtype === "int32" ? Math.imul(a, b) : a * b,
  max: (_, a, b) => Math.max(a, b),
  min: (_, a, b) => Math.min(a, b),
};

function reduce({ rank, element, combine, epilogue }: ReduceKernel): Launch {
  const { dtype } = element;
  const term = evaluator(element, true);
  const end = evaluator(epilogue, true);
  return (call) => {
    const { shape, offsets, strides, scalars } = call;
    const arrays = arraysOf(call);
    const along = (from: number, to?: number) =>
      strides.map((own) =>
        distances(shape.slice(from, to), own.slice(from, to))
      );
    const [outer, inner] = [along(0, rank), along(rank)];
    outer[0]!.forEach((_, row) => {
      const argsAt = (column: number) =>
        arrays.slice(1).map((array, i) =>
          array[
            offsets[i + 1]! + outer[i + 1]![row]! +
            (inner[i + 1]![column] ?? 0)
          ]!
        );
      let accumulator = IDENTITY[combine](dtype);
      for (let column = 0; column < inner[0]!.length; column++) {
        const value = term({ args: argsAt(column), scalars });
        accumulator = COMBINE[combine](dtype, accumulator, value);
      }
      arrays[0]![offsets[0]! + outer[0]![row]!] = end(
        { args: argsAt(0), scalars, accumulator },
      );
    });
  };
}

/** A backend of a few lines. */
export class Interpreter implements Backend {
  /** The name in the registry. */
  readonly name = "interpreter";
  /** No float64, so that refusals are tried too. */
  readonly dtypes: readonly DType[] = ["bool", "int32", "float32"];
  /** A small bound, so that it is reached. */
  readonly maxBufferBytes: number = 2 ** 24;

  /** A zeroed typed array. */
  alloc(dtype: DType, size: number): Buffer {
    return DTYPES[dtype].allocate(size);
  }

  /** The collector does it. */
  free(): void {}

  /** Copies into the array. */
  write(buffer: Buffer, offset: number, data: TypedArray): void {
    (buffer as TypedArray).set(data, offset);
  }

  /** A copy, later. */
  read(buffer: Buffer, offset: number, length: number): Promise<TypedArray> {
    return Promise.resolve(
      (buffer as TypedArray).slice(offset, offset + length),
    );
  }

  /** Maps and reductions; no routine. */
  prepare(kernel: Kernel): Launch | null {
    switch (kernel.kind) {
      case "map":
        return map(kernel);
      case "reduce":
        return reduce(kernel);
      case "routine":
        return null;
    }
  }
}
