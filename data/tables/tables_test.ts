import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory } from "@tenfold/core";
import {
  columnFromArray,
  fixedSizeList,
  float32,
  tableFromColumns,
  tableToIPC,
} from "@uwdata/flechette";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { DataFormatError, FileError, parseCsv } from "../mod.ts";
import * as tables from "./mod.ts";

const files: Record<string, string> = JSON.parse(
  await readFile(new URL("../_testdata/tables.json", import.meta.url), "utf8"),
);
Object.assign(
  files,
  JSON.parse(
    await readFile(
      new URL("../_testdata/pyarrow_tables.json", import.meta.url),
      "utf8",
    ),
  ),
);
const bytesOf = (name: string) =>
  Uint8Array.from(atob(files[name]!), (char) => char.charCodeAt(0));

describe("readParquet", () => {
  for (const name of ["plain", "snappy", "gzip"]) {
    it(`reads every column of a file, ${name}`, async () => {
      const table = await tables.readParquet(bytesOf(name));
      assertEquals(table.columns, ["height", "kind", "big", "count", "sold"]);
      assertEquals(table.length, 5);
      assertEquals([...table.numbers("height", { missing: "nan" })], [
        1.5,
        NaN,
        -3,
        2.25,
        0,
      ]);
      assertEquals(table.strings("kind"), ["b", "a", "", "b", "c"]);
      assertEquals(Array.from(table.values("big")).at(-1), 2n ** 60n);
      assertEquals([...table.numbers("sold")], [1, 0, 1, 1, 0]);
    });
  }

  it("reads some rows of some columns, and only their bytes", async () => {
    const path = join(tmpdir(), `tenfold-${crypto.randomUUID()}.parquet`);
    await writeFile(path, bytesOf("snappy"));
    try {
      const table = await tables.readParquet(path, {
        columns: ["count", "kind"],
        start: 1,
        end: 4,
      });
      assertEquals(table.columns, ["count", "kind"]);
      assertEquals([...table.numbers("count")], [2, 3, 4]);
      assertEquals(table.strings("kind"), ["a", "", "b"]);
      const none = await tables.readParquet(path, { start: 9 });
      assertEquals([none.length, none.columns.length], [0, 5]);
    } finally {
      await rm(path);
    }
  });

  it("goes through a file group by group", async () => {
    const counts = [];
    const groups = tables.parquetGroups(bytesOf("plain"), {
      columns: ["count"],
    });
    for (let turn = 0; turn < 2; turn++) {
      for await (const table of groups) {
        counts.push([...table.numbers("count")]);
      }
    }
    assertEquals(counts, [[1, 2], [3, 4], [5], [1, 2], [3, 4], [5]]);
  });

  it("keeps bytes that have no type, such as those of images", async () => {
    const table = await tables.readParquet(bytesOf("binary"));
    assertEquals(Array.from(table.values("image")), [
      {
        bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff),
        path: "a.png",
      },
      { bytes: new Uint8Array(0), path: null },
    ]);
    assertEquals(table.values("key")[0], Uint8Array.of(255, 0));
    assertEquals(table.strings("key")[1], "ä");
  });

  it("names what is not there", async () => {
    await assertRejects(
      () => tables.readParquet(bytesOf("plain"), { columns: ["width"] }),
      RangeError,
      'Cannot read column "width" as the file has no such column: got height, kind',
    );
    await assertRejects(() => tables.readParquet("no/such"), FileError);
  });

  it("names a file of another format", async () => {
    await assertRejects(
      () => tables.readParquet(bytesOf("file")),
      DataFormatError,
      "Cannot read the Parquet file as it is an Arrow file: read it with readArrow",
    );
    await assertRejects(
      () => tables.readArrow(bytesOf("plain")),
      DataFormatError,
      "Cannot read the Arrow file as it is a Parquet file: read it with readParquet",
    );
  });

  it("refuses files that are cut short or no tables", async () => {
    const whole = bytesOf("plain");
    for (let length = 0; length < whole.length; length += 13) {
      await assertRejects(
        () => tables.readParquet(whole.subarray(0, length)),
        DataFormatError,
        "Cannot read the Parquet file as it is ",
      );
    }
  });
});

describe("readArrow", () => {
  for (const name of ["file", "stream"]) {
    it(`reads every column of a ${name}`, async () => {
      const table = await tables.readArrow(bytesOf(name));
      assertEquals(table.columns, ["height", "half", "kind", "big", "sold"]);
      assertEquals(Array.from(table.values("height")), [1.5, null, -3]);
      const [one, two, tiny] = table.numbers("half");
      // 6e-8 is the smallest number of 16 bits, 2 ** -24.
      assertEquals([one, two, tiny], [1.5, -2, 2 ** -24]);
      assertEquals(table.strings("kind"), ["b", "a", ""]);
      assertEquals(Array.from(table.values("big")), [1n, 2n, 2n ** 60n]);
      assertEquals(Array.from(table.values("sold")), [true, false, null]);
    });
  }

  for (const name of ["lz4", "zstd"]) {
    it(`reads a Feather file of pyarrow, ${name}`, async () => {
      const table = await tables.readArrow(bytesOf(name));
      assertEquals(table.columns, ["third", "row", "kind"]);
      const rows = Array.from({ length: 10_000 }, (_, row) => row);
      assertEquals(
        [...table.numbers("third")],
        rows.map((row) => row % 100 / 3),
      );
      const numbers = table.numbers("row", { missing: "nan" });
      assertEquals(
        [...numbers],
        rows.map((row) => row === 1 ? NaN : row % 7),
      );
      assertEquals(
        table.strings("kind"),
        rows.map((row) => `kind ${row % 5}`),
      );
    });
  }

  it("refuses compressed buffers that are damaged", async () => {
    for (const name of ["lz4", "zstd"]) {
      const bytes = bytesOf(name);
      // In the frame of a buffer: its magic number.
      const magic = name === "lz4" ? 0x184d2204 : 0xfd2fb528;
      const view = new DataView(bytes.buffer);
      let at = 0;
      while (view.getUint32(at, true) !== magic) at++;
      bytes[at] = 0;
      await assertRejects(
        () => tables.readArrow(bytes),
        DataFormatError,
        "Cannot read the Arrow file as it is damaged",
      );
    }
  });

  it("reads some columns, and names what is not there", async () => {
    const file = bytesOf("file");
    const table = await tables.readArrow(file, { columns: ["kind"] });
    assertEquals(table.columns, ["kind"]);
    await assertRejects(
      () => tables.readArrow(file, { columns: ["kinds"] }),
      RangeError,
      'Cannot read column "kinds" as the table has no such column',
    );
  });

  it("refuses files that are cut short or no tables", async () => {
    const whole = bytesOf("file");
    await assertRejects(
      () => tables.readArrow(whole.subarray(0, 200)),
      DataFormatError,
    );
    for (const bytes of [new Uint8Array(0), new Uint8Array(100)]) {
      const { message } = await assertRejects(
        () => tables.readArrow(bytes),
        DataFormatError,
      );
      assertMatch(message, /neither an Arrow file nor a stream$/);
    }
    await assertRejects(
      () => tables.readArrow(new TextEncoder().encode("FEA1....FEA1")),
      DataFormatError,
      "a Feather file of version 1: write it as version 2",
    );
  });
});

describe("Table", () => {
  const table = new tables.Table(
    new Map<string, ArrayLike<unknown>>([
      ["a", [1, null, 3]],
      ["b", [1n, 2n, 2n ** 40n]],
      ["c", ["x", "y", "z"]],
    ]),
  );

  it("makes tensors of numbers alone", async () => {
    const before = memory();
    const x = table.toTensor(["b", "a"], { missing: "nan" });
    assertEquals(await x.toArray(), [[1, 1], [2, NaN], [2 ** 40, 3]]);
    x.dispose();
    assertEquals(memory().bytes, before.bytes);
    const failure = (fn: () => unknown) =>
      assertThrows(fn, DataFormatError).message;
    assertEquals(
      failure(() => table.toTensor(["a"])),
      'Cannot read column "a" as numbers: got a missing value in row 1, pass { missing: "nan" } to read it as NaN',
    );
    assertMatch(failure(() => table.numbers("c")), /got "x" in row 0$/);
    assertMatch(
      failure(() => table.toTensor(["b"], { dtype: "int32" })),
      /got 1099511627776 in row 2/,
    );
  });

  it("refuses an option for missing values that it does not know", () => {
    const table = new tables.Table(new Map([["x", [1, null]]]));
    const options = { missing: NaN } as never;
    for (
      const read of [
        () => table.numbers("x", options),
        () => table.toTensor(["x"], options),
      ]
    ) assertThrows(read, TypeError, 'missing must be "error" or "nan"');
  });

  it("prints its first rows, and shows them in notebooks", async () => {
    const table = new tables.Table(
      new Map<string, ArrayLike<unknown>>([
        ["x", [1 / 3, null]],
        ["big", [2n ** 60n, 1n]],
        ["day", [new Date("2026-01-02"), new Date("2026-01-02T03:04:05Z")]],
        ["list", [Float32Array.of(1, 0.5), []]],
        ["photo", [{ bytes: [1], path: "a" }, null]],
      ]),
    );
    const line = (...cells: string[]) =>
      cells.map((text) => text.padStart(13)).join("");
    assertEquals(String(table).split("\n"), [
      line("x", "big", "day", "list", "photo"),
      line("0.333333", "1152921504…", "2026-01-02", "[1, 0.5]", "{ bytes, p…"),
      line("null", "1", "2026-01-02…", "[]", "null"),
      "rows: 2, columns: 5",
    ]);
    const shown = table as unknown as Record<symbol, () => unknown>;
    assertEquals(
      shown[Symbol.for("nodejs.util.inspect.custom")]!(),
      String(table),
    );
    const display = await shown[Symbol.for("Jupyter.display")]!();
    assertMatch(
      (display as Record<string, string>)["text/html"]!,
      /<td>0.333333<.*<div>2 rows of 5 columns<\/div>$/,
    );
  });

  it("has columns of one length", () => {
    assertThrows(
      () => new tables.Table(new Map([["a", [1]], ["b", [1, 2]]])),
      RangeError,
      "differ in length: got 1 and 2",
    );
  });
});

describe("lists of a table", () => {
  const table = new tables.Table(
    new Map<string, ArrayLike<unknown>>([
      ["id", [1n, 2n, 3n]],
      ["vector", [null, [1, null], Float32Array.of(3, 4)]],
      ["ragged", [[1], [1, 2], []]],
      ["late", [1, [2], 3]],
    ]),
  );

  it("are columns of a tensor where they have one length", async () => {
    const x = table.toTensor(["vector", "id"], { missing: "nan" });
    assertEquals(await x.toArray(), [[NaN, NaN, 1], [1, NaN, 2], [3, 4, 3]]);
    x.dispose();
    assertThrows(
      () => table.toTensor(["vector"]),
      DataFormatError,
      "got a missing value in row 0, pass",
    );
  });

  it("of other kinds are refused with a way out", () => {
    for (
      const [read, message] of [
        [
          () => table.numbers("vector", { missing: "nan" }),
          "got a list of 2 in row 1: read columns of lists of numbers by toTensor",
        ],
        [
          () => table.toTensor(["ragged"]),
          'Cannot read column "ragged" as lists of 1 numbers, as its first is: got a list of 2 in row 1, read the lists by values',
        ],
        [() => table.toTensor(["late"]), "got a list of 1 in row 1"],
      ] as const
    ) assertThrows(read, DataFormatError, message);
  });

  it("come from Arrow files of fixed-size lists", async () => {
    const type = fixedSizeList(float32(), 2);
    const written = tableToIPC(
      tableFromColumns({
        vector: columnFromArray([[1, 2], null, [3, 4]], type),
      }),
      { format: "file" },
    );
    const read = await tables.readArrow(written!);
    const x = read.toTensor(["vector"], { missing: "nan" });
    assertEquals(await x.toArray(), [[1, 2], [NaN, NaN], [3, 4]]);
    x.dispose();
  });
});

describe("categories", () => {
  const csv = parseCsv("kind\nb\na\nNA\nb");

  it("are codes of sorted names; what is missing is an error or -1", () => {
    assertThrows(
      () => tables.categoryCodes(csv, "kind"),
      DataFormatError,
      'got a missing value in row 2, pass { missing: "code" }',
    );
    const { names, codes } = tables.categoryCodes(csv, "kind", {
      missing: "code",
    });
    assertEquals([names, [...codes]], [["a", "b"], [1, 0, -1, 1]]);
    const all = tables.categoryCodes(csv, "kind", { naValues: [] });
    assertEquals([...all.codes], [2, 1, 0, 2]);
  });

  it("of names that are given refuse or mark what is new", async () => {
    assertThrows(
      () => tables.categoryCodes(csv, "kind", { names: ["b"] }),
      DataFormatError,
      'got "a" in row 1',
    );
    const x = tables.oneHotColumns(csv, "kind", {
      names: ["c", "b"],
      missing: "code",
    });
    assertEquals(await x.toArray(), [[0, 1], [0, 0], [0, 0], [0, 1]]);
    x.dispose();
  });

  it("are read of tables with types too", async () => {
    const table = await tables.readParquet(bytesOf("plain"));
    const { codes } = tables.categoryCodes(table, "kind", { missing: "code" });
    assertEquals([...codes], [1, 0, -1, 1, 2]);
  });
});

describe("typedRows", () => {
  /** As zod would say: an age, and a note that may be missing. */
  const schema: tables.RowSchema<{ age: number }> = {
    safeParse(value) {
      const { age } = value as { age?: unknown };
      return Number.isNaN(Number(age))
        ? {
          success: false,
          error: { issues: [{ path: ["age"], message: "expected number" }] },
        }
        : { success: true, data: { ...value as object, age: Number(age) } };
    },
  };

  it("are what the schema makes of them, without what is missing", () => {
    const csv = parseCsv("age,note\n3,NA\n5,old");
    assertEquals<unknown>(tables.typedRows(csv, schema), [
      { age: 3 },
      { age: 5, note: "old" },
    ]);
  });

  it("name the row and column that does not fit", () => {
    assertThrows(
      () => tables.typedRows(parseCsv("age\n3\nx"), schema),
      DataFormatError,
      'Cannot read typed rows as row 1 does not fit the schema: column "age", expected number',
    );
    // A missing number is not 0.
    assertThrows(
      () => tables.typedRows(parseCsv("age,b\n,1"), schema),
      DataFormatError,
      "row 0",
    );
    assertThrows(
      () => tables.typedRows(parseCsv("age\n1"), {} as never),
      TypeError,
      "safeParse",
    );
  });

  it("of tables with types have their values", async () => {
    const table = await tables.readParquet(bytesOf("plain"), {
      columns: ["big", "kind"],
      start: 2,
    });
    const any: tables.RowSchema<unknown> = {
      safeParse: (data) => ({ success: true, data }),
    };
    assertEquals(tables.typedRows(table, any), [
      { big: 3n },
      { big: 4n, kind: "b" },
      { big: 2n ** 60n, kind: "c" },
    ]);
  });
});
