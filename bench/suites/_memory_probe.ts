/**
 * Trains in a process of its own: `_memory_probe.ts BACKEND NET`. Prints the
 * most bytes that tensors held, and by how much the process grew.
 *
 * @module
 */
import { memory, setBackend } from "@tenfold/tenfold";
import process from "node:process";
import { netNamed, trainingStep } from "./_nets.ts";

const STEPS = 10;

const [backend = "", name = ""] = process.argv.slice(2);
await setBackend(backend);
const before = residentPeak();
const training = trainingStep(netNamed(name));
for (let i = 0; i < STEPS; i++) {
  await training.run();
  await training.output()!.data();
}
const tensors = memory().peakBytes;
console.log(JSON.stringify({ tensors, process: residentPeak() - before }));
process.exit(0);

/** The most memory that the process had so far, in bytes. */
function residentPeak(): number {
  return process.resourceUsage().maxRSS * 1024;
}
