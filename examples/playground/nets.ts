/**
 * What the page and its worker share: settings, events, and the net.
 *
 * @module
 */
import { nn } from "@tenfold/tenfold";

/** The sets of points in the plane. */
export type PointSet = "moons" | "circles" | "spiral";

/** What is learned. */
export type Task = "digits" | "mnist" | PointSet;

/** What the worker gets. */
export interface Settings {
  readonly task: Task;
  readonly backend: string;
  readonly threads: number;
  readonly rate: number;
  readonly hidden: number;
  readonly epochs: number;
  /** Images of 28 × 28 and their labels, in any order, for `mnist`. */
  readonly files: readonly Uint8Array[];
}

/** What it tells after each epoch. */
export interface EpochEvent {
  readonly type: "figures";
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly seconds: number;
  /** The weights of the first layer, a row for each hidden unit. */
  readonly weights: Float32Array;
  /** How likely class 1 is on a grid of `GRID` × `GRID`, for points. */
  readonly surface: Float32Array | null;
  /** The points and their classes. */
  readonly points: { readonly at: number[][]; readonly of: number[] } | null;
}

/** Rows and columns of the decision surface, which goes from -SPAN to SPAN. */
export const GRID = 48;
export const SPAN = 1.6;

/** Width and height of the images of a task, or 0 for points. */
export function sideOf(task: Task): number {
  return task === "digits" ? 8 : task === "mnist" ? 28 : 0;
}

/** The net: a layer of hidden units for images, two for points. */
export function makeNet(task: Task, hidden: number): nn.Sequential {
  const side = sideOf(task);
  return side > 0
    ? new nn.Sequential(
      new nn.Linear(side * side, hidden),
      new nn.ReLU(),
      new nn.Linear(hidden, 10),
    )
    : new nn.Sequential(
      new nn.Linear(2, hidden),
      new nn.Tanh(),
      new nn.Linear(hidden, hidden),
      new nn.Tanh(),
      new nn.Linear(hidden, 2),
    );
}
