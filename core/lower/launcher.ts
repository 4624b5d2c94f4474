/**
 * Launches kernels of one backend: completes programs by the layout of their
 * operands, has the backend prepare each combination once, and calls it.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import { type DType, DTYPES } from "../dtype.ts";
import { DeviceError } from "../errors.ts";
import type { Kernel, Launch, RoutineName, Slot } from "../kernel.ts";
import type { Shape } from "../shape.ts";
import { Storage } from "../storage.ts";
import { Value } from "../value.ts";
import { View } from "../view.ts";
import {
  ACCESSES,
  classify,
  collapse,
  geometry,
  packCode,
  stridesAlong,
} from "./geometry.ts";
import type { MapProgram, ReduceProgram } from "./program.ts";

/** An operand of a routine: a value and its stride along each loop dim. */
export interface Along {
  /** The memory. */
  readonly value: Value;
  /** One stride a loop dim, in elements. */
  readonly strides: readonly number[];
}

/** Runs programs and routines on one backend. */
export class Launcher {
  /** The backend that does the work. */
  readonly backend: Backend;
  readonly #programs: (Map<number, Launch> | undefined)[] = [];
  readonly #routines = new Map<RoutineName, Map<number, Launch | null>>();

  /** Keeps its own cache of prepared kernels. */
  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** A dense value of its own, contents undefined. */
  allocate(shape: Shape, dtype: DType): Value {
    if (!this.backend.dtypes.includes(dtype)) {
      throw new DeviceError(
        `Cannot make a tensor of ${dtype} on ${this.backend.name}: it has ${
          this.backend.dtypes.join(", ")
        }`,
      );
    }
    const view = View.dense(shape);
    return new Value(new Storage(this.backend, dtype, view.size), view);
  }

  /** Runs a one-output program over `shape` into a new dense value. */
  map(
    program: MapProgram,
    shape: Shape,
    inputs: readonly Value[],
    scalars: readonly number[] = NONE,
  ): Value {
    const output = this.allocate(shape, program.exprs[0]!.dtype);
    this.mapInto(program, [output], inputs, scalars);
    return output;
  }

  /** Runs a program over the shape of its first output, into the outputs. */
  mapInto(
    program: MapProgram,
    outputs: readonly Value[],
    inputs: readonly Value[],
    scalars: readonly number[] = NONE,
  ): void {
    const { shape, size } = outputs[0]!.view;
    if (size === 0) return;
    const count = outputs.length + inputs.length;
    const views: View[] = new Array(count);
    const buffers: unknown[] = new Array(count);
    const offsets: number[] = new Array(count);
    for (let i = 0; i < count; i++) {
      const value = i < outputs.length
        ? outputs[i]!
        : inputs[i - outputs.length]!;
      views[i] = value.view;
      buffers[i] = value.storage.buffer;
      offsets[i] = value.view.offset;
    }
    const loop = geometry(shape, size, views, program.collapses);
    let known = this.#programs[program.id];
    if (known === undefined) this.#programs[program.id] = known = new Map();
    let launch = known.get(loop.code);
    if (launch === undefined) {
      const slots: Slot[] = loop.accesses.map((access, i) => ({
        dtype: i < outputs.length
          ? program.exprs[i]!.dtype
          : program.inputs[i - outputs.length]!,
        access: ACCESSES[access]!,
      }));
      launch = this.#prepare({
        kind: "map",
        rank: loop.shape.length,
        outputs: slots.slice(0, outputs.length),
        inputs: slots.slice(outputs.length),
        exprs: program.exprs,
        scalars: program.scalars,
      });
      known.set(loop.code, launch);
    }
    launch({
      shape: loop.shape,
      buffers,
      offsets,
      strides: loop.strides,
      scalars,
    });
  }

  /**
   * Folds over `dims` of `shape`, to which the inputs broadcast; the result is
   * dense over the dims that stay.
   */
  reduce(
    program: ReduceProgram,
    shape: Shape,
    dims: readonly number[],
    inputs: readonly Value[],
    scalars: readonly number[] = NONE,
  ): Value {
    const keptDims: number[] = [];
    for (let d = 0; d < shape.length; d++) {
      if (!dims.includes(d)) keptDims.push(d);
    }
    const keptShape = keptDims.map((d) => shape[d]!);
    const output = this.allocate(keptShape, program.epilogue.dtype);
    if (output.view.size === 0) return output;
    const full = inputs.map((input) => stridesAlong(input.view, shape));
    const pick = (of: readonly number[]) =>
      collapse(
        of.map((d) => shape[d]!),
        full.map((strides) => of.map((d) => strides[d]!)),
      );
    const kept = pick(keptDims);
    const reduced = pick(dims);
    const slots: (Slot & { kept: Slot["access"] })[] = [];
    const codes: number[] = [];
    for (let i = 0; i < inputs.length; i++) {
      const inner = classify(reduced.shape, reduced.strides[i]!);
      const outer = classify(kept.shape, kept.strides[i]!);
      codes.push(inner, outer);
      slots.push({
        dtype: program.inputs[i]!,
        access: ACCESSES[inner]!,
        kept: ACCESSES[outer]!,
      });
    }
    const rank = kept.shape.length;
    const code = packCode(rank * 16 + reduced.shape.length, codes);
    let known = this.#programs[program.id];
    if (known === undefined) this.#programs[program.id] = known = new Map();
    let launch = known.get(code);
    if (launch === undefined) {
      launch = this.#prepare({
        kind: "reduce",
        rank,
        reducedRank: reduced.shape.length,
        output: program.epilogue.dtype,
        inputs: slots,
        element: program.element,
        combine: program.combine,
        epilogue: program.epilogue,
        scalars: program.scalars,
      });
      known.set(code, launch);
    }
    const outStrides = stridesOfOutput(kept.shape, reduced.shape.length);
    launch({
      shape: [...kept.shape, ...reduced.shape],
      buffers: [output.storage.buffer, ...inputs.map((v) => v.storage.buffer)],
      offsets: [0, ...inputs.map((v) => v.view.offset)],
      strides: [
        outStrides,
        ...inputs.map((_, i) => [...kept.strides[i]!, ...reduced.strides[i]!]),
      ],
      scalars,
    });
    return output;
  }

  /** Runs a routine; false where the backend does not have it. */
  routine(
    name: RoutineName,
    shape: readonly number[],
    outputs: readonly Along[],
    inputs: readonly Along[],
    scalars: readonly number[] = NONE,
  ): boolean {
    const all = [...outputs, ...inputs];
    let code = shape.length * 4 + inputs.length;
    for (const { value } of all) code = code * 4 + DTYPES[value.dtype].rank;
    let known = this.#routines.get(name);
    if (known === undefined) this.#routines.set(name, known = new Map());
    let launch = known.get(code);
    if (launch === undefined) {
      launch = this.backend.prepare({
        kind: "routine",
        name,
        rank: shape.length,
        outputs: outputs.map(({ value }) => value.dtype),
        inputs: inputs.map(({ value }) => value.dtype),
      });
      known.set(code, launch);
    }
    if (launch === null) return false;
    launch({
      shape,
      buffers: all.map(({ value }) => value.storage.buffer),
      offsets: all.map(({ value }) => value.view.offset),
      strides: all.map(({ strides }) => strides),
      scalars,
    });
    return true;
  }

  #prepare(kernel: Kernel): Launch {
    const launch = this.backend.prepare(kernel);
    if (launch) return launch;
    throw new DeviceError(
      `Cannot prepare a ${kernel.kind} kernel on ${this.backend.name}: a backend must take every map and reduction`,
    );
  }
}

const NONE: readonly number[] = [];

/** Strides of a dense output over the kept dims, 0 along the reduced ones. */
function stridesOfOutput(kept: readonly number[], reduced: number): number[] {
  const strides: number[] = new Array(kept.length + reduced).fill(0);
  let stride = 1;
  for (let d = kept.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= kept[d]!;
  }
  return strides;
}

/**
 * The operands of a routine whose loop is `[...rows, n]` with `dim` last: rows
 * are merged where every operand walks them as one.
 */
export function alongDim(
  shape: Shape,
  dim: number,
  views: readonly View[],
): { shape: number[]; strides: number[][] } {
  const rowDims = shape.map((_, d) => d).filter((d) => d !== dim);
  const rows = collapse(
    rowDims.map((d) => shape[d]!),
    views.map((view) =>
      rowDims.map((d) => view.shape[d] === 1 ? 0 : view.strides[d]!)
    ),
  );
  return {
    shape: [...rows.shape, shape[dim] ?? 1],
    strides: views.map((view, i) => [
      ...rows.strides[i]!,
      view.strides[dim] ?? 0,
    ]),
  };
}
