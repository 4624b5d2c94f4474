/**
 * What files import, as a graph: circles in it, and whether it keeps the order
 * that a document lists.
 *
 * @module
 */

/** One import of a file. */
export interface Import {
  /** The text between the quotes. */
  readonly specifier: string;
  /** True unless it imports types alone, or is a call that loads it later. */
  readonly atRunTime: boolean;
}

/** The files that each file imports at run time, by path. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;
/** Import, export-from and dynamic import of a fixed name. */
const IMPORT =
  /^\s*(?:import|export)\b([^"';]*?)\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/** The imports in the text of a file. */
export function importsOf(text: string): Import[] {
  return text.replace(COMMENT, "").matchAll(IMPORT)
    .map(([, names, from, bare, dynamic]) => ({
      specifier: from ?? bare ?? dynamic!,
      atRunTime: bare !== undefined ||
        (from !== undefined && !areTypes(names!.trim())),
    })).toArray();
}

/** Whether an import clause names types alone. */
function areTypes(names: string): boolean {
  if (/^type\s*[{*\w]/.test(names)) return true;
  const list = names.match(/^\{([^]*)\}$/)?.[1];
  const each = (list ?? "").split(",").map((name) => name.trim())
    .filter((name) => name !== "");
  return each.length > 0 && each.every((name) => name.startsWith("type "));
}

/** The path of a relative specifier, from the root of the repository. */
export function resolveImport(file: string, specifier: string): string {
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}

/** One circle out of each group of files that import one another. */
export function findCircles(graph: ImportGraph): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const inCircle = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const begin = path.indexOf(file);
    if (begin >= 0) {
      const circle = path.slice(begin);
      if (!circle.some((file) => inCircle.has(file))) {
        circles.push([...circle, file]);
      }
      for (const file of circle) inCircle.add(file);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target, path);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

/**
 * The order in which a document lists files: the names in backticks in the
 * first column of the table under a heading, a list for each row. A name may
 * be a file, a pattern such as `infer_*.ts`, or a folder such as `lower/`.
 */
export function listedOrder(markdown: string, heading: string): string[][] {
  const from = markdown.split("\n").indexOf(heading);
  if (from < 0) throw new Error(`Cannot find the heading "${heading}"`);
  const section = markdown.split("\n").slice(from + 1);
  const end = section.findIndex((line) => line.startsWith("## "));
  return section.slice(0, end < 0 ? undefined : end)
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const cell = line.split("|")[1]!;
      return cell.matchAll(/`([^`]+)`/g).map(([, name]) => name!).toArray();
    });
}

/** The row that lists a file: by its name, a pattern, or its folder. */
export function rowOf(order: readonly string[][], file: string): number {
  const row = (lists: (name: string) => boolean) =>
    order.findIndex((names) => names.some(lists));
  const byName = row((name) => name === file);
  if (byName >= 0) return byName;
  const byPattern = row((name) => {
    const [head, tail] = name.split("*");
    return tail !== undefined && file.startsWith(head!) && file.endsWith(tail);
  });
  if (byPattern >= 0) return byPattern;
  // The longest folder that is listed is the nearest.
  const folders = order.flat()
    .filter((name) => name.endsWith("/") && file.startsWith(name))
    .sort((a, b) => b.length - a.length);
  return folders.length === 0 ? -1 : row((name) => name === folders[0]);
}

/** What breaks the order: files without a row, and imports from below. */
export function findDisorder(
  graph: ImportGraph,
  order: readonly string[][],
): string[] {
  const broken: string[] = [];
  for (const [file, targets] of graph) {
    const row = rowOf(order, file);
    if (row < 0) {
      broken.push(`${file} is in no row`);
      continue;
    }
    for (const target of targets) {
      if (rowOf(order, target) > row) {
        broken.push(`${file} imports ${target}, which stands below it`);
      }
    }
  }
  return broken;
}
