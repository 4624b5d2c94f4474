/**
 * What a notebook shows of a tensor: its numbers as a table, its images.
 *
 * @module
 */
import type { Tensor } from "../tensor.ts";
import { drawImages, imageLayout, type Pixels } from "./images.ts";
import { encodePng } from "./png.ts";

/** Representations by media type, of which a notebook takes what it can show. */
export type Representations = Record<string, string>;

/** Narrower than this, the numbers of a matrix tell more than an image does. */
const LEAST_SIDE = 6;
/** The same of images in three or four dims, which are few matrices' shape. */
const LEAST_SIDE_OF_IMAGES = 4;
/** The most images that are drawn. */
const MOST_IMAGES = 64;
/** The most pixels of a side, of one image and of many: below a megabyte. */
const [SIDE, SIDE_OF_MANY] = [400, 48];
/** Rows and columns of a table at each end of a longer one. */
const EDGES = 5;

/** What stands for a tensor in a notebook. */
export async function displayTensor(tensor: Tensor): Promise<Representations> {
  const text = await tensor.toText();
  const shown: Representations = { "text/plain": text };
  const facts = `shape [${tensor.shape.join(", ")}], ${tensor.dtype}, ` +
    `on ${tensor.device.name}${tensor.requiresGrad ? ", requires grad" : ""}`;
  const layout = imageLayout(tensor.shape);
  const body: string[] = [];
  const least = tensor.ndim === 2 ? LEAST_SIDE : LEAST_SIDE_OF_IMAGES;
  if (layout && Math.min(layout.height, layout.width) >= least) {
    const pixels = await drawImages(tensor, {
      most: MOST_IMAGES,
      side: layout.images === 1 ? SIDE : SIDE_OF_MANY,
    });
    const png = base64(
      await encodePng(
        pixels!.data,
        pixels!.width,
        pixels!.height,
        pixels!.channels,
      ),
    );
    shown["image/png"] = png;
    body.push(imageHtml(pixels!, png));
  }
  if (tensor.ndim === 1 || tensor.ndim === 2) {
    const table = await tableHtml(tensor);
    body.push(
      body.length === 0 ? table : `<details><summary>values</summary>${table}` +
        "</details>",
    );
  } else {
    const values = `<pre>${escapeHtml(text)}</pre>`;
    body.push(
      body.length === 0
        ? values
        : `<details><summary>values</summary>${values}</details>`,
    );
  }
  shown["text/html"] = `<figure style="margin:0"><figcaption>Tensor of ` +
    `${escapeHtml(facts)}</figcaption>${body.join("")}</figure>`;
  return shown;
}

function imageHtml(pixels: Pixels, png: string): string {
  const { width, height, range: [black, white], images, drawn } = pixels;
  // Small images are enlarged, without smoothing.
  const zoom = Math.max(1, Math.min(8, Math.floor(448 / Math.max(width, 1))));
  const few = drawn < images ? `, the first ${drawn} of ${images} images` : "";
  return `<img alt="the tensor as a picture" width="${width * zoom}" height="${
    height * zoom
  }" style="image-rendering:pixelated" src="data:image/png;base64,${png}">` +
    `<div><small>black is ${showNumber(black)}, white ${
      showNumber(white)
    }${few}</small></div>`;
}

async function tableHtml(tensor: Tensor): Promise<string> {
  const data = await tensor.data();
  const [rows, columns] = tensor.ndim === 2
    ? tensor.shape as readonly [number, number]
    : [1, tensor.size];
  const at = (r: number, c: number) => data[r * columns + c]!;
  const [rowsShown, columnsShown] = [ends(rows), ends(columns)];
  const format = (value: number) =>
    tensor.dtype === "bool" ? String(value !== 0) : showNumber(value);
  const cell = (tag: string, text: string) =>
    `<${tag} style="text-align:right">${text}</${tag}>`;
  const head = columnsShown.map((c) =>
    cell("th", c === null ? "…" : String(c))
  );
  const lines = rowsShown.map((r) =>
    `<tr>${cell("th", tensor.ndim < 2 ? "" : r === null ? "…" : String(r))}${
      columnsShown.map((c) =>
        cell("td", r === null || c === null ? "…" : format(at(r, c)))
      ).join("")
    }</tr>`
  );
  return `<table><thead><tr><th></th>${head.join("")}</tr></thead><tbody>${
    lines.join("")
  }</tbody></table>`;
}

/** Five digits that count. */
function showNumber(value: number): string {
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(5)));
}

/** The positions that are shown, null standing for the gap. */
function ends(extent: number): (number | null)[] {
  const all = Array.from({ length: Math.min(extent, 2 * EDGES) }, (_, i) => i);
  if (extent <= 2 * EDGES) return all;
  return [
    ...all.slice(0, EDGES),
    null,
    ...all.slice(0, EDGES).map((i) => extent - EDGES + i),
  ];
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}

/** Text as it stands in HTML. This file imports nothing that is loaded at first. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
