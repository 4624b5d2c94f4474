/**
 * Prints which backends there are, each opened once: all that are registered,
 * or those that are named.
 *
 * @module
 */
import {
  type BackendStatus,
  currentBackend,
  listBackends,
  probeBackends,
} from "@tenfold/tenfold";
import process from "node:process";
import { errorText } from "./channel.ts";
import { baseName, openBackend } from "./open_backend.ts";

async function status(name: string): Promise<BackendStatus> {
  try {
    await openBackend(name);
    const { notice } = currentBackend();
    return { name, available: true, ...(notice ? { reason: notice } : {}) };
  } catch (error) {
    return { name, available: false, reason: errorText(error) };
  }
}

const wanted = process.argv.slice(2);
const known = listBackends().map(({ name }) => name);
const unknown = wanted.find((name) => !known.includes(baseName(name)));
const answer = unknown === undefined
  ? {
    backends: wanted.length === 0
      ? await probeBackends()
      : await Promise.all(wanted.map(status)),
  }
  : { unknown, known };
console.log(JSON.stringify(answer));
process.exit(0);
