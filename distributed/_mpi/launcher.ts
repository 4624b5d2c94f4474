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

/**
 * The launcher, or null where this process was started without one.
 *
 * @throws {MpiError} If the environment cannot be read.
 */
export function launcher(): Launcher | null {
  requireEnvironment();
  for (const [name, flavour] of SIZES) {
    const size = environmentVariable(name);
    if (size !== null) return { flavour, size: Number(size) };
  }
  // `srun --mpi=pmix` and prterun set ranks only.
  if (environmentVariable("PMIX_RANK") === null) return null;
  const tasks = environmentVariable("SLURM_STEP_NUM_TASKS");
  return { flavour: null, size: tasks === null ? null : Number(tasks) };
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
  const hidden = [...SIZES.map(([name]) => name), "PMIX_RANK"].find((
    variable,
  ) =>
    deno !== undefined &&
    deno.permissions.querySync({ name: "env", variable }).state !== "granted"
  );
  if (hidden === undefined) return;
  throw new MpiError(
    `Cannot init as the environment variable ${hidden}, which tells whether mpirun has started this process, cannot be read: run with --allow-env --allow-ffi`,
  );
}
