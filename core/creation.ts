/**
 * Tensors out of data, and out of nothing.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import type { Device } from "./device.ts";
import {
  checkDType,
  type DType,
  dtypeOfArray,
  DTYPES,
  type TypedArray,
} from "./dtype.ts";
import { GradientError, ShapeError, showShape } from "./errors.ts";
import { currentDevice, deviceNow } from "./registry.ts";
import { checkShape, type Shape, sizeOf } from "./shape.ts";
import { applyTo, Tensor } from "./tensor.ts";
import type { Op } from "./op.ts";

/** Options of everything that makes tensors. */
export interface TensorOptions {
  /** The element type. @default {"float32", or that of the data} */
  readonly dtype?: DType;
  /** A backend by name, or a device. @default {the current backend} */
  readonly device?: string | Backend | Device;
  /** Record operations on it for backward. @default {false} */
  readonly requiresGrad?: boolean;
}

/** Nested arrays of numbers or booleans; one number is a 0-d tensor. */
export type TensorData =
  | number
  | boolean
  | readonly TensorData[]
  | TypedArray
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array;

/** The device that options name, or the current one. */
export function deviceFor(options: TensorOptions): Device {
  return options.device === undefined
    ? currentDevice()
    : deviceNow(options.device);
}

const KNOWN_OPTIONS = new Set(["dtype", "device", "requiresGrad", "shape"]);

function checkOptions(options: object, operation: string): void {
  for (const key of Object.keys(options)) {
    if (!KNOWN_OPTIONS.has(key)) {
      throw new TypeError(
        `Cannot ${operation} as the option is unknown: got ${key}, expected ${
          [...KNOWN_OPTIONS].join(", ")
        }`,
      );
    }
  }
}

/** Refuses a gradient of whole numbers before anything is made. */
function checkGradient(dtype: DType, options: TensorOptions): void {
  if (options.requiresGrad && !DTYPES[dtype].floating) {
    throw new GradientError(
      `Cannot require a gradient of ${dtype}: only float32 and float64 have one`,
    );
  }
}

function finish(x: Tensor, options: TensorOptions): Tensor {
  return options.requiresGrad ? x.requiresGrad_() : x;
}

/** Makes a tensor by a primitive without inputs. */
export function create(
  op: Op & { readonly dtype: DType },
  options: TensorOptions,
  operation: string,
): Tensor {
  checkOptions(options, operation);
  checkGradient(op.dtype, options);
  return finish(applyTo(deviceFor(options), op, [])[0]!, options);
}

/** The shape of nested arrays; ragged ones are refused with the place. */
function shapeOf(data: TensorData): number[] {
  const shape: number[] = [];
  for (let level = data; typeof level === "object"; level = level[0]!) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

interface Flattened {
  readonly values: number[];
  booleans: boolean;
  fractions: boolean;
}

function flattenInto(
  data: TensorData,
  shape: readonly number[],
  path: readonly number[],
  into: Flattened,
): void {
  const depth = path.length;
  if (depth === shape.length) {
    if (typeof data === "boolean") into.values.push(data ? 1 : 0);
    else if (typeof data === "number") {
      into.booleans = false;
      into.values.push(data);
    } else throw ragged(data, shape, path);
    return;
  }
  if (
    typeof data !== "object" || data === null || data.length !== shape[depth]
  ) {
    throw ragged(data, shape, path);
  }
  for (let i = 0; i < data.length; i++) {
    flattenInto(data[i]!, shape, [...path, i], into);
  }
}

function ragged(
  data: TensorData,
  shape: readonly number[],
  path: readonly number[],
): ShapeError {
  const expected = path.length < shape.length
    ? `an array of ${shape[path.length]}`
    : "a number";
  const got = typeof data === "object" && data !== null
    ? `an array of ${data.length}`
    : `${typeof data} ${String(data)}`;
  return new ShapeError(
    `Cannot make a tensor of ragged arrays: expected ${expected} at ${
      showShape(path)
    } to fit shape ${showShape(shape)}, got ${got}`,
  );
}

/**
 * A tensor of the values given: a number, nested arrays, or a typed array
 * (with a `shape`, or 1-d). Numbers become float32, booleans bool; typed arrays
 * keep their type (8- and 16-bit integers become int32).
 *
 * @param options The dtype, the device, `requiresGrad`, and for typed or flat
 * arrays the `shape`.
 * @throws {ShapeError} If arrays are ragged, or the shape does not fit.
 * @throws {DTypeError} If the dtype is unknown.
 * @example Nested and typed arrays
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 *
 * assertEquals(tensor([[1, 2], [3, 4]]).shape, [2, 2]);
 * assertEquals(tensor(new Int32Array(6), { shape: [2, 3] }).dtype, "int32");
 * ```
 */
export function tensor(
  data: TensorData,
  options: TensorOptions & { readonly shape?: Shape } = {},
): Tensor {
  checkOptions(options, "make a tensor");
  if (options.dtype !== undefined) checkDType(options.dtype, "make a tensor");
  const { array, dtype, shape } = ArrayBuffer.isView(data)
    ? fromTyped(data as TypedArray, options)
    : fromNested(data as Exclude<TensorData, ArrayBufferView>, options);
  const target = checkShape(options.shape ?? shape, "make a tensor");
  if (sizeOf(target) !== array.length) {
    throw new ShapeError(
      `Cannot make a tensor of shape ${showShape(target)} as it has ${
        sizeOf(target)
      } elements: got ${array.length} values`,
    );
  }
  checkGradient(dtype, options);
  const device = deviceFor(options);
  const made = new Tensor(device, device.upload(array, target, dtype));
  return finish(made, options);
}

function fromTyped(data: TypedArray, options: TensorOptions) {
  // Bytes without a dtype are numbers, not truths: a mask says { dtype: "bool" }.
  const own = data instanceof Uint8Array ? null : dtypeOfArray(data);
  const dtype = options.dtype ?? own ?? "int32";
  return {
    array: convert(data, dtype, dtype !== own),
    dtype,
    shape: [data.length],
  };
}

function fromNested(
  data: Exclude<TensorData, ArrayBufferView>,
  options: TensorOptions,
) {
  const shape = shapeOf(data);
  const into: Flattened = { values: [], booleans: true, fractions: false };
  flattenInto(data, shape, [], into);
  const dtype = options.dtype ??
    (into.booleans && into.values.length > 0 ? "bool" : "float32");
  return { array: convert(into.values, dtype, true), dtype, shape };
}

/** Host values as the typed array of a dtype, casting as kernels do. */
function convert(
  values: ArrayLike<number>,
  dtype: DType,
  copies: boolean,
): TypedArray {
  if (!copies) return values as TypedArray;
  const out = DTYPES[dtype].allocate(values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = dtype === "bool" ? Number(values[i] !== 0) : values[i]!;
  }
  return out;
}

/**
 * A tensor filled with one value.
 *
 * @throws {ShapeError} If an extent is negative or no integer.
 */
export function full(
  shape: Shape,
  value: number,
  options: TensorOptions = {},
): Tensor {
  return create(
    {
      name: "full",
      shape: checkShape(shape, "make a tensor"),
      value,
      dtype: checkDType(options.dtype ?? "float32", "make a tensor"),
    },
    options,
    "make a tensor",
  );
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** Options with dtype and device of another tensor as defaults. */
export function like(x: Tensor, options: TensorOptions): TensorOptions {
  return { dtype: x.dtype, device: x.device, ...options };
}

/** One value in the shape, dtype and device of another tensor. */
export function fullLike(
  x: Tensor,
  value: number,
  options: TensorOptions = {},
): Tensor {
  return full(x.shape, value, like(x, options));
}

/** Zeros in the shape, dtype and device of another tensor. */
export function zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(x, 0, options);
}

/** Ones in the shape, dtype and device of another tensor. */
export function onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(x, 1, options);
}

/**
 * Ones on the diagonal of a matrix.
 *
 * @param columns @default {rows}
 */
export function eye(
  rows: number,
  columns: number = rows,
  options: TensorOptions = {},
): Tensor {
  checkShape([rows, columns], "make an identity matrix");
  const dtype = checkDType(options.dtype ?? "float32", "make a tensor");
  return create({ name: "eye", rows, columns, dtype }, options, "make eye");
}

/**
 * Numbers from `start` (0 if left out) to `end` (exclusive), `step` apart.
 * Whole numbers give int32 tensors, as in PyTorch, unless a dtype is named.
 *
 * @throws {RangeError} If the step does not lead from start to end.
 * @example As in PyTorch
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 *
 * assertEquals(arange(4).toArraySync(), [0, 1, 2, 3]);
 * assertEquals(arange(1, 2, 0.25).toArraySync(), [1, 1.25, 1.5, 1.75]);
 * ```
 */
export function arange(
  start: number,
  end?: number | TensorOptions,
  step?: number | TensorOptions,
  options?: TensorOptions,
): Tensor {
  const numbers = [start, end, step].filter((v) => typeof v === "number");
  const settings = options ??
    [end, step].find((v) => typeof v === "object") as TensorOptions ?? {};
  const from = numbers.length > 1 ? numbers[0]! : 0;
  const to = numbers.length > 1 ? numbers[1]! : numbers[0]!;
  const by = numbers[2] ?? 1;
  const length = Math.max(0, Math.ceil((to - from) / by));
  if (by === 0 || !Number.isFinite(length) || (to - from) / by < 0) {
    throw new RangeError(
      `Cannot make a range from ${from} to ${to} in steps of ${by}: the step must lead from start to end`,
    );
  }
  const whole = Number.isInteger(from) && Number.isInteger(by) &&
    Number.isInteger(to);
  const dtype = checkDType(
    settings.dtype ?? (whole ? "int32" : "float32"),
    "make a range",
  );
  checkShape([length], "make a range");
  return create(
    { name: "arange", start: from, step: by, length, dtype },
    settings,
    "make a range",
  );
}

/**
 * `steps` numbers from `start` to `end`, both included, evenly spaced.
 *
 * @throws {RangeError} If `steps` is not a non-negative integer.
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new RangeError(
      `Cannot make ${steps} evenly spaced numbers: give a non-negative integer`,
    );
  }
  const by = steps > 1 ? (end - start) / (steps - 1) : 0;
  // Counted from the nearer end, so that both ends are exact.
  const values = Array.from(
    { length: steps },
    (_, i) => i < steps / 2 ? start + i * by : end - (steps - 1 - i) * by,
  );
  return tensor(values, { dtype: "float32", ...options, shape: [steps] });
}
