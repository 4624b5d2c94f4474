/**
 * A server of static files on loopback, with the headers of a test.
 *
 * @module
 */
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
};

/** What makes a page cross-origin isolated. */
export const ISOLATED: Readonly<Record<string, string>> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** A policy without code out of text; where `wasm`, with WebAssembly. */
export function policy(wasm: boolean): Readonly<Record<string, string>> {
  const script = wasm ? "'self' 'wasm-unsafe-eval'" : "'self'";
  return {
    "content-security-policy":
      `default-src 'none'; script-src ${script}; style-src 'self'; ` +
      "img-src 'self' data:; connect-src 'self'; worker-src 'self' blob:",
  };
}

/** Serves a folder until it is disposed. */
export function serve(
  folder: string,
  headers: Readonly<Record<string, string>>,
): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
      try {
        const bytes = await Deno.readFile(join(folder, normalize(path)));
        const type = TYPES[extname(path)] ?? "application/octet-stream";
        return new Response(bytes, {
          headers: { "content-type": type, ...headers },
        });
      } catch {
        return new Response("not found", { status: 404 });
      }
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
