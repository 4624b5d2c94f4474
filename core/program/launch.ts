/**
 * Launches as data: programs with their views, storages and run-time scalars.
 *
 * @module
 */
import type { Epilogue, RoutineName } from "../kernel.ts";
import type { MapProgram, ReduceProgram } from "../lower/program.ts";
import type { Shape } from "../shape.ts";
import type { Storage } from "../storage.ts";
import type { View } from "../view.ts";

/** A view of a storage; holds no reference to it. */
export interface Place {
  /** The memory. */
  readonly storage: Storage;
  /** Where in it the elements are. */
  readonly view: View;
}

/**
 * Values that are asked for anew at each replay: learning rates, bias
 * corrections, random keys.
 */
export interface LateNumbers {
  /** The values of this replay. */
  readonly produce: () => readonly number[];
}

/** A run-time scalar that comes from late values. */
export interface LateScalar {
  /** Which scalar of the launch. */
  readonly at: number;
  /** Where it comes from. */
  readonly from: LateNumbers;
  /** Which of the late values. */
  readonly part: number;
}

/** What all launches have. */
export interface Launched {
  /** What to call it in listings. */
  readonly label: string;
  /** The run-time scalars, as they were. */
  readonly scalars: readonly number[];
  /** Those that change from replay to replay. */
  readonly late: readonly LateScalar[];
}

/** A map over the shape of its outputs. */
export interface MapLaunch extends Launched {
  readonly kind: "map";
  readonly program: MapProgram;
  readonly outputs: readonly Place[];
  readonly inputs: readonly Place[];
}

/** A reduction of `shape` over `dims`; the output is dense. */
export interface ReduceLaunch extends Launched {
  readonly kind: "reduce";
  readonly program: ReduceProgram;
  readonly shape: Shape;
  readonly dims: readonly number[];
  readonly outputs: readonly [Place];
  readonly inputs: readonly Place[];
}

/** A named algorithm. */
export interface RoutineLaunch extends Launched {
  readonly kind: "routine";
  readonly name: RoutineName;
  readonly shape: Shape;
  readonly outputs: readonly Place[];
  readonly inputs: readonly Place[];
  /** For each output and input one stride a loop dim. */
  readonly strides: readonly (readonly number[])[];
  /** What becomes of each result, where that is not stored itself. */
  readonly epilogue?: RoutineEpilogue;
}

/** What becomes of each result; each has a number of its own. */
export interface RoutineEpilogue extends Epilogue {
  /** The number of the program that its expressions are. */
  readonly id: number;
}

/** One launch. */
export type RecordedLaunch = MapLaunch | ReduceLaunch | RoutineLaunch;
