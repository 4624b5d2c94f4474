/**
 * Pages of the reference: one for each import, its names by category.
 *
 * @module
 */
import { escapeHtml, programHtml, render, runsInPage } from "./markdown.ts";
import type { Page } from "./page.ts";
import type { Door, Entry, Tag } from "./reference.ts";

/** The page of an import. */
export function pathOf(specifier: string): string {
  return `api/${specifier.replace("@tenfold/", "").replaceAll("/", "-")}.html`;
}

/** The page of a door, and the programs on it that can be run. */
export function doorPage(
  door: Door,
): { page: Page; programs: readonly string[] } {
  const programs: string[] = [];
  const inDoor = new Writer(programs, door);
  const byCategory = Map.groupBy(door.entries, ({ category }) => category);
  const categories = [...byCategory].sort(([a], [b]) => a.localeCompare(b));
  const headings = categories.map(([text], i) => ({
    depth: 2,
    text,
    id: `category-${i + 1}`,
  }));
  const html = [
    `<h1>${escapeHtml(door.specifier)}</h1>`,
    inDoor.text(door.doc),
    ...inDoor.examples(door.tags),
    `<div class="names">${
      categories.map(([text, entries], i) =>
        `<p><a href="#category-${i + 1}">${escapeHtml(text)}</a>: ${
          entries.map(({ name }) =>
            `<a href="#${name}"><code>${escapeHtml(name)}</code></a>`
          ).join(", ")
        }</p>`
      ).join("")
    }</div>`,
    ...categories.flatMap(([text, entries], i) => [
      `<h2 id="category-${i + 1}">${escapeHtml(text)}</h2>`,
      ...entries.map((entry) => inDoor.entry(entry, entry.name, 3)),
    ]),
  ].join("\n");
  const path = pathOf(door.specifier);
  return {
    page: {
      title: door.specifier.replace("@tenfold/", ""),
      path,
      html,
      headings,
    },
    programs,
  };
}

/** Writes entries, and collects their programs. */
class Writer {
  readonly #programs: string[];
  readonly #names: ReadonlyMap<string, Entry>;

  constructor(programs: string[], door: Door) {
    this.#programs = programs;
    this.#names = new Map(door.entries.map((entry) => [entry.name, entry]));
  }

  /** A docstring as HTML. */
  text(markdown: string): string {
    const linked = markdown
      .replace(/\{@link(?:code)?\s+([^}\s|]+)(?:[\s|]+([^}]*))?\}/g, (
        _,
        name: string,
        title?: string,
      ) => {
        const shown = `\`${(title ?? name).trim()}\``;
        return this.#has(name) ? `[${shown}](#${name})` : shown;
      })
      // Links of files lead to places that a site has not.
      .replace(/\[([^\]]*)\]\((?!https?:|#)[^)]*\)/g, "$1");
    const { html, programs } = render(linked);
    this.#programs.push(...programs);
    return html.replace(/<h(\d) id="[^"]*"/g, "<h$1");
  }

  /** The examples among tags. */
  examples(tags: readonly Tag[]): string[] {
    return tags.filter(({ kind }) => kind === "example").map(({ doc = "" }) => {
      const found = /^([^\n]*)\n*```(\w*)([^\n]*)\n([^]*?)```/.exec(doc.trim());
      if (!found) return this.text(doc);
      const [, title = "", language = "", flags = "", code = ""] = found;
      const program = code.trimEnd();
      const runs = language === "ts" && !flags.includes("ignore") &&
        runsInPage(program);
      if (runs) this.#programs.push(program);
      return `<p class="title">${this.text(title).replace(/<\/?p>/g, "")}</p>${
        programHtml(program, language, runs)
      }`;
    });
  }

  /** A name with all that is said of it. */
  entry(entry: Entry, id: string, depth: number): string {
    const { name, kind, signature, doc, tags, members } = entry;
    const told = (kind: string) => tags.filter((tag) => tag.kind === kind);
    const params = told("param").filter(({ doc }) => doc);
    const throws = told("throws");
    const [returns] = told("return");
    const [deprecated] = told("deprecated");
    const [byDefault] = told("default");
    const items = [
      ...params.map((tag) =>
        `<code>${escapeHtml(tag.name!)}</code>: ${this.#line(tag.doc)}`
      ),
      ...byDefault
        ? [
          `Default: ${
            this.#line(
              (byDefault.doc ?? byDefault.value ?? "").replace(/^\{|\}$/g, ""),
            )
          }`,
        ]
        : [],
      ...returns?.doc ? [`Returns: ${this.#line(returns.doc)}`] : [],
      ...throws.map((tag) =>
        `Throws${
          "type" in tag && tag.type
            ? ` <code>${
              escapeHtml(
                String((tag.type as { repr?: string }).repr ?? tag.type),
              )
            }</code>`
            : ""
        } ${this.#line(tag.doc)}`
      ),
    ];
    const short = kind === "interface" || kind === "typeAlias";
    return `<section class="entry depth-${depth}" id="${escapeHtml(id)}">
<h${depth}><a class="anchor" href="#${escapeHtml(id)}">${
      escapeHtml(name)
    }</a> <small>${escapeHtml(KINDS[kind] ?? "")}</small></h${depth}>
${signature ? programHtml(signature, "ts", false) : ""}
${deprecated ? `<p><b>Deprecated.</b> ${this.#line(deprecated.doc)}</p>` : ""}
${this.text(doc)}
${
      items.length > 0
        ? `<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`
        : ""
    }
${this.examples(tags).join("\n")}
${
      members.length === 0
        ? ""
        : short
        ? `<dl>${
          members.map((member) =>
            `<dt>${programHtml(member.signature, "ts", false)}</dt><dd>${
              this.text(member.doc)
            }</dd>`
          ).join("")
        }</dl>`
        : `<details${
          depth > 3 ? "" : " open"
        }><summary>${members.length} members</summary>${
          members.map((member) =>
            this.entry(member, `${id}.${member.name}`, Math.min(6, depth + 1))
          ).join("")
        }</details>`
    }
</section>`;
  }

  #line(doc = ""): string {
    return this.text(doc).trim().replace(/^<p>([^]*)<\/p>$/, "$1");
  }

  #has(name: string): boolean {
    const [first, member] = name.split(".");
    const entry = this.#names.get(first!);
    if (!entry) return false;
    if (member === undefined) return true;
    return (entry.kind === "class" || entry.kind === "namespace") &&
      entry.members.some(({ name }) => name === member);
  }
}

const KINDS: Readonly<Record<string, string>> = {
  class: "class",
  function: "function",
  interface: "interface",
  typeAlias: "type",
  variable: "value",
  namespace: "namespace",
  method: "method",
  property: "property",
  constructor: "constructor",
};
