/**
 * The report at the end of the MNIST scripts: how well the net reads unseen
 * digits, and which of them it misreads.
 *
 * @module
 */
import { data, memory, noGrad, scope, train } from "@tenfold/tenfold";
import { drawMatrix, tryToWrite } from "./_draw.ts";
import { drawSheet } from "./_sheet.ts";

/** What there is to report on. */
export interface Outcome {
  /** The line above the curves. */
  readonly title: string;
  readonly model: train.Model;
  readonly history: train.History;
  /** The digits to test with. */
  readonly test: data.MnistDataset;
  /** How long training took. */
  readonly seconds: number;
}

/**
 * Tests a net and prints the outcome; writes its weights, the curves of its
 * training and a sheet of misread digits to `out/`.
 *
 * @param script The name of the script, and of what it writes.
 * @param outcome What there is to report on.
 */
export async function report(
  script: string,
  { title, model, history, test, seconds }: Outcome,
): Promise<void> {
  const answers = await readDigits(model, test);
  const matrix = await train.confusionMatrix(answers.classes, test.rawLabels, {
    classes: 10,
  });
  console.log("\nRows: what the digit is. Columns: what the net takes it for.");
  console.log(drawMatrix(matrix));

  await tryToWrite(
    `out/${script}.safetensors`,
    (path) => data.saveSafetensors(path, model.stateDict()),
  );
  for (
    const [path, picture] of [
      [`out/${script}.svg`, await history.toSvg({ title })],
      [`out/${script}_mistakes.svg`, drawMistakes(answers, test)],
    ] as const
  ) {
    await tryToWrite(path, () => data.writeFileAtomic(path, picture));
  }

  const mebibytes = memory().peakBytes / 2 ** 20;
  console.log(
    `Trained in ${seconds.toFixed(1)} s, with at most ${
      mebibytes.toFixed(0)
    } MiB of tensors`,
  );
  const accuracy = await train.accuracy(answers.classes, test.rawLabels);
  console.log(`Test accuracy: ${accuracy.toFixed(4)}`);
}

/** Pixels of a digit. */
const PIXELS = 28 * 28;
/** Digits that are read at once. */
const BATCH = 250;

/** What a net takes digits for. */
interface Answers {
  /** The class of each digit. */
  readonly classes: Int32Array;
  /** The probability that the net gives to it. */
  readonly certainties: Float32Array;
}

/** Lets a net read all digits of a part. */
async function readDigits(
  model: train.Model,
  digits: data.MnistDataset,
): Promise<Answers> {
  model.eval();
  const classes = new Int32Array(digits.length);
  const certainties = new Float32Array(digits.length);
  for (let start = 0; start < digits.length; start += BATCH) {
    const count = Math.min(BATCH, digits.length - start);
    // The reads begin in the scope; they need nothing of it afterwards.
    const [read, sure] = (() => {
      using _ = scope();
      return noGrad(() => {
        const images = digits.images.narrow(0, start, count);
        const probabilities = model.forward(images as never).softmax(1);
        return [probabilities.argmax(1).data(), probabilities.max(1).data()];
      });
    })();
    classes.set(await read, start);
    certainties.set(await sure, start);
  }
  return { classes, certainties };
}

/** Draws the digits that were misread, those first that it was surest of. */
function drawMistakes(
  { classes, certainties }: Answers,
  { rawImages, rawLabels }: data.MnistDataset,
): string {
  const wrong = [...classes.keys()]
    .filter((i) => classes[i] !== rawLabels[i])
    .sort((i, j) => certainties[j]! - certainties[i]!);
  const shown = wrong.slice(0, 100);
  const which = shown.length < wrong.length
    ? `${shown.length} of ${wrong.length} misread digits`
    : `${wrong.length} misread digits`;
  return drawSheet(
    `${which}, the surest first: what it is → what it was taken for`,
    shown.map((i) => ({
      pixels: rawImages.subarray(PIXELS * i, PIXELS * (i + 1)),
      caption: `${rawLabels[i]} → ${classes[i]}`,
    })),
  );
}
