/**
 * Folders of images as a dataset.
 *
 * @module
 */
import { type Device, type Tensor, tensor } from "@tenfold/core";
import {
  checkCount,
  currentTask,
  deviceFor,
  parseArguments,
  showValue,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { drawSeed, seedOption } from "../_seed.ts";
import { type DeviceOption, deviceOption } from "../_to_tensor.ts";
import { checkIndex, type Dataset } from "../dataset.ts";
import { DataFormatError, messageOf } from "../errors.ts";
import { classesOf, entriesOfFolder, type Entry } from "./_folder.ts";
import { decodeImage } from "./decode_image.ts";
import {
  checkImage,
  type Image,
  type PixelScale,
  scaleOptions,
  writePlanes,
} from "./image.ts";
import { sampleRandom } from "./random.ts";
import type { Transform } from "./transform.ts";

/**
 * Options of {@linkcode ImageFolder}.
 *
 * @example Crops of 224 pixels
 * ```ts
 * import {
 *   type ImageFolderOptions,
 *   randomResizedCrop,
 * } from "@tenfold/data/images";
 *
 * const options: ImageFolderOptions = {
 *   transform: randomResizedCrop(224),
 *   seed: 0,
 * };
 * ```
 */
export interface ImageFolderOptions extends PixelScale, DeviceOption {
  /** Applied to each image before it becomes a tensor. */
  readonly transform?: Transform;
  /**
   * Seed of random transforms, which depend on it, the epoch and the index
   * only. Without it, a seed is drawn from the global generator.
   */
  readonly seed?: number;
}

const optionsSchema = z.strictObject({
  ...scaleOptions,
  device: deviceOption,
  transform: z.optional(z.custom<Transform>(
    (value) => typeof value === "function",
    "must be a function of an image: see compose",
  )),
  seed: seedOption,
});

/**
 * The file of an image and its class.
 *
 * @example A file of class 1
 * ```ts
 * import type { ImageSample } from "@tenfold/data/images";
 *
 * const sample: ImageSample = { path: "dogs/rex.jpg", label: 1 };
 * ```
 */
export interface ImageSample {
  /** Path relative to the folder. */
  readonly path: string;
  /** Index of the class. */
  readonly label: number;
}

/**
 * Images in folders named after their classes, `root/cat/1.jpg`, as in
 * torchvision. A sample is a float32 tensor of shape `[3, height, width]` and
 * its class, an int32 tensor of shape `[]`; the tensors of a batch are created
 * at once. Files are read and decoded when their samples are requested.
 *
 * @example Batches with random augmentation in each epoch
 * ```ts ignore
 * import { data } from "@tenfold/tenfold";
 * import * as images from "@tenfold/data/images";
 *
 * const folder = await images.ImageFolder.open("photos/train", {
 *   transform: images.compose(
 *     images.randomResizedCrop(224),
 *     images.randomHorizontalFlip(),
 *   ),
 *   mean: [0.485, 0.456, 0.406],
 *   std: [0.229, 0.224, 0.225],
 *   seed: 0,
 * });
 * const loader = new data.DataLoader(folder, {
 *   batchSize: 32,
 *   shuffle: true,
 *   prefetch: 2,
 * });
 * ```
 */
export class ImageFolder implements Dataset<readonly [Tensor, Tensor]> {
  /** The names of the classes, sorted; a label is an index into them. */
  readonly classes: readonly string[];
  /** The files and their classes, sorted by path. */
  readonly samples: readonly ImageSample[];
  readonly #entries: readonly Entry[];
  readonly #transform: Transform | undefined;
  readonly #scale: PixelScale;
  readonly #seed: number;
  readonly #device: Device | undefined;
  #epoch = 0;

  private constructor(
    entries: readonly Entry[],
    options: ImageFolderOptions,
  ) {
    const { transform, seed, device, ...scale } = options;
    const { classes, samples } = classesOf(entries);
    this.classes = classes;
    this.samples = samples;
    this.#entries = entries;
    this.#transform = transform;
    this.#scale = scale;
    this.#seed = seed ?? (transform === undefined ? 0 : drawSeed());
    this.#device = device === undefined ? undefined : deviceFor({ device });
  }

  /**
   * Lists the images of a folder, or takes files that the user has selected.
   *
   * @param root A path or `file:` URL; or the files of
   * `<input type="file" webkitdirectory>`, or others whose
   * `webkitRelativePath` or name is `root/class/file`.
   * @param options `transform`, `seed`, `mean`, `std` and `device`.
   * @returns The dataset.
   * @throws {FileError} If the folder cannot be read.
   * @throws {DataFormatError} If there are no folders of classes, or one of
   * them has no PNG or JPEG file.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   */
  static async open(
    root: string | URL | Iterable<File>,
    options: ImageFolderOptions = {},
  ): Promise<ImageFolder> {
    const operation = "open an ImageFolder";
    const parsed = parseArguments(
      optionsSchema,
      { root },
      options,
      arguments,
      operation,
    );
    return new ImageFolder(
      await entriesOfFolder(root, operation),
      parsed as ImageFolderOptions,
    );
  }

  /** Number of images. */
  get length(): number {
    return this.samples.length;
  }

  /**
   * Sets the epoch, on which random transforms depend; a `DataLoader` calls it.
   *
   * @param epoch The epoch, from 0 on.
   */
  setEpoch(epoch: number): void {
    checkCount("setEpoch", arguments.length, 1);
    if (!Number.isInteger(epoch) || epoch < 0) {
      throw new RangeError(
        `Cannot set the epoch as it must be an integer from 0 on: got ${
          showValue(epoch)
        }`,
      );
    }
    this.#epoch = epoch;
  }

  /**
   * An image after its transform.
   *
   * @param index From 0 to `length - 1`.
   * @returns The image.
   * @throws {RangeError} If the index is out of range.
   * @throws {DataFormatError} If the file is not an image; the message names
   * it.
   * @throws {FileError} If it cannot be read.
   */
  async image(index: number): Promise<Image> {
    checkCount("image", arguments.length, 1);
    checkIndex(index, this.length);
    const random = sampleRandom(this.#seed, this.#epoch, index);
    const { path, read } = this.#entries[index]!;
    let image: Image;
    try {
      image = await decodeImage(await read());
    } catch (cause) {
      if (!(cause instanceof DataFormatError)) throw cause;
      throw new DataFormatError(`${messageOf(cause)}: ${path}`, { cause });
    }
    if (this.#transform === undefined) return image;
    const made = this.#transform(image, random);
    checkImage(made, "use the result of a transform");
    return made;
  }

  /**
   * One sample.
   *
   * @param index From 0 to `length - 1`.
   * @returns The image, `[3, height, width]`, and its class.
   * @throws {RangeError} If the index is out of range.
   */
  async get(index: number): Promise<readonly [Tensor, Tensor]> {
    checkCount("get", arguments.length, 1);
    const task = currentTask();
    const image = await this.image(index);
    return task.pin(() => {
      const [images, labels] = this.#tensors([image], [index], []);
      return [images, labels] as const;
    });
  }

  /**
   * Several samples.
   *
   * @param indices The indices of the samples, in order.
   * @returns The images, `[n, 3, height, width]`, and their classes, `[n]`.
   * @throws {RangeError} If an index is out of range, or the images differ in
   * size.
   */
  async getBatch(indices: Int32Array): Promise<readonly [Tensor, Tensor]> {
    checkCount("getBatch", arguments.length, 1);
    const task = currentTask();
    const list = [...indices];
    const images = await Promise.all(list.map((index) => this.image(index)));
    return task.pin(() => this.#tensors(images, list, [list.length]));
  }

  #tensors(
    images: readonly Image[],
    indices: readonly number[],
    batch: readonly number[],
  ): readonly [Tensor, Tensor] {
    const { width, height } = images[0]!;
    const size = 3 * width * height;
    const values = new Float32Array(images.length * size);
    images.forEach((image, i) => {
      if (image.width !== width || image.height !== height) {
        const { path } = this.samples[indices[i]!]!;
        throw new RangeError(
          `Cannot make a batch of images as they differ in size: got ${width} by ${height}, and ${image.width} by ${image.height} in ${path}, resize or crop them in a transform`,
        );
      }
      writePlanes(image, this.#scale, values, i * size);
    });
    const labels = Int32Array.from(indices, (i) => this.samples[i]!.label);
    const device = this.#device === undefined ? {} : { device: this.#device };
    return [
      tensor(values, { shape: [...batch, 3, height, width], ...device }),
      tensor(labels, { shape: [...batch], ...device }),
    ];
  }
}
