/**
 * Initialisation of a distributed program.
 *
 * @module
 */
import { environmentVariable, parseArguments } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { Alone } from "./_communicator.ts";
import { World } from "./world.ts";

/**
 * Options of {@linkcode init}.
 *
 * @example Ranks that compare their calls
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { init, type InitOptions } from "@tenfold/distributed";
 *
 * const options: InitOptions = { debug: true, timeout: 60 };
 * const world = await init(options);
 * assertEquals(world.worldSize, 1);
 * ```
 */
export interface InitOptions {
  /**
   * Path or name of the MPI library. If given, it is loaded even if no launcher
   * has started this process.
   *
   * @default {the environment variable TENFOLD_MPI, or that of the launcher}
   */
  readonly library?: string;
  /**
   * Whether ranks compare their calls before each collective: differing shapes,
   * dtypes or orders throw a {@linkcode CollectiveError} instead of hanging the
   * job. Each collective takes one more message.
   *
   * @default {the environment variable TENFOLD_DISTRIBUTED_DEBUG is "1"}
   */
  readonly debug?: boolean;
  /**
   * Seconds to wait for the other ranks in one collective.
   *
   * @default {1800}
   */
  readonly timeout?: number;
}

const schema = z.strictObject({
  library: z.optional(z.string("must be a path").check(z.minLength(1))),
  debug: z.optional(z.boolean("must be true or false")),
  timeout: z._default(
    z.number("must be a positive number").check(
      z.gt(0, "must be a positive number"),
    ),
    1800,
  ),
});

/** The world of this process: MPI is initialised once. */
let world: World | null = null;

/**
 * Joins the ranks that `mpirun` or `srun` has started. Without a launcher the
 * world has one rank, and MPI is not needed.
 *
 * The library is Open MPI or MPICH, or one with the ABI of MPI 5; it is
 * supported on Deno (`--allow-ffi --allow-env`) and Bun. Further calls return
 * the same world.
 *
 * @param options `library`, `debug` and `timeout`.
 * @returns The world.
 * @throws {MpiError} If MPI is not found (the message says what to install), or
 * is not the library of the launcher.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { init } from "@tenfold/distributed";
 *
 * const world = await init(); // mpirun -n 4 deno run -A train.ts
 * assertEquals(world.worldSize, 1); // without mpirun
 * ```
 */
export async function init(options: InitOptions = {}): Promise<World> {
  const { library, debug, timeout } = parseArguments(
    schema,
    {},
    options,
    arguments,
    "init",
  );
  if (world !== null) return world;
  const compares = debug ??
    environmentVariable("TENFOLD_DISTRIBUTED_DEBUG") === "1";
  const { launcher } = await import("./_mpi/launcher.ts");
  const started = launcher();
  if (started === null && library === undefined) {
    return world = new World(new Alone(), compares);
  }
  const { openLibrary } = await import("./_mpi/library.ts");
  const { MpiCommunicator } = await import("./_mpi/communicator.ts");
  const opened = openLibrary(started, library);
  const ranks = new MpiCommunicator(opened, { launcher: started, timeout });
  return world = new World(ranks, compares);
}
