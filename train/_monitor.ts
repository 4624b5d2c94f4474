/**
 * Which figure callbacks watch, and which way is better.
 *
 * @module
 */
import type { Run } from "./callback.ts";

/** Figures that are better when they are larger. */
const LARGER_IS_BETTER = ["accuracy", "precision", "recall", "f1"];

/** The figure that is watched by default. */
export function defaultMonitor(run: Run): string {
  return run.validation === undefined ? "train.loss" : "validation.loss";
}

/** Whether a figure is better when it is larger. */
export function defaultMode(monitor: string): "min" | "max" {
  const name = monitor.slice(monitor.lastIndexOf(".") + 1);
  return LARGER_IS_BETTER.includes(name) ? "max" : "min";
}

/** By how much a figure is better than another one. */
export function gainOver(
  best: number,
  figure: number,
  mode: "min" | "max",
): number {
  return mode === "max" ? figure - best : best - figure;
}
