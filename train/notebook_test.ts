import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memory, randn, tensor, zeros } from "@tenfold/core";
import { parseCsv } from "@tenfold/data";
import { Linear, Sequential } from "@tenfold/nn";
import { openDisplay } from "./_display.ts";
import { captureLines } from "./_testing.ts";
import { confusionMatrix } from "./confusion_matrix.ts";
import { featureMaps } from "./feature_maps.ts";
import { History } from "./history.ts";
import { summary } from "./summary.ts";

const DISPLAY = Symbol.for("Jupyter.display");

/** What a notebook is given. */
async function shown(value: object): Promise<Record<string, string>> {
  return await (value as Record<symbol, () => Record<string, string>>)[
    DISPLAY
  ]!();
}

describe("in a notebook", () => {
  it("a tensor is a table of its values with its shape", async () => {
    const before = memory().tensors;
    const x = tensor([[1, 2.5], [3, NaN]]);
    const { "text/plain": text, "text/html": html, ...rest } = await shown(x);
    assertEquals(text, await x.toText());
    assert(html!.includes("shape [2, 2], float32"));
    assertEquals(
      [...html!.matchAll(/<td[^>]*>([^<]*)</g)].map(([, cell]) => cell),
      ["1", "2.5", "3", "NaN"],
    );
    assertEquals(rest, {});
    x.dispose();
    assertEquals(memory().tensors, before);
  });

  it("any tensor has one: of no dims, empty, bool, long, of many dims", async () => {
    for (
      const x of [
        tensor(NaN),
        tensor(-0),
        zeros([0]),
        zeros([3, 0]),
        tensor([true, false]),
        zeros([5000]),
        zeros([2, 2, 2, 2, 2]),
      ]
    ) {
      const { "text/html": html } = await shown(x);
      assert(html!.includes(`shape [${x.shape.join(", ")}]`));
      assert(html!.length < 10_000, `${html!.length} characters`);
      x.dispose();
    }
  });

  it("images are pictures: [h, w], [c, h, w], batches; below a megabyte", async () => {
    const before = memory().tensors;
    for (
      const [shape, width, height] of [
        [[8, 10], 10, 8],
        [[3, 8, 8], 8, 8],
        [[4, 1, 8, 8], 18, 18],
        [[2, 5, 8, 8], 48, 18],
        [[800, 600], 300, 400],
        [[4, 400, 400], 400, 400],
        [[66, 4, 48, 48], 398, 398],
      ] as const
    ) {
      const x = randn(shape);
      const { "image/png": png, "text/html": html } = await shown(x);
      const bytes = Uint8Array.from(atob(png!), (c) => c.charCodeAt(0));
      const view = new DataView(bytes.buffer);
      assertEquals([view.getUint32(16), view.getUint32(20)], [width, height]);
      assert(html!.length < 1_000_000, `${html!.length} characters`);
      x.dispose();
    }
    assertEquals(memory().tensors, before);
  });

  it("a module is a table of its parts and parameters", async () => {
    const model = new Sequential(new Linear(3, 2), new Linear(2, 1));
    model.freeze("0.*");
    const { "text/html": html } = await shown(model);
    assert(html!.includes("[2, 3] [2]") && html!.includes("11 numbers, 3 of"));
    assert((await shown(summary(model, [1, 3])))["text/html"]!
      .includes("<table>"));
    const x = zeros([1, 3]);
    const maps = featureMaps(model, x);
    assert((await shown(maps))["text/html"]!.includes("layer 1"));
    for (const made of [x, ...maps.values()]) made.dispose();
    model.dispose();
  });

  it("a history and a confusion matrix are drawn", async () => {
    const epoch = { epoch: 1, step: 1, learningRate: 1, seconds: 1 };
    const history = new History([{ ...epoch, train: { loss: 1 } }]);
    assert((await shown(history))["image/svg+xml"]!.startsWith("<svg"));
    const matrix = await confusionMatrix([0, 1], [0, 0]);
    assertEquals(matrix, [[1, 1], [0, 0]]);
    assertEquals(JSON.stringify(matrix), "[[1,1],[0,0]]");
    assert((await shown(matrix))["image/svg+xml"]!.startsWith("<svg"));
  });

  it("a table of text shows its ends, and keeps HTML out", async () => {
    const few = await shown(parseCsv("a,b\n1,<x>\n"));
    assert(few["text/html"]!.includes("&#60;x&#62;"));
    assertEquals(
      few["text/plain"],
      `${"a".padStart(13)}${"b".padStart(13)}\n${"1".padStart(13)}${
        "<x>".padStart(13)
      }\nrows: 1, columns: 2`,
    );
    const rows = Array.from({ length: 99 }, (_, i) => `${i}`).join("\n");
    const { "text/html": html } = await shown(parseCsv(`n\n${rows}\n`));
    assertEquals(html!.match(/<tr>/g)?.length, 1 + 5 + 1 + 5);
    assert(html!.includes("<td>98</td>") && !html!.includes("<td>50</td>"));
  });

  it("progress is one output, drawn anew in order", async () => {
    const sent: [
      string,
      { transient: { display_id: string }; data: Record<string, string> },
    ][] = [];
    const before = Object.getOwnPropertyDescriptor(globalThis, "Deno");
    const deno = {
      ...globalThis.Deno,
      jupyter: {
        broadcast: (type: string, content: never) => {
          sent.push([type, content]);
          return Promise.resolve();
        },
      },
    };
    Object.defineProperty(globalThis, "Deno", {
      value: deno,
      configurable: true,
      writable: true,
    });
    try {
      const lines = await captureLines(async () => {
        const display = openDisplay(true);
        const progress = {
          epoch: 1,
          epochs: 2,
          done: 0.25,
          figures: { loss: 0.5 },
          validation: undefined,
          rate: 100,
          elapsed: 1,
          remaining: 3,
        };
        const record = { epoch: 1, step: 1, learningRate: 1, seconds: 1 };
        display.update(progress);
        display.epoch({ ...record, train: { loss: 0.25 } }, 2);
        await display.stop();
      });
      assertEquals(lines, []);
    } finally {
      if (before) Object.defineProperty(globalThis, "Deno", before);
      else Reflect.deleteProperty(globalThis, "Deno");
    }
    assertEquals(sent.map(([type]) => type), [
      "display_data",
      "update_display_data",
    ]);
    const ids = sent.map(([, { transient }]) => transient.display_id);
    assertEquals(ids[0], ids[1]);
    const { data } = sent[1]![1];
    assert(data["text/plain"]!.startsWith("epoch 1/2 · loss 0.2500"));
    assert(data["text/html"]!.includes('<progress max="1" value="0.250"'));
  });
});
