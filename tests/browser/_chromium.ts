/**
 * Runs a script in a headless Chromium and waits for what it reports.
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** The command of a Chromium, or null where there is none. */
export function findChromium(): string | null {
  const names = process.env.CHROMIUM ? [process.env.CHROMIUM] : NAMES;
  return names.find((name) =>
    spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0
  ) ?? null;
}

/** Posts what goes wrong before the script can. */
const WATCH = `const post = (error) => fetch("/report", {
  method: "POST",
  body: JSON.stringify({ error }),
});
addEventListener("error", ({ message, filename, lineno }) =>
  post(message ? message + " at " + filename + ":" + lineno
    : "the script did not load"), true);
addEventListener("unhandledrejection", ({ reason }) =>
  post(String(reason?.stack ?? reason)));`;

/** A page of one script, under a policy, and the one report that it posts. */
function serve(script: string, policy: string | null): {
  port: Promise<number>;
  report: Promise<string>;
  close: () => void;
} {
  const page = '<!doctype html><meta charset="utf-8"><title>test</title>' +
    `<link rel="icon" href="data:,"><script nonce="watch">${WATCH}</script>` +
    '<script type="module" src="/page.js"></script>';
  const report = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request.on("data", (data) => body += data);
      request.on("end", () => {
        response.end();
        report.resolve(body);
      });
      return;
    }
    const isScript = request.url === "/page.js";
    const type = isScript ? "text/javascript" : "text/html";
    response.setHeader("content-type", `${type}; charset=utf-8`);
    if (policy) response.setHeader("content-security-policy", policy);
    response.end(isScript ? script : page);
  });
  const port = new Promise<number>((resolve) =>
    server.listen(
      0,
      "127.0.0.1",
      () => resolve((server.address() as AddressInfo).port),
    )
  );
  return {
    port,
    report: report.promise,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Opens a page that holds `script` in Chromium, which has WebGPU on a software
 * adapter there, and gives what it posts to `/report`. The page is under a
 * Content-Security-Policy, if one is given.
 */
export async function inChromium(
  command: string,
  script: string,
  patienceMs: number,
  policy: string | null = null,
): Promise<string> {
  const server = serve(script, policy);
  const profile = await mkdtemp(join(tmpdir(), "tenfold-browser-"));
  const child = spawn(command, [
    "--headless",
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--no-first-run",
    `--user-data-dir=${profile}`,
    `http://127.0.0.1:${await server.port}/`,
  ], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data) => errors += data);
  const ended = new Promise<void>((resolve) =>
    child.on("close", () => resolve())
  );
  const failed = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on(
      "close",
      (status) =>
        reject(new Error(`${command} ended with ${status}: ${errors}`)),
    );
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The page did not report: ${errors}`)),
      patienceMs,
    );
  });
  try {
    return await Promise.race([server.report, failed, late]);
  } finally {
    clearTimeout(timer);
    failed.catch(() => {});
    child.kill();
    await ended;
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
