import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Content, eventRecord, graphBytes } from "./_events.ts";
import { histogramOf } from "../_histogram.ts";

/**
 * What TensorBoard 2.21.0's own writer makes of the same events:
 * `tests/goldens/generators/tensorboard_records.py`.
 */
const RECORDS = {
  version:
    "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c",
  scalars:
    "2a00000000000000ae8d91f509000000000000f83f10072a1d0a110a0a6c6f73732f747261696e150000803e0a080a0178150000c07fd07eb541",
  histogram:
    "6900000000000000360b3c6e09000000000000f83f1080808080202a580a560a01682a5109000000000000f0bf1100000000000008401900000000000010402100000000000014402900000000000027403210000000000000f03f00000000000008403a10000000000000f03f0000000000000840020ccbb1",
  image:
    "1f00000000000000514b441809000000000000f83f10052a120a100a0169220b0802100318012203706e6796d0f283",
  graph:
    "4c00000000000000f5d4a2a009000000000000f83f22410a140a05696e707574120b506c616365686f6c6465720a290a03612f3012064c696e6561721a05696e7075742a130a076f7074696f6e73120812063120746f2032ac695cb7",
};

const hex = (content: Content, step: number) =>
  Array.from(
    eventRecord(content, step, 1.5),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");

describe("records of TensorBoard", () => {
  it("are the bytes that TensorBoard writes", () => {
    assertEquals(hex({ version: "brain.Event:2" }, 0), RECORDS.version);
    const values = [
      { tag: "loss/train", scalar: 0.25 },
      { tag: "x", scalar: NaN },
    ];
    assertEquals(hex({ values }, 7), RECORDS.scalars);
    const histogram = {
      min: -1,
      max: 3,
      count: 4,
      sum: 5,
      sumOfSquares: 11.5,
      limits: [1, 3],
      buckets: [1, 3],
    };
    assertEquals(
      hex({ values: [{ tag: "h", histogram }] }, 2 ** 33),
      RECORDS.histogram,
    );
    const png = new TextEncoder().encode("png");
    const image = { width: 3, height: 2, channels: 1, png };
    assertEquals(hex({ values: [{ tag: "i", image }] }, 5), RECORDS.image);
    const graph = graphBytes([
      { name: "input", op: "Placeholder", inputs: [], attributes: {} },
      {
        name: "a/0",
        op: "Linear",
        inputs: ["input"],
        attributes: { options: "1 to 2" },
      },
    ]);
    assertEquals(hex({ graph }, 0), RECORDS.graph);
  });
});

describe("histograms", () => {
  it("count each finite number once, up to the largest", () => {
    const numbers = [...Array(1000).keys(), NaN, Infinity, -Infinity];
    const histogram = histogramOf(numbers)!;
    assertEquals([histogram.min, histogram.max, histogram.count], [
      0,
      999,
      1000,
    ]);
    assertEquals(histogram.sum, 499500);
    assertEquals(histogram.limits.length, 64);
    assertEquals(histogram.limits.at(-1), 999);
    assertEquals(histogram.buckets.reduce((a, b) => a + b), 1000);
    assertEquals(histogram.buckets[0], 16);
  });

  it("have one interval where all numbers are the same, and none without any", () => {
    const { limits, buckets } = histogramOf([2, 2, 2])!;
    assertEquals([limits, buckets], [[2], [3]]);
    assertEquals(histogramOf([-1e308, 1e308])!.buckets, [2]);
    assertEquals(histogramOf([NaN]), null);
    assertEquals(histogramOf([]), null);
  });
});
