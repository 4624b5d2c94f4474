/**
 * A backend that was opened for the suite, with a device on it.
 *
 * @module
 */
import { type Backend, type DType, memory } from "@tenfold/core";
import { DTYPES, EagerDevice, Value, View } from "@tenfold/core/backend";
import { fit, type Plain } from "./ops/plain.ts";
import { addressesOf, type Layout, layOut } from "./layout.ts";
import type { Random } from "./random.ts";
import type { Draw } from "./values.ts";
import { WatchedBackend } from "./watch.ts";

/** An operand before it has memory. */
export interface Operand {
  /** The extents. */
  readonly shape: readonly number[];
  /** The element type. */
  readonly dtype: DType;
  /** Its layout in memory. */
  readonly layout: Layout;
  /** Its numbers: drawn for each element of the memory, or given in C order. */
  readonly values: Draw | readonly number[];
}

/** An operand on the device, and what it means. */
export interface Placed {
  /** On the device. */
  readonly value: Value;
  /** As numbers. */
  readonly plain: Plain;
}

/** An opened backend. */
export class Session {
  /** Counts and checks. */
  readonly backend: WatchedBackend;
  /** Runs each operation at once. */
  readonly device: EagerDevice;

  /** Watches a backend. */
  constructor(backend: Backend) {
    this.backend = new WatchedBackend(backend);
    this.device = new EagerDevice(this.backend);
  }

  /** Whether the backend has a dtype. */
  has(dtype: DType): boolean {
    return this.backend.dtypes.includes(dtype);
  }

  /** Puts an operand on the device. */
  place(operand: Operand, random: Random): Placed {
    const { shape, dtype, layout, values } = operand;
    const given = typeof values !== "function";
    const { view, size } = given
      ? { view: View.dense(shape), size: values.length }
      : layOut(shape, layout);
    const memory = DTYPES[dtype].allocate(size);
    for (let i = 0; i < size; i++) {
      memory[i] = fit(dtype, given ? values[i]! : values(random, dtype));
    }
    const data = addressesOf(view).map((at) => memory[at]!);
    const whole = this.device.upload(memory, [size], dtype);
    const value = new Value(whole.storage, view);
    return { value, plain: { shape, dtype, data } };
  }
}

/** Runs `body`, after which as much memory must be held as before. */
export async function balanced(
  session: Session,
  body: () => void | Promise<void>,
): Promise<void> {
  const before = memory();
  const live = session.backend.live;
  await body();
  const after = memory();
  const lost = [
    `${after.tensors - before.tensors} tensors`,
    `${after.buffers - before.buffers} buffers`,
    `${after.bytes - before.bytes} bytes`,
    `${session.backend.live - live} buffers of ${session.backend.name}`,
  ].filter((text) => !text.startsWith("0 "));
  if (lost.length > 0) throw new Error(`Not given back: ${lost.join(", ")}`);
}

/** Calls `opener` once and gives the same session to everybody. */
export function sessionOf(
  opener: () => Backend | Promise<Backend>,
): () => Promise<Session> {
  let session: Promise<Session> | null = null;
  return () =>
    session ??= Promise.resolve(opener()).then(async (backend) => {
      for (const name of ["linearInt8", "conv2d", "maxPool2d"] as const) {
        await backend.load?.(name);
      }
      return new Session(backend);
    });
}
