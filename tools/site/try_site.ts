/**
 * Runs every program of the built site in headless Chromium, each in a worker
 * of its own as the page's button does, and ends with `N passed, N failed`.
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

const PAGE = `<!doctype html><meta charset="utf-8"><title>try</title>
<link rel="icon" href="data:,"><script type="module">
const wanted = ${JSON.stringify(wanted)};
const programs = (await (await fetch("/programs.json")).json())
  .filter(({ name }) => name.startsWith(wanted));
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
const queue = [...programs];
await Promise.all([0, 1].map(async () => {
  for (let next; (next = queue.shift());) {
    const fault = await attempt(next.code);
    if (fault !== null) faults.push({ name: next.name, fault, code: next.code });
  }
}));
await fetch("/report", { method: "POST", body: JSON.stringify({ count: programs.length, faults }) });
</script>`;

const { count, faults } = JSON.parse(
  await inChromiumAt(chromium, folder, PAGE, 1_200_000),
) as {
  count: number;
  faults: { name: string; fault: string; code: string }[];
};
for (const { name, fault, code } of faults) {
  console.error(`${name}: ${fault}\n${code.replace(/^/gm, "    ")}\n`);
}
console.log(`${count - faults.length} passed, ${faults.length} failed`);
if (faults.length > 0) Deno.exit(1);
