import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  findCircles,
  findDisorder,
  importsOf,
  listedOrder,
  resolveImport,
} from "./import_graph.ts";

const DOCUMENT = `# A document

## Inside core

| file                    | what it is |
| ----------------------- | ---------- |
| \`a.ts\` \`b.ts\`       | the bottom |
| \`infer.ts\`, \`infer_*.ts\` | a family |
| \`late/first.ts\`       | one that others need |
| \`middle.ts\`           | uses it    |
| \`late/\`               | the folder |

## After it

| \`other.ts\` | of another table |
`;

describe("imports of a file", () => {
  it("are told apart by whether they are there at run time", () => {
    const text = [
      `import type { A } from "./a.ts";`,
      `import { type B, b } from "./b.ts";`,
      `import {\n  type C,\n  type D,\n} from "./c.ts";`,
      `import "./effect.ts";`,
      `export * from "./all.ts";`,
      `export type { E } from "./e.ts";`,
      `const later = await import("./later.ts");`,
      `// import { no } from "./comment.ts";`,
      `/* import { no } from "./comment.ts"; */`,
    ].join("\n");
    assertEquals(
      importsOf(text).map(({ specifier, atRunTime }) => [specifier, atRunTime]),
      [
        ["./a.ts", false],
        ["./b.ts", true],
        ["./c.ts", false],
        ["./effect.ts", true],
        ["./all.ts", true],
        ["./e.ts", false],
        ["./later.ts", false],
      ],
    );
  });

  it("are resolved against the file", () => {
    assertEquals(resolveImport("core/lower/a.ts", "../b.ts"), "core/b.ts");
  });
});

describe("circles of imports", () => {
  it("are found, once for each group of files", () => {
    const graph = new Map([
      ["a", ["b", "d"]],
      ["b", ["c"]],
      ["c", ["a", "b"]],
      ["d", []],
      ["e", ["e"]],
    ]);
    assertEquals(findCircles(graph), [["a", "b", "c", "a"], ["e", "e"]]);
  });

  it("are not seen where two ways lead to one file", () => {
    const graph = new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]]]);
    assertEquals(findCircles(graph), []);
  });
});

describe("the order that a document lists", () => {
  const order = listedOrder(DOCUMENT, "## Inside core");

  it("is read from the table under its heading alone", () => {
    assertEquals(order, [
      ["a.ts", "b.ts"],
      ["infer.ts", "infer_*.ts"],
      ["late/first.ts"],
      ["middle.ts"],
      ["late/"],
    ]);
  });

  it("is kept by imports from above and from the same row", () => {
    const graph = new Map([
      ["a.ts", ["b.ts"]],
      ["b.ts", []],
      ["infer_more.ts", ["a.ts"]],
      ["late/first.ts", []],
      ["middle.ts", ["late/first.ts"]],
      ["late/second.ts", ["middle.ts"]],
    ]);
    assertEquals(findDisorder(graph, order), []);
  });

  it("is broken by imports from below, and by files that are not listed", () => {
    const graph = new Map([
      ["a.ts", ["infer_more.ts"]],
      ["middle.ts", ["late/second.ts"]],
      ["stray.ts", []],
    ]);
    assertEquals(findDisorder(graph, order), [
      "a.ts imports infer_more.ts, which stands below it",
      "middle.ts imports late/second.ts, which stands below it",
      "stray.ts is in no row",
    ]);
  });
});
