/**
 * Times of the kernels of a plan.
 *
 * @module
 */

/** Runs of kernels that are remembered one by one; older ones are counted. */
const REMEMBERED = 65536;

/** How often a kernel ran, and for how long. */
export interface KernelTime {
  /** How often it ran. */
  runs: number;
  /** How long it took in all, in milliseconds. */
  milliseconds: number;
}

/** Takes the time of every kernel of one plan. */
export class Profile {
  /** What each kernel took, in order. */
  readonly kernels: readonly KernelTime[];
  /** Kernel, begin and duration of each run that is remembered, in turn. */
  readonly #runs: number[] = [];
  #oldest = 0;

  /** Times so many kernels. */
  constructor(kernels: number) {
    this.kernels = Array.from(
      { length: kernels },
      () => ({ runs: 0, milliseconds: 0 }),
    );
  }

  /** Runs a kernel and takes its time. */
  time(kernel: number, run: () => void): void {
    const begin = performance.now();
    run();
    const took = performance.now() - begin;
    const time = this.kernels[kernel]!;
    time.runs++;
    time.milliseconds += took;
    const runs = this.#runs;
    if (runs.length < 3 * REMEMBERED) runs.push(kernel, begin, took);
    else {
      runs.splice(this.#oldest, 3, kernel, begin, took);
      this.#oldest = (this.#oldest + 3) % runs.length;
    }
  }

  /** The runs that are remembered, from the first on. */
  *runs(): Generator<{ kernel: number; begin: number; took: number }> {
    const runs = this.#runs;
    for (let n = 0; n < runs.length; n += 3) {
      const i = (this.#oldest + n) % runs.length;
      yield { kernel: runs[i]!, begin: runs[i + 1]!, took: runs[i + 2]! };
    }
  }
}
