/**
 * Collation: from samples to a batch.
 *
 * @module
 */
import {
  type DType,
  promote,
  ShapeError,
  stack,
  Tensor,
  tensor,
} from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import {
  checkCount,
  deviceFor,
  dtypeOfArray,
  tidyNow,
  toElements,
} from "@tenfold/core/internal";
import { toTensor } from "./_to_tensor.ts";

/**
 * What {@linkcode collate} makes of samples of a type: a tensor of tensors,
 * numbers, booleans and arrays of numbers; of tuples and objects the same with
 * each member collated; a list of anything else.
 *
 * @example A batch of images and labels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones, Tensor } from "@tenfold/tenfold";
 *
 * type Sample = [image: Tensor, label: number];
 * const batch: data.Collated<Sample> = data.collate<Sample>([
 *   [ones([2]), 0],
 *   [ones([2]), 1],
 * ]);
 * assertEquals(batch[0].shape, [2, 2]);
 * ```
 */
export type Collated<Sample> = Sample extends
  Tensor | number | boolean | ArrayBufferView | readonly number[] ? Tensor
  : Sample extends readonly unknown[]
    ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
  : Sample extends string | bigint | null | undefined ? Sample[]
  : Sample extends object
    ? { -readonly [K in keyof Sample]: Collated<Sample[K]> }
  : Sample[];

type Fields = { readonly [key: string]: unknown };

/** How the samples of one place in a batch are put together. */
type Kind =
  | "tensor"
  | "number"
  | "boolean"
  | "array"
  | "tuple"
  | "object"
  | "other";

function kindOf(sample: unknown): Kind {
  if (sample instanceof Tensor) return "tensor";
  if (typeof sample === "number") return "number";
  if (typeof sample === "boolean") return "boolean";
  if (dtypeOfArray(sample) !== null) return "array";
  if (Array.isArray(sample)) {
    const vector = sample.length > 0 &&
      sample.every((item) => typeof item === "number");
    return vector ? "array" : "tuple";
  }
  const prototype = typeof sample === "object" && sample !== null
    ? Object.getPrototypeOf(sample)
    : undefined;
  return prototype === Object.prototype || prototype === null
    ? "object"
    : "other";
}

function fail(why: string): ShapeError {
  return new ShapeError(`Cannot collate samples into a batch as ${why}`);
}

/** Puts vectors below each other, in the common dtype of all of them. */
function stackArrays(samples: readonly ArrayLike<number | bigint>[]): Tensor {
  const width = samples[0]!.length;
  const common = samples.reduce<DType>(
    (common, sample) => promote(common, dtypeOfArray(sample) ?? "float32"),
    "int32",
  );
  const { dtypes } = deviceFor({}).backend;
  const dtype = common === "float16" && !dtypes.includes(common)
    ? "float32"
    : common;
  const rows = DTYPES[dtype].allocate(samples.length * width);
  samples.forEach((sample, row) => {
    if (sample.length !== width) {
      throw fail(
        `the arrays differ in length: got ${width} and ${sample.length}`,
      );
    }
    const what = `make the row of sample ${row} in a batch`;
    rows.set(toElements(sample, dtype, [width], what), row * width);
  });
  const shape = [samples.length, width];
  return rows instanceof Float64Array
    ? toTensor(rows, "float64", shape, "samples", {})
    : tensor(rows, { shape, dtype });
}

/**
 * Makes one batch of samples, as a loader does by default. Tensors are
 * stacked along a new dim 0; numbers become a float32 tensor and booleans a
 * bool tensor of shape `[samples]`; typed arrays and arrays of numbers become
 * the rows of a tensor (plain arrays float32, integers int32, other floats as they
 * are, where the device has their dtype; mixed ones their common dtype). Other arrays count as tuples and plain objects as records:
 * each of their members is collated by itself. Anything else, such as text,
 * is given as a list.
 *
 * @typeParam Sample The type of the samples.
 * @param samples At least one sample; all have the same structure.
 * @returns The batch.
 * @throws {ShapeError} If there is no sample, or their structures or shapes
 * differ.
 * @throws {RangeError} If an integer does not fit into int32.
 *
 * @example Records of a vector and a class
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const batch = data.collate([
 *   { x: [0.5, 1], kind: new Int32Array([2]), name: "a" },
 *   { x: [2, 3], kind: new Int32Array([0]), name: "b" },
 * ]);
 * assertEquals(await batch.x.toArray(), [[0.5, 1], [2, 3]]);
 * assertEquals(batch.kind.dtype, "int32");
 * assertEquals(batch.name, ["a", "b"]);
 * ```
 */
export function collate<const Sample>(
  samples: readonly Sample[],
): Collated<Sample> {
  checkCount("collate", arguments.length, 1);
  return collateAny(samples) as Collated<Sample>;
}

function collateAny(samples: readonly unknown[]): unknown {
  if (samples.length === 0) throw fail("there is none");
  const first = samples[0];
  const kind = kindOf(first);
  for (const sample of samples) {
    const other = kindOf(sample);
    if (other !== kind) {
      throw fail(`their structures differ: got ${kind} and ${other}`);
    }
  }
  switch (kind) {
    case "tensor":
      return tidyNow(() => stack(samples as readonly Tensor[]));
    case "number":
      return tensor(new Float32Array(samples as readonly number[]));
    case "boolean":
      return tensor(samples as readonly boolean[]);
    case "array":
      return stackArrays(samples as readonly ArrayLike<number>[]);
    case "tuple":
      return collateTuples(samples as readonly (readonly unknown[])[]);
    case "object":
      return collateFields(samples as readonly Fields[]);
    default:
      return [...samples];
  }
}

function collateTuples(samples: readonly (readonly unknown[])[]): unknown[] {
  const first = samples[0]!;
  for (const { length } of samples) {
    if (length !== first.length) {
      throw fail(
        `the tuples differ in length: got ${first.length} and ${length}`,
      );
    }
  }
  return first.map((_, i) => collateAny(samples.map((sample) => sample[i])));
}

function collateFields(samples: readonly Fields[]): Fields {
  const keys = Object.keys(samples[0]!);
  for (const sample of samples) {
    const own = Object.keys(sample);
    if (own.length !== keys.length || !keys.every((key) => own.includes(key))) {
      throw fail(
        `the objects differ in their fields: got ${keys.join(", ")} and ${
          own.join(", ")
        }`,
      );
    }
  }
  return Object.fromEntries(
    keys.map((key) => [key, collateAny(samples.map((each) => each[key]))]),
  );
}
