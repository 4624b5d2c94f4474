import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import { withoutFloat64 } from "./_testing.ts";
import { fromBase64, fuzz } from "./_testdata/bytes.ts";
import { NPY, NPY_REFUSED } from "./_testdata/npy.ts";
import { DataFormatError } from "./errors.ts";
import { type NpyArray, parseNpy, readNpy, serializeNpy } from "./npy.ts";

/** A file whose header is this text. */
function withHeader(
  text: string,
  data = new Uint8Array(),
  version = 1,
): Uint8Array {
  const header = new TextEncoder().encode(text);
  const prefix = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(prefix + header.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(header, prefix);
  bytes.set(data, prefix + header.length);
  return bytes;
}

describe("npy", () => {
  for (const { name, type, shape, values, file } of NPY) {
    it(`reads what NumPy wrote: ${name}`, () => {
      const array = parseNpy(fromBase64(file));
      assertEquals(array.type, type);
      assertEquals(array.shape, shape);
      assertEquals(Array.from(array.data, Number), values);
    });
  }

  it("writes what NumPy writes", () => {
    const fixture = NPY.find(({ name }) => name === "f8 little-endian")!;
    const file = fromBase64(fixture.file);
    const written = serializeNpy(parseNpy(file));
    assertEquals(written.length % 64, file.length % 64);
    assertEquals(parseNpy(written), parseNpy(file));
  });

  for (const { name, file } of NPY) {
    it(`round trip: ${name}`, () => {
      const array = parseNpy(fromBase64(file));
      assertEquals(parseNpy(serializeNpy(array)), array);
    });
  }

  it("takes a header in any order and with either quotes", () => {
    const file = withHeader(
      `{"shape": (2,), 'descr':'>i2' ,'fortran_order': True}\n`,
      new Uint8Array([1, 0, 255, 255]),
    );
    assertEquals(parseNpy(file), {
      type: "int16",
      shape: [2],
      data: new Int16Array([256, -1]),
    });
  });

  it("takes what Python 2 wrote", () => {
    const headers: [string, number[]][] = [
      ["{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }\n", [2]],
      ["{'descr': '|u1', 'fortran_order': False, 'shape': (1L, 2L), }", [1, 2]],
      ["{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1L), }", [2, 1]],
      ["{u'descr': u'|u1', 'fortran_order': False, 'shape': (2L,)}", [2]],
    ];
    for (const [header, shape] of headers) {
      const array = parseNpy(withHeader(header, new Uint8Array([1, 2])));
      assertEquals(array.shape, shape);
      assertEquals([...array.data], [1, 2]);
    }
  });

  it("takes 64 dims, and not one more", () => {
    const data = new Float32Array([7]);
    const shape = Array(64).fill(1);
    const file = serializeNpy({ type: "float32", shape, data });
    assertEquals(parseNpy(file).shape, shape);
    assertThrows(
      () => serializeNpy({ type: "float32", shape: [...shape, 1], data }),
      RangeError,
      "more than 64 dims: got 65",
    );
  });

  for (const [kind, file] of Object.entries(NPY_REFUSED)) {
    it(`refuses ${kind}`, () => {
      const error = assertThrows(
        () => parseNpy(fromBase64(file)),
        DataFormatError,
        "Cannot read npy data as ",
      );
      assert(error.message.length < 300);
    });
  }

  it("names what is wrong with a header", () => {
    const sound = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(4), "the header is cut short: got 4 bytes"],
      [new Uint8Array(20), "does not begin with the mark of the format"],
      [
        withHeader(sound, undefined, 9),
        "the version of the format is unknown: got 9.0",
      ],
      [
        withHeader(sound).subarray(0, 30),
        "the header is cut short: got 30 bytes",
      ],
      [withHeader("[1, 2]"), "the header is not a dictionary: got [1, 2]"],
      [
        withHeader("{'descr': '<f4'}"),
        "must hold descr, fortran_order and shape",
      ],
      [withHeader(sound.replace("'<f4'", "1")), "is not a plain dictionary"],
      [
        withHeader(sound.replace("<f4", "<f3")),
        "cannot become a tensor: got <f3",
      ],
      [
        withHeader(sound.replace("<f4", "|f4")),
        "cannot become a tensor: got |f4",
      ],
      [
        withHeader(sound.replace("<f4", "<U3")),
        "cannot become a tensor: got <U3, which means text",
      ],
      [
        withHeader(sound.replace("<f4", "<c8")),
        "got <c8, which means complex numbers",
      ],
      [
        withHeader(sound.replace("'<f4'", "[('x', '<f4'), ('y', '<i4')]")),
        "it holds records of several fields: got [('x', '<f4'), ('y', '<i4')]",
      ],
      [
        withHeader(sound.replace("2,", "1, ".repeat(65))),
        "it has more than 64 dims: got 65",
      ],
      [
        withHeader(sound.replace("2,", "1,".repeat(300_000)), undefined, 2),
        "it has more than 64 dims: got 300000",
      ],
      [
        withHeader(sound.replace("<f4", "|O")),
        "pickled Python objects are never read",
      ],
      [
        withHeader(sound.replace("2,", "2 3")),
        "not a tuple of integers: got (2 3)",
      ],
      [
        withHeader(sound.replace("2,", "9".repeat(20))),
        "not a tuple of integers",
      ],
      [
        withHeader(sound.replace("2,", "9007199254740991, 9")),
        "more than 2^53 bytes",
      ],
      [withHeader(sound.replace("}", ", 'shape': ()}")), "names shape twice"],
      [withHeader(sound), "it is cut short: got 65 bytes, expected 73"],
      [
        withHeader(sound, new Uint8Array(9)),
        "longer than its header says: got 74",
      ],
    ];
    for (const [bytes, message] of cases) {
      assertThrows(() => parseNpy(bytes), DataFormatError, message);
    }
  });

  it("refuses to write what does not fit", () => {
    const array: NpyArray = {
      type: "uint8",
      shape: [2],
      data: new Int16Array([1, 256]),
    };
    assertThrows(
      () => serializeNpy(array),
      RangeError,
      "Cannot write npy data as uint8 as a value does not fit: got 256 at position 1",
    );
    assertThrows(
      () => serializeNpy({ ...array, shape: [3] }),
      RangeError,
      "got shape [3] and 2 elements",
    );
  });

  it("becomes a tensor", async () => {
    const data = new BigInt64Array([1n, -2n]);
    const file = serializeNpy({ type: "int64", shape: [1, 2], data });
    const read = await readNpy(file);
    assertEquals(read.dtype, "int32");
    assertEquals(await read.toArray(), [[1, -2]]);
    const truth = serializeNpy({
      type: "bool",
      shape: [2],
      data: await tensor([true, false]).data(),
    });
    assertEquals((await readNpy(truth)).dtype, "bool");
  });

  it("float64 becomes float32 where the device has no other", async () => {
    const data = new Float64Array([0.1, 1e300]);
    const file = serializeNpy({ type: "float64", shape: [2], data });
    assertEquals((await readNpy(file)).dtype, "float64");
    const device = withoutFloat64();
    const read = await readNpy(file, { device });
    assertEquals(read.dtype, "float32");
    assertEquals(read.device.name, "without-float64");
    assertEquals(await read.toArray(), [Math.fround(0.1), Infinity]);
  });

  it("refuses integers beyond 32 bits as tensors", async () => {
    const data = new BigInt64Array([0n, 2n ** 31n]);
    const file = serializeNpy({ type: "int64", shape: [2], data });
    await assertRejects(
      () => readNpy(file),
      DataFormatError,
      "got 2147483648 at position 1 of int64 elements",
    );
  });

  it("1,000 damaged files end in a clear error", async () => {
    const report = await fuzz(
      NPY.map(({ file }) => fromBase64(file)),
      (bytes) => parseNpy(bytes).data.byteLength,
    );
    assert(report.refused > 600, JSON.stringify(report));
  });
});
