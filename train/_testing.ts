/**
 * What the tests of this package share. Not part of the package.
 *
 * @module
 */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { type Backend, registerBackend } from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";

registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });

/** The typed-array backend under another name, and what it was asked for. */
export interface CountingBackend extends Backend {
  /** How often it was read. */
  reads: number;
  /** Bytes that are allocated now. */
  bytes: number;
}

/**
 * A device of its own, whose memory no other test uses: what a collector takes
 * back from them does not show.
 */
export function countingBackend(): CountingBackend {
  const inner = cpuTypedArray();
  const sizes = new Map<unknown, number>();
  return {
    name: "counting",
    dtypes: inner.dtypes,
    maxBufferBytes: inner.maxBufferBytes,
    reads: 0,
    bytes: 0,
    alloc(dtype, size) {
      const buffer = inner.alloc(dtype, size);
      const bytes = size * DTYPES[dtype].bytes;
      sizes.set(buffer, bytes);
      this.bytes += bytes;
      return buffer;
    },
    free(buffer) {
      this.bytes -= sizes.get(buffer)!;
      sizes.delete(buffer);
      inner.free(buffer);
    },
    write: (buffer, offset, data) => inner.write(buffer, offset, data),
    read(buffer, offset, length) {
      this.reads++;
      return inner.read(buffer, offset, length);
    },
    readSync(buffer, offset, length) {
      this.reads++;
      return inner.readSync!(buffer, offset, length);
    },
    prepare: (kernel) => inner.prepare(kernel),
  };
}

/** A device that cannot be read without waiting, and counts its reads. */
export function asyncBackend(): CountingBackend {
  const { readSync: _, ...inner } = countingBackend();
  return {
    ...inner,
    name: "async-only",
    async read(buffer, offset, length) {
      const data = await inner.read.call(this, buffer, offset, length);
      await new Promise((resolve) => setTimeout(resolve));
      return data;
    },
    synchronize: () => Promise.resolve(),
  };
}

/** What `work` prints with `console.log`. */
export function captureLines(work: () => unknown): Promise<string[]> {
  return capture("log", work);
}

/** What `work` says with `console.warn`. */
export function captureWarnings(work: () => unknown): Promise<string[]> {
  return capture("warn", work);
}

async function capture(
  method: "log" | "warn",
  work: () => unknown,
): Promise<string[]> {
  const lines: string[] = [];
  const kept = console[method];
  console[method] = (...parts) => void lines.push(parts.join(" "));
  try {
    await work();
  } finally {
    console[method] = kept;
  }
  return lines;
}
