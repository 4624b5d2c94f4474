/**
 * What compiled programs may take at most, as a ratio to the same ones eager.
 *
 * @module
 */
import {
  compile,
  type CompileOptions,
  type CompileStats,
} from "@tenfold/tenfold";
import type { Live } from "../harness/case.ts";
import { suite } from "./compile.ts";
import { NETS, trainingStep } from "./_nets.ts";

/** What is compared. */
export type Figure = "time" | "peak bytes" | "time of compiling";

/** A program that is set up. */
export interface Opened extends Live {
  /** What has been compiled. */
  readonly stats?: () => CompileStats;
}

/** One program and what it may take. */
export interface Bar {
  /** What it is, in words. */
  readonly title: string;
  /** Where it runs, as `--backend` has it. */
  readonly backend: string;
  /** What is compared. */
  readonly figure: Figure;
  /** The largest ratio; of compiling, the most milliseconds that it takes. */
  readonly most: number;
  /** The program as it is, and compiled. */
  readonly open: (compiles: boolean) => Opened | Promise<Opened>;
}

/** What came out. */
export interface Measured {
  /** The median of the program as it is. */
  readonly eager: number;
  /** The median of the compiled one. */
  readonly compiled: number;
  /** The median of the ratios of turns that follow one another. */
  readonly ratio: number;
  /** The ratio of the fastest turns. */
  readonly fastest?: number;
  /**
   * The median of the ratios of processor time, which waiting for other programs
   * does not count in.
   */
  readonly worked?: number;
  /** What figures are counted in. */
  readonly unit: string;
}

const ONE = "wasm-simd:1";

function net(
  start: string,
  backend: string,
  figure: Figure,
  most: number,
  options: CompileOptions = {},
): Bar {
  const found = NETS.find(({ name }) => name.startsWith(start))!;
  return {
    title: [
      found.name,
      ...figure === "time" ? [] : [figure],
      ...options.keepGradients === false ? ["no gradients kept"] : [],
    ].join(": "),
    backend,
    figure,
    most,
    open(compiles) {
      if (!compiles) return trainingStep(found);
      let stats: Opened["stats"];
      const live = trainingStep(found, (step) => {
        const compiled = compile(step, options);
        stats = () => compiled.stats;
        return compiled;
      });
      return { ...live, stats: stats! };
    },
  };
}

function program(start: string, most: number): Bar {
  const cases = suite.cases().filter(({ series }) => series.startsWith(start));
  return {
    title: cases[0]!.series.replace(/, eager$/, ""),
    backend: ONE,
    figure: "time",
    most,
    open: (compiles) =>
      cases.find(({ series }) =>
        series.endsWith(compiles ? "compiled" : "eager")
      )!.open(),
  };
}

/** All of them. */
export const BARS: readonly Bar[] = [
  net("4-16-3", ONE, "time", 0.15),
  net("784-50-10", ONE, "time", 0.7),
  net("784-512-256-10", ONE, "time", 0.9),
  net("CNN", ONE, "time", 0.85),
  program("eight elementwise", 0.3),
  program("layer norm", 0.45),
  net("4-16-3", "webgpu", "time", 0.35),
  net("784-50-10", "webgpu", "time", 0.5),
  net("CNN", ONE, "peak bytes", 0.7),
  net("784-512-256-10", ONE, "peak bytes", 0.8),
  net("784-512-256-10", ONE, "peak bytes", 0.8, { keepGradients: false }),
  net("CNN", ONE, "time of compiling", 150),
];
