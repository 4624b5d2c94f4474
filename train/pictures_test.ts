import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { manualSeed, memory, randn, tensor, tidy, zeros } from "@tenfold/core";
import { Conv2d, Flatten, Linear, ReLU, Sequential } from "@tenfold/nn";
import { featureMaps } from "./feature_maps.ts";
import { histogramsSvg } from "./histograms_svg.ts";
import { imageGridPng } from "./image_grid.ts";
import "./_testing.ts";

/** The rows of a PNG, without the filter in front of each. */
function decode(
  png: Uint8Array,
): { width: number; height: number; rows: number[][] } {
  const bytes = Buffer.from(png);
  assertEquals(bytes.toString("latin1", 1, 4), "PNG");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const begin = bytes.indexOf("IDAT") + 4;
  const size = bytes.readUInt32BE(begin - 8);
  const raw = inflateSync(bytes.subarray(begin, begin + size));
  const row = raw.length / height;
  const rows = Array.from({ length: height }, (_, y) => {
    assertEquals(raw[y * row], 0);
    return [...raw.subarray(y * row + 1, (y + 1) * row)];
  });
  return { width, height, rows };
}

describe("imageGridPng", () => {
  it("puts grey images beside and below each other, paper between", async () => {
    const before = memory().tensors;
    const images = tensor([[[[0, 1]]], [[[0.5, 0]]], [[[1, 1]]]]);
    const { width, height, rows } = decode(
      await imageGridPng(images, { columns: 2, padding: 1 }),
    );
    assertEquals([width, height], [5, 3]);
    assertEquals(rows, [
      [0, 255, 255, 128, 0],
      [255, 255, 255, 255, 255],
      [255, 255, 255, 255, 255],
    ]);
    images.dispose();
    assertEquals(memory().tensors, before);
  });

  it("takes three channels for colours, two for two grey images", async () => {
    const colors = tensor([[[1]], [[0]], [[0.2]]]);
    assertEquals(decode(await imageGridPng(colors)).rows, [[255, 0, 51]]);
    const maps = tensor([[[1]], [[0]]]);
    const { width, rows } = decode(await imageGridPng(maps, { padding: 0 }));
    assertEquals([width, rows.flat()], [2, [255, 0]]);
    colors.dispose();
    maps.dispose();
  });

  it("finds black and white, or takes them; NaN is black, what lies beyond is cut", async () => {
    const image = tensor([[-1, 3, NaN, 1, Infinity]]);
    const found = decode(await imageGridPng(image)).rows[0];
    assertEquals(found, [0, 255, 0, 128, 255]);
    const given = decode(await imageGridPng(image, { range: [1, 2] })).rows[0];
    assertEquals(given, [0, 255, 0, 0, 255]);
    const bytes = tensor([[0, 51, 200]], { dtype: "int32" });
    assertEquals(decode(await imageGridPng(bytes)).rows[0], [0, 51, 200]);
    const mask = tensor([[true, false]]);
    assertEquals(decode(await imageGridPng(mask)).rows[0], [255, 0]);
    for (const made of [image, bytes, mask]) made.dispose();
  });

  it("refuses what holds no images", async () => {
    const line = zeros([4]);
    await assertRejects(
      () => imageGridPng(line),
      RangeError,
      "Cannot draw images of shape [4]",
    );
    const none = zeros([0, 1, 2, 2]);
    await assertRejects(() => imageGridPng(none), RangeError, "empty dim");
    await assertRejects(
      () => imageGridPng(line, { columns: 0 }),
      RangeError,
      "columns",
    );
    await assertRejects(
      () => imageGridPng(line, { range: [1, 1] }),
      RangeError,
      "range must rise",
    );
    line.dispose();
    none.dispose();
  });
});

describe("histogramsSvg", () => {
  it("draws one bar for each interval that holds numbers, and tells the odd ones", async () => {
    const weights = tensor([0, 0, 1, NaN]);
    const svg = await histogramsSvg([["a < b", weights], ["list", [1, 1]]], {
      bins: 2,
      title: "Two",
    });
    // The page, two bars, one bar.
    assertEquals(svg.match(/<rect/g)?.length, 4);
    assert(svg.includes("a &lt; b") && svg.includes(">Two<"));
    assert(svg.includes("mean 0.333, std 0.471, 1 not finite"));
    weights.dispose();
    assert((await histogramsSvg([["none", [NaN]]])).includes("nothing finite"));
    assert((await histogramsSvg([])).startsWith("<svg"));
  });

  it("refuses what is no list of names and numbers", async () => {
    for (const odd of [3, [["a"]], [["a", "b"]], [[1, [1]]]]) {
      await assertRejects(
        () => histogramsSvg(odd as never),
        TypeError,
        "pairs of a name and a tensor",
      );
    }
  });
});

describe("featureMaps", () => {
  it("gives what each layer makes of the input, and leaves the model alone", () => {
    manualSeed(1);
    const before = memory().tensors;
    const model = new Sequential(
      new Conv2d(1, 3, 3),
      new ReLU(),
      new Flatten(),
      new Linear(48, 2),
    );
    const input = randn([2, 1, 6, 6]);
    const maps = featureMaps(model, input);
    assertEquals([...maps.keys()], ["0", "1", "2", "3"]);
    assertEquals(maps.get("0")!.shape, [2, 3, 4, 4]);
    assertEquals(maps.get("3")!.requiresGrad, false);
    tidy(() => {
      assertEquals(
        maps.get("3")!.toArraySync(),
        model.forward(input).toArraySync(),
      );
      assertEquals(
        maps.get("1")!.toArraySync(),
        maps.get("0")!.relu().toArraySync(),
      );
    });
    const [only, ...others] = featureMaps(model, [input], { layers: ["1"] });
    assertEquals([only![0], others.length], ["1", 0]);
    assert(model.training);
    assert(!Object.hasOwn(model, "forward"));
    for (const made of [...maps.values(), only![1], input]) made.dispose();
    model.dispose();
    assertEquals(memory().tensors, before);
  });

  it("refuses names that the model has not", () => {
    const model = new Sequential(new Linear(2, 2));
    const input = zeros([1, 2]);
    assertThrows(
      () => featureMaps(model, input, { layers: ["9"] }),
      RangeError,
      'of "9" as the model has no such layer',
    );
    input.dispose();
    model.dispose();
  });
});
