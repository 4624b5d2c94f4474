/**
 * The digits that a lesson learns from, as its command line asks for them.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { data, type Tensor, tensor, tidy } from "@tenfold/tenfold";

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
  /** Others: up to 10,000. */
  readonly valid: Samples;
}

/** MNIST's 60,000 digits to learn from are cut here, as in the lesson. */
const TRAIN = 50_000;
const VALID = 10_000;
/** Where the files are looked for when nobody says where they are. */
const FOLDERS = ["mnist", "../shared/data/mnist"];

const USAGE = `Options:
  --data FOLDER  where the files of MNIST are
                 (default: TENFOLD_DATA, else ${FOLDERS.join(", else ")})
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

/** The environment variable, where it is set and may be read. */
function environment(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    return undefined;
  }
}

/** The 60,000 digits, from the first folder that has them. */
async function openMnist(
  folder: string | undefined,
): Promise<data.MnistDataset> {
  const named = folder ?? environment("TENFOLD_DATA");
  const roots = named === undefined ? FOLDERS : [named];
  let missing = "";
  for (const root of roots) {
    try {
      return await data.mnist({ root });
    } catch (error) {
      if (error instanceof data.DataFormatError) fail(error.message);
      if (!(error instanceof data.FileError)) throw error;
      // The first folder is the one to put them into.
      missing ||= error.message;
    }
  }
  const others = roots.slice(1).map((root) => `, nor in ${root}`).join("");
  fail(`${missing}${others} (or run the lesson with --digits instead)`);
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
  if (digits) return embedded(count);

  const { rawImages, rawLabels } = await openMnist(folder);
  const samples = (start: number, end: number): Samples => ({
    x: tensor(rawImages.subarray(784 * start, 784 * end), {
      shape: [end - start, 784],
      dtype: "float32",
    }).mul_(1 / 255),
    y: tensor(rawLabels.subarray(start, end), { dtype: "float32" }),
  });
  return {
    name: "MNIST, 28×28 pixels",
    train: samples(0, count),
    valid: samples(TRAIN, TRAIN + Math.min(VALID, count)),
  };
}

/** The digits of the package: 1,500 to learn from, the others to look at. */
function embedded(count: number): Digits {
  const cut = 1500;
  return tidy(() => {
    const { data: pixels, target } = data.loadDigits();
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
