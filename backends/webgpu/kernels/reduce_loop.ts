/**
 * The loop of a reduction in WGSL: which elements are read together, and in
 * which runs floats are summed.
 *
 * @module
 */

/**
 * A float sum has three levels: a run of this many elements is added to a
 * middle sum, and as many runs to the total, so that no digits are lost to its
 * size.
 */
export const RUN = 32;

/** A loop from `r`, a `u32` variable, up to a bound. */
export interface ReduceLoop {
  /** The bound, a `u32`. */
  readonly last: string;
  /** From one element to the next. */
  readonly step: number;
  /** Elements of one iteration: a power of two up to {@linkcode RUN}. */
  readonly ahead: number;
  /** Statements for so many elements from `r` on. */
  readonly iteration: (ahead: number) => readonly string[];
  /** Variables whose values are summed in runs, and of the sum of a run. */
  readonly sums: readonly (readonly [total: string, run: string])[];
}

/** The position of element `i` of an iteration. */
export function positionInIteration(i: number, step: number): string {
  return i === 0 ? "r" : `(r + ${i * step}u)`;
}

/**
 * Renders the loop. Runs are loops of their own: software adapters go through
 * the branches of all invocations, whether they are taken or not.
 */
export function renderReduceLoop(loop: ReduceLoop): string[] {
  const { last, step, sums } = loop;
  if (sums.length === 0) return renderIterations(loop);
  const each = (line: (total: string, run: string) => string) =>
    sums.map(([total, run]) => line(total, run));
  return [
    `for (; r < ${last};) {`,
    `let end_of_runs = min(r + ${RUN * RUN * step}u, ${last});`,
    ...each((_, run) => `var ${run}s = 0.0f;`),
    "for (; r < end_of_runs;) {",
    `let end_of_run = min(r + ${RUN * step}u, end_of_runs);`,
    ...each((_, run) => `var ${run} = 0.0f;`),
    ...renderIterations({ ...loop, last: "end_of_run" }),
    ...each((_, run) => `${run}s += ${run};`),
    "}",
    ...each((total, run) => `${total} += ${run}s;`),
    "}",
  ];
}

function renderIterations(
  { ahead, last, step, iteration }: ReduceLoop,
): string[] {
  const loop = (ahead: number) => [
    `for (; ${positionInIteration(ahead - 1, step)} < ${last}; r += ${
      ahead * step
    }u) {`,
    ...iteration(ahead),
    "}",
  ];
  return [...(ahead > 1 ? loop(ahead) : []), ...loop(1)];
}
