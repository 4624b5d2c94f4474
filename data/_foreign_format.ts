/**
 * Other formats by their first bytes, so that a reader that was given the
 * wrong file can say which it is.
 *
 * @module
 */
import { DataFormatError } from "./errors.ts";

/** The formats that readers of this package know. */
type Own =
  | "npy"
  | "safetensors"
  | "gzip"
  | "torch"
  | "npz"
  | "gguf"
  | "parquet"
  | "arrow";

/** A format: what it is called, and what to do with such a file. */
interface Format {
  /** Whose own format it is, or a form of it. */
  readonly ids?: readonly Own[];
  readonly name: string;
  readonly wayOut: string;
  readonly matches: (bytes: Uint8Array) => boolean;
}

/** True where bytes begin with a text or with numbers. */
function startsWith(
  bytes: Uint8Array,
  mark: string | readonly number[],
): boolean {
  const codes = typeof mark === "string"
    ? Array.from(mark, (char) => char.charCodeAt(0))
    : mark;
  return codes.every((code, i) => bytes[i] === code);
}

/** How far into a zip archive the names of its entries are looked for. */
const ZIP_HEAD = 64 * 1024;

/** True where a zip archive has an entry whose name contains a text. */
function zipNames(bytes: Uint8Array, part: string): boolean {
  if (!startsWith(bytes, "PK\x03\x04")) return false;
  const decoder = new TextDecoder("latin1");
  const head = decoder.decode(bytes.slice(0, ZIP_HEAD));
  // The directory at the end lists every entry.
  return head.includes(part) ||
    decoder.decode(bytes.slice(-ZIP_HEAD)).includes(part);
}

/** The operation that begins a pickle of PyTorch before 1.6: its magic. */
const LEGACY_TORCH = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9];

const SAVE_AGAIN =
  "load it in PyTorch 1.6 or later, save its state dict with torch.save and read that with loadTorch of @tenfold/data/torch";

/** The formats, the more specific ones first. */
const FORMATS: readonly Format[] = [
  {
    ids: ["torch"],
    name: "a checkpoint of PyTorch (.pt, a zip archive with a pickle)",
    wayOut: "read it with loadTorch of @tenfold/data/torch",
    matches: (bytes) => zipNames(bytes, "data.pkl"),
  },
  {
    ids: ["npz"],
    name: "an .npz archive of NumPy",
    wayOut: "read it with readNpz of @tenfold/data/npz",
    matches: (bytes) => zipNames(bytes, ".npy"),
  },
  {
    name: "an Excel workbook (.xlsx)",
    wayOut: "save the sheet as CSV in UTF-8 and read that with readCsv",
    matches: (bytes) => zipNames(bytes, "xl/"),
  },
  {
    ids: ["torch", "npz"],
    name: "a zip archive",
    wayOut: "unpack it and read the files in it",
    matches: (bytes) =>
      startsWith(bytes, "PK\x03\x04") || startsWith(bytes, "PK\x05\x06"),
  },
  {
    name: "a checkpoint of PyTorch before 1.6 (a pickle)",
    wayOut: SAVE_AGAIN,
    matches: (bytes) => startsWith(bytes, LEGACY_TORCH),
  },
  {
    name: "a pickle of Python",
    wayOut: "pickles can run code and are never read: save arrays with " +
      "numpy.save, or tensors with safetensors",
    // Protocols 2 to 5 begin with their number and end with a full stop.
    matches: (bytes) =>
      bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5 &&
      bytes[2] !== 0 && bytes.at(-1) === 0x2e,
  },
  {
    ids: ["gguf"],
    name: "a GGUF model",
    wayOut: "read it with readGguf of @tenfold/data/gguf",
    matches: (bytes) => startsWith(bytes, "GGUF"),
  },
  {
    name: "an HDF5 file (.h5, .keras weights or .mat)",
    wayOut: "save its arrays with numpy.save in Python and read those",
    matches: (bytes) => startsWith(bytes, [0x89, 0x48, 0x44, 0x46, 13, 10, 26]),
  },
  {
    ids: ["npy"],
    name: "an .npy file of NumPy",
    wayOut: "read it with readNpy",
    matches: (bytes) => startsWith(bytes, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]),
  },
  {
    ids: ["safetensors"],
    name: "a safetensors file",
    wayOut: "read it with loadSafetensors",
    // A length below 2^32, then the header's object of objects.
    matches: (bytes) =>
      bytes.length > 12 && bytes[4] === 0 && bytes[5] === 0 &&
      bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b &&
      bytes[9] === 0x22,
  },
  {
    ids: ["gzip"],
    name: "gzipped",
    wayOut: 'decompress it first, such as with new DecompressionStream("gzip")',
    matches: (bytes) => startsWith(bytes, [0x1f, 0x8b]),
  },
  {
    name: "compressed with Zstandard",
    wayOut: "decompress it first",
    matches: (bytes) => startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd]),
  },
  {
    ids: ["parquet"],
    name: "a Parquet file",
    wayOut: "read it with readParquet of @tenfold/data/tables",
    matches: (bytes) => startsWith(bytes, "PAR1"),
  },
  {
    ids: ["arrow"],
    name: "an Arrow file",
    wayOut: "read it with readArrow of @tenfold/data/tables",
    matches: (bytes) => startsWith(bytes, "ARROW1"),
  },
  {
    name: "a Feather file of version 1",
    wayOut: "write it as version 2",
    matches: (bytes) => startsWith(bytes, "FEA1"),
  },
  {
    name: "text in UTF-16",
    wayOut:
      'decode it with new TextDecoder("utf-16le") and pass the text to parseCsv',
    matches: (bytes) => startsWith(bytes, [0xff, 0xfe]),
  },
  {
    name: "text in UTF-16 (big-endian)",
    wayOut:
      'decode it with new TextDecoder("utf-16be") and pass the text to parseCsv',
    matches: (bytes) => startsWith(bytes, [0xfe, 0xff]),
  },
  {
    name: "a pointer of Git LFS, not the file itself",
    wayOut: "fetch the file with git lfs pull",
    matches: (bytes) => startsWith(bytes, "version https://git-lfs"),
  },
  {
    name: "a page in HTML",
    wayOut: "check the address from which it was downloaded",
    matches: (bytes) =>
      /^\s*<(!doctype html|html)/i.test(
        new TextDecoder("latin1").decode(bytes.slice(0, 64)),
      ),
  },
];

/**
 * Parses bytes. Where that fails and they are of another format, the error says
 * so and names the way out. (The marks of some formats are two bytes long: only
 * bytes that are not sound are asked for them.)
 *
 * @param what What it should be, for the message.
 * @param own The format that the parser reads.
 */
export function parseAs<T>(
  bytes: Uint8Array,
  what: string,
  own: Own | undefined,
  parse: (bytes: Uint8Array) => T,
): T {
  try {
    return parse(bytes);
  } catch (cause) {
    const found = cause instanceof DataFormatError
      ? FORMATS.find(({ ids, matches }) =>
        !(own !== undefined && ids?.includes(own)) && matches(bytes)
      )
      : undefined;
    if (found === undefined) throw cause;
    throw new DataFormatError(
      `Cannot read ${what} as it is ${found.name}: ${found.wayOut}`,
      { cause },
    );
  }
}
