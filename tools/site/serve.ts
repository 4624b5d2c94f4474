/**
 * Serves the built site on loopback.
 *
 * `deno task docs:serve [port]` (default: 8000)
 *
 * @module
 */
import { join } from "node:path";
import { ROOT } from "../pack/workspace.ts";
import { serveFile } from "./chromium.ts";

Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8000) },
  (request) => serveFile(join(ROOT, "out", "site"), request),
);
