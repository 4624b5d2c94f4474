import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFile } from "node:fs/promises";
import * as core from "@tenfold/core";
import * as backend from "@tenfold/core/backend";
import * as internal from "@tenfold/core/internal";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");

/** Every public name of commit 4f1479c, before there were two doors. */
const NAMES: { readonly [entry: string]: readonly string[] } = JSON.parse(
  await read("tests/names_4f1479c.json"),
);

/** All that a module exports: values and types, its own and others'. */
async function exportsOf(path: string): Promise<Set<string>> {
  const code = (await read(path)).replace(/\/\*[^]*?\*\//g, "");
  const names = new Set<string>();
  const named = /export (?:type )?\{([^}]*)\}/g;
  for (const [, list] of code.matchAll(named)) {
    for (const item of list!.split(",")) {
      const name = item.trim().replace(/^type /, "").split(" as ").at(-1)!;
      if (name !== "") names.add(name);
    }
  }
  const own =
    /export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|\* as) (\w+)/g;
  for (const [, name] of code.matchAll(own)) names.add(name!);
  const all = /export (?:type )?\* from "(\.[^"]+)"/g;
  for (const [, other] of code.matchAll(all)) {
    const file = new URL(other!, new URL(path, root)).href.slice(
      root.href.length,
    );
    for (const name of await exportsOf(file)) names.add(name);
  }
  return names;
}

const ENTRIES = {
  "@tenfold/core/backend": "core/backend_mod.ts",
  "@tenfold/core/internal": "core/internal.ts",
};

/** The names in the paragraph of the changelog that begins with some words. */
function listed(changelog: string, words: string): string[] {
  const text = changelog.replace(/\n {2}/g, " ");
  const line = text.split("\n").find((line) => line.startsWith(`- ${words}`));
  assert(line !== undefined, `the changelog lacks: ${words}`);
  const names = line.slice(line.lastIndexOf(": ")).matchAll(/`(\w+)`/g);
  return [...names].map(([, name]) => name!);
}

describe("public names of 4f1479c", () => {
  it("are exported still, or the changelog says where they are", async () => {
    const changelog = await read("CHANGELOG.md");
    const gone: string[] = [];
    for (const [entry, names] of Object.entries(NAMES)) {
      const now = await exportsOf(`${entry}/mod.ts`);
      for (const name of names) {
        if (!now.has(name)) gone.push(name);
        if (!now.has(name) && !changelog.includes(`\`${name}\``)) {
          assert(false, `${name} of ${entry} is gone, and no change says so`);
        }
      }
    }
    // Not all of it, or none would be found.
    assert(gone.length > 0 && gone.length < 100, String(gone.length));
  });

  it("that moved are where the changelog says", async () => {
    const changelog = await read("CHANGELOG.md");
    for (const [door, file] of Object.entries(ENTRIES)) {
      const there = await exportsOf(file);
      const moved = listed(
        changelog,
        `Moved from \`@tenfold/core\` to \`${door}\``,
      );
      assertEquals(moved.filter((name) => !there.has(name)), []);
    }
  });

  it("that are deprecated work, and say so once", async () => {
    const changelog = await read("CHANGELOG.md");
    const { warn } = console;
    for (
      const [words, door, module] of [
        [
          "Deprecated in `@tenfold/core`: ",
          "@tenfold/core/backend",
          backend,
        ],
        [
          "Deprecated in `@tenfold/core` likewise",
          "@tenfold/core/internal",
          internal,
        ],
      ] as const
    ) {
      for (const name of listed(changelog, words)) {
        const said: string[] = [];
        console.warn = (text: string) => said.push(text);
        try {
          const [old, now] = [core, module].map((from) =>
            Reflect.get(from, name) as (...args: unknown[]) => unknown
          );
          for (let i = 0; i < 2; i++) {
            assertEquals(outcome(old!), outcome(now!), name);
          }
        } finally {
          console.warn = warn;
        }
        assertEquals(said, [
          `${name} of @tenfold/core is deprecated and will be removed in 0.3: import { ${name} } from "${door}"`,
        ]);
      }
    }
  });
});

/** What a function gives, or says, for numbers. */
function outcome(run: (...args: unknown[]) => unknown): string {
  try {
    const result = run(1, 2, 3);
    if (result instanceof Promise) result.catch(() => {});
    return typeof result === "object" ? JSON.stringify(result) : String(result);
  } catch (error) {
    return String(error);
  }
}
