/**
 * What the tests of this package share: the backend, and tests that leave no
 * tensor. Not part of the package.
 *
 * @module
 */
import * as bdd from "@std/testing/bdd";
import { type Backend, registerBackend } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { clean } from "../core/_testing.ts";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });

/** A test whose tensors are released at its end; it must leave nothing else. */
export function it(name: string, body: () => void | Promise<void>): void {
  bdd.it(name, clean(body));
}

/** A device like many others: it has no float64. */
export function withoutFloat64(): Backend {
  const backend = cpuTypedArray();
  return {
    name: "without-float64",
    dtypes: ["bool", "int32", "float32"],
    maxBufferBytes: backend.maxBufferBytes,
    alloc: (dtype, size) => backend.alloc(dtype, size),
    free: (buffer) => backend.free(buffer),
    write: (buffer, offset, data) => backend.write(buffer, offset, data),
    read: (buffer, offset, length) => backend.read(buffer, offset, length),
    prepare: (kernel) => backend.prepare(kernel),
  };
}
