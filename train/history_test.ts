import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { inspect } from "node:util";
import { describe, it } from "@std/testing/bdd";
import { type EpochRecord, History } from "./history.ts";

const epoch = (number: number, figure = 1 / number): EpochRecord => ({
  epoch: number,
  step: 10 * number,
  learningRate: 0.1,
  seconds: 1,
  train: { loss: figure, accuracy: 1 - figure / 4 },
  validation: { loss: 1.2 * figure, accuracy: 1 - figure / 3 },
});

/** The text elements of an SVG document. */
const texts = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);

describe("History", () => {
  it("gives one figure of all epochs", () => {
    const history = new History([epoch(1), epoch(2)]);
    assertEquals(history.figures("train.loss"), [1, 0.5]);
    assertEquals(history.figures("validation.loss"), [1.2, 0.6]);
    assertEquals(history.figures("learningRate"), [0.1, 0.1]);
    assertEquals(history.last?.epoch, 2);
  });

  it("lists the figures there are when asked for another", () => {
    assertThrows(
      () => new History([epoch(1)]).figures("validation.f1"),
      RangeError,
      'Cannot find the figure "validation.f1" in epoch 1: there are train.loss, train.accuracy, validation.loss, validation.accuracy, learningRate, seconds',
    );
  });

  it("becomes JSON", () => {
    const history = new History([epoch(1)]);
    assertEquals(JSON.parse(JSON.stringify(history)), [epoch(1)]);
  });

  it("is printed as its last figures", () => {
    const history = new History([epoch(1), epoch(3)]);
    const text =
      "History(2 epochs, loss 0.3333, accuracy 0.9167, validation loss 0.4, validation accuracy 0.8889)";
    assertEquals(String(history), text);
    assertEquals(inspect(history), text);
    assertEquals(String(new History()), "History(0 epochs)");
  });

  it("does not change with the list it was made of", () => {
    const list = [epoch(1)];
    const history = new History(list);
    list.push(epoch(2));
    assertEquals(history.epochs.length, 1);
  });
});

describe("History.toSvg", () => {
  it("draws a chart for each figure, with axes and a legend", async () => {
    const history = new History([epoch(1), epoch(2), epoch(3)]);
    const svg = await history.toSvg({ title: "Digits & more" });
    assert(svg.startsWith("<svg") && svg.trimEnd().endsWith("</svg>"));
    const written = texts(svg);
    for (const text of ["Digits &amp; more", "Loss", "Accuracy", "Epoch"]) {
      assert(written.includes(text), `${text} in ${written}`);
    }
    assert(written.includes("Training") && written.includes("Validation"));
    assertStringIncludes(svg, 'stroke="#0072b2"');
    assertStringIncludes(svg, 'stroke="#d55e00"');
    assert(!svg.includes("NaN") && !svg.includes("undefined"));
  });

  it("draws the learning rate where it changes", async () => {
    const history = new History([
      epoch(1),
      { ...epoch(2), learningRate: 0.01 },
    ]);
    assert(texts(await history.toSvg()).includes("Learning rate"));
    const constant = new History([epoch(1), epoch(2)]);
    assert(!texts(await constant.toSvg()).includes("Learning rate"));
  });

  it("has the size that is asked for", async () => {
    const svg = await new History([epoch(1)]).toSvg({
      width: 321,
      height: 234,
    });
    assertStringIncludes(svg, 'width="321"');
    assertStringIncludes(svg, 'height="234"');
  });

  it("draws one epoch, none, and losses that are not numbers", async () => {
    for (
      const history of [
        new History([epoch(1)]),
        new History(),
        new History([epoch(1), epoch(2, NaN), epoch(3, Infinity), epoch(4)]),
        new History([epoch(1, NaN)]),
      ]
    ) {
      const svg = await history.toSvg();
      assert(svg.startsWith("<svg"));
      assert(!svg.includes("NaN") && !svg.includes("Infinity"));
    }
  });

  it("names the option that is wrong", async () => {
    await assertRejects(
      () => new History().toSvg({ width: 0 }),
      RangeError,
      "Cannot draw the history as width must be a positive integer: got 0",
    );
  });
});
