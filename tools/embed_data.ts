/**
 * Packs the three UCI tables into `data/_embedded/`, exactly:
 * `deno run -A tools/embed_data.ts FOLDER`, where the folder holds `iris.csv`,
 * `breast_cancer.csv` and `digits.csv.gz` as scikit-learn ships them.
 *
 * - digits: one line for each image. First its label, then its 64 pixels row
 *   by row: `0`-`9` and `a`-`g` for the values 0 to 16, `A`-`Z` for runs of 2
 *   to 27 zeros.
 * - iris and breast cancer: one line for each sample. First its label, then
 *   its features as whole numbers in base 64, each column with a fixed number
 *   of characters (`widths`) and a fixed number of decimals (`decimals`).
 *
 * @module
 */

const BASE64 =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const folder = Deno.args[0];
if (folder === undefined) {
  console.error("Name the folder that holds the UCI tables");
  Deno.exit(1);
}

async function text(name: string): Promise<string> {
  const bytes = await Deno.readFile(`${folder}/${name}`);
  if (!name.endsWith(".gz")) return new TextDecoder().decode(bytes);
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

async function rowsOf(name: string): Promise<string[][]> {
  const lines = (await text(name)).trim().split(/\r?\n/);
  return lines.map((line) => line.split(","));
}

async function write(name: string, source: string, body: string) {
  await Deno.writeTextFile(
    new URL(`../data/_embedded/${name}.ts`, import.meta.url),
    `/**\n * ${source}\n *\n * Made by \`tools/embed_data.ts\`, which says how to read it.\n *\n * @module\n */\n\n${body}`,
  );
}

function packDigit(fields: string[]): string {
  const pixels = fields.slice(0, -1).map(Number);
  let line = fields.at(-1)!;
  for (let i = 0; i < pixels.length;) {
    let run = 0;
    while (pixels[i + run] === 0 && run < 27) run++;
    line += run >= 2
      ? String.fromCharCode(65 + run - 2)
      : pixels[i]!.toString(17);
    i += Math.max(run, 1);
  }
  return line;
}

const digits = (await rowsOf("digits.csv.gz")).map(packDigit);
await write(
  "digits",
  'Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine\n * Learning Repository, 1998, https://doi.org/10.24432/C50P49. CC BY 4.0.',
  `/** A line for each image: its label and its pixels. */\nexport const DIGITS: string = \`${
    digits.join("\n")
  }\`;\n`,
);

async function packTable(name: string, file: string, source: string) {
  const rows = (await rowsOf(file)).slice(1);
  const columns = rows[0]!.slice(0, -1).map((_, c) =>
    rows.map((row) => row[c]!)
  );
  const decimals = columns.map((column) =>
    Math.max(...column.map((field) => decimalsOf(field)))
  );
  const wholes = columns.map((column, c) =>
    column.map((field) => Math.round(Number(field) * 10 ** decimals[c]!))
  );
  const widths = wholes.map((column) =>
    Math.max(1, Math.ceil(Math.log(Math.max(...column) + 1) / Math.log(64)))
  );
  const lines = rows.map((row, r) =>
    row.at(-1)! +
    wholes.map((column, c) => base64(column[r]!, widths[c]!)).join("")
  );
  await write(
    name,
    source,
    `/** Decimals of each column. */
export const DECIMALS: readonly number[] = [${decimals.join(", ")}];

/** Characters of each column. */
export const WIDTHS: readonly number[] = [${widths.join(", ")}];

/** A line for each sample: its label and its features. */
export const ROWS: string = \`${lines.join("\n")}\`;
`,
  );
}

/** The decimals that a number's text needs: "2.5e-3" needs four. */
function decimalsOf(field: string): number {
  const [mantissa = "", exponent = "0"] = field.toLowerCase().split("e");
  const places = mantissa.split(".")[1]?.length ?? 0;
  return Math.max(0, places - Number(exponent));
}

function base64(whole: number, width: number): string {
  let packed = "";
  for (let rest = whole; packed.length < width; rest = Math.floor(rest / 64)) {
    packed = BASE64[rest % 64] + packed;
  }
  return packed;
}

await packTable(
  "iris",
  "iris.csv",
  'Fisher, "Iris", UCI Machine Learning Repository, 1936,\n * https://doi.org/10.24432/C56C76. CC BY 4.0.',
);
await packTable(
  "breast_cancer",
  "breast_cancer.csv",
  'Wolberg, Mangasarian, Street and Street, "Breast cancer Wisconsin\n * (diagnostic)", UCI Machine Learning Repository, 1993,\n * https://doi.org/10.24432/C5DW2B. CC BY 4.0.',
);
