/**
 * `.npy`, the array format of NumPy.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import type { AnyTypedArray } from "./_bytes.ts";
import { MAX_DIMS } from "./_dims.ts";
import { ELEMENTS, encodeElements } from "./_element.ts";
import { parseAs } from "./_foreign_format.ts";
import {
  npyError,
  type NpyType,
  parseNpyHeader,
  serializeNpyHeader,
} from "./_npy_header.ts";
import { readFields, type TensorReadOptions, toTensor } from "./_to_tensor.ts";
import { type ByteSource, readBytes } from "./source.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

export type { NpyType } from "./_npy_header.ts";

/**
 * The contents of an `.npy` file.
 *
 * @example The extents of a file
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const array: data.NpyArray = data.parseNpy(
 *   data.serializeNpy({
 *     type: "uint8",
 *     shape: [2],
 *     data: Uint8Array.of(1, 2),
 *   }),
 * );
 * assertEquals(array.shape, [2]);
 * ```
 */
export interface NpyArray {
  /** The element type that the file names. */
  readonly type: NpyType;
  /** The extents, outermost first. */
  readonly shape: number[];
  /**
   * The elements in C order; float16 as a `Float16Array`, where the runtime has
   * none as a `Float32Array`.
   */
  readonly data: AnyTypedArray;
}

const schema = z.strictObject(readFields);

/** Elements that lie first dim first, put into C order. */
function fromFortranOrder<A extends AnyTypedArray>(
  data: A,
  shape: readonly number[],
): A {
  const ordered = data.slice() as A;
  const index: number[] = shape.map(() => 0);
  const strides: number[] = [];
  let stride = 1;
  for (const extent of shape) {
    strides.push(stride);
    stride *= extent;
  }
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    ordered[to] = data[from]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d]!;
      if (++index[d]! < shape[d]!) break;
      from -= strides[d]! * shape[d]!;
      index[d] = 0;
    }
  }
  return ordered;
}

/**
 * Reads the bytes of an `.npy` file, version 1 to 3, of either byte order and
 * either element order.
 *
 * @param bytes The whole file.
 * @returns The element type, the shape and the elements in C order.
 * @throws {DataFormatError} If the bytes are not an `.npy` file, are cut
 * short or too many, or hold objects, records, text or complex numbers.
 *
 * @example There and back
 * ```ts
 * import { parseNpy, serializeNpy } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new Float64Array([1, 2, 3]);
 * const file = serializeNpy({ type: "float64", shape: [3], data });
 * assertEquals(parseNpy(file), { type: "float64", shape: [3], data });
 * ```
 */
export function parseNpy(bytes: Uint8Array): NpyArray {
  checkCount("parseNpy", arguments.length, 1);
  return parseAs(bytes, "npy data", "npy", parseWhole);
}

function parseWhole(bytes: Uint8Array): NpyArray {
  const header = parseNpyHeader(bytes);
  const { type, shape } = header;
  if (bytes.length !== header.length) {
    const wrong = bytes.length < header.length
      ? "cut short"
      : "longer than its header says";
    throw npyError(
      `it is ${wrong}: got ${bytes.length} bytes, expected ${header.length} for ${type} of shape [${
        shape.join(", ")
      }]`,
    );
  }
  const elements = ELEMENTS[type].decode(
    bytes.subarray(header.start),
    header.littleEndian,
  );
  const data = header.fortranOrder && shape.length > 1
    ? fromFortranOrder(elements, shape)
    : elements;
  return { type, shape, data };
}

/**
 * The bytes of an `.npy` file: little-endian, C order.
 *
 * @param array The element type, the shape and the elements.
 * @returns The whole file.
 * @throws {RangeError} If the shape and the number of elements differ, or a
 * value does not fit into an element of the type.
 *
 * @example Small integers
 * ```ts
 * import { parseNpy, serializeNpy } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new Uint8Array([0, 255]);
 * const file = serializeNpy({ type: "uint8", shape: [1, 2], data });
 * assertEquals(parseNpy(file).shape, [1, 2]);
 * ```
 */
export function serializeNpy(array: NpyArray): Uint8Array {
  checkCount("serializeNpy", arguments.length, 1);
  const { type, shape, data } = array;
  const size = shape.reduce((a, b) => a * b, 1);
  if (shape.length > MAX_DIMS) {
    throw new RangeError(
      `Cannot write npy data as it has more than ${MAX_DIMS} dims: got ${shape.length}`,
    );
  }
  if (size !== data.length) {
    throw new RangeError(
      `Cannot write npy data as the shape does not hold the elements: got shape [${
        shape.join(", ")
      }] and ${data.length} elements`,
    );
  }
  const elements = encodeElements(data, type, "npy data");
  const header = serializeNpyHeader(type, shape);
  const bytes = new Uint8Array(header.length + elements.length);
  bytes.set(header);
  bytes.set(elements, header.length);
  return bytes;
}

/**
 * Reads an `.npy` file into a tensor. Integers of every width become int32,
 * float16 and float64 stay where the device has them and become float32
 * elsewhere, or the `dtype` that is asked for.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `device` and `dtype`.
 * @returns A tensor of the file's shape.
 * @throws {DataFormatError} If the file is damaged or holds no numbers, or an
 * integer does not fit into 32 bits.
 * @throws {FileError} If the file cannot be read.
 *
 * @example A file from bytes
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const file = data.serializeNpy({
 *   type: "int64",
 *   shape: [2],
 *   data: new BigInt64Array([7n, -1n]),
 * });
 * assertEquals(await (await data.readNpy(file)).toArray(), [7, -1]);
 * ```
 */
export async function readNpy(
  source: ByteSource,
  options: TensorReadOptions = {},
): Promise<Tensor> {
  const place = parseArguments(
    schema,
    { source },
    options,
    arguments,
    "read npy data",
  );
  const { type, shape, data } = parseNpy(await readBytes(source));
  return toTensor(data, type, shape, "npy data", place);
}

/**
 * Writes a tensor as an `.npy` file, as one step: the file is whole or as it
 * was before.
 *
 * @param path A path or a `file:` URL.
 * @param tensor The tensor; the file has its dtype and shape.
 * @throws {FileError} If the file cannot be written.
 *
 * @example Handing figures to NumPy
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * await data.writeNpy("out/losses.npy", tensor([0.5, 0.25]));
 * const losses = await data.readNpy("out/losses.npy");
 * assertEquals(await losses.toArray(), [0.5, 0.25]);
 * ```
 */
export async function writeNpy(
  path: string | URL,
  tensor: Tensor,
): Promise<void> {
  checkCount("writeNpy", arguments.length, 2);
  const data = await tensor.data();
  const type = tensor.dtype satisfies NpyType;
  const shape = [...tensor.shape];
  await writeFileAtomic(path, serializeNpy({ type, shape, data }));
}
