/**
 * Playwright, as far as it is used here. It is installed into a folder of its
 * own, so that nobody else installs it.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import type { HandedFile } from "./digit_files.ts";

/** How long a busy machine may take for any step, in milliseconds. */
export const PATIENCE = 180_000;

/** A part of a page. */
export interface Locator {
  click(): Promise<void>;
  fill(text: string): Promise<void>;
  focus(): Promise<void>;
  selectOption(value: string): Promise<unknown>;
  setInputFiles(files: string | readonly HandedFile[]): Promise<void>;
  innerText(): Promise<string>;
  scrollIntoViewIfNeeded(): Promise<void>;
  boundingBox(): Promise<
    { x: number; y: number; width: number; height: number } | null
  >;
}

/** A page. */
export interface Page {
  on(
    event: "console",
    hear: (message: { type(): string; text(): string }) => void,
  ): void;
  on(event: "pageerror", hear: (error: Error) => void): void;
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  close(): Promise<void>;
  evaluate<T>(script: string): Promise<T>;
  addInitScript(script: string): Promise<unknown>;
  waitForSelector(selector: string): Promise<unknown>;
  waitForEvent(name: "download"): Promise<{ path(): Promise<string> }>;
  screenshot(options: { path: string; fullPage: boolean }): Promise<unknown>;
  locator(selector: string): Locator;
  readonly keyboard: { press(key: string): Promise<void> };
  readonly mouse: {
    move(x: number, y: number, options: { steps: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
}

/** A browser. */
export interface Browser {
  newPage(
    options?: { viewport: { width: number; height: number } },
  ): Promise<Page>;
  close(): Promise<void>;
}

/** Begins the Chromium of this machine, with WebGPU on a software adapter. */
export async function openChromium(
  modules: string,
  command: string,
): Promise<Browser> {
  const { chromium } = createRequire(join(modules, "index.js"))(
    "playwright-core",
  );
  const browser = await chromium.launch({
    executablePath: whole(command),
    args: ["--no-sandbox", "--enable-unsafe-webgpu"],
    timeout: PATIENCE,
  });
  return {
    async newPage(options) {
      const page = await browser.newPage(options);
      page.setDefaultTimeout(PATIENCE);
      return page;
    },
    close: () => browser.close(),
  };
}

/** The path of a command, which Playwright does not look for. */
function whole(command: string): string {
  if (command.includes("/")) return command;
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = join(folder, command);
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // It is in another one.
    }
  }
  throw new Error(`No ${command}`);
}
