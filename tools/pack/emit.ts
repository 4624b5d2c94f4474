/**
 * JavaScript, declarations and source maps out of the TypeScript sources of
 * all packages at once.
 *
 * @module
 */
import { join } from "node:path";
import { decode, encode } from "@jridgewell/sourcemap-codec";
import ts from "typescript";
import { type Package, ROOT } from "./workspace.ts";

/** Takes one file that was made: its path relative to the root, and its text. */
export type Sink = (path: string, text: string) => void;

/**
 * What both emits have in common. ES2022 is what Node 20 runs: `using`, which
 * it does not know, is lowered. Relative imports of `.ts` become `.js`.
 */
const COMMON: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  rewriteRelativeImportExtensions: true,
  verbatimModuleSyntax: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  newLine: ts.NewLineKind.LineFeed,
};

/**
 * Makes the files of all packages.
 *
 * @throws {Error} If a declaration cannot be made.
 */
export function emit(packages: readonly Package[], sink: Sink): void {
  for (const file of packages.flatMap((p) => p.sources)) emitCode(file, sink);
  emitDeclarations(packages, sink);
}

/** The JavaScript of one file, without comments, and its source map. */
function emitCode(file: string, sink: Sink): void {
  const { outputText, sourceMapText } = ts.transpileModule(
    Deno.readTextFileSync(join(ROOT, file)),
    {
      fileName: file.slice(file.lastIndexOf("/") + 1),
      compilerOptions: {
        ...COMMON,
        removeComments: true,
        sourceMap: true,
      },
    },
  );
  if (UNMAPPED.test(file)) {
    sink(
      toJs(file),
      narrow(outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n")),
    );
  } else {
    sink(toJs(file), narrow(outputText));
    sink(`${toJs(file)}.map`, byLines(file, sourceMapText ?? ""));
  }
}

/**
 * What gets no source map, as it would be as large as all others: tables of
 * data, and the backends, whose kernels are emitted at run time.
 */
const UNMAPPED = /\/_embedded\/|^backends\//;

/**
 * A source map that knows lines and no columns, as stacks need it: a place in
 * the sources that an issue can name. The sources themselves are left out, as
 * they would be an eighth of all that is installed, and debuggers are told to
 * step over what the map covers; the JavaScript is readable. It goes by a URL,
 * as Deno shows its lines beside the name of the JavaScript file where a map
 * names a relative path.
 */
function byLines(file: string, sourceMap: string): string {
  const map: { mappings: string; file?: string; sourceRoot?: string } = JSON
    .parse(sourceMap);
  // From the margin on, as indentation is made narrower.
  const lines = decode(map.mappings).map((segments) =>
    segments.slice(0, 1).map((segment) => segment.with(0, 0) as typeof segment)
  );
  const { file: _, sourceRoot: __, ...rest } = map;
  return JSON.stringify({
    ...rest,
    sources: [`tenfold://${file}`],
    ignoreList: [0],
    mappings: encode(lines),
  });
}

/**
 * The declarations of all files, which need the types of the whole program:
 * not every export that stays within a package states its type.
 */
function emitDeclarations(packages: readonly Package[], sink: Sink): void {
  const options: ts.CompilerOptions = {
    ...COMMON,
    declaration: true,
    emitDeclarationOnly: true,
    // `deno task check` does that, with the types of the runtimes at hand.
    noCheck: true,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: [],
    paths: Object.fromEntries(packages.flatMap(pathsOf)),
    rootDir: ROOT,
    outDir: ROOT,
  };
  const files = packages.flatMap((p) => p.sources);
  const program = ts.createProgram(
    files.map((file) => join(ROOT, file)),
    options,
  );
  const { diagnostics, emitSkipped } = program.emit(
    undefined,
    (path, text) =>
      sink(path.slice(ROOT.length), narrow(withLib(withoutTypeExamples(text)))),
  );
  if (emitSkipped || diagnostics.length > 0) {
    throw new Error(ts.formatDiagnostics(diagnostics, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => ROOT,
      getNewLine: () => "\n",
    }));
  }
}

/**
 * The same with one space a level where there were four, for a twentieth less
 * to install. Lines within template literals stay as they are.
 */
function narrow(text: string): string {
  const inside: (readonly [number, number])[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateLiteralToken(node)) {
      inside.push([node.getStart(file), node.end]);
    }
    ts.forEachChild(node, visit);
  };
  const file = ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest);
  if (text.includes("`")) visit(file);
  return text.replace(
    /^(?: {4})+/gm,
    (indent, at: number) =>
      inside.some(([from, to]) => from < at && at < to)
        ? indent
        : " ".repeat(indent.length / 4),
  );
}

/**
 * Declarations without the examples of interfaces and types, which show a call
 * whose own example is there; the documentation has them. They would be a
 * fiftieth of all that is installed.
 */
function withoutTypeExamples(text: string): string {
  const file = ts.createSourceFile("a.d.ts", text, ts.ScriptTarget.Latest);
  let result = "";
  let end = 0;
  for (const node of file.statements) {
    if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)) {
      continue;
    }
    const start = node.getStart(file);
    result += text.slice(end, node.pos) +
      text.slice(node.pos, start).replace(EXAMPLE, "");
    end = start;
  }
  return result + text.slice(end);
}

/** An example in a docstring at the margin, with the empty line before it. */
const EXAMPLE = /(?: \*\n)? \* @example[^\n]*\n \* ```ts\n[^]*?\n \* ```\n/g;

/** Names the library of types that programs for older targets leave out. */
function withLib(declarations: string): string {
  return /\bDisposable\b|\bSymbol\.dispose\b/.test(declarations)
    ? `/// <reference lib="esnext.disposable" />\n${declarations}`
    : declarations;
}

/** Where the types of `@tenfold/name` and its entry points are. */
function pathsOf({ name, folder, exports }: Package): [string, string[]][] {
  return Object.entries(exports).map(([entry, file]) => [
    name + entry.slice(1),
    [join(ROOT, folder, file)],
  ]);
}

/** Declarations without their comments, for what nobody outside can name. */
export function withoutComments(path: string, text: string): string {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const printer = ts.createPrinter({ removeComments: true });
  const lib = text.match(/^\/\/\/ <reference lib=.*\n/)?.[0] ?? "";
  return lib + narrow(printer.printFile(file).replace(lib, ""));
}

/** The files that declarations export what is in, as they name them. */
export function exportsOf(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  return file.statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) && statement.moduleSpecifier &&
      ts.isStringLiteralLike(statement.moduleSpecifier)
      ? [statement.moduleSpecifier.text]
      : []
  );
}

/** The packages and files that a file which was made imports, as it names them. */
export function importsOf(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) found.push(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier);
    } else if (ts.isImportTypeNode(node)) {
      if (ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword
    ) {
      add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The name of the JavaScript of a TypeScript file. */
export function toJs(file: string): string {
  return file.replace(/\.ts$/, ".js");
}
