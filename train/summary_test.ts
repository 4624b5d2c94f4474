import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memory, scope, type Tensor } from "@tenfold/core";
import * as nn from "@tenfold/nn";
import "./_testing.ts";
import { summary } from "./summary.ts";

function net(): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.BatchNorm2d(4),
    new nn.Sequential(new nn.Flatten(), new nn.Linear(4 * 6 * 6, 10)),
  );
}

describe("summary", () => {
  it("tells shapes, parameters, bytes and multiply-adds", () => {
    const before = memory().bytes;
    const model = net();
    model.modules()[1]!.freeze();
    const { layers, ...facts } = summary(model, [2, 1, 8, 8]);
    assertEquals(
      layers.map(({ name, depth, outputShape, parameters, multiplyAdds }) => [
        name,
        depth,
        outputShape,
        parameters,
        multiplyAdds,
      ]),
      [
        ["", 0, [2, 10], 0, 0],
        ["0", 1, [2, 4, 6, 6], 40, 2 * 4 * 36 * 9],
        ["1", 1, [2, 4, 6, 6], 8, 0],
        ["2", 1, [2, 10], 0, 0],
        ["2.0", 2, [2, 144], 0, 0],
        ["2.1", 2, [2, 10], 1450, 2 * 1440],
      ],
    );
    assertEquals(facts.parameters, 40 + 8 + 1450);
    assertEquals(facts.trainable, 8 + 1450);
    // The buffers of the norm: mean, variance and an int32 counter.
    assertEquals(facts.bytes, 4 * (1498 + 9));
    assertEquals(facts.outputBytes, 4 * (288 + 288 + 288 + 20));
    assertEquals(facts.multiplyAdds, 2592 + 2880);
    model.dispose();
    assertEquals(memory().bytes, before);
  });

  it("prints a table, and makes one of HTML", () => {
    const model = net();
    const told = summary(model, [1, 1, 8, 8]);
    const text = String(told);
    assertEquals(text.split("\n").slice(0, 4), [
      "layer             output shape  parameters  multiply-adds",
      "─────────────────────────────────────────────────────────",
      "Sequential        [1, 10]",
      "  0: Conv2d       [1, 4, 6, 6]          40          1,296",
    ]);
    assertStringIncludes(text, "Parameters: 1,498\n");
    assertStringIncludes(told.toHtml(), "<td style=");
    assertStringIncludes(
      told.toHtml(),
      "Linear(inFeatures=144, outFeatures=10",
    );
    model.dispose();
  });

  it("leaves the model as it was: modes, running figures, forward", async () => {
    const model = net();
    const [, norm] = model.modules();
    const room = scope();
    const figures = () =>
      Promise.all(norm!.buffers().map((buffer) => buffer.toArray()));
    const before = await figures();
    summary(model, [4, 1, 8, 8]);
    assertEquals(await figures(), before);
    assert(model.modules().every(({ training }) => training));
    assert(model.modules().every((m) => !Object.hasOwn(m, "forward")));
    room.dispose();
    model.dispose();
  });

  it("takes several inputs, and dtypes", () => {
    class Both extends nn.Module<[Tensor, Tensor]> {
      words = new nn.Embedding(10, 4);
      forward(x: Tensor, y: Tensor): Tensor {
        return this.words.forward(x).add(this.words.forward(y));
      }
    }
    const model = new Both();
    const { layers } = summary(model, [[2, 3], [2, 3]], { dtype: "int32" });
    assertEquals(layers[0]!.outputShape, [2, 3, 4]);
    assertEquals(summary(model, [[2, 3], [2, 3]]).layers, layers);
    model.dispose();
  });

  it("refuses what is not a shape, and puts back what it watched", () => {
    const model = net();
    assertThrows(
      () => summary(model, [1, 1.5]),
      TypeError,
      "inputShape must be a shape such as [1, 784]",
    );
    const before = memory().bytes;
    assertThrows(() => summary(model, [1, 2, 8, 8]), Error, "Cannot convolve");
    assert(model.modules().every((m) => !Object.hasOwn(m, "forward")));
    assertEquals(memory().bytes, before);
    model.dispose();
  });
});
