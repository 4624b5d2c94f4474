/**
 * Launches kernels of one backend: completes programs by the layout of their
 * operands, has the backend prepare each combination once, and calls it.
 *
 * @module
 */
import type { ComputeDType } from "../dtype.ts";
import { DeviceError, IndexError } from "../errors.ts";
import {
  type Epilogue,
  type Kernel,
  type KernelCall,
  type Launch,
  ROUTINE_PARAMETERS,
  type RoutineName,
  type RoutineParameter,
  type RoutineParameters,
  type Slot,
} from "../kernel.ts";
import {
  DTYPE_COUNT,
  DTYPE_PART,
  type Key,
  withNumber,
  withPart,
} from "../key.ts";
import { currentRecording } from "../program/recording.ts";
import type { Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import type { View } from "../view.ts";
import { Allocations } from "./allocations.ts";
import {
  ACCESSES,
  classify,
  collapse,
  geometry,
  stridesAlong,
  withAccess,
} from "./geometry.ts";
import { prepareHost } from "./host.ts";
import type { MapProgram, ReduceProgram } from "./program.ts";

/** A prepared kernel with the arguments of its next run, which may change. */
export interface BoundLaunch {
  /** The kernel. */
  readonly launch: Launch;
  /** Its arguments. */
  readonly call: KernelCall & {
    readonly buffers: unknown[];
    readonly offsets: number[];
    readonly scalars: readonly number[];
  };
}

/** Runs programs and routines on one backend. */
export class Launcher extends Allocations {
  readonly #programs: (Map<Key, Launch> | undefined)[] = [];
  /** By name, or by the number of the program that is its epilogue. */
  readonly #routines = new Map<
    RoutineName | number,
    Map<Key, Launch | null>
  >();
  /** Routines that the backend has loaded, for those dtypes that it has. */
  readonly #loaded = new Set<RoutineName>();

  /** Runs a one-output program over `shape` into a new dense value. */
  map(
    program: MapProgram,
    shape: Shape,
    inputs: readonly Value[],
    scalars: readonly number[] = NONE,
  ): Value {
    checkPositions(program, shape);
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
    const bound = this.bindMap(program, outputs, inputs, scalars);
    if (bound === null) return;
    bound.launch(bound.call);
    currentRecording()?.map(program, outputs, inputs, scalars);
  }

  /** What {@linkcode mapInto} runs; null where there is nothing to do. */
  bindMap(
    program: MapProgram,
    outputs: readonly Value[],
    inputs: readonly Value[],
    scalars: readonly number[],
  ): BoundLaunch | null {
    const { shape, size } = outputs[0]!.view;
    checkPositions(program, shape);
    if (size === 0) return null;
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
    let launch = known.get(loop.key);
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
      known.set(loop.key, launch);
    }
    return {
      launch,
      call: {
        shape: loop.shape,
        buffers,
        offsets,
        strides: loop.strides,
        scalars,
      },
    };
  }

  /**
   * Reduces over `dims` of `shape`, to which the inputs broadcast; the result is
   * dense over the dims that stay.
   */
  reduce(
    program: ReduceProgram,
    shape: Shape,
    dims: readonly number[],
    inputs: readonly Value[],
    scalars: readonly number[] = NONE,
  ): Value {
    const keptShape: number[] = [];
    for (let d = 0; d < shape.length; d++) {
      if (!dims.includes(d)) keptShape.push(shape[d]!);
    }
    const output = this.allocate(keptShape, program.epilogue.dtype);
    const bound = this.bindReduce(
      program,
      shape,
      dims,
      output,
      inputs,
      scalars,
    );
    if (bound === null) return output;
    bound.launch(bound.call);
    currentRecording()?.reduce(program, shape, dims, output, inputs, scalars);
    return output;
  }

  /**
   * What {@linkcode reduce} runs, into a dense output; null where there is
   * nothing to do.
   */
  bindReduce(
    program: ReduceProgram,
    shape: Shape,
    dims: readonly number[],
    output: Value,
    inputs: readonly Value[],
    scalars: readonly number[],
  ): BoundLaunch | null {
    if (output.view.size === 0) return null;
    const count = inputs.length;
    const keptDims: number[] = new Array(shape.length - dims.length);
    for (let d = 0, i = 0; d < shape.length; d++) {
      if (!dims.includes(d)) keptDims[i++] = d;
    }
    const full: (readonly number[])[] = new Array(count);
    for (let k = 0; k < count; k++) {
      full[k] = stridesAlong(inputs[k]!.view, shape);
    }
    const kept = collapse(shape, full, keptDims);
    const reduced = collapse(shape, full, dims);
    const rank = kept.shape.length;
    let key = withNumber(withNumber(0, rank), reduced.shape.length);
    for (let k = 0; k < count; k++) {
      key = withAccess(key, classify(reduced.shape, reduced.strides[k]!));
      key = withAccess(key, classify(kept.shape, kept.strides[k]!));
    }
    let known = this.#programs[program.id];
    if (known === undefined) this.#programs[program.id] = known = new Map();
    let launch = known.get(key);
    if (launch === undefined) {
      launch = this.#prepare({
        kind: "reduce",
        rank,
        reducedRank: reduced.shape.length,
        output: program.epilogue.dtype,
        inputs: inputs.map((_, k) => ({
          dtype: program.inputs[k]!,
          access: ACCESSES[classify(reduced.shape, reduced.strides[k]!)]!,
          kept: ACCESSES[classify(kept.shape, kept.strides[k]!)]!,
        })),
        element: program.element,
        combine: program.combine,
        epilogue: program.epilogue,
        scalars: program.scalars,
      });
      known.set(key, launch);
    }
    const buffers: unknown[] = new Array(count + 1);
    const offsets: number[] = new Array(count + 1);
    const strides: (readonly number[])[] = new Array(count + 1);
    buffers[0] = output.storage.buffer;
    offsets[0] = output.view.offset;
    strides[0] = stridesOfOutput(kept.shape, reduced.shape.length);
    for (let k = 0; k < count; k++) {
      const { storage, view } = inputs[k]!;
      buffers[k + 1] = storage.buffer;
      offsets[k + 1] = view.offset;
      strides[k + 1] = kept.strides[k]!.concat(reduced.strides[k]!);
    }
    return {
      launch,
      call: {
        shape: kept.shape.concat(reduced.shape),
        buffers,
        offsets,
        strides,
        scalars,
      },
    };
  }

  /**
   * Runs a routine; false where the backend does not have it.
   *
   * @param outputs How many of the values are results; they come first.
   * @param strides For each value one stride a loop dim, in elements.
   */
  routine<N extends RoutineName>(
    name: N,
    shape: Shape,
    outputs: number,
    values: readonly Value[],
    strides: readonly (readonly number[])[],
    parameters: RoutineParameters<N>,
  ): boolean {
    const names: readonly RoutineParameter<N>[] = ROUTINE_PARAMETERS[name];
    const scalars = names.length === 0
      ? NONE
      : names.map((parameter) => parameters[parameter]);
    const bound = this.bindRoutine(
      name,
      shape,
      outputs,
      values,
      strides,
      scalars,
    );
    if (bound === null) return false;
    bound.launch(bound.call);
    currentRecording()?.routine(
      name,
      shape,
      outputs,
      values,
      strides,
      scalars,
    );
    return true;
  }

  /** What {@linkcode routine} runs; null where the backend does not have it. */
  bindRoutine(
    name: RoutineName,
    shape: Shape,
    outputs: number,
    values: readonly Value[],
    strides: readonly (readonly number[])[],
    scalars: readonly number[],
    epilogue?: Epilogue & { readonly id: number },
  ): BoundLaunch | null {
    const count = values.length;
    const buffers: unknown[] = new Array(count);
    const offsets: number[] = new Array(count);
    let key = withNumber(withNumber(0, shape.length), outputs);
    for (let i = 0; i < count; i++) {
      const { storage, view } = values[i]!;
      key = withPart(key, DTYPE_PART[storage.dtype], DTYPE_COUNT);
      buffers[i] = storage.buffer;
      offsets[i] = view.offset;
    }
    key = withNumber(key, count);
    const what = epilogue?.id ?? name;
    let known = this.#routines.get(what);
    if (known === undefined) this.#routines.set(what, known = new Map());
    let launch = known.get(key);
    if (launch === undefined) {
      // Routines compute float16 in float32: see ops/in_single.ts. What only
      // moves elements knows no difference.
      const dtypes = values.map(({ dtype }) => dtype as ComputeDType);
      const kernel = {
        kind: "routine",
        name,
        rank: shape.length,
        outputs: dtypes.slice(0, outputs),
        inputs: dtypes.slice(outputs),
        epilogue,
      } as const;
      launch = this.backend.prepare(kernel) ??
        prepareHost(this.backend, kernel);
      // Of a backend that was opened without waiting, it may be there later.
      if (launch !== null || this.#isLoaded(name)) known.set(key, launch);
    }
    if (launch === null) return null;
    return { launch, call: { shape, buffers, offsets, strides, scalars } };
  }

  /** Whether the backend has loaded what it has of a routine; else it begins. */
  #isLoaded(name: RoutineName): boolean {
    if (!this.backend.load || this.#loaded.has(name)) return true;
    this.backend.load(name).then(() => this.#loaded.add(name), () => {});
    return false;
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

/** Refuses positions along dims that the loop does not have. */
function checkPositions({ positions }: MapProgram, shape: Shape): void {
  if (positions <= shape.length) return;
  throw new IndexError(
    `Cannot take the position along dim ${
      positions - 1
    } as the result has ${shape.length} dims`,
  );
}

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
