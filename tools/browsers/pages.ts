/**
 * Opens what a bundler made, under the policies that pages have.
 *
 * @module
 */
import { join } from "node:path";
import { type Browser, PATIENCE } from "./playwright.ts";
import { ISOLATED, policy, serve } from "./serve.ts";
import { check } from "./waiting.ts";

interface Report {
  readonly failed?: string;
  readonly loss: number;
  readonly backend: string;
  readonly backends: { name: string; available: boolean; reason?: string }[];
  readonly isolated: boolean;
  readonly released: string;
  readonly disposes: boolean;
  readonly worker: {
    readonly doubled: number[];
    readonly sum: number;
    readonly error: string;
    readonly stack: string;
    readonly stopped: string;
    /** The tensors of the checkpoint that a job left which was stopped. */
    readonly kept: readonly string[];
    /** Epochs that had to be done once more. */
    readonly lost: number;
    /** Epochs beyond the stop. */
    readonly last: number;
  } | null;
}

/** Modules that only Node has, as bundles name them. */
const NODE_ONLY =
  /(?:\brequire\(|\bfrom\s*|\bimport\s*\(?\s*)["'](?:node:\w+|fs|path|os|tty|readline|worker_threads)["']/;

/** What threads of Node run, as text that browsers leave alone. */
const THREAD_OF_NODE = 'work(require("node:worker_threads").workerData)';

/** Looks at the text of all scripts. */
export async function readScripts(folder: string): Promise<string> {
  let bytes = 0;
  const look = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) await look(path);
      if (!/\.m?js$/.test(name)) continue;
      const text = (await Deno.readTextFile(path))
        .replaceAll(THREAD_OF_NODE, "");
      bytes += text.length;
      const found = NODE_ONLY.exec(text);
      check(found === null, `${name} asks for ${found?.[0]}`);
      const external = /\bfrom\s*["'](?![./])[^"']+["'];/.exec(
        text.slice(0, 2000),
      );
      check(external === null, `${name} leaves ${external?.[0]} out`);
    }
  };
  await look(folder);
  return `${Math.round(bytes / 1000)} KB of scripts`;
}

/** An engine that has no `using` yet. */
const WITHOUT_DISPOSE = `{
  const native = Symbol;
  const shown = function Symbol(description) {
    return native(description);
  };
  for (const key of Reflect.ownKeys(native)) {
    if (["dispose", "asyncDispose", "length", "name"].includes(key)) continue;
    const property = Object.getOwnPropertyDescriptor(native, key);
    Object.defineProperty(shown, key, property);
  }
  globalThis.Symbol = shown;
}`;

/** One way to open a page. */
export interface Opening {
  readonly name: string;
  readonly isolated: boolean;
  /** Whether the policy lets WebAssembly in. */
  readonly wasm: boolean;
  /** Whether the engine knows `Symbol.dispose`. */
  readonly dispose: boolean;
}

export const OPENINGS: readonly Opening[] = [
  { name: "isolated", isolated: true, wasm: true, dispose: true },
  { name: "not isolated", isolated: false, wasm: true, dispose: true },
  { name: "no WebAssembly", isolated: false, wasm: false, dispose: true },
  { name: "no Symbol.dispose", isolated: true, wasm: true, dispose: false },
];

/** Opens the page of a folder, and looks at what it reports. */
export async function openPage(
  browser: Browser,
  folder: string,
  { isolated, wasm, dispose }: Opening,
): Promise<string> {
  await using server = serve(folder, {
    ...policy(wasm),
    ...isolated ? ISOLATED : {},
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  if (!dispose) await page.addInitScript(WITHOUT_DISPOSE);
  await page.goto(server.url);
  const late = Date.now() + PATIENCE;
  let text: string | null = null;
  while (text === null) {
    if (Date.now() > late || errors.length > 0) {
      throw new Error(`no report: ${errors.join("; ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    text = await page.evaluate<string | null>(
      "globalThis.tenfoldReport ?? null",
    );
  }
  await page.close();
  const report: Report = JSON.parse(text);
  check(report.failed === undefined, report.failed ?? "");
  check(report.isolated === isolated, `isolated: ${report.isolated}`);
  const wanted = wasm ? "wasm-simd" : "cpu-typedarray";
  check(report.backend === wanted, `it computes on ${report.backend}`);
  check(report.loss < 1e-3, `the loss is ${report.loss}`);
  check(report.released === "ReleasedError", `${report.released}`);
  check(report.disposes, "using does not find how to release a tensor");
  const why = report.backends.find(({ name }) => name === "wasm-simd")!;
  if (!wasm) {
    check(!!why.reason?.includes("'wasm-unsafe-eval'"), `${why.reason}`);
  }
  const { worker } = report;
  check(`${worker?.doubled}` === "2,4,8", `it doubled ${worker?.doubled}`);
  check(worker?.sum === 7, `the sum is ${worker?.sum}`);
  check(worker?.error === "RangeError: nothing is right", `${worker?.error}`);
  check(
    /nothing is right\n\s+at .*https?:/.test(worker!.stack),
    `the stack is ${worker?.stack}`,
  );
  const { stopped, kept, lost, last } = worker!;
  check(stopped === "AbortError", stopped);
  check(kept.includes("model.weight"), `the checkpoint has ${kept}`);
  check(lost >= 0 && lost <= 1 && last === 3, `lost ${lost}, then ${last}`);
  return `${report.backend}${why.reason ? ` (${why.reason})` : ""}`;
}
