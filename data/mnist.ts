/**
 * MNIST: 70,000 handwritten digits.
 *
 * @module
 */
import { type Tensor, tensor } from "@tenfold/core";
import {
  checkCount,
  parseArguments,
  unscopedNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { environment } from "./_fs.ts";
import {
  MNIST_FILES,
  MNIST_MIRRORS,
  type MnistAccess,
  mnistFile,
  type MnistSplit,
} from "./_mnist_files.ts";
import {
  downloadFields,
  type DownloadOptions,
  withProgress,
} from "./_published.ts";
import { type DeviceOption, deviceOption } from "./_to_tensor.ts";
import type { Dataset } from "./dataset.ts";
import { DataFormatError, FileError } from "./errors.ts";
import { parseIdx } from "./idx.ts";

export type { DownloadProgress } from "./_download.ts";
export type { DownloadOptions } from "./_published.ts";

/**
 * Options of {@linkcode downloadMnist}; the mirrors are folders that hold the
 * four `.gz` files.
 *
 * @example Without a progress bar
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.DownloadMnistOptions = { progress: false };
 * ```
 */
export interface DownloadMnistOptions extends DownloadOptions {}

/**
 * Options of {@linkcode mnist}.
 *
 * @example The test digits
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.MnistOptions = { root: "data", split: "test" };
 * ```
 */
export interface MnistOptions extends DownloadMnistOptions, DeviceOption {
  /**
   * The folder that holds the files, gzipped or not; they may also lie in its
   * folders `mnist` or `MNIST/raw`.
   *
   * @default {the environment variable TENFOLD_DATA}
   */
  root?: string;
  /**
   * The 60,000 training digits or the 10,000 test digits.
   *
   * @default {"train"}
   */
  split?: "train" | "test";
  /**
   * Whether to download files that are missing or damaged.
   *
   * @default {false}
   */
  download?: boolean;
}

const downloadSchema = z.strictObject(downloadFields(MNIST_MIRRORS));

const mnistSchema = z.strictObject({
  ...downloadFields(MNIST_MIRRORS),
  root: z.optional(
    z.string("must be a path").check(z.minLength(1, "must be a path")),
  ),
  split: z._default(
    z.enum(["train", "test"], 'must be "train" or "test"'),
    "train",
  ),
  download: z._default(z.boolean("must be true or false"), false),
  device: deviceOption,
});

/** Pixels of an image. */
const PIXELS = 28 * 28;

/** What each byte of a pixel is worth, from 0 to 1. */
const LEVELS = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/**
 * The digits of one split of MNIST. Sample `i` is `[image, label]`: a float32
 * tensor of shape `[1, 28, 28]` with values from 0 to 1, and an int32 one.
 *
 * Samples and batches are made from the bytes of the file, so that a device
 * never holds more than it works on. `images` and `labels` are all of them as
 * one tensor each: made when they are first asked for, they belong to the
 * dataset, not to a scope, and `dispose` releases them.
 *
 * @example A data set from bytes of one's own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const dataset = new data.MnistDataset(
 *   new Uint8Array(2 * 784),
 *   Uint8Array.of(3, 7),
 * );
 * const [image, label] = dataset.get(1);
 * assertEquals(image.shape, [1, 28, 28]);
 * assertEquals(await label.item(), 7);
 * ```
 */
export class MnistDataset implements Dataset<readonly [Tensor, Tensor]> {
  /** The pixels as they are in the file: bytes, 784 for each image. */
  readonly rawImages: Uint8Array;
  /** The labels as they are in the file: bytes from 0 to 9. */
  readonly rawLabels: Uint8Array;
  readonly #place: DeviceOption;
  #made: readonly [Tensor, Tensor] | null = null;

  /**
   * Makes a dataset of pixels and labels.
   *
   * @param rawImages The pixels, 784 for each image.
   * @param rawLabels The labels.
   * @param options `device`.
   */
  constructor(
    rawImages: Uint8Array,
    rawLabels: Uint8Array,
    options: DeviceOption = {},
  ) {
    this.rawImages = rawImages;
    this.rawLabels = rawLabels;
    this.#place = options;
  }

  /** The number of digits. */
  get length(): number {
    return this.rawLabels.length;
  }

  /** All digits as tensors, made when they are first asked for. */
  #whole(): readonly [Tensor, Tensor] {
    return this.#made ??= unscopedNow(() =>
      this.#tensors(Int32Array.from({ length: this.length }, (_, i) => i))
    );
  }

  /**
   * Tensors of some digits, straight from the bytes: a device need not hold
   * all digits to train on them.
   */
  #tensors(indices: Int32Array): readonly [Tensor, Tensor] {
    const { rawImages, rawLabels, length } = this;
    const pixels = new Float32Array(indices.length * PIXELS);
    const labels = new Int32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!;
      if (!Number.isInteger(index) || index < 0 || index >= length) {
        throw new RangeError(
          `Cannot get sample ${index} of a dataset of ${length} samples: expected 0 to ${
            length - 1
          }`,
        );
      }
      const from = index * PIXELS;
      const to = i * PIXELS;
      for (let p = 0; p < PIXELS; p++) {
        pixels[to + p] = LEVELS[rawImages[from + p]!]!;
      }
      labels[i] = rawLabels[index]!;
    }
    const shape = [indices.length, 1, 28, 28];
    return [
      tensor(pixels, { shape, ...this.#place }),
      tensor(labels, this.#place),
    ];
  }

  /** All images: float32 of shape `[length, 1, 28, 28]`, from 0 to 1. */
  get images(): Tensor {
    return this.#whole()[0];
  }

  /** All labels: int32 of shape `[length]`. */
  get labels(): Tensor {
    return this.#whole()[1];
  }

  /**
   * One digit.
   *
   * @param index From 0 to `length - 1`.
   * @returns Its image and its label.
   * @throws {RangeError} If the index is out of range.
   */
  get(index: number): readonly [Tensor, Tensor] {
    checkCount("get", arguments.length, 1);
    const [image, label] = this.#tensors(Int32Array.of(index));
    const sample = [image.squeeze(0), label.squeeze(0)] as const;
    image.dispose();
    label.dispose();
    return sample;
  }

  /**
   * Several digits.
   *
   * @param indices The digits, in order.
   * @returns Their images and their labels.
   * @throws {RangeError} If an index is out of range.
   */
  getBatch(indices: Int32Array): readonly [Tensor, Tensor] {
    checkCount("getBatch", arguments.length, 1);
    return this.#tensors(indices);
  }

  /** Releases the tensors; they are made again when they are asked for. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    for (const each of this.#made ?? []) each.dispose();
    this.#made = null;
  }

  /** Releases the tensors at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * MNIST, handwritten digits of 28×28 pixels: LeCun, Cortes and Burges, "The
 * MNIST database of handwritten digits", 1998.
 *
 * The files are read from a folder and checked against the SHA-256 of what was
 * published. Nothing is fetched unless `download` asks for it.
 *
 * @param options `root`, `split`, `download` and `device`.
 * @returns The dataset.
 * @throws {FileError} If a file is missing or cannot be fetched; the message
 * says what was looked for, where, and the command that fetches it.
 * @throws {DataFormatError} If a file is damaged.
 *
 * @example Batches of digits
 * ```ts ignore
 * import { data } from "@tenfold/tenfold";
 *
 * const train = await data.mnist({ root: "mnist", download: true });
 * const loader = new data.DataLoader(train, { batchSize: 64, shuffle: true });
 * for await (const [images, labels] of loader) {
 *   console.log(images.shape, labels.shape); // [64, 1, 28, 28] [64]
 * }
 * ```
 */
export async function mnist(options: MnistOptions = {}): Promise<MnistDataset> {
  const { split, device, ...rest } = parseArguments(
    mnistSchema,
    {},
    options,
    arguments,
    "open MNIST",
  );
  const place = device === undefined ? {} : { device };
  return await openMnist(MNIST_FILES[split], rest, place);
}

/** What {@linkcode mnist} asks for, with its defaults. */
type Request = Omit<z.output<typeof mnistSchema>, "split" | "device">;

/** Opens the files of a split; tests hand in small ones. */
export async function openMnist(
  split: MnistSplit,
  request: Request,
  place: DeviceOption,
): Promise<MnistDataset> {
  const root = request.root ?? environment("TENFOLD_DATA");
  if (root === undefined || root === "") {
    throw new FileError(
      "Cannot open MNIST as no folder is named: pass { root }, or set TENFOLD_DATA and let the program read it (--allow-env=TENFOLD_DATA)",
    );
  }
  const { images, labels } = await withProgress(
    request.progress,
    async (onProgress) => {
      const access: MnistAccess = { ...request, root, onProgress };
      return {
        images: parseIdx(await mnistFile(split.images, access)),
        labels: parseIdx(await mnistFile(split.labels, access)),
      };
    },
  );
  const [count, height, width] = images.shape;
  if (
    !(images.data instanceof Uint8Array && labels.data instanceof Uint8Array) ||
    height !== 28 || width !== 28 || count !== labels.shape[0]
  ) {
    throw new DataFormatError(
      `Cannot open MNIST as the images and labels do not fit: got shapes [${
        images.shape.join(", ")
      }] and [${labels.shape.join(", ")}]`,
    );
  }
  return new MnistDataset(images.data, labels.data, place);
}

/**
 * Fetches the four files of MNIST into a folder, where {@linkcode mnist} finds
 * them. Files that are there and sound stay; each new one is checked before it
 * takes its place.
 *
 * @param root The folder; it is made if it is missing.
 * @param options `mirrors`, `timeout` and `progress`.
 * @throws {FileError} If no mirror gives a file whole and sound.
 *
 * @example Fetching once
 * ```ts ignore
 * import { downloadMnist } from "@tenfold/data";
 *
 * await downloadMnist("mnist");
 * ```
 */
export async function downloadMnist(
  root: string,
  options: DownloadMnistOptions = {},
): Promise<void> {
  const parsed = parseArguments(
    downloadSchema,
    { root },
    options,
    arguments,
    "download MNIST",
  );
  await withProgress(parsed.progress, async (onProgress) => {
    const access = { ...parsed, root, download: true, onProgress };
    for (const { images, labels } of Object.values(MNIST_FILES)) {
      await mnistFile(images, access);
      await mnistFile(labels, access);
    }
  });
}
