import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import "./_testing.ts";
import { fuzz } from "./_testdata/bytes.ts";
import { parseCsv, readCsv } from "./csv.ts";
import { CsvTable } from "./csv_table.ts";
import { DataFormatError } from "./errors.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("CSV", () => {
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

  it("names the field that is no number", () => {
    const table = parseCsv("x,y\n1,2\n3,high\n");
    assertThrows(
      () => table.numbers("y"),
      DataFormatError,
      'Cannot read column "y" as numbers: got "high" in row 3',
    );
    assertThrows(
      () => parseCsv("x\n0x10\n").numbers("x"),
      DataFormatError,
      'got "0x10" in row 2',
    );
  });

  it("refuses missing values unless told what to do", () => {
    const table = parseCsv("x,y\n1,\nNA,2\n");
    assertThrows(
      () => table.numbers("y"),
      DataFormatError,
      'got "" in row 2, pass { missing: "nan" } to read it as NaN',
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
        "row 3 has the wrong number of fields: got 1, expected 2",
      ],
      [
        "a,b\n1,2,3\n",
        "row 2 has the wrong number of fields: got 3, expected 2",
      ],
      ['a,b\n1,"2\n', "row 2 is not sound: Quoted field unterminated"],
      ['a,b\n1,"2"x\n', "row 2 is not sound: Trailing quote"],
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
