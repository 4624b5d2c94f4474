import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { brokenLinks } from "./links.ts";

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
