import { assert, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { readCsv } from "./csv.ts";
import { DataFormatError } from "./errors.ts";
import { parseIdx } from "./idx.ts";
import { parseNpy, serializeNpy } from "./npy.ts";
import { parseSafetensors, serializeSafetensors } from "./safetensors.ts";

const latin1 = (text: string) =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

/** A zip archive's first entry, and the rest of a file of some length. */
function zip(name: string): Uint8Array {
  const header = "PK\x03\x04\x00\x00\x08\x08".padEnd(26, "\x00");
  const length = String.fromCharCode(name.length, 0, 0, 0);
  return latin1(header + length + name + "\x00".repeat(100));
}

const npy = serializeNpy({
  type: "uint8",
  shape: [1],
  data: new Uint8Array(1),
});
const safetensors = serializeSafetensors({
  tensors: new Map([["a", {
    dtype: "U8",
    shape: [1],
    data: new Uint8Array(1),
  }]]),
  metadata: {},
});

/** The first bytes of other formats, and what the error calls them. */
const OTHERS: [string, Uint8Array][] = [
  ["a checkpoint of PyTorch (.pt", zip("archive/data.pkl")],
  ["an .npz archive of NumPy", zip("weights.npy")],
  ["an Excel workbook", zip("xl/workbook.xml")],
  ["a zip archive", zip("readme.txt")],
  [
    "a checkpoint of PyTorch before 1.6",
    latin1("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."),
  ],
  ["a pickle of Python", latin1("\x80\x04\x95\x06\x00\x00]\x94.")],
  ["a pickle of Python", latin1("\x80\x02}q\x00X\x01\x00\x00\x00\xe9.")],
  ["a GGUF model", latin1("GGUF\x03\x00\x00\x00\xff".padEnd(40, "\x00"))],
  ["an HDF5 file", latin1("\x89HDF\r\n\x1a\n".padEnd(40, "\x00"))],
  ["compressed with Zstandard", latin1("\x28\xb5\x2f\xfd\x04\x00\x00\x00")],
  ["a Parquet file: read it", latin1("PAR1\x15\x04\x15\xfePAR1")],
  ["an Arrow file: read it", latin1("ARROW1\x00\x00\xfe")],
  ["a Feather file of version 1", latin1("FEA1\xfeFEA1")],
  ["text in UTF-16", latin1("\xff\xfex\x00,\x00y\x00\n\x00")],
  ["a pointer of Git LFS", latin1("version https://git-lfs.github.com,\n1")],
  ["a page in HTML", latin1("<!DOCTYPE html>\n<html><body>1,2</body>")],
];

describe("files of other formats", () => {
  for (const [name, bytes] of OTHERS) {
    it(`are named: ${name}`, async () => {
      for (const parse of [parseNpy, parseSafetensors, parseIdx]) {
        const error = assertThrows(
          () => parse(bytes),
          DataFormatError,
          ` data as it is ${name}`,
        );
        assert(/: [a-z]/.test(error.message), error.message);
        assert(error.cause instanceof DataFormatError);
      }
      await assertRejects(
        () => readCsv(bytes),
        DataFormatError,
        `Cannot read CSV data as it is ${name}`,
      );
    });
  }

  it("that are gzipped are read as a CSV alone", () => {
    const gzipped = latin1("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03");
    for (const parse of [parseNpy, parseSafetensors, parseIdx]) {
      assertThrows(
        () => parse(gzipped),
        DataFormatError,
        " data as it is gzipped: decompress it first",
      );
    }
  });

  it("are told from each other by their readers", async () => {
    for (const parse of [parseSafetensors, parseIdx]) {
      assertThrows(
        () => parse(npy),
        DataFormatError,
        "as it is an .npy file of NumPy: read it with readNpy",
      );
    }
    for (const parse of [parseNpy, parseIdx]) {
      assertThrows(
        () => parse(safetensors),
        DataFormatError,
        "as it is a safetensors file: read it with loadSafetensors",
      );
    }
    await assertRejects(
      () => readCsv(npy),
      DataFormatError,
      "Cannot read CSV data as it is an .npy file",
    );
  });

  it("do not hide what is wrong with a file of the right format", () => {
    assertThrows(
      () => parseNpy(npy.subarray(0, -1)),
      DataFormatError,
      "it is cut short",
    );
    assertThrows(
      () => parseSafetensors(safetensors.subarray(0, -1)),
      DataFormatError,
      "it is cut short",
    );
    // A header of 640 bytes begins as a pickle of protocol 2 does.
    const bytes = new Uint8Array(8 + 639);
    bytes[0] = 0x80;
    bytes[1] = 2;
    bytes[bytes.length - 1] = 0x2e;
    assertThrows(
      () => parseSafetensors(bytes),
      DataFormatError,
      "the header is cut short: got 647 bytes",
    );
  });
});
