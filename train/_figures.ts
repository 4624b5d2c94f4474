/**
 * Metrics in their two forms, and what they are computed of.
 *
 * @module
 */
import {
  currentBackend,
  scope,
  ShapeError,
  Tensor,
  tensor,
} from "@tenfold/core";
import { showShape } from "@tenfold/core/internal";
import { measure } from "./measure.ts";
import type { Metric } from "./metric.ts";

/**
 * Numbers in a tensor, in an array, or in one for each sample.
 *
 * @example Arrays or tensors
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const values: train.Values = [1, 2, 3];
 * assertEquals(await train.mae(values, tensor([1, 2, 6])), 1);
 * ```
 */
export type Values =
  | Tensor
  | ArrayLike<number>
  | readonly ArrayLike<number>[];

/** Whether values were given; refuses some of two. */
export function hasValues(
  first: unknown,
  second: unknown,
  operation: string,
): first is Values {
  const given = first instanceof Tensor || Array.isArray(first) ||
    ArrayBuffer.isView(first);
  if (given === (second !== undefined)) return given;
  throw new TypeError(
    `Cannot ${operation} of predictions without targets: pass both, or options alone for the metric of an epoch`,
  );
}

/** Values as nested or flat numbers, for `tensor`. */
const plain = (values: Exclude<Values, Tensor>): number[] =>
  Array.from(
    values as ArrayLike<unknown>,
    (one) => typeof one === "number" ? one : Array.from(one as number[]),
  ) as number[];

/** The widest floats of the backend in use. */
const widest = () =>
  currentBackend().dtypes.includes("float64") ? "float64" : "float32";

/** A metric of values that are all there. */
export async function measureValues(
  metric: Metric,
  predictions: Values,
  targets: Values,
  classes = false,
): Promise<number> {
  const inner = scope();
  let figure: Promise<number>;
  try {
    const output = predictions instanceof Tensor
      ? predictions
      : tensor(plain(predictions), { dtype: widest() });
    const target = targets instanceof Tensor
      ? targets
      : tensor(plain(targets), { dtype: classes ? "int32" : widest() });
    // The read begins while the tensors are there.
    figure = measure(metric, output, target);
  } finally {
    inner.dispose();
  }
  return await figure;
}

/** Predictions and targets of one shape, as wide floats. */
export function paired(
  output: Tensor,
  target: Tensor,
  operation: string,
): [output: Tensor, target: Tensor] {
  const { ndim } = target;
  const single = output.ndim === ndim + 1 && output.shape[ndim] === 1;
  const found = single ? output.squeeze(ndim) : output;
  if (found.shape.join() !== target.shape.join()) {
    throw new ShapeError(
      `Cannot ${operation} as the shapes do not belong together: got predictions of ${
        showShape(output.shape)
      } and targets of ${showShape(target.shape)}`,
    );
  }
  const dtype = output.device.backend.dtypes.includes("float64")
    ? "float64"
    : "float32";
  return [found.cast(dtype), target.cast(dtype)];
}

/** A table in memory. */
export interface Table {
  readonly values: ArrayLike<number>;
  readonly rows: number;
  /** Number of columns, or 0 for one number for each row. */
  readonly columns: number;
}

/** Reads values of one or two dims. */
export async function readTable(
  values: Values,
  what: string,
  operation: string,
): Promise<Table> {
  if (values instanceof Tensor) {
    const { shape } = values;
    if (shape.length === 1 || shape.length === 2) {
      const [rows, columns = 0] = shape as [number, number?];
      return { values: await values.data(), rows, columns };
    }
    throw new ShapeError(
      `Cannot ${operation} as ${what} must have one or two dims: got ${
        showShape(shape)
      }`,
    );
  }
  const list = plain(values) as (number | number[])[];
  const first = list[0];
  const columns = Array.isArray(first) ? first.length : 0;
  const odd = list.find((row) =>
    Array.isArray(row) ? row.length !== columns || columns === 0 : columns > 0
  );
  if (odd !== undefined) {
    throw new ShapeError(
      `Cannot ${operation} as the rows of ${what} differ in length`,
    );
  }
  return { values: list.flat(), rows: list.length, columns };
}
