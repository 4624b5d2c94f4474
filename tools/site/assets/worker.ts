/**
 * Runs programs of the documentation in a worker of the page, so that the page
 * stays free and a program can be stopped.
 *
 * @module
 */
import { transform } from "sucrase";

/** A word from the worker: what a program shows, or how it ended. */
export type Word =
  | { readonly kind: "text" | "html" | "error"; readonly content: string }
  | { readonly kind: "done" };

const DISPLAY = Symbol.for("Jupyter.display");

interface WorkerScope {
  postMessage(word: Word): void;
  onmessage: ((event: MessageEvent<{ code: string }>) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;
const post = (word: Word) => scope.postMessage(word);

/** What programs have shown and is not yet written. */
let shown: Promise<void> = Promise.resolve();

for (const name of ["log", "info", "warn", "error", "debug"] as const) {
  console[name] = (...values: unknown[]) => {
    shown = shown.then(() => show(values)).catch(() => {});
  };
}

scope.onmessage = async ({ data: { code } }) => {
  try {
    const base = new URL("./modules.json", import.meta.url);
    const modules: Record<string, string> = await (await fetch(base)).json();
    const { code: script } = transform(code, {
      transforms: ["typescript"],
      disableESTransforms: true,
    });
    const linked = script.replace(
      /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(@[\w/-]+)\2/g,
      (whole, before: string, quote: string, name: string) =>
        name in modules
          ? `${before}${quote}${new URL(modules[name]!, base)}${quote}`
          : whole,
    );
    const url = URL.createObjectURL(
      new Blob([linked], { type: "text/javascript" }),
    );
    await import(url);
    URL.revokeObjectURL(url);
    await shown;
  } catch (error) {
    await shown;
    const { name = "Error", message = String(error) } = error as Error;
    const old = name === "SyntaxError" && /\busing\b/.test(code)
      ? " (this browser may not know `using`: write the block as tidy(() => { … }))"
      : "";
    post({ kind: "error", content: `${name}: ${message}${old}` });
  }
  post({ kind: "done" });
};

async function show(values: readonly unknown[]): Promise<void> {
  const [first] = values;
  if (
    values.length === 1 && typeof first === "object" && first !== null &&
    DISPLAY in first
  ) {
    const display = first[DISPLAY as keyof typeof first] as () => unknown;
    const told = await display.call(first) as Record<string, string>;
    const html = told["text/html"] ?? told["image/svg+xml"];
    if (html !== undefined) return post({ kind: "html", content: html });
  }
  if (values.length === 1 && typeof first === "string" && /^<svg/.test(first)) {
    return post({ kind: "html", content: first });
  }
  post({ kind: "text", content: values.map(asText).join(" ") });
}

function asText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const own = value.toString !== Object.prototype.toString &&
    !Array.isArray(value);
  if (own && !ArrayBuffer.isView(value)) return String(value);
  return JSON.stringify(
    ArrayBuffer.isView(value) ? [...value as Uint8Array] : value,
    (_, part) =>
      typeof part === "bigint" || Number.isNaN(part) || part === Infinity ||
        part === -Infinity
        ? String(part)
        : typeof part === "object" && part !== null && DISPLAY in part &&
            !Array.isArray(part)
        ? String(part)
        : part,
  )?.replaceAll(",", ", ") ?? String(value);
}
