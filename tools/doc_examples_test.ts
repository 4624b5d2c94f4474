import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { exampleModule, exampleName, examplesOf } from "./doc_examples.ts";

const FENCE = "```";

describe("the examples of a file", () => {
  it("are the blocks of TypeScript in its docstrings", () => {
    const text = [
      "/**",
      " * Adds.",
      " *",
      " * @example Two numbers",
      ` * ${FENCE}ts`,
      ' * import { assertEquals } from "@std/assert";',
      " *",
      " * if (true) {",
      " *   assertEquals(1 + 1, 2);",
      " * }",
      ` * ${FENCE}`,
      " */",
      "export class Sum {",
      "  /**",
      "   * Shows.",
      "   *",
      `   * ${FENCE}ts ignore`,
      "   * never();",
      `   * ${FENCE}`,
      "   *",
      `   * ${FENCE}sh`,
      "   * ls",
      `   * ${FENCE}`,
      "   *",
      `   * ${FENCE}typescript`,
      "   * show();",
      `   * ${FENCE}`,
      "   */",
      "  show() {}",
      "}",
    ].join("\n");
    assertEquals(examplesOf("a/sum.ts", text), [
      {
        file: "a/sum.ts",
        lines: [5, 11],
        code:
          'import { assertEquals } from "@std/assert";\n\nif (true) {\n  assertEquals(1 + 1, 2);\n}',
      },
      { file: "a/sum.ts", lines: [25, 27], code: "show();" },
    ]);
  });

  it("are those of a document, of a list too", () => {
    const text = [
      `${FENCE}ts`,
      "one();",
      FENCE,
      "",
      `- ${"text"}`,
      "",
      `  ${FENCE}ts`,
      "  two();",
      `  ${FENCE}`,
      `${FENCE}`,
      "no();",
      FENCE,
    ].join("\n");
    assertEquals(
      examplesOf("a.md", text).map((it) => [exampleName(it), it.code]),
      [["a.md#1-3", "one();"], ["a.md#7-9", "two();"]],
    );
  });
});

describe("the module of an example", () => {
  it("imports first, over several lines too, and has one test of the rest", () => {
    const code = [
      "import {",
      "  one,",
      "  type Two,",
      '} from "./one.ts";',
      'import "./two.ts";',
      "const it: Two = one();",
      'const later = await import("./three.ts");',
    ].join("\n");
    const text = exampleModule([{ file: "a.md", lines: [1, 9], code }]);
    const [imports, body] = text.split("Deno.test(");
    assertEquals(
      imports,
      'import {\n  one,\n  type Two,\n} from "./one.ts";\nimport "./two.ts";\n',
    );
    assertStringIncludes(body!, '"a.md#1-9", async () => {\nconst it');
    assertStringIncludes(body!, 'await import("./three.ts");\n});');
  });

  it("has a test for each of those that import the same", () => {
    const code = (name: string) =>
      `import { one } from "./one.ts";\n${name}();`;
    const text = exampleModule([
      { file: "a.md", lines: [1, 4], code: code("one") },
      { file: "b.md", lines: [5, 8], code: code("one.two") },
    ]);
    assertEquals(text.match(/import /g)?.length, 1);
    assertStringIncludes(text, '"a.md#1-4", async () => {\none();');
    assertStringIncludes(text, '"b.md#5-8", async () => {\none.two();');
  });
});
