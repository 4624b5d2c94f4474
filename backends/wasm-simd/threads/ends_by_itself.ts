/**
 * A program that works on threads, reads in both ways, and ends.
 *
 * @module
 */

import { ones, setBackend } from "@tenfold/core";
import { ALL_PARTS } from "../all_parts.ts";
import { WasmSimd } from "../backend.ts";
import { probeFeatures } from "../features.ts";
import { LinearMemory } from "../memory.ts";

const memory = new LinearMemory(true);
const backend = new WasmSimd(probeFeatures(), memory, {
  threads: 2,
  parts: ALL_PARTS,
});
if (!backend.pool!.awaitStart(20_000)) throw new Error("No thread started");
await setBackend(backend);
const product = ones([256, 256]).matmul(ones([256, 256]));
const sync = product.dataSync();
const later = await product.data();
if (sync.some((x, i) => x !== later[i])) throw new Error("They differ");
console.log("done", product.sum().itemSync());
