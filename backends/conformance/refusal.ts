/**
 * Refusals: of what a backend does not support, and of wrong arguments before
 * anything has changed.
 *
 * @module
 */
import { type DType, IndexError, OutOfMemoryError } from "@tenfold/core";
import { arg, call, DTYPES, type Op, type Value } from "@tenfold/core/backend";
import { mustRefuse } from "./check.ts";
import { Random } from "./random.ts";
import type { Session } from "./session.ts";
import { EVERY } from "./ops/cases.ts";

/** Every dtype can be stored and made, or is refused with a `DeviceError`. */
export async function checkDTypes(session: Session): Promise<void> {
  const { device } = session;
  const number = device.upload(Float32Array.of(1, 0), [2], "float32");
  try {
    for (const dtype of EVERY) {
      const making: readonly (() => Value)[] = [
        () => device.upload(DTYPES[dtype].allocate(2), [2], dtype),
        () =>
          device.apply({ name: "full", shape: [2], value: 1, dtype }, [])[0]!,
        () => device.apply({ name: "cast", dtype }, [number])[0]!,
        () => device.apply({ name: "eye", rows: 2, columns: 1, dtype }, [])[0]!,
      ];
      for (const make of making) {
        if (!session.has(dtype)) {
          mustRefuse(make, `a tensor of ${dtype}`);
          continue;
        }
        const value = make();
        const data = await device.read(value);
        value.release();
        const expected = DTYPES[dtype].allocate(0).constructor;
        if (data.constructor !== expected || data.length !== 2) {
          throw new Error(
            `A tensor of ${dtype} was read as ${data.constructor.name} of ${data.length}`,
          );
        }
      }
    }
  } finally {
    number.release();
  }
}

/** More than one buffer holds is refused before it is asked for. */
export function checkSize(session: Session): void {
  const { device, backend } = session;
  const size = Math.floor(backend.maxBufferBytes / 4) + 1;
  if (!Number.isSafeInteger(size)) return;
  for (const shape of [[size], [1, size], [2, Math.ceil(size / 2), 1]]) {
    const op: Op = { name: "full", shape, value: 0, dtype: "float32" };
    try {
      device.apply(op, [])[0]!.release();
    } catch (error) {
      if (error instanceof OutOfMemoryError) continue;
      throw new Error(`Too large a tensor was refused with ${error}`, {
        cause: error,
      });
    }
    throw new Error(`A tensor of ${size} elements was not refused`);
  }
}

/** Runs an op that must end in an `IndexError`, at once or when it is read. */
async function mustMissIndex(
  session: Session,
  op: Op,
  inputs: readonly Value[],
): Promise<void> {
  let results: readonly Value[] = [];
  try {
    results = session.device.apply(op, inputs);
    await session.device.read(results[0]!);
  } catch (error) {
    if (error instanceof IndexError) return;
    throw new Error(`A wrong index was refused with ${error}`, {
      cause: error,
    });
  } finally {
    for (const result of results) result.release();
  }
  throw new Error(`${JSON.stringify(op)} took an index that is out of range`);
}

/** Indices out of range are refused, and the device is usable afterwards. */
export async function checkIndices(session: Session): Promise<void> {
  const { device, backend } = session;
  const random = new Random(1, "indices");
  const dtypes: readonly DType[] = ["float32", "int32"];
  for (const dtype of dtypes) {
    for (const wrong of [-1, 3, 2147483647, -2147483648]) {
      for (const at of [0, 4, 7]) {
        const list = [0, 1, 2, 2, 1, 0, 1, 2];
        list[at] = wrong;
        const placed = [
          session.place(
            { shape: [3], dtype, layout: "dense", values: [4, 5, 6] },
            random,
          ),
          session.place(
            { shape: [8], dtype: "int32", layout: "dense", values: list },
            random,
          ),
          session.place(
            { shape: [8], dtype, layout: "stepped", values: () => 1 },
            random,
          ),
        ].map(({ value }) => value);
        try {
          const [x, index, src] = placed as [Value, Value, Value];
          const gather: Op = { name: "gather", dim: 0 };
          const scatterAdd: Op = { name: "scatterAdd", dim: 0 };
          await mustMissIndex(session, gather, [x, index]);
          await mustMissIndex(session, scatterAdd, [x, index, src]);
          const [sum] = device.apply({ name: "add" }, [x, x]);
          const data = Array.from(await device.read(sum!));
          sum!.release();
          if (data.join() !== "8,10,12") {
            throw new Error(
              `After a wrong index ${backend.name} adds to ${data.join()}`,
            );
          }
        } finally {
          for (const value of placed) value.release();
        }
      }
    }
  }
}

/** In place, several views of one memory behave as if all were read first. */
export async function checkOverlaps(session: Session): Promise<void> {
  const { device } = session;
  const base = device.upload(Int32Array.of(1, 2, 3, 4, 5), [5], "int32");
  const view = (start: number, length: number, step = 1): Value =>
    base.alias(base.view.slice(0, start, length, step));
  const program = {
    label: "overlap",
    inputs: ["int32", "int32"] as const,
    exprs: [call("add", arg(0, "int32"), arg(1, "int32"))],
  };
  const steps: readonly (readonly [Value, Value, readonly number[]])[] = [
    // Shifted by one, in both directions.
    [view(1, 4), view(0, 4), [1, 3, 5, 7, 9]],
    [view(0, 4), view(1, 4), [4, 8, 12, 16, 9]],
    // The same elements backwards.
    [view(0, 5), view(4, 5, -1), [13, 24, 24, 24, 13]],
    // The very same view.
    [view(1, 2, 2), view(1, 2, 2), [13, 48, 24, 48, 13]],
    // One element for all.
    [
      view(0, 5),
      base.alias(base.view.slice(0, 2, 1, 1).expand([5])),
      [37, 72, 48, 72, 37],
    ],
  ];
  try {
    for (const [target, other, expected] of steps) {
      device.apply(
        { name: "update", targets: 1, program, scalars: [] },
        [target, other],
      );
      const data = Array.from(await device.read(base));
      if (data.join() !== expected.join()) {
        throw new Error(
          `An update over overlapping views gave ${data.join()}, expected ${expected.join()}`,
        );
      }
    }
  } finally {
    for (const [target, other] of steps) {
      target.release();
      other.release();
    }
    base.release();
  }
}
