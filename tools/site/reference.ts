/**
 * What each package exports, with its documentation: read by `deno doc`, and
 * the signatures cut out of the sources.
 *
 * @module
 */
import { relative } from "node:path";
import ts from "typescript";
import { type Package, ROOT } from "../pack/workspace.ts";

/** A documented name. */
export interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly signature: string;
  readonly doc: string;
  readonly tags: readonly Tag[];
  /** Members of classes and interfaces, names of namespaces. */
  readonly members: readonly Entry[];
  /** What its file says that it is about. */
  readonly category: string;
}

/** A tag of a docstring. */
export interface Tag {
  readonly kind: string;
  readonly name?: string;
  readonly doc?: string;
  readonly value?: string;
}

/** An import of a package. */
export interface Door {
  /** What programs write, such as `@tenfold/data/npz`. */
  readonly specifier: string;
  readonly doc: string;
  readonly tags: readonly Tag[];
  readonly entries: readonly Entry[];
}

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly Tag[];
}

interface Declared {
  readonly name?: string;
  readonly kind?: string;
  readonly jsDoc?: JsDoc;
  readonly location: {
    readonly filename: string;
    readonly line: number;
    readonly col: number;
  };
  readonly accessibility?: string;
  readonly isOverride?: boolean;
  readonly def?: Record<string, unknown>;
}

interface Symbol_ {
  readonly name: string;
  readonly declarations: readonly Declared[];
}

/** Names that a program does not call. */
const HIDDEN = new Set(["internal"]);

/** The doors of all packages but the internal ones. */
export async function readDoors(
  packages: readonly Package[],
): Promise<Door[]> {
  const doors = packages.flatMap((self) =>
    Object.entries(self.exports).map(([path, file]) => ({
      specifier: self.name + path.slice(1),
      file: `${self.folder}/${file}`,
    }))
  ).filter(({ specifier }) => !HIDDEN.has(specifier.split("/").at(-1)!));
  return await Promise.all(
    doors.map(({ specifier, file }) => readDoor(specifier, file)),
  );
}

async function readDoor(specifier: string, file: string): Promise<Door> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", file],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot read the documentation of ${file}`);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [module] = Object.values(nodes) as {
    module_doc?: JsDoc;
    symbols: Symbol_[];
  }[];
  const entries = module!.symbols.flatMap(entryOf)
    .sort((a, b) => a.name.localeCompare(b.name));
  const { doc = "", tags = [] } = module!.module_doc ?? {};
  return { specifier, doc, tags, entries };
}

function entryOf({ name, declarations }: Symbol_): Entry[] {
  const known = declarations.filter(({ location: { filename } }) =>
    filename.startsWith("file:")
  );
  const first = known[0];
  if (!first) return [];
  const told = known.find(({ jsDoc }) => jsDoc?.doc) ?? first;
  return [{
    name,
    kind: first.kind ?? "",
    signature: known.map(signatureOf).filter((text) => text !== "").join("\n"),
    doc: told.jsDoc?.doc ?? "",
    tags: told.jsDoc?.tags ?? [],
    members: membersOf(first),
    category: categoryOf(first.location.filename),
  }];
}

/** The names among entries whose documentation has no example. */
export function namesWithoutExample(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ name, kind, doc, tags, members }) => [
    ...tags.some((tag) => tag.kind === "example") || doc.includes("```")
      ? []
      : [name],
    ...kind === "namespace"
      ? namesWithoutExample(members).map((inner) => `${name}.${inner}`)
      : [],
  ]);
}

function membersOf({ def = {} }: Declared): Entry[] {
  if (Array.isArray(def.elements)) {
    return (def.elements as Symbol_[]).flatMap(entryOf);
  }
  const groups = ["constructors", "properties", "methods"] as const;
  const members = groups.flatMap((group) =>
    (def[group] as Declared[] | undefined) ?? []
  ).filter(({ accessibility, name = "" }) =>
    accessibility !== "private" && !name.startsWith("[")
  );
  const byName = Map.groupBy(members, ({ name }) => name ?? "constructor");
  return [...byName].flatMap(([name, declarations]) =>
    entryOf({ name, declarations })
  );
}

const sources = new Map<string, ts.SourceFile>();

function sourceOf(filename: string): ts.SourceFile {
  let source = sources.get(filename);
  if (!source) {
    const text = Deno.readTextFileSync(new URL(filename));
    source = ts.createSourceFile(filename, text, ts.ScriptTarget.Latest, true);
    sources.set(filename, source);
  }
  return source;
}

/** The first sentence of the docstring of a file. */
function categoryOf(filename: string): string {
  const text = sourceOf(filename).text;
  const doc = /^\/\*\*([^]*?)@(?:module|example)/.exec(text)?.[1] ?? "";
  const plain = doc.replace(/^ *\* ?/gm, "").trim();
  return plain.split(/(?<=[^.]\.)\s|\n\n/)[0]!.replace(/\s+/g, " ")
    .replace(/\.$/, "") || relative(ROOT, new URL(filename).pathname);
}

/** A declaration without its body and its docstring. */
function signatureOf({ location: { filename, line, col } }: Declared): string {
  const source = sourceOf(filename);
  const at = source.getPositionOfLineAndCharacter(line, col);
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (node.getStart(source) === at && isDeclaration(node)) found ??= node;
    if (node.pos <= at && at < node.end) ts.forEachChild(node, visit);
  };
  visit(source);
  if (!found) return "";
  const text = headOf(found, source).trim().replace(/[{;=]\s*$/, "").trim();
  return text.length > 1200 ? `${text.slice(0, 1200)} …` : text;
}

function isDeclaration(node: ts.Node): boolean {
  return ts.isFunctionDeclaration(node) || ts.isClassElement(node) ||
    ts.isTypeElement(node) || ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) ||
    ts.isVariableStatement(node) || ts.isVariableDeclaration(node) ||
    ts.isEnumDeclaration(node);
}

function headOf(node: ts.Node, source: ts.SourceFile): string {
  const start = node.getStart(source);
  const upTo = (end: number) => source.text.slice(start, end);
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    const open = source.text.indexOf(
      "{",
      node.heritageClauses?.end ?? node.typeParameters?.end ?? node.name!.end,
    );
    return upTo(open);
  }
  const { body, initializer } = node as {
    body?: ts.Node;
    initializer?: ts.Expression;
  };
  if (body) return upTo(body.getStart(source));
  if (initializer && ts.isPropertyDeclaration(node) && node.type) {
    return upTo(node.type.end);
  }
  if (ts.isVariableStatement(node) || ts.isVariableDeclaration(node)) {
    const declaration = ts.isVariableDeclaration(node)
      ? node
      : node.declarationList.declarations[0]!;
    return upTo(declaration.type?.end ?? declaration.name.end);
  }
  return upTo(node.end);
}
