/**
 * The files of MNIST: where they lie, what they are, where to get them.
 *
 * @module
 */
import { downloadFile, type DownloadProgress } from "./_download.ts";
import { joinPath, readFileIfThere } from "./_fs.ts";
import { replaceFile } from "./_replace_file.ts";
import { DataFormatError, FileError, messageOf } from "./errors.ts";
import { isGzip } from "./_gzip.ts";
import { inflateIdx } from "./idx.ts";

/** One of the four files. */
export interface MnistFile {
  /** Its name without `.gz`. */
  readonly name: string;
  /** The SHA-256 of its contents, decompressed. */
  readonly sha256: string;
  /** Its size, decompressed. */
  readonly bytes: number;
}

/** The two files of one split. */
export interface MnistSplit {
  readonly images: MnistFile;
  readonly labels: MnistFile;
}

/** The published files. */
export const MNIST_FILES: {
  readonly train: MnistSplit;
  readonly test: MnistSplit;
} = {
  train: {
    images: {
      name: "train-images-idx3-ubyte",
      sha256:
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      bytes: 47_040_016,
    },
    labels: {
      name: "train-labels-idx1-ubyte",
      sha256:
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
      bytes: 60_008,
    },
  },
  test: {
    images: {
      name: "t10k-images-idx3-ubyte",
      sha256:
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      bytes: 7_840_016,
    },
    labels: {
      name: "t10k-labels-idx1-ubyte",
      sha256:
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
      bytes: 10_008,
    },
  },
};

/** Folders on the web that hold the files, gzipped. */
export const MNIST_MIRRORS: readonly string[] = [
  "https://ossci-datasets.s3.amazonaws.com/mnist",
  "https://storage.googleapis.com/cvdf-datasets/mnist",
];

/** Where the files may lie in the root: itself, and the usual folders. */
const FOLDERS = ["", "mnist", "MNIST/raw"];

/** How files are found and fetched. */
export interface MnistAccess {
  readonly root: string;
  readonly download: boolean;
  readonly mirrors: readonly string[];
  readonly timeout: number;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/** The command that fetches the files into a folder. */
function command(root: string): string {
  return `deno eval 'import { downloadMnist } from "@tenfold/data"; await downloadMnist(${
    JSON.stringify(root)
  })'`;
}

/**
 * The contents of a file, from its folder or else, where that is asked for,
 * from a mirror; what is fetched is kept in the root.
 *
 * @throws {FileError} If it is not there, or cannot be fetched or kept.
 * @throws {DataFormatError} If it is there and damaged.
 */
export async function mnistFile(
  file: MnistFile,
  access: MnistAccess,
): Promise<Uint8Array> {
  const { root, download } = access;
  let damaged: DataFormatError | null = null;
  for (const path of placesOf(file, root)) {
    const bytes = await readFileIfThere(path);
    if (bytes === null) continue;
    try {
      return await checkedContents(file, bytes);
    } catch (cause) {
      damaged ??= new DataFormatError(
        `Cannot read ${path} as it is not the published file: ${
          messageOf(cause)
        }; fetch it again with ${command(root)}`,
        { cause },
      );
    }
  }
  if (download) return await fetchFile(file, access);
  throw damaged ?? new FileError(
    `Cannot find ${file.name} or ${file.name}.gz in ${root}: pass another root, set TENFOLD_DATA, or fetch it with ${
      command(root)
    }`,
  );
}

function placesOf({ name }: MnistFile, root: string): string[] {
  return FOLDERS.flatMap((folder) =>
    ["", ".gz"].map((suffix) => joinPath(root, folder, name + suffix))
  );
}

async function fetchFile(
  file: MnistFile,
  { root, mirrors, timeout, onProgress }: MnistAccess,
): Promise<Uint8Array> {
  let contents: Uint8Array = new Uint8Array();
  const bytes = await downloadFile({
    file: `${file.name}.gz`,
    mirrors,
    maxBytes: file.bytes + 2 ** 16,
    timeout,
    onProgress,
    check: async (received) => {
      contents = await checkedContents(file, received);
    },
  });
  // A server may have unpacked it on the way: it is kept under a fitting name.
  const suffix = isGzip(bytes) ? ".gz" : "";
  await replaceFile(joinPath(root, file.name + suffix), bytes);
  return contents;
}

/** The contents, decompressed, if they are those that were published. */
async function checkedContents(
  file: MnistFile,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const contents = await inflateIdx(bytes);
  const digest = await sha256(contents);
  if (digest !== file.sha256) {
    throw new DataFormatError(
      `Cannot accept ${file.name} as its SHA-256 is wrong: got ${digest}, expected ${file.sha256}`,
    );
  }
  return contents;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    bytes as Uint8Array<ArrayBuffer>,
  );
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}
