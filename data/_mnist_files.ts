/**
 * The files of MNIST: where they lie, what they are, where to get them.
 *
 * @module
 */
import type { DownloadProgress } from "./_download.ts";
import { type PublishedFile, publishedFile } from "./_published.ts";
import { inflateIdx } from "./idx.ts";

/** The two files of one split. */
export interface MnistSplit {
  readonly images: PublishedFile;
  readonly labels: PublishedFile;
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

/** How files are found and fetched. */
export interface MnistAccess {
  readonly root: string;
  readonly download: boolean;
  readonly mirrors: readonly string[];
  readonly timeout: number;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/**
 * The contents of a file, from its folder or else, where that is asked for,
 * from a mirror; what is fetched is kept in the root.
 *
 * @throws {FileError} If it is not there, or cannot be fetched or kept.
 * @throws {DataFormatError} If it is there and damaged.
 */
export function mnistFile(
  file: PublishedFile,
  { mirrors, ...access }: MnistAccess,
): Promise<Uint8Array> {
  return publishedFile(file, {
    ...access,
    served: `${file.name}.gz`,
    urls: mirrors.map((mirror) =>
      `${mirror.replace(/\/+$/, "")}/${file.name}.gz`
    ),
    folders: ["", "mnist", "MNIST/raw"],
    inflate: inflateIdx,
    command:
      `deno eval 'import { downloadMnist } from "@tenfold/data"; await downloadMnist(${
        JSON.stringify(access.root)
      })'`,
  });
}
