/**
 * The digits that a lesson learns from, as its command line asks for them.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  currentBackend,
  data,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/tenfold";
import { giveUp } from "../_arguments.ts";
import { openDigits as openMnist } from "../_mnist.ts";

/** Samples as rows of pixels from 0 to 1, and the digits they show. */
export interface Samples {
  /** float32 of shape `[n, pixels]`. */
  readonly x: Tensor;
  /** float32 of shape `[n]`, from 0 to 9. */
  readonly y: Tensor;
}

/** What to learn from, and what to look at otherwise. */
export interface Digits {
  /** What they are. */
  readonly name: string;
  /** The first 50,000, or as many as asked for. */
  readonly train: Samples;
  /** Others: MNIST's digits to test with, up to 10,000. */
  readonly valid: Samples;
}

/** Digits in the whole lesson. */
const TRAIN = 50_000;

const USAGE = `Options:
  --data FOLDER  where the files of MNIST are
                 (default: TENFOLD_DATA, else mnist, else ../shared/data/mnist)
  --limit N      how many digits to learn from, 1 to ${TRAIN} (default: all)
  --digits       use the 1,797 digits of 8×8 pixels that are in the package`;

/** Ends the program with a message for the person who started it. */
function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: "string" },
        limit: { type: "string", default: String(TRAIN) },
        digits: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`);
  }
}

/** How many digits one tensor can hold; devices have a largest buffer. */
function fitting(): number {
  return Math.floor(currentBackend().maxBufferBytes / (4 * 784));
}

/** Reads the command line, and the digits that it asks for. */
export async function openDigits(): Promise<Digits> {
  const { data: folder, limit, digits } = options();
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > TRAIN) {
    fail(
      `Cannot learn from "${limit}" digits: give an integer from 1 to ${TRAIN}\n${USAGE}`,
    );
  }
  if (digits) return await embedded(count);

  const { learn, test } = await openMnist({ data: folder, limit: count })
    .catch(giveUp);
  const most = fitting();
  if (most < learn.length) {
    console.log(
      `${currentBackend().name} cannot hold ${learn.length} digits in one tensor here: taking ${most}`,
    );
  }
  return {
    name: "MNIST, 28×28 pixels",
    train: samplesOf(learn, Math.min(learn.length, most)),
    valid: samplesOf(test, Math.min(test.length, most)),
  };
}

/** The first digits of a part of MNIST. */
function samplesOf(
  { rawImages, rawLabels }: data.MnistDataset,
  count: number,
): Samples {
  return {
    x: tensor(rawImages.subarray(0, 784 * count), {
      shape: [count, 784],
      dtype: "float32",
    }).mul_(1 / 255),
    y: tensor(rawLabels.subarray(0, count), { dtype: "float32" }),
  };
}

/** The digits of the package: 1,500 to learn from, the others to look at. */
async function embedded(count: number): Promise<Digits> {
  const cut = 1500;
  return await tidy(async () => {
    const { data: pixels, target } = await data.loadDigits();
    const x = pixels.reshape([-1, 64]).div(16);
    const y = target.cast("float32");
    const samples = (start: number, length: number): Samples => ({
      x: x.narrow(0, start, length).contiguous(),
      y: y.narrow(0, start, length).contiguous(),
    });
    return {
      name: "digits of 8×8 pixels",
      train: samples(0, Math.min(count, cut)),
      valid: samples(cut, y.size - cut),
    };
  });
}
