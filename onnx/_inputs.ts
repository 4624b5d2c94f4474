/**
 * The inputs of a model, checked against their declaration in the model.
 *
 * @module
 */
import { type Device, isFloating, ShapeError, Tensor } from "@tenfold/core";
import { showValue } from "@tenfold/core/internal";
import { allocate, dtypeOf, factsOf, isFloat, nameOf } from "./_element.ts";
import type { ValueInfoProto } from "./_proto/messages.ts";
import { type Known, known, sizeOf, type Value } from "./_value.ts";

/**
 * An input or output of a model.
 *
 * @example The inputs of a model
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 * import { exportOnnx, importOnnx, type OnnxValueInfo } from "@tenfold/onnx";
 *
 * const file = await exportOnnx(new nn.Linear(2, 1), ones([1, 2]));
 * const { inputs } = await importOnnx(file);
 * const shapes = inputs.map(({ name, shape }: OnnxValueInfo) => [name, shape]);
 * assertEquals(shapes[0]?.[0], "input");
 * ```
 */
export interface OnnxValueInfo {
  /** Its name. */
  readonly name: string;
  /** Its element type, as ONNX writes it: `"float"`, `"int64"`, `"bool"`. */
  readonly type: string;
  /**
   * Its extents: numbers, names of dynamic dims, and null for unspecified ones.
   * Null as a whole if the rank is unspecified too.
   */
  readonly shape: readonly (number | string | null)[] | null;
}

/**
 * The value of an input: a tensor, or numbers. Integers of any width are int32
 * tensors. Pass numbers for inputs that decide how the model runs, such as a
 * sampling rate: their values are then known to JavaScript on every backend.
 *
 * @example A number, as a sampling rate
 * ```ts
 * import type { OnnxInput } from "@tenfold/onnx";
 *
 * const rate: OnnxInput = 16_000;
 * ```
 */
export type OnnxInput =
  | Tensor
  | number
  | bigint
  | boolean
  | ArrayLike<number>
  | ArrayLike<bigint>;

/** What a file says of an input or output. */
export function infoOf({ name, type }: ValueInfoProto): OnnxValueInfo {
  const tensor = type?.tensorType;
  return {
    name,
    type: nameOf(tensor?.elemType ?? 1),
    shape:
      tensor?.shape?.dim.map(({ dimValue, dimParam }) =>
        dimParam !== ""
          ? dimParam
          : dimValue !== null && dimValue >= 0
          ? dimValue
          : null
      ) ?? null,
  };
}

/** An input as a value, checked against what the model says of it. */
export function valueOf(
  input: OnnxInput,
  info: ValueInfoProto,
  dtypes: Device["backend"]["dtypes"],
): Value {
  const { name, shape } = infoOf(info);
  const type = info.type?.tensorType?.elemType ?? 1;
  if (factsOf(type) === undefined) {
    throw new TypeError(
      `Cannot run the ONNX model as its input ${name} holds ${nameOf(type)}`,
    );
  }
  const value = input instanceof Tensor
    ? tensorInput(input, name, type, dtypes)
    : numbersInput(input, name, type, shape);
  if (shape !== null) checkShape(name, value.shape, shape);
  return value;
}

function tensorInput(
  tensor: Tensor,
  name: string,
  type: number,
  dtypes: Device["backend"]["dtypes"],
): Value {
  const due = dtypeOf(type, dtypes);
  const fits = tensor.dtype === due ||
    (isFloat(type) && isFloating(tensor.dtype));
  if (!fits) {
    throw new TypeError(
      `Cannot run the ONNX model as its input ${name} is ${
        nameOf(type)
      } and takes ${due} tensors: got ${tensor.dtype}, cast it`,
    );
  }
  return { type, shape: tensor.shape, numbers: null, tensor };
}

function numbersInput(
  input: Exclude<OnnxInput, Tensor>,
  name: string,
  type: number,
  shape: OnnxValueInfo["shape"],
): Known {
  const many = typeof input === "object" && input !== null;
  const list = many ? Array.from(input as ArrayLike<number>) : [input];
  if (
    list.some((item) => !["number", "bigint", "boolean"].includes(typeof item))
  ) {
    throw new TypeError(
      `Cannot run the ONNX model as its input ${name} must be a tensor or numbers: got ${
        showValue(input)
      }`,
    );
  }
  const numbers = allocate(type, list.length);
  list.forEach((item, i) => numbers[i] = Number(item));
  const fixed = shape?.every((extent) => typeof extent === "number")
    ? shape as number[]
    : null;
  const fits = fixed !== null && sizeOf(fixed) === list.length;
  const own = fits ? fixed : many || shape?.length === 1 ? [list.length] : [];
  return known(type, own, numbers);
}

function checkShape(
  name: string,
  shape: readonly number[],
  due: readonly (number | string | null)[],
): void {
  const fits = shape.length === due.length &&
    due.every((extent, d) => typeof extent !== "number" || extent === shape[d]);
  if (!fits) {
    throw new ShapeError(
      `Cannot run the ONNX model as its input ${name} has shape [${
        due.map((extent) => extent ?? "?").join(", ")
      }]: got [${shape.join(", ")}]`,
    );
  }
}
