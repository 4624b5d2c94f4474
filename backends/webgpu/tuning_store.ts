/**
 * Where tunings are kept between runs: a file in the user's folder for caches on
 * Deno, Bun and Node, `localStorage` in browsers. Where neither may be used,
 * nothing is kept, and nobody is asked for permission.
 *
 * @module
 */

/** The name of the file, and of the item. */
const NAME = "tenfold-webgpu-tuning";

interface Runtime {
  getBuiltinModule(name: "node:fs"): {
    mkdirSync(path: string, options: { recursive: true }): void;
    readFileSync(path: string, encoding: "utf8"): string;
    writeFileSync(path: string, text: string): void;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Permissions {
  querySync(what: { name: string }): { state: string };
}

/** The text that is kept, and how another one is; null where nothing can be. */
interface Place {
  read(): string | null;
  write(text: string): void;
}

function place(): Place | null {
  const { process, Deno: deno, localStorage: items } = globalThis as {
    process?: Partial<Runtime>;
    Deno?: { permissions: Permissions };
    localStorage?: Storage;
  };
  if (process?.getBuiltinModule === undefined) {
    return items === undefined ? null : {
      read: () => items.getItem(NAME),
      write: (text) => items.setItem(NAME, text),
    };
  }
  for (const name of ["env", "read", "write"]) {
    if (deno && deno.permissions.querySync({ name }).state !== "granted") {
      return null;
    }
  }
  const fs = process.getBuiltinModule("node:fs");
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env!;
  const folder = XDG_CACHE_HOME ?? LOCALAPPDATA ??
    (HOME === undefined ? undefined : `${HOME}/.cache`);
  if (folder === undefined) return null;
  return {
    read: () => fs.readFileSync(`${folder}/${NAME}.json`, "utf8"),
    write(text) {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(`${folder}/${NAME}.json`, text);
    },
  };
}

function kept(): Record<string, unknown> {
  try {
    const all = JSON.parse(place()?.read() ?? "{}");
    return typeof all === "object" && all !== null ? all : {};
  } catch {
    // There is none yet, or another program has written something else.
    return {};
  }
}

/** What is kept for an adapter; undefined where there is nothing. */
export function readTuning(adapter: string): unknown {
  return kept()[adapter];
}

/** Keeps a tuning for an adapter, where that is possible. */
export function keepTuning(adapter: string, tuning: unknown): void {
  try {
    place()?.write(JSON.stringify({ ...kept(), [adapter]: tuning }));
  } catch {
    // A cache is no reason to fail.
  }
}
