/**
 * The BLAS of this machine: which libraries there may be, and how they are
 * opened.
 *
 * @module
 */
import type {
  Foreign,
  ForeignFunction,
  ForeignType,
  Signature,
} from "@tenfold/core/foreign";

/** An open library. */
export interface Blas {
  /** What it is, for people: the library, and its kernel where it tells. */
  readonly name: string;
  /** `cblas_sgemm`. */
  readonly sgemm: ForeignFunction;
  /** `cblas_dgemm`. */
  readonly dgemm: ForeignFunction;
}

/** Where libraries are looked for, the first that is found counts. */
const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  darwin: [
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ],
  win32: ["libopenblas.dll", "openblas.dll", "mkl_rt.2.dll", "mkl_rt.dll"],
  linux: [
    "libopenblas.so.0",
    "libopenblas.so",
    "libmkl_rt.so.2",
    "libmkl_rt.so",
    "libblis.so.4",
    "libblis.so",
  ],
};

/** Libraries that may be on this machine. */
export function candidates(): readonly string[] {
  const { process } = globalThis as { process?: { platform?: string } };
  return CANDIDATES[process?.platform ?? ""] ?? CANDIDATES.linux!;
}

/** The parameters of `cblas_sgemm` and `cblas_dgemm`. */
const gemm = (real: ForeignType): Signature => ({
  parameters: [
    ...["i32", "i32", "i32", "i32", "i32", "i32"] as const,
    real,
    ...["address", "i32", "address", "i32"] as const,
    real,
    ...["address", "i32"] as const,
  ],
  result: "void",
});

const GEMM = { cblas_sgemm: gemm("f32"), cblas_dgemm: gemm("f64") };
const TEXT: Signature = { parameters: [], result: "address" };

/** The variables that say how many threads a library begins with. */
const THREADS = ["OPENBLAS", "MKL", "BLIS", "VECLIB"] as const;
const CORE = "OPENBLAS_CORETYPE";

/**
 * Opens a library.
 *
 * @param api The foreign function interface of this runtime.
 * @param path Its path, or its name where the system looks for libraries.
 * @param threads The number of threads that it may use.
 * @throws {Error} If it cannot be opened, lacks the functions, or takes
 * integers of 64 bits.
 */
export function openBlas(api: Foreign, path: string, threads: number): Blas {
  const restore = prepareEnvironment(api, threads);
  try {
    const { cblas_sgemm, cblas_dgemm } = api.open(path, GEMM);
    const name = nameOf(api, path);
    holdThreads(api, path, threads);
    return { name, sgemm: cblas_sgemm, dgemm: cblas_dgemm };
  } finally {
    restore();
  }
}

/** Functions of a library, or null where it does not have them all. */
function find<N extends string>(
  api: Foreign,
  path: string,
  signatures: Readonly<Record<N, Signature>>,
): Readonly<Record<N, ForeignFunction>> | null {
  try {
    return api.open(path, signatures);
  } catch {
    return null;
  }
}

function nameOf(api: Foreign, path: string): string {
  const tells = find(api, path, {
    openblas_get_config: TEXT,
    openblas_get_corename: TEXT,
  });
  if (tells === null) return path;
  const config = api.textAt(tells.openblas_get_config());
  if (config.includes("USE64BITINT")) {
    throw new Error("it takes integers of 64 bits");
  }
  const kernel = api.textAt(tells.openblas_get_corename());
  const version = /OpenBLAS [\d.]+/.exec(config)?.[0] ?? "OpenBLAS";
  return `${version} with its ${kernel} kernel`;
}

function holdThreads(api: Foreign, path: string, threads: number): void {
  for (
    const [name, type] of [
      ["openblas_set_num_threads", "i32"],
      ["MKL_Set_Num_Threads", "i32"],
      ["bli_thread_set_num_threads", "i64"],
    ] as const
  ) {
    const signature: Signature = { parameters: [type], result: "void" };
    const set = find<string>(api, path, { [name]: signature })?.[name];
    set?.(threads);
  }
}

/**
 * Sets what libraries read from the environment while they are loaded, and
 * gives what sets it back. What the user has set stays.
 */
function prepareEnvironment(api: Foreign, threads: number): () => void {
  const c = find(api, "libc.so.6", C) ??
    find(api, "/usr/lib/libSystem.B.dylib", C);
  if (c === null) return () => {};
  const wanted = new Map<string, string>();
  for (const library of THREADS) {
    const name = library === "VECLIB" ? "MAXIMUM_THREADS" : "NUM_THREADS";
    wanted.set(`${library}_${name}`, String(threads));
  }
  const core = coreType(processorFlags(api));
  if (core !== null) wanted.set(CORE, core);
  const set: Uint8Array[] = [];
  for (const [name, value] of wanted) {
    const key = zeroEnded(name);
    if (Number(c.getenv(api.addressOf(key))) !== 0) continue;
    const text = zeroEnded(value);
    c.setenv(api.addressOf(key), api.addressOf(text), 1);
    set.push(key);
  }
  return () => {
    for (const key of set) c.unsetenv(api.addressOf(key));
  };
}

const C = {
  getenv: { parameters: ["address"], result: "address" },
  setenv: { parameters: ["address", "address", "i32"], result: "i32" },
  unsetenv: { parameters: ["address"], result: "i32" },
} as const satisfies Record<string, Signature>;

function zeroEnded(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/**
 * The kernel of OpenBLAS for a processor with these features, where it may not
 * find it: versions older than the processor fall back to one for processors
 * of 2004, or to one with vectors of half the width. Null where it is left to
 * the library.
 */
export function coreType(flags: ReadonlySet<string>): string | null {
  const has = (...names: string[]) => names.every((name) => flags.has(name));
  if (has("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd")) {
    return has("avx512_bf16", "avx512_vnni") ? "COOPERLAKE" : "SKYLAKEX";
  }
  return has("avx2", "fma", "GenuineIntel") ? "HASWELL" : null;
}

/** The features of an x86 processor under Linux, and its maker. */
function processorFlags(api: Foreign): ReadonlySet<string> {
  const files = find(api, "libc.so.6", {
    fopen: { parameters: ["address", "address"], result: "address" },
    fread: {
      parameters: ["address", "i64", "i64", "address"],
      result: "i64",
    },
    fclose: { parameters: ["address"], result: "i32" },
  });
  if (files === null) return new Set();
  const path = zeroEnded("/proc/cpuinfo");
  const mode = zeroEnded("r");
  const file = Number(files.fopen(api.addressOf(path), api.addressOf(mode)));
  if (file === 0) return new Set();
  const bytes = new Uint8Array(8192);
  const count = Number(
    files.fread(api.addressOf(bytes), 1, bytes.length, file),
  );
  files.fclose(file);
  // One processor's lines are enough, and all are alike.
  const [first = ""] = new TextDecoder().decode(bytes.subarray(0, count))
    .split("\n\n");
  return new Set(first.split(/\s+/));
}
