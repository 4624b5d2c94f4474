/**
 * Builds the documentation as static files: the guide out of `docs/`, the
 * reference out of the docstrings, the benchmarks out of `bench/results/`, a
 * search index, and a bundle of the library for programs that run in the page.
 * Fails where a link leads nowhere, or a name has no example.
 *
 * `deno task docs:site [folder]` (default: `out/site`)
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import MiniSearch from "minisearch";
import { readPackages, ROOT } from "../pack/workspace.ts";
import { buildAssets } from "./bundle.ts";
import { brokenLinks } from "./links.ts";
import { render } from "./markdown.ts";
import { peerCharts } from "./peer_charts.ts";
import { document_, type NavGroup, type Page } from "./page.ts";
import { namesWithoutExample, readDoors } from "./reference.ts";
import { doorPage, pathOf } from "./reference_page.ts";
import { SEARCH_OPTIONS } from "./search_options.ts";

/** The guide, in order. */
const GUIDE = [
  "index",
  "tensors",
  "autograd",
  "func",
  "linalg",
  "fft",
  "memory",
  "backends",
  "training",
  "text",
  "compile",
  "files",
  "browser",
  "distributed",
  "notebooks",
  "from-pytorch",
  "from-tfjs",
].filter((name) => existsSync(join(ROOT, "docs", `${name}.md`)));

/** A page of the guide that no order names would be missing. */
for await (const { name } of Deno.readDir(join(ROOT, "docs"))) {
  if (name.endsWith(".md") && !GUIDE.includes(name.slice(0, -3))) {
    throw new Error(`docs/${name} has no place in the order of the guide`);
  }
}

const target = resolve(Deno.args[0] ?? join(ROOT, "out", "site"));
await Deno.remove(target, { recursive: true }).catch(() => {});
const doors = await readDoors(await readPackages());
const guide = await Promise.all(GUIDE.map(guidePage));
const reference = doors.map((door) => doorPage(door));
const benchmarks = await benchmarkPage();
const navigation: NavGroup[] = [
  { title: "Guide", links: guide.map(({ page }) => page) },
  { title: "Reference", links: reference.map(({ page }) => page) },
  { title: "Figures", links: [benchmarks.page] },
];
const pages = [...guide, ...reference, benchmarks];

const files = new Map<string, string>();
for (const { page } of pages) {
  files.set(page.path, document_(page, navigation));
}
files.set("search.json", searchIndex());
files.set(
  "programs.json",
  JSON.stringify(
    pages.flatMap(({ page, programs }) =>
      programs.map((code, i) => ({ name: `${page.path} ${i + 1}`, code }))
    ),
  ),
);
for (const [path, text] of files) await write(path, text);
for (const path of await buildAssets(join(target, "assets"))) {
  files.set(`assets/${path}`, "");
}
const broken = brokenLinks(files);
for (const line of broken) console.error(line);
const programs = pages.reduce((sum, { programs }) => sum + programs.length, 0);
console.log(
  `${pages.length} pages, ${programs} programs that run in them, ${broken.length} broken links: ${
    relative(ROOT, target)
  }`,
);
const bare = doors.flatMap(({ specifier, entries }) =>
  namesWithoutExample(entries).map((name) => `${specifier}: ${name}`)
);
for (const line of bare) console.error(`${line} has no example`);
if (broken.length + bare.length > 0) Deno.exit(1);

async function guidePage(
  name: string,
): Promise<{ page: Page; programs: readonly string[] }> {
  const text = await Deno.readTextFile(join(ROOT, "docs", `${name}.md`));
  const { html, headings, programs } = render(
    text,
    (href) => href.replace(/^([\w-]+)\.md\b/, "$1.html"),
  );
  const title = headings[0]?.text ?? name;
  return { page: { title, path: `${name}.html`, html, headings }, programs };
}

/** The newest file of results, its charts, and the files of further figures. */
async function benchmarkPage(): Promise<
  { page: Page; programs: readonly string[] }
> {
  const folder = join(ROOT, "bench", "results");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".md")).sort();
  const newest = names.filter((name) => /^[\d-]+\.md$/.test(name)).at(-1)!;
  const others = names.filter((name) => !/^[\d-]+\.md$/.test(name));
  const texts = await Promise.all(
    [newest, ...others].map((name) => Deno.readTextFile(join(folder, name))),
  );
  const charts = peerCharts(texts[0]!);
  const { html, headings } = render(
    texts.map((text, i) => i === 0 ? text : text.replace(/^#/gm, "##"))
      .join("\n"),
  );
  const page = {
    title: "Benchmarks",
    path: "benchmarks.html",
    html: html.replace(
      /<h1 [^]*?<\/h1>/,
      (h1) =>
        `<h1>Benchmarks</h1><p>${h1.replace(/<[^>]*>/g, "")}.</p>${charts}`,
    ),
    headings,
  };
  return { page, programs: [] };
}

/** Sections of the guide and names of the reference. */
function searchIndex(): string {
  const index = new MiniSearch(SEARCH_OPTIONS);
  let id = 0;
  for (const { page } of guide) {
    const parts = page.html.split(/(?=<h[123] id=)/);
    for (const part of parts) {
      const head = /^<h\d id="([^"]*)"[^]*?<\/h\d>/.exec(part);
      index.add({
        id: id++,
        title: head ? plain(head[0]) : page.title,
        path: `${page.path}${head ? `#${head[1]}` : ""}`,
        where: page.title,
        text: plain(part).slice(0, 4000),
      });
    }
  }
  for (const door of doors) {
    const path = pathOf(door.specifier);
    for (const entry of door.entries) {
      index.add({
        id: id++,
        title: entry.name,
        path: `${path}#${entry.name}`,
        where: door.specifier,
        text: `${entry.doc.slice(0, 400)} ${
          entry.kind === "interface"
            ? ""
            : entry.members.map(({ name }) => name).join(" ")
        }`,
      });
      if (entry.kind !== "class" && entry.kind !== "namespace") continue;
      for (const member of entry.members) {
        if (member.name === "constructor") continue;
        index.add({
          id: id++,
          title: `${entry.name}.${member.name}`,
          path: `${path}#${entry.name}.${member.name}`,
          where: door.specifier,
          text: member.doc.slice(0, 200),
        });
      }
    }
  }
  return JSON.stringify(index);
}

function plain(html: string): string {
  return html.replace(/<[^>]*>/g, " ").replace(
    /&#(\d+);/g,
    (_, code) => String.fromCharCode(Number(code)),
  ).replace(/\s+/g, " ").trim();
}

async function write(path: string, text: string): Promise<void> {
  const to = join(target, path);
  await Deno.mkdir(dirname(to), { recursive: true });
  await Deno.writeTextFile(to, text);
}
