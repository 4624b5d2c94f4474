/**
 * Bundles a page and its worker by esbuild, Bun, Vite and Deno out of the
 * packages for npm, opens each in Chromium under a strict policy, isolated or
 * not, and uses the playground and the documentation. The last line is
 * `N passed, N failed`.
 *
 * `deno task test:browsers [bundlers|playground|site…]`
 *
 * @module
 */
import { join } from "node:path";
import { bundlersOf } from "./browsers/bundlers.ts";
import { OPENINGS, openPage, readScripts } from "./browsers/pages.ts";
import { tryPlayground } from "./browsers/playground.ts";
import { type Browser, openChromium } from "./browsers/playwright.ts";
import { output, viteBuild } from "./browsers/run.ts";
import { trySite } from "./browsers/site.ts";
import { weighPlayground } from "./browsers/weigh.ts";
import { readPackages, ROOT } from "./pack/workspace.ts";
import { findChromium } from "../tests/browser/_chromium.ts";

const NPM = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"];

/** What is installed into a folder of its own. */
const TOOLS = ["esbuild@0.28.2", "vite@8.3.8", "playwright-core@1.65.1"];

const all = Deno.args.length === 0;
const wants = (name: string) => all || Deno.args.includes(name);
const chromium = findChromium();
if (chromium === null) throw new Error("No Chromium: install chromium");

const folder = await Deno.makeTempDir({ prefix: "tenfold-browsers-" });
let passed = 0;
let failed = 0;
try {
  await Deno.writeTextFile(join(folder, "package.json"), "{}");
  await output(folder, [...NPM, ...TOOLS]);
  const browser = await openChromium(join(folder, "node_modules"), chromium);
  try {
    if (wants("bundlers")) await tryBundlers(browser);
    const pictures = join(ROOT, "out");
    await Deno.mkdir(pictures, { recursive: true });
    if (wants("playground")) {
      const built = join(folder, "playground");
      const done = await attempt("playground: builds", async () => {
        await viteBuild(ROOT, [
          join(folder, "node_modules/.bin/vite"),
          "build",
          "--logLevel=warn",
          "examples/playground",
          `--outDir=${built}`,
        ]);
        return await weighPlayground(built);
      });
      if (done) {
        await attempt(
          "playground: used",
          () => tryPlayground(browser, built, pictures),
        );
      }
    }
    if (wants("site")) {
      const built = join(folder, "site");
      const done = await attempt("site: builds", async () => {
        const build = ["run", "-A", "tools/site/build.ts", built];
        const text = await output(ROOT, [Deno.execPath(), ...build]);
        return text.trim().replace(/: .*/, "");
      });
      if (done) {
        await attempt("site: used", () => trySite(browser, built, pictures));
      }
    }
  } finally {
    await browser.close();
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed > 0 ? 1 : 0);

/** Makes a page by each bundler, and opens it in each way. */
async function tryBundlers(browser: Browser): Promise<void> {
  const from = join(folder, "from");
  await install(from);
  for (const { name, bundle } of bundlersOf(folder)) {
    const to = join(folder, name.replace(" ", "-"));
    await Deno.mkdir(to);
    const done = await attempt(`${name}: bundles`, async () => {
      await bundle(from, to);
      return await readScripts(to);
    });
    if (!done) continue;
    for (const opening of OPENINGS) {
      await attempt(
        `${name}: ${opening.name}`,
        () => openPage(browser, to, opening),
      );
    }
  }
}

/** Puts the page, its worker and the packages into a folder. */
async function install(from: string): Promise<void> {
  const tarballs = join(folder, "tarballs");
  await output(ROOT, [
    Deno.execPath(),
    "run",
    "-A",
    "tools/pack.ts",
    tarballs,
  ]);
  await Deno.mkdir(from);
  const packages = Object.fromEntries(
    (await readPackages()).map(({ name, version }) => {
      const file = `${name.slice(1).replace("/", "-")}-${version}.tgz`;
      return [name, `file:${join(tarballs, file)}`];
    }),
  );
  const umbrella = "@tenfold/tenfold";
  await Deno.writeTextFile(
    join(from, "package.json"),
    JSON.stringify({
      type: "module",
      dependencies: { [umbrella]: packages[umbrella] },
      overrides: packages,
    }),
  );
  for (const name of ["page.mjs", "worker.mjs"]) {
    await Deno.copyFile(join(ROOT, "tests/pages", name), join(from, name));
  }
  await output(from, NPM);
}

async function attempt(
  title: string,
  work: () => Promise<string>,
): Promise<boolean> {
  try {
    console.log(`ok      ${title}: ${await work()}`);
    passed++;
    return true;
  } catch (error) {
    console.log(`FAILED  ${title}: ${(error as Error).message}`);
    failed++;
    return false;
  }
}
