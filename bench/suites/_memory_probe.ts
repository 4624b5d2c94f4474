/**
 * Trains in a process of its own: `_memory_probe.ts BACKEND NET`. Prints the
 * most bytes that tensors held, and that the process had, runtime and all.
 *
 * @module
 */
import { memory } from "@tenfold/tenfold";
import process from "node:process";
import { openBackend } from "../harness/open_backend.ts";
import { netNamed, trainingStep } from "./_nets.ts";

const STEPS = 10;

const [backend = "", name = ""] = process.argv.slice(2);
await openBackend(backend);
const training = trainingStep(netNamed(name));
for (let i = 0; i < STEPS; i++) {
  await training.run();
  await training.output()!.data();
}
const tensors = memory().peakBytes;
const resident = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ tensors, process: resident }));
process.exit(0);
