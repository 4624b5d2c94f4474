/**
 * How many threads large kernels take where nobody says.
 *
 * @module
 */
import { environmentVariable } from "@tenfold/core/internal";

/** More threads are not faster, as they share one memory. */
const MAX_THREADS = 8;

/** Where `mpirun` says how many ranks run on this machine: Open MPI, MPICH. */
const LAUNCHERS = ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"];
/** Where `srun` does, which writes such as `4(x2),3`. */
const SLURM = ["SLURM_STEP_TASKS_PER_NODE"];

/** The threads of this process: its share of the machine. */
export function defaultThreads(): number {
  const all = globalThis.navigator?.hardwareConcurrency ?? 1;
  const launched = ranksHere(LAUNCHERS);
  if (launched > 0) return threadsFor(all, launched);
  // Where Slurm was told how many a rank has, those are its own.
  const own = numberIn("SLURM_CPUS_PER_TASK");
  if (own > 0) return threadsFor(Math.min(all, own), 1);
  return threadsFor(all, ranksHere(SLURM) || 1);
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

/** The first number that there is, or 0. */
function ranksHere(names: readonly string[]): number {
  return names.map(numberIn).find((ranks) => ranks > 0) ?? 0;
}

function numberIn(name: string): number {
  return parseInt(environmentVariable(name) ?? "", 10);
}
