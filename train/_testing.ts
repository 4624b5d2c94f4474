/**
 * What the tests of this package share. Not part of the package.
 *
 * @module
 */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { type Backend, memory, registerBackend } from "@tenfold/core";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });

/** A device that cannot be read without waiting, and counts its reads. */
export interface AsyncBackend extends Backend {
  reads: number;
}

/** The typed-array backend as a device that is only read asynchronously. */
export function asyncBackend(): AsyncBackend {
  const inner = cpuTypedArray();
  return {
    name: "async-only",
    dtypes: inner.dtypes.filter((dtype) => dtype !== "float64"),
    maxBufferBytes: inner.maxBufferBytes,
    reads: 0,
    alloc: (dtype, size) => inner.alloc(dtype, size),
    free: (buffer) => inner.free(buffer),
    write: (buffer, offset, data) => inner.write(buffer, offset, data),
    async read(buffer, offset, length) {
      this.reads++;
      const data = await inner.read(buffer, offset, length);
      await new Promise((resolve) => setTimeout(resolve));
      return data;
    },
    prepare: (kernel) => inner.prepare(kernel),
    synchronize: () => Promise.resolve(),
  };
}

/** Runs `work`, and says how many bytes more are held afterwards. */
export async function bytesLeftBy(
  work: () => Promise<unknown>,
): Promise<number> {
  const before = memory().bytes;
  await work();
  return memory().bytes - before;
}
