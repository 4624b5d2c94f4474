/**
 * The frame of every page.
 *
 * @module
 */
import { escapeHtml, type Heading } from "./markdown.ts";

/** A link in the navigation. */
export interface NavLink {
  readonly title: string;
  /** From the root of the site. */
  readonly path: string;
}

/** A heading of the navigation, and what stands below it. */
export interface NavGroup {
  readonly title: string;
  readonly links: readonly NavLink[];
}

/** What goes into a page. */
export interface Page extends NavLink {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** The document of a page. */
export function document_(page: Page, navigation: readonly NavGroup[]): string {
  const root = "../".repeat(page.path.split("/").length - 1);
  const links = navigation.map(({ title, links }) =>
    `<h2>${escapeHtml(title)}</h2><ul>${
      links.map((link) =>
        `<li><a href="${root}${link.path}"${
          link.path === page.path ? ' aria-current="page"' : ""
        }>${escapeHtml(link.title)}</a></li>`
      ).join("")
    }</ul>`
  ).join("");
  const contents = page.headings.filter(({ depth }) => depth === 2);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)} · Tenfold</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${root}assets/style.css">
<script type="module" src="${root}assets/site.js"></script>
</head>
<body data-root="${root}">
<a class="skip" href="#content">To the text</a>
<header>
<button id="menu" aria-expanded="false" aria-controls="navigation">Menu</button>
<a class="home" href="${root}index.html">Tenfold</a>
<div class="search"><input type="search" id="search" placeholder="Search" aria-label="Search" autocomplete="off"><ol id="found" hidden></ol></div>
</header>
<nav id="navigation" aria-label="Pages">${links}</nav>
<main id="content">
${page.html}
</main>
${
    contents.length > 1
      ? `<aside aria-label="On this page"><h2>On this page</h2><ul>${
        contents.map(({ id, text }) =>
          `<li><a href="#${id}">${escapeHtml(text)}</a></li>`
        ).join("")
      }</ul></aside>`
      : ""
  }
</body>
</html>
`;
}
