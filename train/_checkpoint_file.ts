/**
 * The file that holds a checkpoint: safetensors, with the plain values as JSON
 * in its metadata.
 *
 * @module
 */
import {
  type Device,
  DeviceError,
  OutOfMemoryError,
  scope,
} from "@tenfold/core";
import {
  DataFormatError,
  decodeSafetensors,
  encodeSafetensors,
  FileError,
  type PageFile,
  parseSafetensors,
  readBytes,
} from "@tenfold/data";
import { isPageFile } from "@tenfold/data/internal";
import * as z from "./_zod.ts";
import { pack, unpack } from "./_pack.ts";
import { CheckpointError } from "./errors.ts";

/**
 * What the metadata of a checkpoint has. Files of version 1 are read as well:
 * the first of them keep no shapes beside the names of tensors.
 */
const metadataSchema = z.object({
  format: z.literal("tenfold checkpoint"),
  version: z.enum(["1", "2"]),
  state: z.string(),
});

/**
 * The bytes of the state that `take` gives. All reads begin at once, so that
 * the state is of one moment; what `take` makes is released then.
 */
export async function encodeCheckpoint(
  take: () => unknown,
): Promise<Uint8Array> {
  const inner = scope();
  let bytes: Promise<Uint8Array>;
  try {
    const { json, tensors } = pack(take());
    bytes = encodeSafetensors(tensors, {
      metadata: { format: "tenfold checkpoint", version: "2", state: json },
    });
  } finally {
    inner.dispose();
  }
  return await bytes;
}

/** What of a checkpoint must be finite to go on from it. */
const MUST_BE_FINITE = /^(model|optimizer)\./;

/**
 * The names of the tensors of the model and the optimizer that hold NaN or an
 * infinite number.
 */
export function nonFiniteTensors(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (const [name, { dtype, data }] of parseSafetensors(bytes).tensors) {
    if (!MUST_BE_FINITE.test(name)) continue;
    const form = FLOATS.get(dtype);
    if (form !== undefined && !allFinite(data, ...form)) names.push(name);
  }
  return names;
}

/** Bytes of floats, and the bits of their exponent in the upper two. */
const FLOATS = new Map<string, readonly [width: number, exponent: number]>([
  ["F16", [2, 0x7c00]],
  ["F32", [4, 0x7f80]],
  ["F64", [8, 0x7ff0]],
]);

/** Whether no little-endian float has all bits of its exponent set. */
function allFinite(data: Uint8Array, width: number, exponent: number): boolean {
  for (let at = width - 2; at < data.length; at += width) {
    const high = data[at]! | data[at + 1]! << 8;
    if ((high & exponent) === exponent) return false;
  }
  return true;
}

/** The bytes of a file, or null where there is none or it is empty as made. */
export async function readIfThere(
  path: string | URL | PageFile,
): Promise<Uint8Array | null> {
  try {
    const bytes = await readBytes(path);
    return isPageFile(path) && bytes.length === 0 ? null : bytes;
  } catch (error) {
    const missing = error instanceof FileError &&
      (error.cause as { code?: unknown } | undefined)?.code === "ENOENT";
    if (missing) return null;
    throw error;
  }
}

/**
 * The state in the bytes of a checkpoint; its tensors belong to the innermost
 * scope.
 *
 * @throws {CheckpointError} If the bytes are not a whole checkpoint.
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  path: string | URL,
  device?: Device,
): unknown {
  const fail = (why: string, cause?: unknown) =>
    new CheckpointError(
      `Cannot read the checkpoint ${path} as ${why}`,
      { cause },
    );
  try {
    const { metadata } = parseSafetensors(bytes);
    const { data } = metadataSchema.safeParse(metadata);
    if (data === undefined) {
      throw fail(
        "it is a safetensors file of something else: its metadata lacks the format, version 1 or 2, or the state of a checkpoint",
      );
    }
    const tensors = decodeSafetensors(bytes, device ? { device } : {});
    return unpack(
      { json: data.state, tensors },
      { shapeless: data.version === "1" },
    );
  } catch (error) {
    if (error instanceof CheckpointError || isOfDevice(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw error instanceof DataFormatError
      ? fail(`it is damaged: ${why}`, error)
      : fail(`its state is damaged: ${why}`, error);
  }
}

/** Whether it is the device that fails, not the file. */
function isOfDevice(error: unknown): boolean {
  return error instanceof DeviceError || error instanceof OutOfMemoryError;
}
