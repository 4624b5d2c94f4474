/**
 * A folder served on loopback and a page of it opened in headless Chromium.
 *
 * @module
 */
import { extname, join } from "node:path";
export { findChromium } from "../../tests/browser/_chromium.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
};

/** Serves a folder, isolated across origins as threads ask for it. */
export async function serveFile(
  folder: string,
  request: Request,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  try {
    const body = await Deno.readFile(join(folder, decodeURIComponent(path)));
    return new Response(body, {
      headers: {
        "content-type": TYPES[extname(path)] ?? "application/octet-stream",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      },
    });
  } catch {
    return new Response("not found", { status: 404 });
  }
}

/** What a page posts to `/report`. */
export async function inChromiumAt(
  command: string,
  folder: string,
  page: string,
  patience: number,
  flags: readonly string[] = [],
): Promise<string> {
  const report = Promise.withResolvers<string>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/report") {
        report.resolve(await request.text());
        return new Response();
      }
      if (pathname !== "/try.html") return await serveFile(folder, request);
      return new Response(page, {
        headers: {
          "content-type": "text/html; charset=utf-8",
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        },
      });
    },
  );
  const profile = await Deno.makeTempDir();
  const child = new Deno.Command(command, {
    args: [
      "--headless",
      "--no-sandbox",
      "--no-first-run",
      ...flags,
      `--user-data-dir=${profile}`,
      `http://127.0.0.1:${server.addr.port}/try.html`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(
    () => report.reject(new Error("The page did not report")),
    patience,
  );
  try {
    return await report.promise;
  } finally {
    clearTimeout(timer);
    child.kill();
    await child.status;
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
}
