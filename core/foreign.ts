/**
 * Functions of the machine's libraries, by the foreign function interface of
 * Deno or Bun. Never asks for a permission. For the packages of Tenfold, not
 * for programs: names change here without notice.
 *
 * @module
 */

/**
 * Type of a parameter or result of a foreign function; addresses are numbers.
 *
 * @example An address
 * ```ts
 * import type { ForeignType } from "@tenfold/core/foreign";
 *
 * const type: ForeignType = "address";
 * ```
 */
export type ForeignType = "i32" | "i64" | "f32" | "f64" | "address";

/**
 * Signature of a function of a library.
 *
 * @example A function of C: double cos(double)
 * ```ts
 * import type { Signature } from "@tenfold/core/foreign";
 *
 * const cos: Signature = { parameters: ["f64"], result: "f64" };
 * ```
 */
export interface Signature {
  /** The types of its parameters. */
  readonly parameters: readonly ForeignType[];
  /** The type of its result. */
  readonly result: ForeignType | "void";
}

/**
 * A foreign function.
 *
 * @example A function of two numbers
 * ```ts
 * import type { ForeignFunction } from "@tenfold/core/foreign";
 *
 * const add: ForeignFunction = (a = 0, b = 0) => a + b;
 * ```
 */
export type ForeignFunction = (...args: number[]) => number | bigint;

/**
 * The foreign function interface of this runtime.
 *
 * @example A function of the C library
 * ```ts
 * import type { Foreign } from "@tenfold/core/foreign";
 *
 * function processId(runtime: Foreign, library: string): number {
 *   const { getpid } = runtime.open(library, {
 *     getpid: { parameters: [], result: "i32" },
 *   });
 *   return Number(getpid());
 * }
 * ```
 */
export interface Foreign {
  /**
   * Opens a library and finds functions in it.
   *
   * @throws {Error} If there is no such library, or not all of the functions.
   */
  open<N extends string>(
    path: string,
    signatures: Readonly<Record<N, Signature>>,
  ): Readonly<Record<N, ForeignFunction>>;
  /** The address of the first byte, as long as the bytes do not move. */
  addressOf(bytes: Uint8Array): number;
  /** Reads a null-terminated string. */
  textAt(address: number | bigint): string;
}

interface DenoForeign {
  permissions: {
    querySync(d: { name: "ffi" }): { state: string };
  };
  dlopen(
    path: string,
    symbols: Record<string, unknown>,
  ): { symbols: Record<string, ForeignFunction> };
  UnsafePointer: {
    of(bytes: Uint8Array): object | null;
    value(pointer: object | null): number | bigint;
    create(address: bigint): object | null;
  };
  UnsafePointerView: { getCString(pointer: object): string };
}

interface BunForeign {
  dlopen(
    path: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, ForeignFunction> };
  ptr(bytes: Uint8Array): number;
  CString: new (address: number) => { toString(): string };
}

/**
 * The foreign function interface of this runtime; null where it has none.
 *
 * @example Whether libraries can be called here
 * ```ts
 * import { foreign } from "@tenfold/core/foreign";
 *
 * const canCall = foreign() !== null;
 * ```
 */
export function foreign(): Foreign | null {
  const { Deno: deno, process } = globalThis as {
    Deno?: Partial<DenoForeign>;
    process?: {
      versions?: { bun?: string };
      getBuiltinModule?(name: string): unknown;
    };
  };
  if (deno?.dlopen) return ofDeno(deno as DenoForeign);
  if (process?.versions?.bun === undefined) return null;
  const bun = process.getBuiltinModule?.("bun:ffi");
  return bun ? ofBun(bun as BunForeign) : null;
}

function ofDeno(deno: DenoForeign): Foreign {
  const { UnsafePointer, UnsafePointerView } = deno;
  const typeOf = (type: string) => type === "address" ? "usize" : type;
  return {
    open(path, signatures) {
      // Asked beforehand, so that no prompt appears for what is optional. A
      // permission for some paths is not enough, as addresses need all of it.
      if (deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
        throw new Error("--allow-ffi (without paths) was not given");
      }
      const symbols: Record<string, unknown> = {};
      for (const [name, { parameters, result }] of entriesOf(signatures)) {
        symbols[name] = {
          parameters: parameters.map(typeOf),
          result: typeOf(result),
        };
      }
      return deno.dlopen(path, symbols).symbols as ReturnType<Foreign["open"]>;
    },
    addressOf: (bytes) => Number(UnsafePointer.value(UnsafePointer.of(bytes))),
    textAt: (address) =>
      UnsafePointerView.getCString(UnsafePointer.create(BigInt(address))!),
  };
}

function ofBun(bun: BunForeign): Foreign {
  const typeOf = (type: string) => type === "address" ? "ptr" : type;
  return {
    open(path, signatures) {
      const symbols: Record<string, { args: string[]; returns: string }> = {};
      for (const [name, { parameters, result }] of entriesOf(signatures)) {
        symbols[name] = {
          args: parameters.map(typeOf),
          returns: typeOf(result),
        };
      }
      return bun.dlopen(path, symbols).symbols as ReturnType<Foreign["open"]>;
    },
    addressOf: (bytes) => bun.ptr(bytes),
    textAt: (address) => new bun.CString(Number(address)).toString(),
  };
}

function entriesOf(
  signatures: Readonly<Record<string, Signature>>,
): [string, Signature][] {
  return Object.entries(signatures);
}
