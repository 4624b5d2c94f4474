import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { fuzz, gzip } from "./_testdata/bytes.ts";
import { DataFormatError } from "./errors.ts";
import {
  type IdxArray,
  inflateIdx,
  parseIdx,
  readIdx,
  serializeIdx,
} from "./idx.ts";

const ARRAYS: IdxArray[] = [
  {
    type: "uint8",
    shape: [2, 3],
    data: new Uint8Array([0, 1, 2, 3, 254, 255]),
  },
  { type: "int8", shape: [3], data: new Int8Array([-128, 0, 127]) },
  { type: "int16", shape: [1, 2], data: new Int16Array([-32768, 258]) },
  { type: "int32", shape: [2, 1], data: new Int32Array([-(2 ** 31), 66051]) },
  { type: "float32", shape: [2], data: new Float32Array([1.5, -Infinity]) },
  { type: "float64", shape: [], data: new Float64Array([Math.PI]) },
  { type: "uint8", shape: [0, 28, 28], data: new Uint8Array() },
];

/** The header of a file of bytes. */
function header(...extents: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * extents.length);
  bytes.set([0, 0, 8, extents.length]);
  const view = new DataView(bytes.buffer);
  extents.forEach((extent, d) => view.setUint32(4 + 4 * d, extent));
  return bytes;
}

describe("IDX", () => {
  for (const array of ARRAYS) {
    it(`round trip of ${array.type} [${array.shape}]`, () => {
      assertEquals(parseIdx(serializeIdx(array)), array);
    });
  }

  it("is big-endian", () => {
    const data = new Int16Array([1]);
    const file = serializeIdx({ type: "int16", shape: [1], data });
    assertEquals([...file], [0, 0, 0x0b, 1, 0, 0, 0, 1, 0, 1]);
  });

  it("reads from any place in a buffer", () => {
    const file = serializeIdx(ARRAYS[5]!);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    assertEquals(parseIdx(shifted.subarray(3)).data[0], Math.PI);
  });

  it("refuses to write elements that the shape does not hold", () => {
    assertThrows(
      () => serializeIdx({ ...ARRAYS[0]!, shape: [2, 2] }),
      RangeError,
      "got shape [2, 2] and 6 elements",
    );
  });

  it("becomes a tensor, gzipped or not", async () => {
    const file = serializeIdx(ARRAYS[0]!);
    for (const bytes of [file, await gzip(file)]) {
      const tensor = await readIdx(bytes);
      assertEquals(tensor.dtype, "int32");
      assertEquals(await tensor.toArray(), [[0, 1, 2], [3, 254, 255]]);
    }
  });

  it("names what is wrong with a header", () => {
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(3), "the header is cut short: got 3 bytes"],
      [new Uint8Array([1, 0, 8, 1]), "must begin with two zero bytes: got 1"],
      [new Uint8Array([0, 0, 7, 1]), "the element type is unknown: got code 7"],
      [new Uint8Array([0, 0, 8, 2, 0]), "got 5 bytes, expected 12 for 2 dims"],
    ];
    for (const [bytes, message] of cases) {
      assertThrows(() => parseIdx(bytes), DataFormatError, message);
    }
  });

  it("refuses files that are cut short, padded or lie", () => {
    const file = serializeIdx(ARRAYS[0]!);
    assertThrows(
      () => parseIdx(file.subarray(0, -1)),
      DataFormatError,
      "it is cut short: got 17 bytes, expected 18 for uint8 of shape [2, 3]",
    );
    assertThrows(
      () => parseIdx(new Uint8Array([...file, 0])),
      DataFormatError,
      "longer than its header says: got 19 bytes, expected 18",
    );
    assertThrows(
      () => parseIdx(header(2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1)),
      DataFormatError,
      "more than 2^53 bytes",
    );
  });

  it("refuses gzip streams that are damaged, cut short or padded", async () => {
    const sound = await gzip(serializeIdx(ARRAYS[0]!));
    const damaged = sound.slice();
    damaged[damaged.length - 6]! ^= 0xff;
    for (
      const bytes of [
        sound.subarray(0, -4),
        damaged,
        new Uint8Array([...sound, 1, 2, 3]),
      ]
    ) {
      await assertRejects(
        () => inflateIdx(bytes),
        DataFormatError,
        "Cannot read gzipped IDX data as its gzip stream is damaged",
      );
    }
  });

  it("stops inflating where the header says that the data ends", async () => {
    // 30 MB of zeros behind a header that announces ten bytes.
    const bytes = new Uint8Array(30_000_000);
    bytes.set(header(10));
    await assertRejects(
      async () => inflateIdx(await gzip(bytes)),
      DataFormatError,
      "holds more than its header announces: expected 18 bytes",
    );
  });

  it("does not believe a header beyond what gzip can hold", async () => {
    const bytes = await gzip(header(2 ** 31, 1000));
    await assertRejects(
      () => inflateIdx(bytes),
      DataFormatError,
      "the header announces more than the file can hold",
    );
  });

  it("1,000 damaged files end in a clear error", async () => {
    const report = await fuzz(
      ARRAYS.map((array) => serializeIdx(array)),
      (bytes) => parseIdx(bytes).data.byteLength,
    );
    assert(report.refused > 700, JSON.stringify(report));
  });

  it("1,000 damaged gzip files end in a clear error", async () => {
    const files = await Promise.all(
      ARRAYS.map((array) => gzip(serializeIdx(array))),
    );
    const report = await fuzz(
      files,
      async (bytes) => parseIdx(await inflateIdx(bytes)).data.byteLength,
    );
    assert(report.refused > 700, JSON.stringify(report));
  });

  it("reads gzip of several members, and zeros behind them", async () => {
    const file = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4]);
    const cuts = [[0, 12], [0, 8, 12], [0, 1, 2, 9, 12], [0, 6, 6, 12]];
    for (const cut of cuts) {
      const members = await Promise.all(
        cut.slice(1).map((end, i) => gzip(file.slice(cut[i], end))),
      );
      for (const padding of [0, 3]) {
        const bytes = new Uint8Array(
          [...members, new Uint8Array(padding)].flatMap((part) => [...part]),
        );
        assertEquals(
          await (await readIdx(bytes)).toArray(),
          [1, 2, 3, 4],
          `${cut} ${padding}`,
        );
      }
    }
  });

  it("refuses what follows a gzip member and is none", async () => {
    const whole = await gzip(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 1]));
    for (const rest of [[1], [0, 1], [0x1f, 0x8b], [...whole.slice(0, -3)]]) {
      await assertRejects(
        () => readIdx(new Uint8Array([...whole, ...rest])),
        DataFormatError,
        "its gzip stream is damaged or cut short",
      );
    }
  });

  it("refuses more than 64 dims", () => {
    const file = new Uint8Array(4 + 4 * 65 + 1).fill(0);
    file.set([0, 0, 8, 65]);
    assertThrows(
      () => parseIdx(file),
      DataFormatError,
      "more than 64 dims: got 65",
    );
  });
});
