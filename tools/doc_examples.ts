/**
 * The examples of the documentation as tests: what `deno test --doc` makes of
 * them, in a few files that import them all. It starts a process for each
 * example, and nine tenths of their time goes into loading the library.
 *
 * @module
 */

/** An example. */
export interface Example {
  /** Its file. */
  readonly file: string;
  /** Its first and last line. */
  readonly lines: readonly [number, number];
  /** The code. */
  readonly code: string;
}

/** An import at the start of a line, to its end. */
const IMPORT = /^import\b[^;]*?"[^"\n]+"(?: with \{[^}]*\})?;\n?/gm;

/** The examples in a file of TypeScript or Markdown. */
export function examplesOf(file: string, text: string): Example[] {
  if (file.endsWith(".md")) return fenced(file, text.split("\n"), 1);
  const found: Example[] = [];
  for (const comment of text.matchAll(/^[ \t]*\/\*\*[^]*?\*\//gm)) {
    const above = text.slice(0, comment.index).split("\n").length;
    const lines = comment[0].split("\n")
      .map((line) => line.replace(/^\s*\*(?!\/) ?/, ""));
    found.push(...fenced(file, lines, above));
  }
  return found;
}

/** The blocks of TypeScript that stand in lines, but for those to be ignored. */
function fenced(
  file: string,
  lines: readonly string[],
  first: number,
): Example[] {
  const found: Example[] = [];
  let open: { info: string; indent: string; line: number } | null = null;
  lines.forEach((line, i) => {
    const fence = /^(\s*)```(.*)$/.exec(line);
    if (fence === null) return;
    if (open === null) {
      open = { info: fence[2]!.trim(), indent: fence[1]!, line: i };
      return;
    }
    const { info, indent, line: from } = open;
    open = null;
    if (!/^(ts|typescript)\b/.test(info) || /\bignore\b/.test(info)) return;
    const code = lines.slice(from + 1, i)
      .map((text) => text.startsWith(indent) ? text.slice(indent.length) : text)
      .join("\n");
    found.push({ file, lines: [first + from, first + i], code });
  });
  return found;
}

/** The name of an example in reports: its file and lines. */
export function exampleName({ file, lines: [first, last] }: Example): string {
  return `${file}#${first}-${last}`;
}

/** What an example imports. */
function importsIn({ code }: Example): string {
  return [...code.matchAll(IMPORT)].map(([text]) => text).join("");
}

/** The text of a module with a test for each of some examples, which import the same. */
export function exampleModule(examples: readonly Example[]): string {
  const tests = examples.map((example) => {
    const name = JSON.stringify(exampleName(example));
    const body = example.code.replace(IMPORT, "");
    return `Deno.test(${name}, async () => {\n${body}\n});\n`;
  });
  return `${importsIn(examples[0]!)}${tests.join("")}export {};\n`;
}

/** A module after which each example draws the same random numbers. */
const SEED = `import { manualSeed } from "@tenfold/core";
Deno.test.beforeEach(() => {
  manualSeed(0);
});
`;

/**
 * Writes the examples of some files into a folder, a module for those of a
 * folder at the top that import the same, and what imports them: one file for
 * each folder at the top.
 *
 * @returns The files to test.
 */
export async function writeExamples(
  files: readonly string[],
  folder: string,
): Promise<string[]> {
  const examples = await Promise.all(
    files.map(async (file) => examplesOf(file, await Deno.readTextFile(file))),
  );
  const groups = Map.groupBy(
    examples.flat(),
    ({ file }) => file.includes("/") ? file.split("/")[0]! : "root",
  );
  const tests = [];
  const seed = `${folder}/_seed.ts`;
  await Deno.writeTextFile(seed, SEED);
  for (const [group, members] of groups) {
    const imports = [`import "file://${seed}";\n`];
    for (const alike of Map.groupBy(members, importsIn).values()) {
      const path = `${folder}/${group}_${imports.length}.ts`;
      await Deno.writeTextFile(path, exampleModule(alike));
      imports.push(`import "file://${path}";\n`);
    }
    const test = `${folder}/${group}_test.ts`;
    await Deno.writeTextFile(test, imports.join(""));
    tests.push(test);
  }
  return tests;
}
