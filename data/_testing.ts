/**
 * The backend of this package's tests. Not part of the package.
 *
 * @module
 */
import { type Backend, registerBackend } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });

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
