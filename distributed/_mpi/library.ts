/**
 * Finds and opens the MPI library.
 *
 * @module
 */
import {
  type Foreign,
  foreign,
  type ForeignFunction,
  type ForeignType,
  type Signature,
} from "@tenfold/core/foreign";
import { environmentVariable } from "@tenfold/core/internal";
import { MpiError } from "../errors.ts";
import { type Flavour, type Handles, handlesOf } from "./handles.ts";
import type { Launcher } from "./launcher.ts";

/** The functions of MPI that are called: `h` stands for a handle. */
const PARAMETERS = {
  MPI_Init: "aa",
  MPI_Initialized: "a",
  MPI_Finalize: "",
  MPI_Abort: "hi",
  MPI_Comm_dup: "ha",
  MPI_Comm_rank: "ha",
  MPI_Comm_size: "ha",
  MPI_Comm_set_errhandler: "hh",
  MPI_Error_string: "iaa",
  MPI_Get_processor_name: "aa",
  MPI_Allreduce: "aaihhh",
  MPI_Allgather: "aihaihh",
  MPI_Bcast: "aihih",
  MPI_Reduce_scatter_block: "aaihhh",
  MPI_Iallreduce: "aaihhha",
  MPI_Iallgather: "aihaihha",
  MPI_Ibcast: "aihiha",
  MPI_Ireduce_scatter_block: "aaihhha",
  MPI_Iallgatherv: "aihaaahha",
  MPI_Ireduce_scatter: "aaahhha",
  MPI_Ibarrier: "ha",
  MPI_Isend: "aihiiha",
  MPI_Irecv: "aihiiha",
  MPI_Cancel: "a",
  MPI_Test: "aaa",
  MPI_Request_free: "a",
} as const;

/** The name of a function of MPI. */
export type FunctionName = keyof typeof PARAMETERS;

/** The C library, for what MPI has no function for. */
const LIBC = {
  dlopen: { parameters: ["address", "i32"], result: "address" },
  dlsym: { parameters: ["address", "address"], result: "address" },
  getpid: { parameters: [], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  usleep: { parameters: ["i32"], result: "i32" },
} satisfies Record<string, Signature>;

/** An open MPI library, and the C library beside it. */
export interface Library {
  /** The path or name that it was opened by. */
  readonly path: string;
  /** What it calls itself, in one line. */
  readonly version: string;
  /** Whether `MPI_Finalize` may hang where ranks are on several machines. */
  readonly hangsInFinalize: boolean;
  readonly handles: Handles;
  readonly mpi: Readonly<Record<FunctionName, ForeignFunction>>;
  readonly libc: Readonly<Record<keyof typeof LIBC, ForeignFunction>>;
  readonly foreign: Foreign;
}

const LIBRARIES: Readonly<Record<Flavour, readonly string[]>> = {
  "Open MPI": ["libmpi.so.40", "libmpi.so"],
  MPICH: ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi.so"],
  "MPI ABI": ["libmpi_abi.so.0", "libmpi_abi.so"],
};
const MAC = [
  "/opt/homebrew/lib/libmpi.dylib",
  "/usr/local/lib/libmpi.dylib",
  "libmpi.dylib",
];
const C_LIBRARIES = ["libc.so.6", "libSystem.B.dylib", "libc.so"];

const INSTALL =
  "install one, such as openmpi-bin and libopenmpi3 or mpich (Debian), or give its path: init({ library })";

/** RTLD_NOW | RTLD_GLOBAL, which the plugins of Open MPI may need. */
const NOW_GLOBAL = isMac() ? 0x2 | 0x8 : 0x2 | 0x100;

function isMac(): boolean {
  const { process } = globalThis as { process?: { platform?: string } };
  return process?.platform === "darwin";
}

/** A text that ends with a zero, for C. */
function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/**
 * Opens MPI: the given library, the one that `TENFOLD_MPI` names, or the one of
 * the launcher.
 *
 * @throws {MpiError} If there is none; it says what to install.
 */
export function openLibrary(
  launcher: Launcher | null,
  given?: string,
): Library {
  const interface_ = foreign();
  if (interface_ === null) {
    throw new MpiError(
      "Cannot init as this runtime cannot call libraries: MPI is reached on Deno (--allow-ffi) and Bun",
    );
  }
  const named = given ?? environmentVariable("TENFOLD_MPI");
  const tried = named !== null ? [named] : candidates(launcher?.flavour);
  const failures: string[] = [];
  const libc = openFirst(
    C_LIBRARIES,
    failures,
    (path) => interface_.open(path, LIBC),
  );
  const found = libc &&
    openFirst(
      tried,
      failures,
      (path) => open(interface_, libc, path, launcher?.flavour ?? null),
    );
  if (found) return found;
  if (failures.some((why) => why.includes("--allow-ffi"))) {
    throw new MpiError(
      "Cannot init as --allow-ffi (without paths) was not given, which MPI needs: run with --allow-ffi --allow-env",
    );
  }
  throw new MpiError(
    `Cannot init as no MPI library was found: ${INSTALL}; tried ${
      failures.join("; ")
    }`,
  );
}

function candidates(flavour: Flavour | null | undefined): readonly string[] {
  const all = Object.values(LIBRARIES).flat();
  const own = flavour ? [...LIBRARIES[flavour], ...LIBRARIES["MPI ABI"]] : all;
  return [...new Set(isMac() ? [...MAC, ...own] : own)];
}

/** The first that can be opened; why the others cannot is added to a list. */
function openFirst<T>(
  paths: readonly string[],
  failures: string[],
  open: (path: string) => T,
): T | null {
  for (const path of paths) {
    try {
      return open(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failures.push(`${path} (${why.split("\n")[0]})`);
    }
  }
  return null;
}

function open(
  foreign: Foreign,
  libc: Library["libc"],
  path: string,
  wanted: Flavour | null,
): Library {
  // First of all it says what it is, which it may before MPI_Init.
  const { MPI_Get_library_version } = foreign.open(path, {
    MPI_Get_library_version: {
      parameters: ["address", "address"],
      result: "i32",
    },
  });
  const text = new Uint8Array(8193);
  const length = new Uint8Array(4);
  MPI_Get_library_version(foreign.addressOf(text), foreign.addressOf(length));
  const described = foreign.textAt(foreign.addressOf(text));
  const [version = ""] = described.split(/\n|,/);
  const flavour = flavourOf(path, version);
  if (wanted !== null && flavour !== wanted && flavour !== "MPI ABI") {
    throw new MpiError(`it is ${version}, and the launcher is of ${wanted}`);
  }
  const bytes = cString(path);
  const handle = flavour === "Open MPI"
    ? libc.dlopen(foreign.addressOf(bytes), NOW_GLOBAL)
    : 0;
  const handles = handlesOf(flavour, (name) => {
    const bytes = cString(name);
    const found = Number(
      libc.dlsym(Number(handle), foreign.addressOf(bytes)),
    );
    if (found === 0) throw new MpiError(`it has no ${name}`);
    return found;
  });
  const typeOf = (letter: string): ForeignType =>
    letter === "h" ? handles.type : letter === "i" ? "i32" : "address";
  const signatures = Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, letters]) => [name, {
      parameters: [...letters].map(typeOf),
      result: "i32",
    }]),
  ) as unknown as Record<FunctionName, Signature>;
  const mpi = foreign.open(path, signatures);
  return {
    path,
    version: version.replace(/ Version:\s*/, " ").trim(),
    hangsInFinalize: hangsInFinalize(described),
    handles,
    mpi,
    libc,
    foreign,
  };
}

/**
 * Whether `MPI_Finalize` may never return where ranks are on several machines.
 * MPICH on UCX before 4.2 waits at a barrier of the launcher once its own
 * connections are closed, and answers no longer to a rank whose connections are
 * not: a program in C whose rank 1 of 4 comes 0.2 s later than the others hung in
 * 5 of 6 runs over TCP (MPICH 4.0.2, UCX 1.13.1), and in none within a machine.
 *
 * @param described What `MPI_Get_library_version` gives.
 */
export function hangsInFinalize(described: string): boolean {
  if (!/MPICH Device:\s*ch4:ucx/.test(described)) return false;
  const [, major, minor] = /MPICH Version:\s*(\d+)\.(\d+)/.exec(described) ??
    [];
  return Number(major) < 4 || (Number(major) === 4 && Number(minor) < 2);
}

function flavourOf(path: string, version: string): Flavour {
  if (path.includes("libmpi_abi")) return "MPI ABI";
  return version.includes("Open MPI") ? "Open MPI" : "MPICH";
}
