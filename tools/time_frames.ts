/**
 * Measures in Chromium how long the frames of a page take while a worker
 * trains, and while the page trains itself:
 *
 *     deno task bench:frames
 *
 * Frames are not held to the pace of a screen, so that a frame takes as long as
 * the page's thread is kept from the next one.
 *
 * @module
 */
import { join } from "node:path";
import { findChromium, inChromiumAt } from "./site/chromium.ts";
import { ROOT } from "./pack/workspace.ts";
import type { Frames } from "./frames/page.ts";

/** What a screen of 60 Hz allows for a frame, in milliseconds. */
const BUDGET = 16;

const PAGE = `<!doctype html><meta charset="utf-8"><title>frames</title>
<link rel="icon" href="data:,"><canvas></canvas>
<script type="module" src="/page.js"></script>`;

const NAMES = new Map<keyof Frames, string>([
  ["nothing", "not at all"],
  ["worker", "in a worker"],
  ["page", "in the page itself"],
]);

const chromium = findChromium();
if (chromium === null) throw new Error("No Chromium: install chromium");
const folder = await Deno.makeTempDir({ prefix: "tenfold-frames-" });
try {
  for (const name of ["page", "job"]) {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--minify",
        "--platform=browser",
        `--output=${join(folder, `${name}.js`)}`,
        join(ROOT, "tools", "frames", `${name}.ts`),
      ],
      cwd: ROOT,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }
  const load = Deno.loadavg()[0]!.toFixed(1);
  const text = await inChromiumAt(chromium, folder, PAGE, 120_000, [
    "--disable-frame-rate-limit",
    "--disable-gpu-vsync",
  ]);
  const report = JSON.parse(text) as Frames & { readonly error?: string };
  if (report.error) throw new Error(report.error);
  console.log(
    `${navigator.hardwareConcurrency} cores, load ${load} before\n` +
      `| the net learns | frames | median | 95 % | 99 % | longest | under ${BUDGET} ms |\n` +
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
  );
  for (const [where, name] of NAMES) console.log(row(name, report[where]));
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** A row of the table. */
function row(name: string, times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) =>
    `${
      sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
        .toFixed(1)
    } ms`;
  const under = sorted.filter((time) => time < BUDGET).length / sorted.length;
  return `| ${name} | ${sorted.length} | ${at(0.5)} | ${at(0.95)} | ${
    at(0.99)
  } | ${at(1)} | ${(100 * under).toFixed(1)} % |`;
}
