/**
 * Markdown as HTML, with anchors at headings and programs that can be run.
 *
 * @module
 */
import hljs from "highlight.js/lib/core";
import typescript from "highlight.js/lib/languages/typescript";
import bash from "highlight.js/lib/languages/bash";
import xml from "highlight.js/lib/languages/xml";
import json from "highlight.js/lib/languages/json";
import { Marked } from "marked";

hljs.registerLanguage("ts", typescript);
hljs.registerLanguage("sh", bash);
hljs.registerLanguage("html", xml);
hljs.registerLanguage("json", json);

/** What a program needs that a page has not. */
const NEEDS =
  /\bDeno\.|from "node:|\bBun\.|"(?:\.\/|file:|[\w/.-]*\.(?:safetensors|npy|npz|svg|csv|onnx|pt|gguf|png)"|out\/)|loggers\.(?:csv|json|tensor|load)|downloadMnist|writeFileAtomic|data\.mnist|from "(?!@tenfold\/|@std\/assert")|inWorker\(|workerJob\(|TENFOLD_|webgpu\(|setBackend\("webgpu/;

/** Doors that are of no use in a page. */
export const NOT_IN_PAGES: RegExp = /\/(?:conformance|program)$/;

/** Whether a page can run a program. */
export function runsInPage(code: string): boolean {
  const imported = [...code.matchAll(/\bfrom "([^"]+)"/g)];
  return /\bimport\b/.test(code) && !NEEDS.test(code) &&
    !imported.some(([, name]) => NOT_IN_PAGES.test(name!));
}

/** A heading of a page. */
export interface Heading {
  readonly depth: number;
  readonly text: string;
  readonly id: string;
}

/** A page's HTML, its headings and its programs. */
export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly programs: readonly string[];
}

/** Text in HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** The anchor of a heading, as GitHub makes it. */
export function slug(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim()
    .replace(/\s/g, "-");
}

/** A program in a box that can be run and changed, if a page can run it. */
export function programHtml(
  code: string,
  language: string,
  runs: boolean,
): string {
  const known = language === "" ? undefined : hljs.getLanguage(language);
  const html = known
    ? hljs.highlight(code, { language }).value
    : escapeHtml(code);
  const pre = `<pre><code class="language-${
    escapeHtml(language)
  }">${html}</code></pre>`;
  return runs ? `<div class="program">${pre}</div>` : pre;
}

/** Renders Markdown; `link` says where a link of the source leads. */
export function render(
  markdown: string,
  link: (href: string) => string = (href) => href,
): Rendered {
  const headings: Heading[] = [];
  const programs: string[] = [];
  const taken = new Map<string, number>();
  const marked = new Marked({
    renderer: {
      heading({ depth, text, tokens }) {
        const plain = text.replace(/[`*]|\[([^\]]*)\]\([^)]*\)/g, "$1");
        const base = slug(plain);
        const before = taken.get(base) ?? 0;
        taken.set(base, before + 1);
        const id = before === 0 ? base : `${base}-${before}`;
        headings.push({ depth, text: plain, id });
        return `<h${depth} id="${id}"><a class="anchor" href="#${id}">${
          this.parser.parseInline(tokens)
        }</a></h${depth}>\n`;
      },
      code({ text, lang = "" }) {
        const [language = "", ...flags] = lang.split(/\s/);
        const runs = language === "ts" && !flags.includes("ignore") &&
          runsInPage(text);
        if (runs) programs.push(text);
        return programHtml(text, language, runs);
      },
      link({ href, tokens }) {
        return `<a href="${escapeHtml(link(href))}">${
          this.parser.parseInline(tokens)
        }</a>`;
      },
      table(token) {
        const cells = (row: typeof token.header, tag: string) =>
          `<tr>${
            row.map((cell) =>
              `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`
            ).join("")
          }</tr>`;
        return `<div class="table"><table><thead>${
          cells(token.header, "th")
        }</thead><tbody>${
          token.rows.map((row) => cells(row, "td")).join("")
        }</tbody></table></div>`;
      },
    },
  });
  const html = marked.parse(markdown, { async: false });
  return { html, headings, programs };
}
