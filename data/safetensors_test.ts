import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import fc from "fast-check";
import { type Tensor, tensor, zeros } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import { withoutFloat64 } from "./_testing.ts";
import { fromBase64, fuzz } from "./_testdata/bytes.ts";
import {
  SAFETENSORS_FILE,
  SAFETENSORS_VALUES,
} from "./_testdata/safetensors.ts";
import { DataFormatError } from "./errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  parseSafetensors,
  type SafetensorsDType,
  saveSafetensors,
  serializeSafetensors,
} from "./safetensors.ts";

const FILE = fromBase64(SAFETENSORS_FILE);

/** A file whose header is this text. */
function withHeader(header: string | object, data = 0): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function entry(dtype: string, shape: unknown, begin: number, end: number) {
  return { dtype, shape, data_offsets: [begin, end] };
}

describe("safetensors", () => {
  it("reads what the reference implementation wrote", async () => {
    const tensors = decodeSafetensors(FILE);
    for (const [dtype, values] of Object.entries(SAFETENSORS_VALUES)) {
      const read = tensors[`layer.${dtype}`]!;
      assertEquals(read.shape, [2, 2]);
      const expected = read.dtype === "float32"
        ? values.map(Math.fround)
        : values;
      assertEquals(Array.from(await read.data()), expected, dtype);
    }
    assertEquals(tensors["größe"]!.shape, [0, 3]);
    assertEquals(tensors["scalar"]!.shape, []);
    assertEquals(await tensors["scalar"]!.item(), 7);
    assertEquals(parseSafetensors(FILE).metadata, { format: "pt" });
  });

  it("writes the same bytes as the reference implementation", () => {
    assertEquals(serializeSafetensors(parseSafetensors(FILE)), FILE);
  });

  it("round trip of tensors of every dtype", async () => {
    const tensors: { [name: string]: Tensor } = {
      weight: tensor([[1.5, -2], [0.1, 3]]),
      count: tensor([1, -7], { dtype: "int32" }),
      mask: tensor([true, false, true]),
      scalar: tensor(2.5),
      none: zeros([0, 4]),
    };
    const bytes = await encodeSafetensors(tensors, {
      metadata: { epoch: "3", note: "größer" },
    });
    const read = decodeSafetensors(bytes);
    assertEquals(Object.keys(read).sort(), Object.keys(tensors).sort());
    for (const [name, original] of Object.entries(tensors)) {
      assertEquals(read[name]!.dtype, original.dtype);
      assertEquals(read[name]!.shape, original.shape);
      assertEquals(await read[name]!.data(), await original.data());
    }
    assertEquals(parseSafetensors(bytes).metadata, {
      epoch: "3",
      note: "größer",
    });
  });

  it("writes float64 where a tensor has it", async () => {
    const data = tensor([0.1, 1e-300], { dtype: "float64" });
    const read = decodeSafetensors(await encodeSafetensors({ data }));
    assertEquals(read["data"]!.dtype, "float64");
    assertEquals(await read["data"]!.toArray(), [0.1, 1e-300]);
  });

  it("gives float32 for F64 where the device has no other", () => {
    const device = withoutFloat64();
    const read = decodeSafetensors(FILE, { device });
    assertEquals(read["layer.F64"]!.dtype, "float32");
    assertEquals(read["layer.I64"]!.device.name, "without-float64");
  });

  it("writes views as what they show", async () => {
    const view = tensor([[1, 2], [3, 4]]).t();
    const { read } = decodeSafetensors(await encodeSafetensors({ read: view }));
    assertEquals(await read!.toArray(), [[1, 3], [2, 4]]);
  });

  it("writes another dtype when asked", async () => {
    const tensors = {
      a: tensor([0.1, -65504]),
      b: tensor([1, 2], { dtype: "int32" }),
    };
    const half = parseSafetensors(
      await encodeSafetensors(tensors, { dtype: "F16" }),
    );
    assertEquals(half.tensors.get("a")!.dtype, "F16");
    assertEquals(half.tensors.get("b")!.dtype, "I32");
    const dtypes: SafetensorsDType[] = [
      "BF16",
      "F8_E4M3",
      "F8_E5M2",
      "F64",
      "I64",
      "U8",
      "I16",
      "BOOL",
    ];
    for (const dtype of dtypes) {
      const bytes = await encodeSafetensors(
        { one: tensor([1, 0]) },
        { dtype: { one: dtype } },
      );
      assertEquals(parseSafetensors(bytes).tensors.get("one")!.dtype, dtype);
      const { one } = decodeSafetensors(bytes);
      assertEquals(Array.from(await one!.data()), [1, 0]);
    }
  });

  it("refuses to write values that do not fit", async () => {
    await assertRejects(
      () => encodeSafetensors({ x: tensor([1, 300]) }, { dtype: { x: "U8" } }),
      RangeError,
      'Cannot write "x" as uint8 as a value does not fit: got 300 at position 1',
    );
    await assertRejects(
      () => encodeSafetensors({ x: tensor([0.5]) }, { dtype: { x: "I32" } }),
      RangeError,
      "got 0.5 at position 0",
    );
    await assertRejects(
      () => encodeSafetensors({ x: tensor([1]) }, { dtype: { x: "C64" } }),
      RangeError,
      "C64",
    );
  });

  it("names the field of a wrong option", async () => {
    await assertRejects(
      () => encodeSafetensors({}, { dtype: "F12" as SafetensorsDType }),
      RangeError,
      'Cannot write safetensors data as dtype must be a dtype of the format: got "F12"',
    );
    await assertRejects(
      // @ts-expect-error The options are strings.
      () => encodeSafetensors({}, { metadata: { epoch: 3 } }),
      TypeError,
      "metadata.epoch must be text: got 3",
    );
    await assertRejects(
      // @ts-expect-error There is no such option.
      () => encodeSafetensors({}, { meta: {} }),
      TypeError,
      "there is no such option: got meta",
    );
  });

  it("keeps names that look like numbers or like prototypes", async () => {
    const names = ["10", "2", "__proto__", "constructor", 'a"b\\', "\u{1f600}"];
    const tensors = Object.fromEntries(
      names.map((name, i) => [name, tensor([i])]),
    );
    const read = decodeSafetensors(await encodeSafetensors(tensors));
    for (const [i, name] of names.entries()) {
      assert(Object.hasOwn(read, name));
      assertEquals(await read[name]!.item(), i);
    }
  });

  it("no tensors make a file too", async () => {
    const bytes = await encodeSafetensors({});
    assertEquals(decodeSafetensors(bytes), {});
    assertEquals(await loadSafetensors(withHeader("{}")), {});
  });

  it("refuses integers beyond 32 bits as tensors, not as bytes", () => {
    const bytes = withHeader({ x: entry("I64", [1], 0, 8) }, 8);
    bytes[bytes.length - 1] = 0x7f;
    assertEquals(parseSafetensors(bytes).tensors.size, 1);
    assertThrows(
      () => decodeSafetensors(bytes),
      DataFormatError,
      'Cannot read "x" as int32 as a value lies outside its range: got 9151314442816847872',
    );
  });

  it("gives the bytes of dtypes that no tensor has", () => {
    const bytes = withHeader({
      c: entry("C64", [1], 0, 8),
      f: entry("F4", [2, 2], 8, 10),
    }, 10);
    assertEquals(parseSafetensors(bytes).tensors.get("f")!.data.length, 2);
    assertThrows(
      () => decodeSafetensors(bytes),
      DataFormatError,
      'Cannot make a tensor of "c" as its dtype has no counterpart here: got C64',
    );
  });

  it("names what is wrong with a header", () => {
    const long = new Uint8Array(16);
    new DataView(long.buffer).setBigUint64(0, 100_000_001n, true);
    const short = withHeader("{}").subarray(0, 9);
    const twice =
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061" :{}}';
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(7), "the length of the header is cut short: got 7 bytes"],
      [long, "the header is longer than 100000000 bytes: got 100000001"],
      [short, "the header is cut short: got 9 bytes, expected at least 10"],
      [withHeader(""), "the header is not JSON in UTF-8"],
      [withHeader("{,}"), "the header is not JSON in UTF-8"],
      [withHeader("[]"), "the header is not a JSON object"],
      [withHeader("[".repeat(100_000)), "the header is not a JSON object"],
      [
        withHeader(`{"a":${"[".repeat(9000)}${"]".repeat(9000)}}`),
        'entry of "a"',
      ],
      [
        withHeader(`{"a":{"new":${"[".repeat(9000)}${"]".repeat(9000)}}}`),
        "values lie more than 64 deep",
      ],
      [withHeader('{"a":{"b":1,}}'), "the header is not JSON in UTF-8"],
      [withHeader('{"a":{"b":01}}'), "the header is not JSON in UTF-8"],
      [withHeader('{"a\n":{}}'), "the header is not JSON in UTF-8"],
      [withHeader("{} x"), "the header is not JSON in UTF-8"],
      [
        withHeader({ a: entry("U8", Array(1_000_000).fill(1), 0, 1) }, 1),
        'the entry of "a" is not sound: it has more than 64 dims: got 65',
      ],
      [withHeader({ a: { dtype: "U8", shape: [] } }), "data_offsets must be"],
      [withHeader({ a: { ...entry("U8", [], 0, 1), dtype: 8 } }, 1), "dtype"],
      [withHeader(twice), 'the header names "a" twice'],
      [withHeader('{"a":{"dtype":"U8","dtype":"U8"}}'), 'names "dtype" twice'],
      [withHeader({ __metadata__: [] }), "__metadata__ is not an object"],
      [
        withHeader({ __metadata__: { a: 1 } }),
        'must hold strings only: got number for "a"',
      ],
      [withHeader({ a: 1 }), 'the entry of "a" is not sound'],
      [withHeader({ a: entry("F32", [-1], 0, 4) }, 4), "shape.0"],
      [withHeader({ a: entry("F32", [1.5], 0, 6) }, 6), "shape.0"],
      [
        withHeader({ a: entry("F32", [1], 0, 5) }, 5),
        "do not fit its shape: got [0, 5]",
      ],
      [
        withHeader({ a: entry("F32", [1], 4, 0) }, 4),
        "do not fit its shape: got [4, 0]",
      ],
      [withHeader({ a: entry("F4", [1], 0, 1) }, 1), "do not fit its shape"],
      [
        withHeader({ a: entry("F32", [2 ** 40, 2 ** 40], 0, 4) }, 4),
        "more than 2^53 bits",
      ],
      [
        withHeader({ a: entry("U8", [2], 1, 3) }, 3),
        '"a" begins at byte 1, expected 0',
      ],
      [
        withHeader({ a: entry("U8", [2], 0, 2), b: entry("U8", [2], 1, 3) }, 3),
        "without overlap",
      ],
      [
        withHeader({ a: entry("U8", [2], 0, 2), b: entry("U8", [2], 3, 5) }, 5),
        "without gaps",
      ],
      [
        withHeader({ a: entry("U8", [2], 0, 2) }, 1),
        "it is cut short: got 1 bytes of data, expected 2",
      ],
      [
        withHeader({ a: entry("U8", [2], 0, 2) }, 3),
        "longer than its header says: got 3",
      ],
    ];
    for (const [bytes, message] of cases) {
      assertThrows(() => parseSafetensors(bytes), DataFormatError, message);
    }
  });

  it("reads sound files of other writers", () => {
    const a = entry("U8", [2], 0, 2);
    const headers: [string, string | object][] = [
      ["metadata that is null", { __metadata__: null, a }],
      ["blanks before the object", ` \n\t${JSON.stringify({ a })}`],
      ["blanks after it", `${JSON.stringify({ a })}  \n `],
      ["blanks within", JSON.stringify({ a }, null, 2)],
      ["keys that came later", {
        a: { ...a, quantized: { scale: [0.5, -1e-3], by: "row", '"': null } },
      }],
      ["keys before the known ones", { a: { note: [[], {}], ...a } }],
      [
        "escapes",
        '{"\\u0061":{"\\u0064type":"U8","shape":[2],' +
        '"data_offsets":[0,2]}}',
      ],
    ];
    for (const [kind, header] of headers) {
      const file = withHeader(header, 2);
      file.set([5, 6], file.length - 2);
      const { tensors, metadata } = parseSafetensors(file);
      assertEquals(tensors.get("a")?.data, new Uint8Array([5, 6]), kind);
      assertEquals(metadata, {}, kind);
    }
  });

  it("leaves the rest of a file readable beside an unknown dtype", async () => {
    const file = withHeader({
      w: entry("F9_NEW", [3], 0, 4),
      x: entry("F32", [1], 4, 8),
      c: entry("C64", [1], 8, 16),
    }, 16);
    file.set([0, 0, 0x80, 0x3f], file.length - 12);
    const { tensors } = parseSafetensors(file);
    assertEquals(tensors.get("w")!.dtype, "F9_NEW");
    assertEquals(tensors.get("w")!.data.length, 4);
    const rest = await loadSafetensors(file, { unsupported: "skip" });
    assertEquals(Object.keys(rest), ["x"]);
    assertEquals(await rest["x"]!.toArray(), [1]);
    assertThrows(
      () => decodeSafetensors(file),
      DataFormatError,
      'Cannot make a tensor of "w" as its dtype has no counterpart here: got F9_NEW, pass { unsupported: "skip" }',
    );
    assertThrows(
      () => decodeSafetensors(file, { unsupported: "no" as "skip" }),
      RangeError,
      'unsupported must be "error" or "skip": got "no"',
    );
  });

  it("reads the float8 formats with one zero", async () => {
    const file = withHeader({
      a: entry("F8_E4M3FNUZ", [5], 0, 5),
      b: entry("F8_E5M2FNUZ", [5], 5, 10),
    }, 10);
    file.set(
      [0x00, 0x40, 0x7f, 0xff, 0x80, 0x00, 0x40, 0x7f, 0xff, 0x80],
      file.length - 10,
    );
    const { a, b } = await loadSafetensors(file);
    assertEquals(await a!.toArray(), [0, 1, 240, -240, NaN]);
    assertEquals(await b!.toArray(), [0, 1, 57344, -57344, NaN]);
  });

  it("reads any header that JSON.parse reads, and nothing else", () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, fc.string({ maxLength: 3 }), (extra, noise) => {
        const header = { a: { ...entry("U8", [0], 0, 0), extra } };
        const text = JSON.stringify(header, null, 1);
        assertEquals(parseSafetensors(withHeader(text)).tensors.size, 1);
        const at = text.length >> 1;
        const damaged = text.slice(0, at) + noise + text.slice(at);
        let sound: unknown = null;
        try {
          sound = JSON.parse(damaged);
        } catch {
          // Neither may we.
        }
        let read = true;
        try {
          parseSafetensors(withHeader(damaged));
        } catch (error) {
          assert(error instanceof DataFormatError);
          read = false;
        }
        assert(!read || sound !== null, damaged);
      }),
      { numRuns: 500, seed: 20_240_902 },
    );
  });

  it("says what to write instead of the state of an optimizer", async () => {
    const state = { state: { 0: { step: 1 } }, paramGroups: [] };
    const tensors = state as unknown as { [name: string]: Tensor };
    await assertRejects(
      () => encodeSafetensors(tensors),
      TypeError,
      'Cannot write safetensors data as "state" is not a tensor, got an object: this is the state of an optimizer',
    );
    await assertRejects(
      () => saveSafetensors(state as unknown as string, {}),
      TypeError,
      'the first argument must be a path or a URL: got an object, write saveSafetensors("model.safetensors", tensors)',
    );
    await assertRejects(
      () => encodeSafetensors({ layer: { weight: tensor([1]) } as never }),
      TypeError,
      '"layer" is not a tensor, got an object: pass tensors by name, without nesting',
    );
    await assertRejects(
      () => encodeSafetensors(tensor([1]) as never),
      TypeError,
      "must be an object of tensors by name, got a Tensor",
    );
  });

  it("refuses to write an entry that lies", () => {
    const data = new Uint8Array(3);
    const cases = [
      ["x", "F32", "got 3 bytes for F32 of shape [1]"],
      ["__metadata__", "U8", "the name is taken by the format"],
      ["x", "U12", "the dtype is unknown: got U12"],
    ] as const;
    for (const [name, dtype, message] of cases) {
      const tensors = new Map([
        [name, { dtype: dtype as SafetensorsDType, shape: [1], data }],
      ]);
      assertThrows(
        () => serializeSafetensors({ tensors, metadata: {} }),
        RangeError,
        message,
      );
    }
  });

  it("1,000 damaged files end in a clear error", async () => {
    const small = await encodeSafetensors({ a: tensor([1]), b: tensor([[2]]) });
    const report = await fuzz([FILE, small], (bytes) => {
      let size = 0;
      for (const { data } of parseSafetensors(bytes).tensors.values()) {
        size += data.length;
      }
      return size;
    });
    assert(report.refused > 700, JSON.stringify(report));
  });
});
