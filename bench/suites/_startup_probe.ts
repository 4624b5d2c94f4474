/**
 * Measures its own start: `_startup_probe.ts BACKEND`. Prints nanoseconds
 * since before the import, and the processor time of the whole process.
 *
 * @module
 */
import process from "node:process";

const [backend = ""] = process.argv.slice(2);
const begin = performance.now();
const sinceBegin = () => (performance.now() - begin) * 1e6;

const { ones } = await import("@tenfold/tenfold");
const imported = sinceBegin();

const { openBackend } = await import("../harness/open_backend.ts");
await openBackend(backend);
const three = await ones([2]).add(2).data();
const operation = sinceBegin();

const { netNamed, trainingStep } = await import("./_nets.ts");
const step = trainingStep(netNamed("784-50-10, batch 64, SGD"));
await step.run();
const loss = await step.output()!.data();
const stepped = sinceBegin();

if (three[0] !== 3 || !Number.isFinite(loss[0])) {
  throw new Error(`Cannot trust the start: got ${three[0]} and ${loss[0]}`);
}
const { user, system } = process.cpuUsage();
const ownMs = (user + system) / 1000;
console.log(
  JSON.stringify({ import: imported, operation, step: stepped, ownMs }),
);
process.exit(0);
