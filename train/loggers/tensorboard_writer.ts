/**
 * Writes event files of TensorBoard.
 *
 * @module
 */
import { noGrad, type Tensor, tidy } from "@tenfold/core";
import { checkCount, loadDisplay, showShape } from "@tenfold/core/internal";
import type { AnyModule } from "@tenfold/nn";
import { GrowingFile } from "./_append_file.ts";
import {
  type Content,
  eventRecord,
  graphBytes,
  type Value,
} from "./_events.ts";
import { histogramOf } from "../_histogram.ts";
import { modelGraph } from "./_model_graph.ts";

let made = 0;

/**
 * Writes figures, histograms, images and the graph of a model into an event
 * file of TensorBoard, `events.out.tfevents.…`, a new one for each writer. What
 * is written is in the file as soon as the promise is fulfilled.
 *
 * @example A figure that falls
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const { TensorboardWriter } = await train.loggers.loadTensorboard();
 * const writer = new TensorboardWriter("out/runs/first");
 * for (let step = 1; step <= 3; step++) {
 *   await writer.scalar("loss", 1 / step, step);
 * }
 * ```
 */
export class TensorboardWriter {
  readonly #file: GrowingFile;
  #begun = false;

  /**
   * @param folder The folder of the run, a path or a `file:` URL; it is made
   * with the first figure.
   * @throws {FileError} If the runtime has no file system.
   */
  constructor(folder: string | URL) {
    checkCount("make a TensorboardWriter", arguments.length, 1);
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    const unique = `${crypto.randomUUID().slice(0, 8)}.${made++}`;
    this.#file = new GrowingFile(
      folder,
      `events.out.tfevents.${seconds}.tenfold.${unique}`,
    );
  }

  /** The path of the file. */
  get path(): string {
    return this.#file.path;
  }

  /** Writes one figure. */
  async scalar(tag: string, figure: number, step: number): Promise<void> {
    await this.scalars({ [tag]: figure }, step);
  }

  /** Writes several figures of a step. */
  async scalars(
    figures: Readonly<Record<string, number>>,
    step: number,
  ): Promise<void> {
    const values = Object.entries(figures).map(([tag, scalar]) => ({
      tag,
      scalar,
    }));
    await this.#write({ values }, step);
  }

  /**
   * Writes how the elements of a tensor are spread: 64 intervals of one width.
   * Elements that are not finite are left out; of none nothing is written.
   */
  async histogram(
    tag: string,
    values: Tensor | ArrayLike<number>,
    step: number,
  ): Promise<void> {
    const numbers = "data" in values
      ? await (values as Tensor).data() as ArrayLike<number>
      : values;
    const histogram = histogramOf(numbers);
    if (histogram) await this.#write({ values: [{ tag, histogram }] }, step);
  }

  /**
   * Writes a picture.
   *
   * @param image `[height, width]`, or `[channels, height, width]` with 1
   * (grey), 3 (RGB) or 4 channels (RGBA), with values from 0 to 1, or from 0 to
   * 255 if the dtype is int32.
   * @throws {RangeError} If it has another shape.
   */
  async image(tag: string, image: Tensor, step: number): Promise<void> {
    const [channels, height, width] = image.ndim === 2
      ? [1, ...image.shape]
      : image.shape;
    if (
      image.ndim < 2 || image.ndim > 3 || ![1, 3, 4].includes(channels!) ||
      image.size === 0
    ) {
      throw new RangeError(
        `Cannot write an image of shape ${
          showShape(image.shape)
        }: it must be [height, width] or [channels, height, width] with 1, 3 or 4 channels`,
      );
    }
    const scale = image.dtype === "int32" ? 1 : 255;
    const rows = tidy(() =>
      noGrad(() =>
        image.reshape([channels!, height!, width!]).permute([1, 2, 0])
      )
    );
    const numbers = await rows.data().finally(() => rows.dispose());
    const pixels = Uint8ClampedArray.from(
      numbers as ArrayLike<number>,
      (x) => x * scale,
    );
    const { encodePng } = await loadDisplay();
    const png = await encodePng(
      new Uint8Array(pixels.buffer),
      width!,
      height!,
      channels!,
    );
    const value: Value = {
      tag,
      image: { width: width!, height: height!, channels: channels!, png },
    };
    await this.#write({ values: [value] }, step);
  }

  /** Writes the modules of a model as a graph. */
  async graph(model: AnyModule): Promise<void> {
    await this.#write({ graph: graphBytes(modelGraph(model)) }, 0);
  }

  async #write(content: Content, step: number): Promise<void> {
    const seconds = Date.now() / 1000;
    if (!this.#begun) {
      this.#begun = true;
      const version = { version: "brain.Event:2" };
      await this.#file.append(eventRecord(version, 0, seconds));
    }
    await this.#file.append(eventRecord(content, step, seconds));
  }
}
