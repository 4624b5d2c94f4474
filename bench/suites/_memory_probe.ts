/**
 * Trains in a process of its own: `_memory_probe.ts BACKEND NET`. Prints the
 * most bytes that tensors held, and that the process had, runtime and all. Of a
 * compiled step, whose first call runs eagerly, the tensors of later calls count.
 *
 * @module
 */
import { compile, memory } from "@tenfold/tenfold";
import process from "node:process";
import { openBackend } from "../harness/open_backend.ts";
import { COMPILED, netNamed, trainingStep } from "./_nets.ts";

const STEPS = 10;

const [backend = "", name = ""] = process.argv.slice(2);
await openBackend(backend);
const compiles = name.endsWith(COMPILED);
const net = netNamed(compiles ? name.slice(0, -COMPILED.length) : name);
const training = trainingStep(net, (step) => compiles ? compile(step) : step);
if (compiles) {
  await training.run();
  memory({ resetPeak: true });
}
for (let i = 0; i < STEPS; i++) {
  await training.run();
  await training.output()!.data();
}
const tensors = memory().peakBytes;
const resident = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ tensors, process: resident }));
process.exit(0);
