/**
 * Runs every program of the built site in headless Chromium, each in a worker
 * of its own as the page's button does, and ends with `N passed, N failed`. A
 * program that several pages have runs once.
 *
 * `deno task docs:try [page]`, after `deno task docs:site`
 *
 * @module
 */
import { join } from "node:path";
import { findChromium, inChromiumAt } from "./chromium.ts";
import { ROOT } from "../pack/workspace.ts";

const folder = join(ROOT, "out", "site");
/** Which programs: those whose page begins with it, such as `api/nn`. */
const [wanted = ""] = Deno.args;
const chromium = findChromium();
if (!chromium) throw new Error("There is no Chromium");

/** The longest that a program may take, in milliseconds. */
const PATIENCE = 30_000;

/** How many programs a browser runs before it is started anew. */
const BATCH = 50;

interface Program {
  readonly name: string;
  readonly code: string;
}

interface Fault extends Program {
  readonly fault: string;
}

const text = await Deno.readTextFile(join(folder, "programs.json"));
const chosen = (JSON.parse(text) as Program[])
  .filter(({ name }) => name.startsWith(wanted));
const programs = [...new Map(chosen.map((it) => [it.code, it])).values()];

/** A page that runs some of the programs, two at a time. */
const page = (first: number): string =>
  `<!doctype html><meta charset="utf-8"><title>try</title>
<link rel="icon" href="data:,"><script type="module">
const queue = ${
    JSON.stringify(programs.slice(first, first + BATCH))
      .replaceAll("<", "\\u003c")
  };
const attempt = (code) => new Promise((resolve) => {
  const worker = new Worker("/assets/worker.js", { type: "module" });
  let fault = null;
  const end = (error) => { clearTimeout(timer); worker.terminate(); resolve(error); };
  const timer = setTimeout(() => end("did not end"), ${PATIENCE});
  worker.onerror = (event) => end(event.message || "the worker failed");
  worker.onmessage = ({ data }) => {
    if (data.kind === "error") fault = data.content;
    if (data.kind === "done") end(fault);
  };
  worker.postMessage({ code });
});
const faults = [];
await Promise.all([0, 1].map(async () => {
  for (let next; (next = queue.shift());) {
    const fault = await attempt(next.code);
    if (fault !== null) faults.push({ ...next, fault });
  }
}));
await fetch("/report", { method: "POST", body: JSON.stringify(faults) });
</script>`;

const began = performance.now();
let failed = 0;
for (let first = 0; first < programs.length; first += BATCH) {
  const report = await inChromiumAt(
    chromium,
    folder,
    page(first),
    // As long as if no program of it ended.
    BATCH / 2 * PATIENCE + 60_000,
  );
  const faults = JSON.parse(report) as Fault[];
  for (const { name, fault, code } of faults) {
    console.error(`${name}: ${fault}\n${code.replace(/^/gm, "    ")}\n`);
  }
  failed += faults.length;
  const done = Math.min(first + BATCH, programs.length);
  const seconds = Math.round((performance.now() - began) / 1000);
  console.error(`${done} of ${programs.length} programs, ${seconds} s`);
}
console.log(`${programs.length - failed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);
