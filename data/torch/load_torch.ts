/**
 * Files written by `torch.save`.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { parseAs } from "../_foreign_format.ts";
import { readFields, type TensorReadOptions } from "../_to_tensor.ts";
import { openZip, type ZipArchive } from "../_zip.ts";
import { DataFormatError } from "../errors.ts";
import { type ByteSource, readBytes } from "../source.ts";
import { type StorageRef, TensorRef, TorchHost } from "./_objects.ts";
import { readPickle } from "./_pickle.ts";
import { makeTensors } from "./_tensors.ts";
import { tensorsIn, type TorchValue, toValue } from "./_values.ts";

export type { TorchValue } from "./_values.ts";

/**
 * Options of {@linkcode loadTorch}.
 *
 * @example What Python alone can make is left out
 * ```ts
 * import type { LoadTorchOptions } from "@tenfold/data/torch";
 *
 * const options: LoadTorchOptions = { unsupported: "skip" };
 * ```
 */
export interface LoadTorchOptions extends TensorReadOptions {
  /**
   * How to treat objects that only Python code can make, and tensors of a dtype
   * that is not supported: `"error"` throws and names them, `"skip"` leaves them
   * out of dictionaries and puts `null` into lists.
   *
   * @default {"error"}
   */
  readonly unsupported?: "error" | "skip";
}

const schema = z.strictObject({
  ...readFields,
  unsupported: z._default(
    z.enum(["error", "skip"], 'must be "error" or "skip"'),
    "error",
  ),
});

function fail(why: string): DataFormatError {
  return new DataFormatError(`Cannot read PyTorch data as ${why}`);
}

/**
 * Reads a `.pt` or `.pth` file that `torch.save` of PyTorch 1.6 or later wrote,
 * such as a state dict or a checkpoint.
 *
 * Nothing in the file is executed: its pickle may refer to tensors, storages,
 * `OrderedDict`, sets, bytes, `torch.Size`, `torch.device` and dtypes only; a
 * file that refers to anything else is rejected. Save `model.state_dict()`, not
 * the model.
 *
 * A dictionary becomes an object, or a `Map` if a key is neither a string nor
 * an integer; a list or tuple becomes an array; an integer beyond 2^53 a
 * `bigint`; a dtype or a device its name. Integers of every width become int32,
 * bfloat16 and float8 float32; float16 and float64 are kept where the device
 * supports them and become float32 elsewhere. `dtype` casts all floats to one
 * dtype. Parameters become tensors that do not require a gradient.
 *
 * Tensors that share a storage still share memory if each covers a contiguous
 * range of it, with its dims in any order (tied weights, transposes, `expand`):
 * they are separate handles of the same memory. Those that leave gaps, such as
 * `x[:, ::2]`, are copied.
 *
 * @typeParam T Type of the contents of the file.
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `device`, `dtype` and `unsupported`.
 * @returns The object that was saved.
 * @throws {DataFormatError} If the file is damaged, was written by PyTorch
 * before 1.6 or by TorchScript, refers to anything not listed above, or
 * contains an integer that does not fit into 32 bits.
 * @throws {FileError} If the file cannot be read.
 *
 * @example The message for a file of another format
 * ```ts
 * import { loadTorch } from "@tenfold/data/torch";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => loadTorch(new Uint8Array(9)), RangeError, "zip");
 * ```
 */
export async function loadTorch<T = { [name: string]: Tensor }>(
  source: ByteSource,
  options: LoadTorchOptions = {},
): Promise<T> {
  const { unsupported, ...place } = parseArguments(
    schema,
    { source },
    options,
    arguments,
    "read PyTorch data",
  );
  const bytes = await readBytes(source);
  const archive = parseAs(bytes, "PyTorch data", "torch", openArchive);
  return parse(archive, place, unsupported) as T;
}

/** A zip archive, and its folder that holds the pickle. */
interface TorchArchive {
  readonly zip: ZipArchive;
  readonly root: string;
  /** Bytes of the whole file. */
  readonly length: number;
}

function openArchive(bytes: Uint8Array): TorchArchive {
  const zip = openZip(bytes, fail);
  return { zip, root: rootOf(zip), length: bytes.length };
}

function parse(
  { zip, root, length }: TorchArchive,
  place: TensorReadOptions,
  unsupported: "error" | "skip",
): TorchValue {
  const host = new TorchHost(fail);
  const pickled = unpickle(zip.read(`${root}data.pkl`)!, host, unsupported);
  const { refs, storages } = tensorsIn(pickled, fail);
  const made = makeTensors(refs, {
    read: (key) => {
      const file = zip.read(`${root}data/${key}`);
      if (file === undefined) {
        throw fail(`storage ${key.slice(0, 80)} is missing in it`);
      }
      return file;
    },
    length,
    littleEndian: isLittleEndian(zip.read(`${root}byteorder`)),
    fail,
  }, place);
  const tensorOf = (value: TensorRef | StorageRef) =>
    made.get(value instanceof TensorRef ? value : storages.get(value)!)!;
  return toValue(pickled, tensorOf);
}

/** The folder of the archive that holds the pickle. */
function rootOf(zip: ZipArchive): string {
  const pickle = zip.names.find((name) => /^(?:[^/]*\/)?data\.pkl$/.test(name));
  if (pickle === undefined) throw fail("it is a zip archive without data.pkl");
  const root = pickle.slice(0, -"data.pkl".length);
  if (zip.names.includes(`${root}constants.pkl`)) {
    throw fail(
      "it is a program of TorchScript: save model.state_dict() with torch.save in Python and read that",
    );
  }
  return root;
}

function unpickle(
  pickle: Uint8Array,
  host: TorchHost,
  unsupported: "error" | "skip",
): unknown {
  let value: unknown;
  let failure: unknown;
  try {
    value = readPickle(pickle, host);
  } catch (error) {
    failure = error;
  }
  if (host.unknown.size > 0 && (unsupported === "error" || failure)) {
    const names = [...host.unknown].map((name) =>
      JSON.stringify(name.slice(0, 80))
    );
    const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
    throw fail(
      `it holds what only code of Python could make, and none is run: got ${
        names.slice(0, 5).join(", ")
      }${more}, save state dicts and plain values only, or pass { unsupported: "skip" } to leave these out`,
    );
  }
  if (failure !== undefined) throw failure;
  return value;
}

/** The byte order that the file names; without a name, that of all machines. */
function isLittleEndian(file: Uint8Array | undefined): boolean {
  if (file === undefined) return true;
  const order = new TextDecoder().decode(file.subarray(0, 80));
  if (order === "little" || order === "big") return order === "little";
  throw fail(
    `its byte order is unknown: got ${JSON.stringify(order)}`,
  );
}
