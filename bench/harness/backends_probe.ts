/**
 * Prints which backends there are, each opened once.
 *
 * @module
 */
import { probeBackends } from "@tenfold/tenfold";
import process from "node:process";

console.log(JSON.stringify(await probeBackends()));
process.exit(0);
