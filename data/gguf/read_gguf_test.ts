import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory } from "@tenfold/core";
import { it } from "../_clean_testing.ts";
import { withoutFloat64 } from "../_testing.ts";
import { fromBase64, fuzz } from "../_testdata/bytes.ts";
import { DAMAGED } from "../_testdata/damaged.ts";
import {
  GGUF_FILES,
  GGUF_METADATA,
  GGUF_TENSORS,
  GGUF_UNREAD,
} from "../_testdata/gguf.ts";
import { DataFormatError } from "../errors.ts";
import { type GgufFile, readGguf } from "./mod.ts";

function release({ tensors }: GgufFile): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/** Numbers as they are, or float32 in base 64. */
function numbersOf(values: number[] | string): number[] {
  if (typeof values !== "string") return values;
  return Array.from(new Float32Array(fromBase64(values).slice().buffer));
}

describe("readGguf", () => {
  for (const [how, file] of Object.entries(GGUF_FILES)) {
    it(`reads and dequantises every type: ${how}`, async () => {
      const before = memory().tensors;
      const read = await readGguf(fromBase64(file));
      assertEquals(read.version, how === "old" ? 2 : 3);
      assertEquals(Object.keys(read.tensors), Object.keys(GGUF_TENSORS));
      for (const [name, { shape, values }] of Object.entries(GGUF_TENSORS)) {
        const tensor = read.tensors[name]!;
        assertEquals([...tensor.shape], shape, name);
        const numbers = numbersOf(values);
        const expected = tensor.dtype === "float32"
          ? numbers.map(Math.fround)
          : numbers;
        const found = Array.from(await tensor.data());
        assertEquals(found, expected, name);
        // The signs of zeros, too.
        assert(found.every((value, i) => Object.is(value, expected[i])), name);
      }
      release(read);
      assertEquals(memory().tensors, before);
    });
  }

  it("gives the metadata, whose keys hide nothing of the header", async () => {
    const read = await readGguf(fromBase64(GGUF_FILES.aligned));
    const { ["__proto__"]: own, ...metadata } = read.metadata;
    assertEquals(own, 3);
    assertEquals({ ...metadata } as unknown, GGUF_METADATA);
    assertEquals([read.version, read.metadata["version"]], [3, "mine"]);
    release(read);
  });

  it("reads the bytes of the tensors that are asked for", async () => {
    const parts: [number, number][] = [];
    class Watched extends Blob {
      override slice(begin?: number, end?: number): Blob {
        parts.push([begin!, end!]);
        return super.slice(begin, end);
      }
    }
    const bytes = fromBase64(GGUF_FILES.aligned);
    const blob = new Watched([bytes as Uint8Array<ArrayBuffer>]);
    const read = await readGguf(blob, { filter: (name) => name === "q8_0" });
    assertEquals(Object.keys(read.tensors), ["q8_0"]);
    assertEquals(parts.length, 2);
    assertEquals(parts[1]![1] - parts[1]![0], 4 * 34);
    release(read);
  });

  it("reads headers that are longer than its first look", async () => {
    // A text of 100,000 characters before the tensor.
    const key = new TextEncoder().encode("note");
    const head = new Uint8Array(24 + 8 + 4 + 4 + 8 + 100_000 + 8 + 1 + 24);
    const view = new DataView(head.buffer);
    view.setUint32(0, 0x46554747, true);
    view.setUint32(4, 3, true);
    view.setBigUint64(8, 1n, true);
    view.setBigUint64(16, 1n, true);
    view.setBigUint64(24, 4n, true);
    head.set(key, 32);
    view.setUint32(36, 8, true);
    view.setBigUint64(40, 100_000n, true);
    head.fill(97, 48, 100_048);
    view.setBigUint64(100_048, 1n, true);
    head[100_056] = 120;
    view.setUint32(100_057, 1, true);
    view.setBigUint64(100_061, 1n, true);
    const start = Math.ceil(head.length / 32) * 32;
    const file = new Uint8Array(start + 4);
    file.set(head);
    file.set([0, 0, 0x80, 0x3f], start);
    const read = await readGguf(file);
    assertEquals((read.metadata["note"] as string).length, 100_000);
    assertEquals(await read.tensors["x"]!.toArray(), [1]);
    release(read);
  });

  it("gives float32 for F64 where the device has no other", async () => {
    const read = await readGguf(fromBase64(GGUF_FILES.aligned), {
      device: withoutFloat64(),
    });
    assertEquals(read.tensors["f64"]!.dtype, "float32");
    release(read);
  });

  it("refuses types that it does not read, or leaves them out", async () => {
    const bytes = fromBase64(GGUF_UNREAD);
    await assertRejects(
      () => readGguf(bytes),
      DataFormatError,
      'Cannot read GGUF data as "iq2_xs" is of a type that is not read here: got IQ2_XS, expected one of F32, F16, Q4_0',
    );
    const read = await readGguf(bytes, { unsupported: "skip" });
    assertEquals(Object.keys(read.tensors), ["f32", "i8"]);
    release(read);
    const some = await readGguf(bytes, { filter: (name) => name === "i8" });
    assertEquals(Object.keys(some.tensors), ["i8"]);
    release(some);
  });

  it("refuses other versions and byte orders by name", async () => {
    const bytes = fromBase64(GGUF_UNREAD);
    for (
      const [version, message] of [
        [1, "the version of the format is unknown: got 1, expected 2 or 3"],
        [0x03000000, "it is big-endian: convert it to little-endian"],
      ] as const
    ) {
      new DataView(bytes.buffer).setUint32(4, version, true);
      await assertRejects(() => readGguf(bytes), DataFormatError, message);
    }
  });

  it("500 damaged files end in a clear error", async () => {
    const { files, read } = DAMAGED["GGUF files"]!;
    const { refused } = await fuzz(files, read, 500);
    assert(refused > 100, `${refused}`);
  });
});
