/**
 * What the playground weighs: what its page loads at first, and its worker.
 *
 * @module
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** The most that the page and the worker may weigh, in KB compressed. */
const MOST = { page: 149.7, worker: 308.6 };

/**
 * @param built The folder of the built page.
 * @returns What was found, in words.
 * @throws {Error} If a part is over its budget.
 */
export async function weighPlayground(built: string): Promise<string> {
  const read = (name: string) => Deno.readFile(join(built, name));
  const html = await Deno.readTextFile(join(built, "index.html"));
  const first = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)]
    .map(([, name]) => name!);
  const worker: string[] = [];
  for await (const { name } of Deno.readDir(join(built, "assets"))) {
    if (/^job-.*\.js$/.test(name)) worker.push(`assets/${name}`);
  }
  const parts = { page: ["index.html", ...first], worker };
  const told: string[] = [];
  for (const [part, names] of Object.entries(parts)) {
    const files = await Promise.all(names.map(read));
    const plain = files.reduce((sum, { length }) => sum + length, 0) / 1000;
    const packed = files.reduce((sum, bytes) =>
      sum + gzipSync(bytes).length, 0) / 1000;
    const most = MOST[part as keyof typeof MOST];
    if (names.length === 0 || packed > most) {
      throw new Error(`the ${part} weighs ${packed} KB of ${most}`);
    }
    told.push(`${part} ${plain.toFixed(0)} / ${packed.toFixed(1)} KB`);
  }
  return told.join(", ");
}
