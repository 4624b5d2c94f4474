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
  parseSafetensors,
  readBytes,
  writeFileAtomic,
} from "@tenfold/data";
import * as z from "zod";
import { pack, unpack } from "./_pack.ts";
import { CheckpointError } from "./errors.ts";

/** What the metadata of a checkpoint has. */
const metadataSchema = z.object({
  format: z.literal("tenfold checkpoint"),
  version: z.literal("1"),
  state: z.string(),
});

/**
 * Writes the state that `take` gives. All reads begin at once, so that the
 * state is of one moment; what `take` makes is released then.
 *
 * @throws {FileError} If the file cannot be written; an older one is as it was.
 */
export async function writeCheckpoint(
  path: string | URL,
  take: () => unknown,
): Promise<void> {
  const bytes = (() => {
    using _ = scope();
    const { json, tensors } = pack(take());
    return encodeSafetensors(tensors, {
      metadata: { format: "tenfold checkpoint", version: "1", state: json },
    });
  })();
  await writeFileAtomic(path, await bytes);
}

/** The bytes of a file, or null where there is none. */
export async function readIfThere(
  path: string | URL,
): Promise<Uint8Array | null> {
  try {
    return await readBytes(path);
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
 * @throws {CheckpointError} If the bytes are no whole checkpoint.
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
        "it is a safetensors file of something else: its metadata lacks the format, version 1 or the state of a checkpoint",
      );
    }
    const tensors = decodeSafetensors(bytes, device ? { device } : {});
    return unpack({ json: data.state, tensors });
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
