/**
 * What the tests of this package and of those above it share. Not part of the
 * package.
 *
 * @module
 */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { assertEquals } from "@std/assert";
import type { Backend } from "./backend.ts";
import { registerBackend, setBackend } from "./registry.ts";
import { Scope } from "./scope.ts";
import { traceAll } from "./place.ts";
import { memory } from "./storage.ts";
import { setAsyncContext } from "./task.ts";

// Programs record a share of the places where scopes begin; errors are to name
// those of tests.
traceAll();
registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });

/** The typed-array backend under another name: a second device. */
export function renamed(name: string): Backend {
  const backend = cpuTypedArray();
  return {
    name,
    dtypes: backend.dtypes,
    maxBufferBytes: backend.maxBufferBytes,
    alloc: (dtype, size) => backend.alloc(dtype, size),
    free: (buffer) => backend.free(buffer),
    write: (buffer, offset, data) => backend.write(buffer, offset, data),
    read: (buffer, offset, length) => backend.read(buffer, offset, length),
    readSync: (buffer, offset, length) =>
      backend.readSync!(buffer, offset, length),
    prepare: (kernel) => backend.prepare(kernel),
  };
}

/** A device of its own that can only be read by waiting. */
export function waiting(name: string): Backend {
  const { readSync: _, ...rest } = renamed(name);
  return rest;
}

/** Runs a test with another backend in use. */
export async function on(
  backend: Backend,
  test: () => void | Promise<void>,
): Promise<void> {
  await setBackend(backend);
  try {
    await test();
  } finally {
    await setBackend("cpu-typedarray");
  }
}

/** A test in a scope of its own that must leave nothing behind. */
export function clean(
  test: () => void | Promise<void>,
): () => Promise<void> {
  return async () => {
    const { tensors, buffers, bytes } = memory();
    {
      using _ = new Scope();
      await test();
    }
    const after = memory();
    assertEquals(
      [after.tensors, after.buffers, after.bytes],
      [tensors, buffers, bytes],
    );
  };
}

/** Calls `fn` and gives the warnings that it writes. */
export function warningsOf(fn: () => void): string[] {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => warnings.push(text);
  try {
    fn();
  } finally {
    console.warn = warn;
  }
  return warnings;
}

/** Runs a test as on a runtime that cannot tell asynchronous tasks apart. */
export async function withoutAsyncContext(
  test: () => void | Promise<void>,
): Promise<void> {
  setAsyncContext(null);
  try {
    await test();
  } finally {
    setAsyncContext(undefined);
  }
}

/** Lets the other tasks of a program have their turn. */
export function pause(ms = 1): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
