import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { brokenLinks } from "./links.ts";
import { render } from "./markdown.ts";
import { peerTables } from "./peer_charts.ts";
import { type Entry, namesWithoutExample } from "./reference.ts";

describe("links of the site", () => {
  it("lead to pages and anchors that exist", () => {
    const pages = new Map([
      [
        "index.html",
        '<h1 id="top"></h1><a href="api/core.html#Tensor.add">a</a><a href="#top">b</a><a href="https://example.com/">c</a>',
      ],
      [
        "api/core.html",
        '<section id="Tensor.add"></section><a href="../index.html#top">d</a><script src="../assets/site.js"></script>',
      ],
      ["assets/site.js", ""],
    ]);
    assertEquals(brokenLinks(pages), []);
  });

  it("are told where they lead nowhere", () => {
    const pages = new Map([
      ["api/core.html", '<a href="nn.html">a</a><a href="core.html#x">b</a>'],
      ["index.html", '<a href="core.html">c</a><a href="http://">d</a>'],
    ]);
    const broken = brokenLinks(pages);
    assertEquals(broken.length, 4);
    assert(broken[0]!.startsWith("api/core.html: there is no nn.html"));
    assert(broken[1]!.includes("the page has no such anchor"));
    assert(broken[2]!.startsWith("index.html: there is no core.html"));
    assert(broken[3]!.includes("is no address"));
  });
});

describe("programs of the site", () => {
  it("are those that a page can run and that no one ignores", () => {
    const block = (flags: string, code: string) =>
      `\`\`\`ts${flags}\nimport { x } from "@tenfold/core";\n${code}\n\`\`\`\n`;
    const { programs } = render(
      block("", "x(1);") + block(" ignore", 'x("photos");') +
        block("", "Deno.exit();") +
        block("", 'import { Plan } from "@tenfold/core/program";'),
    );
    assertEquals(programs, ['import { x } from "@tenfold/core";\nx(1);']);
  });
});

describe("charts of results", () => {
  it("have each library's time, without those that could not be measured", () => {
    const [table, ...others] = peerTables(`
On the processor: how many times as long as ours (more than 1: ours is faster)
  a  theirs
  b  another, 2 threads

                     ours      a      b
add, 16 elements   400 ns  0.50×  2.00×
conv 3×3, forward  1.5 ms    [1]  10.0×
mean ratio                 0.50×  4.47×
`);
    assertEquals(others, []);
    assertEquals(table!.contenders, ["ours", "theirs", "another, 2 threads"]);
    assertEquals(
      table!.results.map(({ case: name, backend, median }) =>
        [name, backend, median] as const
      ),
      [
        ["add, 16 elements", "ours", 400],
        ["add, 16 elements", "theirs", 200],
        ["add, 16 elements", "another, 2 threads", 800],
        ["conv 3×3, forward", "ours", 1.5e6],
        ["conv 3×3, forward", "another, 2 threads", 1.5e7],
      ],
    );
  });
});

describe("names without an example", () => {
  const entry = (name: string, more: Partial<Entry> = {}): Entry => ({
    name,
    kind: "function",
    signature: "",
    doc: "",
    tags: [],
    members: [],
    category: "",
    ...more,
  });
  const shown = { tags: [{ kind: "example" }] };

  it("are found, in namespaces too, and members of classes are not asked", () => {
    const entries = [
      entry("add", shown),
      entry("sub"),
      entry("init", { ...shown, kind: "namespace", members: [entry("ones_")] }),
      entry("Sum", { ...shown, kind: "class", members: [entry("total")] }),
      entry("mul", { doc: "Multiplies.\n```ts\nmul(2, 3);\n```" }),
    ];
    assertEquals(namesWithoutExample(entries), ["sub", "init.ones_"]);
  });
});
