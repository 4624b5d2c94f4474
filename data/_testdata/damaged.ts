/**
 * What the tests and `tools/fuzz_files.ts` damage, and how it is read then.
 *
 * @module
 */
import { memory, Tensor } from "@tenfold/core";
import { openZip } from "../_zip.ts";
import { DataFormatError } from "../errors.ts";
import { readGguf } from "../gguf/mod.ts";
import { readNpz } from "../npz/mod.ts";
import { loadTorch } from "../torch/mod.ts";
import { fromBase64 } from "./bytes.ts";
import { GGUF_FILES, GGUF_UNREAD } from "./gguf.ts";
import { NPZ_FILES, NPZ_UNNAMED } from "./npz.ts";
import {
  DEFLATED_FILE,
  DTYPES_FILE,
  NESTED_FILE,
  STRIDED_FILE,
} from "./torch.ts";
import { zipOf } from "./zip.ts";

/** Files, and how many bytes it takes to read one. */
interface Damaged {
  readonly files: Uint8Array[];
  readonly read: (bytes: Uint8Array) => Promise<number>;
}

/** The tensors in a value, however deep. */
export function tensorsIn(
  value: unknown,
  found: Set<Tensor> = new Set(),
): Set<Tensor> {
  if (value instanceof Tensor) found.add(value);
  else if (
    typeof value === "object" && value !== null && !ArrayBuffer.isView(value)
  ) {
    const items = value instanceof Map || value instanceof Set
      ? [...value].flat()
      : Object.values(value);
    for (const item of items) tensorsIn(item, found);
  }
  return found;
}

/** The files in a file of PyTorch. */
function unzip(file: Uint8Array): { [name: string]: Uint8Array } {
  const zip = openZip(file, (why) => new DataFormatError(why));
  return Object.fromEntries(zip.names.map((name) => [name, zip.read(name)!]));
}

/** A file whose pickle alone is damaged: every checksum is right. */
function pickleOf(file: Uint8Array): Damaged {
  const { "archive/data.pkl": pickle, ...storages } = unzip(file);
  return {
    files: [pickle!],
    read: (damaged) =>
      taken(() =>
        loadTorch(zipOf({ "archive/data.pkl": damaged, ...storages }))
      ),
  };
}

/** A file whose directory alone is damaged. */
function directoryOf(file: Uint8Array): Damaged {
  const at = new DataView(file.buffer).getUint32(file.length - 6, true);
  return {
    files: [file.slice(at)],
    read: (damaged) => {
      const whole = new Uint8Array(at + damaged.length);
      whole.set(file.subarray(0, at));
      whole.set(damaged, at);
      return taken(() => loadTorch(whole));
    },
  };
}

/** Reads a file, counts the bytes that its tensors take and releases them. */
async function taken(load: () => Promise<unknown>): Promise<number> {
  const before = memory().bytes;
  const value = await load();
  const bytes = memory().bytes - before;
  for (const tensor of tensorsIn(value)) tensor.dispose();
  return bytes;
}

const [dtypes, strided, packed, nested] = [
  DTYPES_FILE,
  STRIDED_FILE,
  DEFLATED_FILE,
  NESTED_FILE,
].map(fromBase64) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** The formats by name. */
export const DAMAGED: { [name: string]: Damaged } = {
  "files of PyTorch": {
    files: [dtypes, strided, packed, nested],
    read: (bytes) => taken(() => loadTorch(bytes)),
  },
  "pickles of tensors in PyTorch": pickleOf(strided),
  "pickles of values in PyTorch": pickleOf(nested),
  "directories of PyTorch": directoryOf(packed),
  "files of NumPy": {
    files: [...Object.values(NPZ_FILES), NPZ_UNNAMED].map(fromBase64),
    read: (bytes) => taken(() => readNpz(bytes)),
  },
  "GGUF files": {
    files: [...Object.values(GGUF_FILES), GGUF_UNREAD].map(fromBase64),
    read: (bytes) => taken(() => readGguf(bytes, { unsupported: "skip" })),
  },
};
