import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { epochLine, type Progress, progressLine } from "./_progress_text.ts";

const bar = (width: number) => "#".repeat(width);

const progress: Progress = {
  epoch: 3,
  epochs: 20,
  done: 0.123,
  figures: { loss: 0.07123, accuracy: 0.98121 },
  validation: { loss: 0.09, accuracy: 0.97 },
  rate: 24310.4,
  elapsed: 75,
  remaining: 4.23,
};

describe("the line of a bar", () => {
  it("has epoch, bar, loss, metric, rate and remaining time", () => {
    assertEquals(
      progressLine(progress, 140, bar),
      `epoch  3/20 ${
        "#".repeat(18)
      }  12% · loss 0.0712 · accuracy 0.9812 · validation loss 0.0900 accuracy 0.9700 · 24,310 samples/s · 4.2 s left`,
    );
  });

  it("has the same in 80 columns, in fewer words", () => {
    assertEquals(
      progressLine(progress, 79, bar),
      ` 3/20 ${
        "#".repeat(12)
      }  12% · loss 0.0712 · accuracy 0.9812 · 24,310/s · 4.2 s left`,
    );
  });

  it("never is longer than the terminal is wide", () => {
    for (let columns = 30; columns < 200; columns++) {
      const line = progressLine(progress, columns, bar);
      assert(line.length <= columns, `${line.length} in ${columns}: ${line}`);
      assertStringIncludes(line, " 3/20 ");
    }
  });

  it("leaves the validation out before it leaves out the rest", () => {
    const line = progressLine(progress, 100, bar);
    assertStringIncludes(line, "accuracy 0.9812");
    assertStringIncludes(line, "24,310 samples/s · 4.2 s left");
    assertEquals(line.includes("validation"), false);
  });

  it("says only what it knows", () => {
    const early = {
      ...progress,
      figures: {},
      validation: undefined,
      rate: 0,
      remaining: undefined,
    };
    assertEquals(
      progressLine(early, 60, bar),
      `epoch  3/20 ${"#".repeat(30)}  12%`,
    );
  });

  it("ends with the time that it took", () => {
    const line = progressLine({ ...progress, done: 1 }, 79, bar);
    assert(line.endsWith("in 1 min 15 s"), line);
  });

  it("writes times and rates as one says them", () => {
    const remaining = (seconds: number) =>
      progressLine({ ...progress, remaining: seconds }, 200, bar)
        .split(" · ").at(-1);
    assertEquals(remaining(0.4), "0.40 s left");
    assertEquals(remaining(42), "42 s left");
    assertEquals(remaining(125), "2 min 05 s left");
    assertEquals(remaining(3720), "1 h 02 min left");
    const slow = progressLine({ ...progress, rate: 0.4321 }, 200, bar);
    assertStringIncludes(slow, "0.43 samples/s");
  });
});

describe("the line on an epoch", () => {
  it("has the figures of training and validation, and the time", () => {
    assertEquals(
      epochLine({
        epoch: 2,
        step: 46,
        learningRate: 0.1,
        seconds: 12.4,
        train: { loss: 0.00012, accuracy: 1 },
        validation: { loss: 0.09, accuracy: 0.97 },
      }, 10),
      "epoch  2/10 · loss 1.20e-4 · accuracy 1.0000 · validation loss 0.0900 · accuracy 0.9700 · 12 s",
    );
  });

  it("has the figures of the validation in 80 columns", () => {
    const record = {
      epoch: 3,
      step: 46,
      learningRate: 0.1,
      seconds: 12.4,
      train: { loss: 0.07123, accuracy: 0.98121 },
      validation: { loss: 0.09, accuracy: 0.97 },
    };
    assertEquals(
      epochLine(record, 20, 79),
      "epoch  3/20 · loss 0.0712 · accuracy 0.9812 · validation 0.0900 · 0.9700 · 12 s",
    );
    assertStringIncludes(epochLine(record, 20, 100), "· accuracy 0.9700 ·");
  });

  it("has those of two metrics in a second line", () => {
    const figures = { loss: 0.8367, accuracy: 0.7759, f1: 0.7814 };
    const record = {
      epoch: 1,
      step: 46,
      learningRate: 0.1,
      seconds: 3.5,
      train: figures,
      validation: figures,
    };
    assertEquals(
      epochLine(record, 3, 79),
      "epoch 1/3 · loss 0.8367 · accuracy 0.7759 · f1 0.7814\n" +
        "  validation loss 0.8367 · accuracy 0.7759 · f1 0.7814 · 3.5 s",
    );
    assertEquals(epochLine(record, 3).includes("\n"), false);
  });

  it("says NaN where the loss is none", () => {
    const line = epochLine({
      epoch: 1,
      step: 1,
      learningRate: 0.1,
      seconds: 0.5,
      train: { loss: NaN },
    }, 1);
    assertEquals(line, "epoch 1/1 · loss NaN · 0.50 s");
  });
});
