/**
 * What the tests on Dawn need: the npm package `webgpu` in a folder of its own,
 * and a software adapter that Dawn accepts.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { output } from "../browsers/run.ts";
import { findChromium } from "../../tests/browser/_chromium.ts";

/** The version that is tested. */
const PACKAGE = "webgpu@0.6.2";

/** Installs the package; gives the variables by which programs find it. */
export async function installDawn(
  folder: string,
): Promise<Record<string, string>> {
  await Deno.writeTextFile(join(folder, "package.json"), "{}");
  await output(folder, [
    ...["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"],
    PACKAGE,
  ]);
  return {
    NODE_PATH: join(folder, "node_modules"),
    ...await adapterOf(),
  };
}

/**
 * The driver of the adapter: that of the environment, or SwiftShader, which
 * comes with Chromium. Dawn refuses the lavapipe of Mesa 22.
 */
async function adapterOf(): Promise<Record<string, string>> {
  if (Deno.env.get("VK_ICD_FILENAMES")) return {};
  const name = "vk_swiftshader_icd.json";
  const folders = [
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/opt/google/chrome",
  ];
  const chromium = findChromium();
  if (chromium?.startsWith("/")) {
    folders.unshift(dirname(await Deno.realPath(chromium)));
  }
  for (const folder of folders) {
    const path = join(folder, name);
    const found = await Deno.stat(path).catch(() => null);
    if (found) return { VK_ICD_FILENAMES: path };
  }
  throw new Error(
    `No ${name} in ${
      folders.join(", ")
    }: install chromium, or name the driver of an adapter by VK_ICD_FILENAMES`,
  );
}
