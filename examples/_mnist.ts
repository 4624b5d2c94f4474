/**
 * What the MNIST scripts need around their training: the digits, and the point
 * to resume from.
 *
 * @module
 */
import process from "node:process";
import { data, type train } from "@tenfold/tenfold";

/** Where MNIST is looked for when nobody says where it is. */
const FOLDERS = ["mnist", "../shared/data/mnist"];

/** The digits to learn from, and those to test with. */
export interface Digits {
  readonly learn: data.MnistDataset;
  readonly test: data.MnistDataset;
}

/**
 * Opens MNIST.
 *
 * @param options The folder, and how many digits to take of each part.
 * @throws {FileError} If a file is missing; the message says which, where, and
 * the command that fetches it.
 * @throws {DataFormatError} If a file is damaged.
 */
export async function openDigits(
  options: { data: string | undefined; limit: number },
): Promise<Digits> {
  const named = options.data ?? environment("TENFOLD_DATA");
  const roots = named === undefined ? FOLDERS : [named];
  let missing = "";
  for (const root of roots) {
    try {
      const learn = await data.mnist({ root });
      const test = await data.mnist({ root, split: "test" });
      return {
        learn: firstOf(learn, options.limit),
        test: firstOf(test, options.limit),
      };
    } catch (error) {
      if (!(error instanceof data.FileError)) throw error;
      // The first folder is the one to put them into.
      missing ||= error.message;
    }
  }
  const looked = roots.length > 1 ? `Looked in ${roots.join(" and ")}: ` : "";
  throw new data.FileError(looked + missing);
}

/** The environment variable, where it is set and may be read. */
function environment(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    return undefined;
  }
}

function firstOf(
  { rawImages, rawLabels }: data.MnistDataset,
  count: number,
): data.MnistDataset {
  return new data.MnistDataset(
    rawImages.subarray(0, 28 * 28 * count),
    rawLabels.subarray(0, count),
  );
}

/** Says from which step on training goes on. */
export const sayWhere: train.Callback = {
  name: "say where",
  resume({ step, history }) {
    if (step === 0) return;
    console.log(
      `Going on after step ${step}, with ${history.epochs.length} epochs done`,
    );
  },
};
