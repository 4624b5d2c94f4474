/**
 * SVG as text, for charts that are drawn without a document.
 *
 * @module
 */

/** The size of a drawing, its title for readers of screens, and its font. */
export interface Drawing {
  readonly title: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly font: string;
}

/** A document with a white background and what is drawn on it. */
export function svgDocument(
  { title, width, height, font }: Drawing,
  content: readonly string[],
): string {
  return [
    element("svg", {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": title,
      "font-family": font,
    }).replace("/>", ">"),
    element("rect", { width, height, fill: "#ffffff" }),
    ...content,
    "</svg>",
  ].join("\n") + "\n";
}

/** One element without content. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
): string {
  const written = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${escapeXml(typeof value === "number" ? short(value) : value)}"`
  );
  return `<${name}${written.join("")}/>`;
}

/** How text is placed. */
export interface TextLook {
  /** Where it begins, or what `anchor` names, in pixels. */
  readonly x: number;
  /** The line that it stands on, in pixels. */
  readonly y: number;
  readonly fill: string;
  /** Of the font, in pixels. */
  readonly size: number;
  readonly weight?: string;
  readonly anchor?: string;
}

/** A line of text. */
export function text(content: string, look: TextLook): string {
  const { x, y, fill, size, weight, anchor } = look;
  const start = element("text", {
    x,
    y,
    fill,
    "font-size": size,
    ...weight === undefined ? {} : { "font-weight": weight },
    ...anchor === undefined ? {} : { "text-anchor": anchor },
  });
  return `${start.replace("/>", ">")}${escapeXml(content)}</text>`;
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text as it stands in XML and HTML. */
export function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
