/**
 * Checks the links of a built site: pages and anchors inside it must exist.
 *
 * @module
 */

/** What is wrong with the links of pages, by path. */
export function brokenLinks(pages: ReadonlyMap<string, string>): string[] {
  const anchors = new Map(
    [...pages].map(([path, html]) => [
      path,
      new Set(html.matchAll(/\bid="([^"]*)"/g).map(([, id]) => id!)),
    ]),
  );
  const broken: string[] = [];
  for (const [path, html] of pages) {
    if (!path.endsWith(".html")) continue;
    for (const [, raw] of html.matchAll(/\b(?:href|src)="([^"]*)"/g)) {
      const href = raw!.replace(
        /&#(\d+);/g,
        (_, code) => String.fromCharCode(Number(code)),
      );
      if (/^(https?:|data:|mailto:)/.test(href)) {
        if (/^https?:/.test(href) && !URL.canParse(href)) {
          broken.push(`${path}: ${href} is no address`);
        }
        continue;
      }
      const { pathname, hash } = new URL(href, `file:///${path}`);
      const target = pathname.slice(1);
      const ids = anchors.get(target);
      if (!ids) broken.push(`${path}: there is no ${href}`);
      else if (hash !== "" && !ids.has(decodeURIComponent(hash.slice(1)))) {
        broken.push(
          `${path}: there is no ${href}, the page has no such anchor`,
        );
      }
    }
  }
  return broken;
}
