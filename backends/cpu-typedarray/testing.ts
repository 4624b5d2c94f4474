/**
 * Shared by the tests of this folder: kernels run through `Backend.prepare` on
 * operands of any layout, and the expected results.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Backend, DType, TypedArray } from "@tenfold/core";
import {
  type Access,
  castNumber,
  DTYPES,
  type Expr,
  type Kernel,
  type KernelCall,
  type MapKernel,
  type ReduceKernel,
  SCALAR_FUNCTIONS,
  type ScalarFacts,
} from "@tenfold/core/backend";
import { cpuTypedArray } from "./mod.ts";

/** Both ways in which kernels are run. */
export const BACKENDS: readonly (readonly [string, Backend])[] = [
  ["generated code", cpuTypedArray({ codegen: true })],
  ["closures", cpuTypedArray({ codegen: false })],
];

/** An operand: its elements in memory, and its strides along the loop. */
export interface Operand {
  readonly dtype: DType;
  readonly data: readonly number[];
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Numbers that look random and are the same each time. */
export function numbers(dtype: DType, count: number, seed = 1): number[] {
  let state = seed * 7919 + 17;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const unit = (state >>> 8) / 2 ** 23;
    if (dtype === "bool") return unit < 0.5 ? 0 : 1;
    if (dtype === "int32") return Math.floor(unit * 19) - 9;
    return castNumber(dtype, unit * 8 - 4);
  });
}

/** Every position of a shape in C order. */
export function positions(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, extent) =>
      all.flatMap((head) =>
        Array.from({ length: extent }, (_, i) => [...head, i])
      ),
    [[]],
  );
}

/** The address of an operand's element at a position. */
export function address(
  { offset, strides }: Pick<Operand, "offset" | "strides">,
  position: readonly number[],
): number {
  return position.reduce((sum, i, d) => sum + i * strides[d]!, offset);
}

function cOrder(shape: readonly number[]): number[] {
  return shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
}

/** Strides that an access promises, with everything it leaves open uneven. */
export function stridesFor(access: Access, shape: readonly number[]): number[] {
  const last = shape.length - 1;
  switch (access) {
    case "dense":
      return cOrder(shape);
    case "uniform":
      return shape.map(() => 0);
    case "row":
      return cOrder(shape).map((s, d) => d === last ? 1 : s * 2 + 1);
    case "splat":
      return cOrder(shape).map((s, d) => d === last ? 0 : s + 1);
    case "strided":
      // The last dim is the slowest and runs backwards.
      return cOrder(shape.slice().reverse()).reverse()
        .map((s, d) => d === last ? -s * 2 : s * 2);
  }
}

/** An operand over a shape with these strides and elements of its own. */
export function operand(
  dtype: DType,
  shape: readonly number[],
  strides: readonly number[],
  seed = 1,
  values?: readonly number[],
): Operand {
  const reach = strides.map((s, d) => s * Math.max(0, shape[d]! - 1));
  const low = reach.reduce((sum, r) => sum + Math.min(0, r), 0);
  const high = reach.reduce((sum, r) => sum + Math.max(0, r), 0);
  const offset = 3 - low;
  const length = offset + high + 4;
  const data = numbers(dtype, length, seed);
  if (values) {
    positions(shape).forEach((p, i) => {
      data[address({ offset, strides }, p)] = values[i]!;
    });
  }
  return { dtype, data, offset, strides };
}

/** An operand with the layout of an access. */
export function laid(
  dtype: DType,
  access: Access,
  shape: readonly number[],
  seed = 1,
): Operand {
  return operand(dtype, shape, stridesFor(access, shape), seed);
}

/** The elements that the loop sees, in C order. */
export function seen(
  { data, ...where }: Operand,
  shape: readonly number[],
): number[] {
  return positions(shape).map((position) => data[address(where, position)]!);
}

/** A call, and what each of its buffers holds after it. */
export function run(
  backend: Backend,
  kernel: Kernel,
  shape: readonly number[],
  operands: readonly Operand[],
  scalars: readonly number[] = [],
): number[][] {
  const launch = backend.prepare(kernel);
  assert(launch !== null);
  const buffers = operands.map(({ dtype, data }) => {
    const buffer = backend.alloc(dtype, data.length);
    const array = DTYPES[dtype].allocate(data.length);
    array.set(data);
    backend.write(buffer, 0, array);
    return buffer;
  });
  const call: KernelCall = {
    shape,
    buffers,
    offsets: operands.map(({ offset }) => offset),
    strides: operands.map(({ strides }) => strides),
    scalars,
  };
  try {
    launch(call);
    return buffers.map((buffer, i) =>
      Array.from(
        backend.readSync!(buffer, 0, operands[i]!.data.length) as TypedArray,
      )
    );
  } finally {
    buffers.forEach((buffer) => backend.free(buffer));
  }
}

/** What the leaves of an expression stand for. */
interface Leaves {
  readonly args: readonly number[];
  readonly scalars: readonly number[];
  readonly position: readonly number[];
  readonly accumulator?: number;
}

/** The value of an expression in float64, straight from the table. */
export function valueOf(expr: Expr, leaves: Leaves): number {
  switch (expr.kind) {
    case "arg":
      return leaves.args[expr.index]!;
    case "scalar":
      return castNumber(expr.dtype, leaves.scalars[expr.index]!);
    case "const":
      return castNumber(expr.dtype, expr.value);
    case "index":
      return leaves.position[expr.dim]!;
    case "accumulator":
      return leaves.accumulator!;
    case "cast":
      return castNumber(expr.dtype, valueOf(expr.value, leaves));
    case "call": {
      const { evaluate }: ScalarFacts = SCALAR_FUNCTIONS[expr.fn];
      return evaluate(
        expr.args.at(-1)!.dtype,
        ...expr.args.map((operand) => valueOf(operand, leaves)),
      );
    }
  }
}

/** Runs a map kernel and checks every element, also those it must not touch. */
export function checkMap(
  backend: Backend,
  kernel: MapKernel,
  shape: readonly number[],
  operands: readonly Operand[],
  scalars: readonly number[] = [],
): void {
  const count = kernel.outputs.length;
  const inputs = operands.slice(count);
  const expected = operands.slice(0, count).map(({ data }) => data.slice());
  for (const position of positions(shape)) {
    const args = inputs.map((x) => x.data[address(x, position)]!);
    kernel.exprs.forEach((expr, k) => {
      expected[k]![address(operands[k]!, position)] = castNumber(
        operands[k]!.dtype,
        valueOf(expr, { args, scalars, position }),
      );
    });
  }
  const actual = run(backend, kernel, shape, operands, scalars);
  expected.forEach((values, k) =>
    assertClose(actual[k]!, values, operands[k]!.dtype)
  );
}

/** Runs a reduce kernel and checks every result. */
export function checkReduce(
  backend: Backend,
  kernel: ReduceKernel,
  shape: readonly number[],
  inputs: readonly Operand[],
  scalars: readonly number[] = [],
): void {
  const kept = shape.slice(0, kernel.rank);
  const reduced = shape.slice(kernel.rank);
  const output = operand(kernel.output, shape, [
    ...cOrder(kept),
    ...reduced.map(() => 0),
  ]);
  const expected = output.data.slice();
  const { dtype } = kernel.element;
  for (const outer of positions(kept)) {
    const values = positions(reduced).map((inner) => {
      const position = [...outer, ...inner];
      const args = inputs.map((x) => x.data[address(x, position)]!);
      return valueOf(kernel.element, { args, scalars, position });
    });
    expected[address(output, outer)] = castNumber(
      kernel.output,
      valueOf(kernel.epilogue, {
        args: inputs.map((x) => x.data[address(x, outer)]!),
        scalars,
        position: outer,
        accumulator: reduce(kernel.combine, dtype, values),
      }),
    );
  }
  const [actual] = run(backend, kernel, shape, [output, ...inputs], scalars);
  assertClose(actual!, expected, kernel.output);
}

function reduce(
  combine: ReduceKernel["combine"],
  dtype: DType,
  values: readonly number[],
): number {
  const whole = dtype === "int32" || dtype === "bool";
  switch (combine) {
    case "sum":
      return values.reduce((a, v) => whole ? (a + v) | 0 : a + v, 0);
    case "prod":
      return values.reduce((a, v) => whole ? Math.imul(a, v) : a * v, 1);
    case "max":
      return Math.max(whole ? -(2 ** 31) : -Infinity, ...values);
    case "min":
      return Math.min(whole ? 2 ** 31 - 1 : Infinity, ...values);
  }
}

/** The relative tolerance of results. */
const TOLERANCE: { readonly [D in DType]: number } = {
  bool: 0,
  int32: 0,
  float16: 1e-3,
  float32: 1e-6,
  float64: 1e-12,
};

/** Asserts that numbers agree as well as their dtype lets them. */
export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  dtype: DType,
): void {
  assert(
    actual.length === expected.length,
    `Lengths differ: got ${actual.length}, expected ${expected.length}`,
  );
  actual.forEach((a, i) => {
    const e = expected[i]!;
    const near = a === e || (a !== a && e !== e) ||
      Math.abs(a - e) <= TOLERANCE[dtype] * Math.abs(e) + Number.MIN_VALUE;
    assert(near, `Element ${i} differs: got ${a}, expected ${e} (${dtype})`);
  });
}
