/**
 * How many threads large kernels take where nobody says.
 *
 * @module
 */
import { environmentVariable } from "@tenfold/core/internal";

/** More threads are not faster, as they share one memory. */
const MAX_THREADS = 8;

/**
 * Where launchers of MPI say how many ranks run on this machine: Open MPI,
 * MPICH and Slurm, which writes such as `4(x2),3`.
 */
const LOCAL_RANKS = [
  "OMPI_COMM_WORLD_LOCAL_SIZE",
  "MPI_LOCALNRANKS",
  "SLURM_STEP_TASKS_PER_NODE",
];

/** The threads of this process: its share of the machine. */
export function defaultThreads(): number {
  const all = globalThis.navigator?.hardwareConcurrency ?? 1;
  return threadsFor(all, ranksHere());
}

/**
 * Half of the hardware threads, which often share the vector units of a core in
 * pairs, divided by the ranks that share them.
 */
export function threadsFor(hardwareThreads: number, ranks: number): number {
  const half = Math.floor(hardwareThreads / 2);
  const cores = Math.max(half, Math.min(hardwareThreads, 2));
  return Math.min(Math.max(Math.floor(cores / ranks), 1), MAX_THREADS);
}

function ranksHere(): number {
  for (const name of LOCAL_RANKS) {
    const ranks = parseInt(environmentVariable(name) ?? "", 10);
    if (ranks > 0) return ranks;
  }
  return 1;
}
