import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { fuzz } from "./_testdata/bytes.ts";
import { parseCsv, readCsv } from "./csv.ts";
import { CsvTable, NA_VALUES } from "./csv_table.ts";
import { DataFormatError } from "./errors.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("CSV", () => {
  it("prints the first rows and columns, long fields cut", () => {
    const names = "abcdefgh".split("");
    const row = ["1", "a long\ntext, cut", ..."234567"];
    const table = new CsvTable(names, Array(6).fill(row));
    const line = (...cells: string[]) =>
      cells.map((text) => text.padStart(13)).join("");
    assertEquals(String(table).split("\n"), [
      line(..."abcdef"),
      ...Array(5).fill(line("1", "a long tex…", ..."2345")),
      "rows: 6, columns: 8",
    ]);
    const printed = table as unknown as Record<symbol, () => string>;
    for (const by of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
      assertEquals(printed[Symbol.for(by)]!(), String(table));
    }
    assertEquals(String(parseCsv("x\n")), `${line("x")}\nrows: 0, columns: 1`);
  });

  it("reads quotes, line ends of every kind and a byte order mark", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const table = parseCsv(
        ["\ufeffa,b", '"x,""y""",1', '"two\nlines",2', ""].join(end),
      );
      assertEquals(table.columns, ["a", "b"]);
      assertEquals(table.strings("a"), ['x,"y"', "two\nlines"]);
      assertEquals([...table.numbers("b")], [1, 2]);
    }
  });

  it("takes line ends that are mixed, each where it stands", () => {
    const ends = ["\n", "\r\n", "\r"];
    const lines = ["x,kind", "1,cat", '2,"a\nb"', "3,dog"];
    for (const a of ends) {
      for (const b of ends) {
        for (const c of ends) {
          const text = lines[0] + a + lines[1] + b + lines[2] + c + lines[3];
          for (const last of ["", ...ends]) {
            const table = parseCsv(text + last);
            assertEquals(table.columns, ["x", "kind"]);
            assertEquals([...table.numbers("x")], [1, 2, 3]);
            assertEquals(table.strings("kind"), ["cat", "a\nb", "dog"]);
          }
        }
      }
    }
    const { names } = parseCsv("x,kind\n1,cat\r\n2,cat\n").categories("kind");
    assertEquals(names, ["cat"]);
  });

  it("tells an empty field of a single column from an empty line", () => {
    const table = parseCsv('x\n1\n""\n\n2\n""');
    assertEquals(table.strings("x"), ["1", "", "2", ""]);
    assertEquals(
      [...table.numbers("x", { missing: "nan" })],
      [1, NaN, 2, NaN],
    );
  });

  it("names lines as an editor counts them", () => {
    const texts: [string, number][] = [
      ["x\n# note\n\n1\nbad\n", 5],
      ["# note\r\n\r\nx\r\n1\r\nbad\r\n", 5],
      ['x\n"1\n"\n\n"\n2"\nbad', 7],
      ["\n\n\n\nx\nbad\n", 6],
      ['"x"\r"\r\n 1"\rbad', 4],
    ];
    for (const [text, line] of texts) {
      const table = parseCsv(text, { comment: "#" });
      assertThrows(
        () => table.numbers(table.columns[0]!),
        DataFormatError,
        `got "bad" in line ${line}`,
      );
    }
    assertThrows(
      () => parseCsv("a,b\n#\n\n1,2\n3\n", { comment: "#" }),
      DataFormatError,
      "line 5 has the wrong number of fields: got 1, expected 2",
    );
    assertThrows(
      () => parseCsv('a,b\n\n1,"2\n3,4\n'),
      DataFormatError,
      "line 3 is not sound: a quote that opens there is never closed",
    );
    assertThrows(
      () => new CsvTable(["x"], [["bad"]], { firstRow: 9 }).numbers("x"),
      DataFormatError,
      "in line 9",
    );
  });

  it("takes the marks of missing values that pandas takes, and ?", () => {
    const table = parseCsv(
      `x\n${NA_VALUES.map((mark) => `"${mark}"`).join("\n")}\nnan\nn/a\n7\n`,
    );
    const values = table.numbers("x", { missing: "nan" });
    assertEquals(values.length, NA_VALUES.length + 3);
    assert(values.subarray(0, -1).every(Number.isNaN));
    assertEquals(values.at(-1), 7);
  });

  it("takes other marks of missing values", () => {
    const text = "x\n-999\n1\n.\nNA\n";
    const other = parseCsv(text, { naValues: ["-999", ".", "NA"] });
    assertEquals(
      [...other.numbers("x", { missing: "nan" })],
      [NaN, 1, NaN, NaN],
    );
    assertThrows(
      () => parseCsv(text).numbers("x", { missing: "nan" }),
      DataFormatError,
      'got "." in line 4, pass { naValues }',
    );
    assertThrows(
      () => parseCsv('x\n""', { naValues: ["."] }).numbers("x"),
      DataFormatError,
      'got "" in line 2',
    );
  });

  it("asks for the delimiter where a table has a single column", () => {
    const message = (text: string) =>
      assertThrows(
        () => parseCsv(text, { header: false }).toTensor(),
        DataFormatError,
        "pass { naValues } to parseCsv or readCsv",
      ).message;
    // As numpy.savetxt writes rows, and spreadsheets where commas are decimal.
    for (const mark of [" ", ";", "\t"]) {
      assert(message(`1${mark}2\n3${mark}4\n`).includes("or { delimiter } if"));
    }
    assert(!message("1,2\n3,x\n").includes("delimiter"));
  });

  it("reads 300,000 columns and finds each of them", () => {
    // Finding a column among the others must not look through them all.
    const names = Array.from({ length: 300_000 }, (_, i) => `g${i}`);
    const table = parseCsv(`${names.join(",")}\n${names.map(() => 1)}\n`);
    assertEquals(table.toTensor().shape, [1, 300_000]);
    const error = assertThrows(() => table.strings("h"), RangeError);
    assert(error.message.length < 300);
    assertThrows(
      () => parseCsv(`${names.join(",")},g7\n`),
      DataFormatError,
      'two columns have the same name: got "g7"',
    );
  });

  it("names columns in place of a header of another length", () => {
    const table = parseCsv("a\n1,2\n3,4\n", { columns: ["x", "y"] });
    assertEquals([...table.numbers("y")], [2, 4]);
    assertEquals(parseCsv("a,b,c\n1\n", { columns: ["x"] }).strings("x"), [
      "1",
    ]);
    assertThrows(
      () => parseCsv("1,2\n", { columns: ["x"], header: false }),
      DataFormatError,
      "line 1 has the wrong number of fields: got 2, expected 1",
    );
  });

  it("cuts text as it was put together, whatever is in the fields", () => {
    const field = fc.string({
      unit: fc.constantFrom("a", " ", ",", '"', "\n", "\r", "é", "#", "1"),
      maxLength: 6,
    });
    const tables = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.array(fc.array(field, { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 5,
      })
    );
    const end = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(tables, fc.array(end, { minLength: 6, maxLength: 6 }), (
        rows,
        ends,
      ) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = rows.map((row, r) => row.map(quote).join(",") + ends[r])
          .join("");
        const table = parseCsv(text, { header: false });
        const read = rows.map((_, r) =>
          table.columns.map((column) => table.strings(column)[r])
        );
        assertEquals(read, rows);
      }),
      { numRuns: 300, seed: 20_240_901 },
    );
  });

  it("takes other delimiters, comments, and names for columns", () => {
    const text = "# made by hand\n1\t2\n\n3\t4\n";
    const table = parseCsv(text, {
      header: false,
      delimiter: "\t",
      comment: "#",
      columns: ["x", "y"],
    });
    assertEquals(table.length, 2);
    assertEquals([...table.numbers("y")], [2, 4]);
  });

  it("reads numbers of every spelling", () => {
    const table = parseCsv("x\n1\n-2.5e3\n +.5\n1.\n inf\n-Infinity\n");
    assertEquals(
      [...table.numbers("x")],
      [1, -2500, 0.5, 1, Infinity, -Infinity],
    );
  });

  it("names the field that is not a number", () => {
    const table = parseCsv("x,y\n1,2\n3,high\n");
    assertThrows(
      () => table.numbers("y"),
      DataFormatError,
      'Cannot read column "y" as numbers: got "high" in line 3',
    );
    assertThrows(
      () => parseCsv("x\n0x10\n").numbers("x"),
      DataFormatError,
      'got "0x10" in line 2',
    );
  });

  it("refuses an option for missing values that it does not know", () => {
    const table = parseCsv("x\n\nNA\n1\n");
    for (const missing of [NaN, "zero", null, true]) {
      const options = { missing } as never;
      for (
        const read of [
          () => table.numbers("x", options),
          () => table.toTensor(["x"], options),
        ]
      ) {
        assertThrows(
          read,
          Error,
          'Cannot read columns as numbers as missing must be "error" or "nan": got',
        );
      }
    }
    assertThrows(
      () => table.numbers("x", { mising: "nan" } as never),
      TypeError,
      "mising",
    );
  });

  it("refuses missing values unless told what to do", () => {
    const table = parseCsv("x,y\n1,\nNA,2\n");
    assertThrows(
      () => table.numbers("y"),
      DataFormatError,
      'got "" in line 2, pass { missing: "nan" } to read it as NaN',
    );
    assertEquals([...table.numbers("x", { missing: "nan" })], [1, NaN]);
  });

  it("sorts categories", () => {
    const { names, codes } = parseCsv("kind\nb\na\nb\nc\n").categories("kind");
    assertEquals(names, ["a", "b", "c"]);
    assertEquals([...codes], [1, 0, 1, 2]);
  });

  it("becomes a tensor", async () => {
    const table = await readCsv(bytes("a,b,c\n1,x,2\n3,y,4.5\n"));
    const tensor = table.toTensor(["c", "a"]);
    assertEquals(tensor.dtype, "float32");
    assertEquals(await tensor.toArray(), [[2, 1], [4.5, 3]]);
    const whole = table.toTensor(["a"], { dtype: "int32" });
    assertEquals(whole.dtype, "int32");
    assertEquals(await whole.toArray(), [[1], [3]]);
    assertEquals(parseCsv("a,b\n").toTensor().shape, [0, 2]);
  });

  it("is read from a gzipped file", async () => {
    const packed = Uint8Array.from(gzipSync(bytes("a,b\n1,2\n3,4\n")));
    const table = await readCsv(packed);
    assertEquals([...table.numbers("b")], [2, 4]);
    await assertRejects(
      () => readCsv(packed.subarray(0, -9)),
      DataFormatError,
      "Cannot read CSV data as its gzip stream is damaged or cut short",
    );
  });

  it("names a column that is not there", () => {
    assertThrows(
      () => parseCsv("a,b\n1,2\n").strings("c"),
      RangeError,
      'Cannot read column "c" as the table has no such column: got a, b',
    );
  });

  it("refuses tables that are not sound", async () => {
    const cases: [string, string][] = [
      ["", "it holds no rows"],
      [
        "a,b\n1,2\n3\n",
        "line 3 has the wrong number of fields: got 1, expected 2",
      ],
      [
        "a,b\n1,2,3\n",
        "line 2 has the wrong number of fields: got 3, expected 2",
      ],
      [
        'a,b\n1,"2\n',
        "line 2 is not sound: a quote that opens there is never closed",
      ],
      ['a,b\n1,"2"x\n', "line 2 is not sound: text follows a closing quote"],
      ["a,a\n1,2\n", 'two columns have the same name: got "a"'],
    ];
    for (const [text, message] of cases) {
      assertThrows(() => parseCsv(text), DataFormatError, message);
    }
    await assertRejects(
      () => readCsv(new Uint8Array([0x61, 0xff, 0x0a])),
      DataFormatError,
      "Cannot read CSV data as it is not text in UTF-8",
    );
  });

  it("names the field of a wrong option", () => {
    assertThrows(
      () => parseCsv("a\n", { delimiter: ",," }),
      RangeError,
      'Cannot read CSV data as delimiter must be one character: got ",,"',
    );
    assertThrows(
      // @ts-expect-error The option takes a boolean.
      () => parseCsv("a\n", { header: 1 }),
      TypeError,
      "header must be true or false: got 1",
    );
  });

  it("can be made from rows", () => {
    const table = new CsvTable(["x"], [["1"], ["2"]]);
    assertEquals([...table.numbers("x")], [1, 2]);
  });

  it("1,000 damaged files end in a table or a clear error", async () => {
    const files = [
      "x,y,kind\n1.5,2,a\n-3,4e2,b\n5,6,c\n",
      'name,note\n"a","b ""c"""\r\n"d,e","f\ng"\r\n',
    ].map(bytes);
    const report = await fuzz(files, async (damaged) => {
      const table = await readCsv(damaged);
      return table.columns.reduce(
        (size, column) => size + table.strings(column).join("").length,
        0,
      );
    });
    assert(report.refused > 300, JSON.stringify(report));
  });
});
