/**
 * What the tests of this package share. Not part of the package.
 *
 * @module
 */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { assertEquals } from "@std/assert";
import type { Backend } from "./backend.ts";
import { registerBackend } from "./registry.ts";
import { Scope } from "./scope.ts";
import { memory } from "./storage.ts";

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
