/**
 * Tensors out of data, and out of nothing.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import type { Device } from "./device.ts";
import {
  castNumber,
  checkDType,
  type DType,
  DTYPES,
  type HalfArray,
} from "./dtype.ts";
import { GradientError, ShapeError, showShape } from "./errors.ts";
import { dtypeOfArray, type NumberArray, toElements } from "./host_data.ts";
import { checkCount, checkNumber, showValue } from "./options.ts";
import {
  checkPlain,
  flag,
  list,
  named,
  oneArray,
  type PlainFields,
  text,
} from "./plain_options.ts";
import { currentDevice, deviceNow } from "./registry.ts";
import { checkShape, type Shape, sizeOf } from "./shape.ts";
import { apply, checkTensor, Tensor, wrapValue } from "./tensor.ts";
import type { Op } from "./op.ts";

/**
 * Options of functions that create tensors.
 *
 * @example A trainable matrix of half precision
 * ```ts
 * import { type TensorOptions, zeros } from "@tenfold/tenfold";
 *
 * const options: TensorOptions<"float16"> = {
 *   dtype: "float16",
 *   requiresGrad: true,
 * };
 * const weight = zeros([4, 2], options);
 * ```
 */
export interface TensorOptions<D extends DType = DType> {
  /** The element type. @default {"float32", or that of the data} */
  readonly dtype?: D;
  /** A backend by name, or a device. @default {the current backend} */
  readonly device?: string | Backend | Device;
  /** Whether operations on it are recorded for backward. @default {false} */
  readonly requiresGrad?: boolean;
}

/**
 * Nested arrays of numbers or booleans, or a typed array of any kind; one
 * number is a 0-d tensor.
 *
 * @example A function that takes what tensor takes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, Tensor, type TensorData } from "@tenfold/tenfold";
 *
 * function mean(values: TensorData): Tensor {
 *   return tensor(values, { dtype: "float32" }).mean();
 * }
 * assertEquals(await mean([1, 2, 6]).item(), 3);
 * ```
 */
export type TensorData =
  | number
  | boolean
  | readonly TensorData[]
  | NumberArray;

/**
 * The default dtype of a tensor of such data.
 *
 * @example The dtype of a Float64Array
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type DTypeOf, tensor, Tensor } from "@tenfold/tenfold";
 *
 * type D = DTypeOf<Float64Array>;
 * const x: Tensor<D> = tensor(Float64Array.of(1, 2));
 * assertEquals(x.dtype, "float64");
 * ```
 */
export type DTypeOf<T> = TensorData extends T ? DType
  : T extends boolean ? "bool"
  : T extends number ? "float32"
  : T extends Float64Array ? "float64"
  : T extends Float32Array ? "float32"
  : T extends HalfArray ? "float16"
  : T extends NumberArray ? "int32"
  : T extends readonly (infer U)[]
    ? [U] extends [never] ? "float32" : DTypeOf<U>
  : DType;

/**
 * The device that options name, or the current one.
 *
 * @example The current device
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { deviceFor } from "@tenfold/core/internal";
 *
 * assertEquals(deviceFor({}), tensor([1]).device);
 * ```
 */
export function deviceFor(options: TensorOptions): Device {
  return options.device === undefined
    ? currentDevice()
    : deviceNow(options.device);
}

const PLACE: PlainFields = { dtype: text, device: named, requiresGrad: flag };
const PLACE_AND_SHAPE: PlainFields = { shape: list, ...PLACE };

/** Refuses a gradient of whole numbers before anything is made. */
function checkGradient(dtype: DType, options: TensorOptions): void {
  if (options.requiresGrad && !DTYPES[dtype].floating) {
    throw new GradientError(
      `Cannot require a gradient of ${dtype}: only floats have one`,
    );
  }
}

function finish(x: Tensor, options: TensorOptions): Tensor {
  return options.requiresGrad ? x.requiresGrad_() : x;
}

/** Makes a tensor by a primitive without inputs. */
export function create<D extends DType>(
  op: Op & { readonly dtype: DType },
  options: TensorOptions<D>,
  operation: string,
): Tensor<D> {
  checkPlain(PLACE, options, operation);
  checkGradient(op.dtype, options);
  return finish(
    apply(op, [], deviceFor(options))[0]!,
    options,
  ) as Tensor<D>;
}

/** What stands at one place of nested arrays. */
type Nested = TensorData | bigint;

/** True for arrays of any kind, which have elements of their own. */
function hasElements(data: Nested): data is Exclude<Nested, Scalar> {
  return typeof data === "object" && data !== null &&
    typeof data.length === "number";
}

type Scalar = number | bigint | boolean;

/** The shape of nested arrays; ragged ones are refused with the place. */
function shapeOf(data: Nested): number[] {
  const shape: number[] = [];
  for (let level = data; hasElements(level); level = level[0]!) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  return shape;
}

interface Flattened {
  readonly values: (number | bigint)[];
  booleans: boolean;
}

function flattenInto(
  data: Nested,
  shape: readonly number[],
  path: readonly number[],
  into: Flattened,
): void {
  const depth = path.length;
  if (depth === shape.length) {
    if (typeof data === "boolean") into.values.push(data ? 1 : 0);
    else if (typeof data === "number" || typeof data === "bigint") {
      into.booleans = false;
      into.values.push(data);
    } else throw ragged(data, shape, path);
    return;
  }
  if (!hasElements(data) || data.length !== shape[depth]) {
    throw ragged(data, shape, path);
  }
  for (let i = 0; i < data.length; i++) {
    flattenInto(data[i]!, shape, [...path, i], into);
  }
}

function ragged(
  data: Nested,
  shape: readonly number[],
  path: readonly number[],
): ShapeError {
  const expected = path.length < shape.length
    ? `an array of ${shape[path.length]}`
    : "a number";
  const got = hasElements(data)
    ? `an array of ${data.length}`
    : typeof data === "object"
    ? showValue(data)
    : `${typeof data} ${String(data)}`;
  return new ShapeError(
    `Cannot make a tensor of ragged arrays: expected ${expected} at ${
      showShape(path)
    } to fit shape ${showShape(shape)}, got ${got}`,
  );
}

/** Refuses what holds no numbers, before it is looked into. */
function checkData(data: unknown): void {
  if (typeof data === "number" || typeof data === "boolean") return;
  if (typeof data === "object" && data !== null) {
    const lengthy = hasElements(data as TensorData);
    if (lengthy && !ArrayBuffer.isView(data)) return;
    if (dtypeOfArray(data) !== null) return;
  }
  if (data instanceof Tensor) {
    throw new TypeError(
      "Cannot make a tensor of a Tensor as it is one: write x.clone() for a copy, x.detach() to leave the tape, x.cast(dtype) or await x.to(device) for another kind",
    );
  }
  throw new TypeError(
    `Cannot make a tensor of ${
      showValue(data)
    }: give a number, nested arrays, or a typed array such as new Float32Array(buffer)`,
  );
}

/**
 * A tensor of the values given: a number, nested arrays, or a typed array of
 * any kind (with a `shape`, or 1-d). Numbers become float32, booleans bool;
 * of typed arrays, `Float64Array` becomes float64, other floats float32, and
 * all integers int32.
 *
 * Data keeps its value or is refused: int32 takes whole numbers from -2^31 to
 * 2^31 - 1. Into float32 numbers are rounded, into bool they are `!= 0`.
 *
 * @param options The dtype, the device, `requiresGrad`, and for typed or flat
 * arrays the `shape`.
 * @throws {TypeError} If the data is not a number, an array or a typed array.
 * @throws {ShapeError} If arrays are ragged, or the shape does not fit.
 * @throws {DTypeError} If the dtype is unknown.
 * @throws {RangeError} If the dtype is int32 and a value is not a whole number
 * in its range.
 * @example Nested and typed arrays
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 *
 * assertEquals(tensor([[1, 2], [3, 4]]).shape, [2, 2]);
 * assertEquals(tensor(new Int32Array(6), { shape: [2, 3] }).dtype, "int32");
 * ```
 */
export function tensor<
  T extends TensorData,
  D extends DType = DTypeOf<T>,
>(
  data: T,
  options: TensorOptions<D> & { readonly shape?: Shape } = {},
): Tensor<D> {
  checkCount("tensor", arguments.length, 2);
  checkPlain(PLACE_AND_SHAPE, options, "make a tensor");
  if (options.dtype !== undefined) checkDType(options.dtype, "make a tensor");
  checkData(data);
  const { values, dtype, shape } = fromTyped(data) ??
    fromNested(data);
  const target = checkShape(options.shape ?? shape, "make a tensor");
  if (sizeOf(target) !== values.length) {
    throw new ShapeError(
      `Cannot make a tensor of shape ${showShape(target)} as it has ${
        sizeOf(target)
      } elements: got ${values.length} values`,
    );
  }
  const type = options.dtype ?? dtype;
  checkGradient(type, options);
  const device = deviceFor(options);
  const array = toElements(values, type, target, "make a tensor");
  const made = wrapValue(device, device.upload(array, target, type));
  return finish(made, options) as Tensor<D>;
}

/** Values in C order, and the dtype and shape that they have by themselves. */
interface HostData {
  readonly values: ArrayLike<number | bigint>;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

function fromTyped(data: TensorData): HostData | null {
  const dtype = dtypeOfArray(data);
  if (dtype === null) return null;
  const values = data as NumberArray;
  return { values, dtype, shape: [values.length] };
}

function fromNested(data: TensorData): HostData {
  const shape = shapeOf(data);
  const into: Flattened = { values: [], booleans: true };
  flattenInto(data, shape, [], into);
  const { values, booleans } = into;
  const dtype = booleans && values.length > 0 ? "bool" : "float32";
  return { values, dtype, shape };
}

/**
 * A tensor filled with one value, which is cast to the dtype: into int32 it is
 * truncated and saturates.
 *
 * @throws {TypeError} If the value is not a number.
 * @throws {ShapeError} If an extent is negative or not an integer.
 * @example A matrix of sevens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { full } from "@tenfold/tenfold";
 *
 * assertEquals(await full([2, 2], 7).toArray(), [[7, 7], [7, 7]]);
 * ```
 */
export function full<D extends DType = "float32">(
  shape: Shape,
  value: number,
  options: TensorOptions<D> = {},
): Tensor<D> {
  checkCount("full", arguments.length, 3);
  return create(
    {
      name: "full",
      shape: checkShape(shape, "make a tensor"),
      value: checkNumber(value, "the value", "make a tensor"),
      dtype: checkDType(options.dtype ?? "float32", "make a tensor"),
    },
    options,
    "make a tensor",
  );
}

/**
 * A tensor of zeros.
 *
 * @param shape The extents; `[]` makes a 0-d tensor.
 * @param options `dtype` (float32 by default), `device` and `requiresGrad`.
 * @throws {ShapeError} If an extent is negative or not an integer.
 * @example A matrix, and counters
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { zeros } from "@tenfold/tenfold";
 *
 * assertEquals(await zeros([2, 2]).toArray(), [[0, 0], [0, 0]]);
 * assertEquals(zeros([3], { dtype: "int32" }).dtype, "int32");
 * ```
 */
export function zeros<D extends DType = "float32">(
  shape: Shape,
  options: TensorOptions<D> = {},
): Tensor<D> {
  if (!Array.isArray(shape)) throw oneArray("zeros", "the shape", arguments);
  checkCount("zeros", arguments.length, 2);
  return full(shape, 0, options);
}

/**
 * A tensor of ones.
 *
 * @param shape The extents; `[]` makes a 0-d tensor.
 * @param options `dtype` (float32 by default), `device` and `requiresGrad`.
 * @throws {ShapeError} If an extent is negative or not an integer.
 * @example A matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 *
 * assertEquals(await ones([2, 2]).toArray(), [[1, 1], [1, 1]]);
 * ```
 */
export function ones<D extends DType = "float32">(
  shape: Shape,
  options: TensorOptions<D> = {},
): Tensor<D> {
  if (!Array.isArray(shape)) throw oneArray("ones", "the shape", arguments);
  checkCount("ones", arguments.length, 2);
  return full(shape, 1, options);
}

/** Options with dtype and device of another tensor as defaults. */
export function like<D extends DType>(
  x: Tensor,
  options: TensorOptions<D>,
): TensorOptions<D> {
  checkPlain(PLACE, options, "make a tensor");
  return { dtype: x.dtype as D, device: x.device, ...options };
}

/**
 * A tensor filled with one value, with the shape, dtype and device of another
 * tensor.
 *
 * @example Of the same shape and dtype
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fullLike, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2], { dtype: "int32" });
 * const sevens = fullLike(x, 7);
 * assertEquals(await sevens.toArray(), [7, 7]);
 * assertEquals(sevens.dtype, "int32");
 * ```
 */
export function fullLike<D extends DType, E extends DType = D>(
  x: Tensor<D>,
  value: number,
  options: TensorOptions<E> = {},
): Tensor<E> {
  checkCount("fullLike", arguments.length, 3);
  checkTensor(x, "the tensor to be like", "make a tensor");
  return full(x.shape, value, like(x, options));
}

/**
 * A tensor of zeros, with the shape, dtype and device of another tensor.
 *
 * @example Of the same shape
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zerosLike } from "@tenfold/tenfold";
 *
 * assertEquals(await zerosLike(tensor([1, 2])).toArray(), [0, 0]);
 * ```
 */
export function zerosLike<D extends DType, E extends DType = D>(
  x: Tensor<D>,
  options: TensorOptions<E> = {},
): Tensor<E> {
  checkCount("zerosLike", arguments.length, 2);
  return fullLike(x, 0, options);
}

/**
 * A tensor of ones, with the shape, dtype and device of another tensor.
 *
 * @example Of the same shape, of another dtype
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { onesLike, tensor } from "@tenfold/tenfold";
 *
 * const mask = onesLike(tensor([1, 2]), { dtype: "bool" });
 * assertEquals(await mask.toArray(), [true, true]);
 * ```
 */
export function onesLike<D extends DType, E extends DType = D>(
  x: Tensor<D>,
  options: TensorOptions<E> = {},
): Tensor<E> {
  checkCount("onesLike", arguments.length, 2);
  return fullLike(x, 1, options);
}

/**
 * A matrix with ones on the diagonal and zeros elsewhere.
 *
 * @param columns @default {rows}
 * @example Square, and wide
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { eye } from "@tenfold/tenfold";
 *
 * assertEquals(await eye(2).toArray(), [[1, 0], [0, 1]]);
 * assertEquals(await eye(1, 3).toArray(), [[1, 0, 0]]);
 * ```
 */
export function eye<D extends DType = "float32">(
  rows: number,
  columns?: number | TensorOptions<D>,
  options?: TensorOptions<D>,
): Tensor<D> {
  checkCount("eye", arguments.length, typeof columns === "object" ? 2 : 3);
  return typeof columns === "object"
    ? identity(rows, rows, columns)
    : identity(rows, columns ?? rows, options ?? {});
}

function identity<D extends DType>(
  rows: number,
  columns: number,
  options: TensorOptions<D>,
): Tensor<D> {
  checkShape([rows, columns], "make an identity matrix");
  const dtype = checkDType(options.dtype ?? "float32", "make a tensor");
  return create({ name: "eye", rows, columns, dtype }, options, "make eye");
}

/** True for an options object, which may stand in place of a number. */
function isOptions(value: unknown): value is TensorOptions {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Numbers from `start` (0 by default) to `end` (exclusive) in steps of `step`.
 * Integers give int32 tensors, as in PyTorch, unless a dtype is given.
 *
 * @throws {RangeError} If the step is 0 or has the wrong sign, or the dtype is
 * int32 and a number is not an integer.
 * @throws {DTypeError} If the dtype is bool.
 * @example As in PyTorch
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { arange } from "@tenfold/tenfold";
 *
 * assertEquals(arange(4).toArraySync(), [0, 1, 2, 3]);
 * assertEquals(arange(1, 2, 0.25).toArraySync(), [1, 1.25, 1.5, 1.75]);
 * ```
 */
export function arange<D extends DType = "int32" | "float32">(
  start: number,
  end?: number | TensorOptions<D>,
  step?: number | TensorOptions<D>,
  options?: TensorOptions<D>,
): Tensor<D> {
  checkCount("arange", arguments.length, 4);
  for (const value of [start, end, step]) {
    if (value !== undefined && !isOptions(value)) {
      checkNumber(value, "each bound", "make a range");
    }
  }
  const numbers = [start, end, step].filter((v) => typeof v === "number");
  const settings = options ??
    [end, step].find((v) => typeof v === "object") as TensorOptions<D> ?? {};
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
  if (dtype === "int32") {
    const last = from + Math.max(0, length - 1) * by;
    toElements([from, by, last], dtype, [3], "make a range");
  }
  checkShape([length], "make a range");
  return create(
    { name: "arange", start: from, step: by, length, dtype },
    settings,
    "make a range",
  );
}

/**
 * `steps` numbers from `start` to `end`, both included, evenly spaced, and then
 * cast to the dtype.
 *
 * @throws {RangeError} If `steps` is not a non-negative integer.
 * @example Quarters
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { linspace } from "@tenfold/tenfold";
 *
 * assertEquals(await linspace(0, 1, 5).toArray(), [0, 0.25, 0.5, 0.75, 1]);
 * ```
 */
export function linspace<D extends DType = "float32">(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions<D> = {},
): Tensor<D> {
  checkCount("linspace", arguments.length, 4);
  checkNumber(start, "the start", "make evenly spaced numbers");
  checkNumber(end, "the end", "make evenly spaced numbers");
  checkPlain(PLACE, options, "make evenly spaced numbers");
  if (!Number.isInteger(steps) || steps < 0) {
    throw new RangeError(
      `Cannot make ${steps} evenly spaced numbers: give a non-negative integer`,
    );
  }
  const by = steps > 1 ? (end - start) / (steps - 1) : 0;
  // Counted from the nearer end, so that both ends are exact.
  const dtype = checkDType(options.dtype ?? "float32", "make a tensor");
  const values = Array.from({ length: steps }, (_, i) =>
    castNumber(
      dtype,
      i < steps / 2 ? start + i * by : end - (steps - 1 - i) * by,
    ));
  return tensor(values, { ...options, dtype: dtype as D, shape: [steps] });
}
