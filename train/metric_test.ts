import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ShapeError, tensor } from "@tenfold/core";
import type { Average } from "./_average.ts";
import { int32, logitsOf } from "./_testdata/metric_cases.ts";
import { countingBackend } from "./_testing.ts";
import { accuracy } from "./accuracy.ts";
import { confusionMatrix } from "./confusion_matrix.ts";
import { f1 } from "./f1.ts";
import { measure } from "./measure.ts";
import { precision } from "./precision.ts";
import { recall } from "./recall.ts";

describe("metrics of scores", () => {
  it("takes one score for each sample by a threshold", async () => {
    const scores = tensor([-1, 2, 0.5, -3]);
    const truth = int32([0, 1, 0, 1]);
    assertEquals(await accuracy(scores, truth, { threshold: 0 }), 0.5);
    assertEquals(await accuracy(scores, truth, { threshold: 1 }), 0.75);
    assertEquals(await f1(scores, truth, { threshold: 0 }), 0.5);
    assertEquals(
      await confusionMatrix([0.9, 0.2], [1, 1], { threshold: 0.5 }),
      [[0, 0], [1, 1]],
    );
  });

  it("leaves nothing behind", async () => {
    const backend = countingBackend();
    const device = { device: backend };
    const scores = tensor([[1, 0], [0, 1]], device);
    const truth = tensor([0, 1], { ...device, dtype: "int32" });
    const single = tensor([1, 0], { ...device, requiresGrad: true });
    const before = backend.bytes;
    await accuracy(scores, truth);
    await accuracy(single, truth, { threshold: 0.5 });
    await measure(f1(), scores, truth);
    await confusionMatrix(scores, truth);
    assertEquals(backend.bytes, before);
  });
});

describe("metrics of bad input", () => {
  const truth = () => int32([0, 1]);

  it("refuses shapes that do not belong together", async () => {
    await assertRejects(
      () => accuracy(tensor([[1, 0], [0, 1], [1, 0]]), truth()),
      ShapeError,
      "Cannot compute accuracy as the shapes do not belong together: got predictions of [3, 2] and targets of [2]",
    );
    await assertRejects(
      () => precision(tensor([[1], [0]]), truth()),
      ShapeError,
      "got predictions of [2, 1] and targets of [2]",
    );
    await assertRejects(
      () => recall([1, 0], [1]),
      TypeError,
      "got 2 predictions and 1 targets",
    );
  });

  it("refuses floats that name no classes", async () => {
    await assertRejects(
      () => accuracy(tensor([0.2, 0.9]), truth()),
      TypeError,
      "set threshold (0 for logits, 0.5 for probabilities)",
    );
    await assertRejects(
      () => f1([0.5, 1], [0, 1]),
      RangeError,
      "Cannot compute f1 as prediction 0 is not a class: got 0.5",
    );
  });

  it("refuses the binary average of several classes", async () => {
    const message =
      'Cannot compute f1 as average "binary" is for two classes: got 3, set average to "macro", "micro" or "weighted"';
    await assertRejects(() => f1([0, 1, 2], [0, 1, 2]), RangeError, message);
    await assertRejects(
      () => measure(f1(), logitsOf([0, 1, 2], 3), int32([0, 1, 2])),
      RangeError,
      message,
    );
  });

  it("refuses class numbers out of range", async () => {
    await assertRejects(
      () => measure(f1({ classes: 2 }), int32([0, 2]), int32([0, 1])),
      RangeError,
    );
    await assertRejects(
      () => measure(f1({ classes: 2 }), int32([0, 1]), int32([0, 2])),
      RangeError,
    );
    await assertRejects(
      () => measure(f1({ classes: 2 }), int32([0, -1]), int32([0, 1])),
      RangeError,
    );
    await assertRejects(
      () => confusionMatrix([0, -1], [0, 1]),
      RangeError,
      "got -1, expected 0 to 4095",
    );
    await assertRejects(
      () => confusionMatrix([0, 1e9], [0, 1]),
      RangeError,
      "got 1000000000",
    );
  });

  it("wants to know how many classes there are", async () => {
    await assertRejects(
      () => measure(f1(), int32([0, 1]), truth()),
      TypeError,
      "set classes",
    );
  });

  it("names the option that is wrong", () => {
    assertThrows(
      () => f1({ average: "mean" as Average }),
      RangeError,
      'Cannot compute f1 as average must be "binary", "macro", "micro" or "weighted": got "mean"',
    );
    assertThrows(
      () => recall({ averge: "macro" } as never),
      TypeError,
      "no such option: got averge",
    );
    assertThrows(
      () => precision({ classes: 1 }),
      RangeError,
      "classes must be an integer from 2 on: got 1",
    );
  });
});
