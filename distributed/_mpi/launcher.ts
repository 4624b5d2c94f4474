/**
 * What the launcher says in the environment.
 *
 * @module
 */
import { environmentVariable } from "@tenfold/core/internal";
import { MpiError } from "../errors.ts";
import type { Flavour } from "./handles.ts";

/** What started this process, where it is one of several ranks. */
export interface Launcher {
  /** The MPI that it belongs to; null where it may be any. */
  readonly flavour: Flavour | null;
  /** How many ranks it has started; null where it does not say. */
  readonly size: number | null;
}

/** The variables that launchers set, and whose they are. */
const SIZES: readonly (readonly [string, Flavour | null])[] = [
  ["OMPI_COMM_WORLD_SIZE", "Open MPI"],
  ["PMI_SIZE", "MPICH"],
];

/** How many ranks `srun` has started, by either kind of MPI or none. */
const TASKS = "SLURM_STEP_NUM_TASKS";

/**
 * The launcher, or null where this process was started without one.
 *
 * @throws {MpiError} If the environment cannot be read, or `srun` was not told
 * which MPI the ranks have: each would train alone.
 */
export function launcher(): Launcher | null {
  requireEnvironment();
  for (const [name, flavour] of SIZES) {
    const size = environmentVariable(name);
    if (size !== null) return { flavour, size: Number(size) };
  }
  const text = environmentVariable(TASKS);
  const tasks = text === null ? null : Number(text);
  // `srun --mpi=pmix` and prterun set ranks only.
  if (environmentVariable("PMIX_RANK") !== null) {
    return { flavour: null, size: tasks };
  }
  if (tasks !== null && tasks > 1) {
    throw new MpiError(
      `Cannot init as srun has started ${tasks} tasks without MPI, each of which would be a world of one: run it with srun --mpi=pmix for Open MPI, --mpi=pmi2 for MPICH; srun --mpi=list tells what there is`,
    );
  }
  return null;
}

/** Under a launcher whose variables are hidden, each rank would train alone. */
function requireEnvironment(): void {
  const { Deno: deno } = globalThis as {
    Deno?: {
      permissions: {
        querySync(d: { name: "env"; variable: string }): { state: string };
      };
    };
  };
  const names = [...SIZES.map(([name]) => name), "PMIX_RANK", TASKS];
  const hidden = names.find((variable) =>
    deno !== undefined &&
    deno.permissions.querySync({ name: "env", variable }).state !== "granted"
  );
  if (hidden === undefined) return;
  throw new MpiError(
    `Cannot init as the environment variable ${hidden}, which tells whether mpirun has started this process, cannot be read: run with --allow-env --allow-ffi`,
  );
}
