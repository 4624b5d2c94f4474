import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundle } from "./_bundle.ts";
import { findChromium, inChromium } from "./_chromium.ts";
import type { Report } from "./_page.ts";

const PATIENCE_MS = 120_000;
const PAGE = fileURLToPath(new URL("./_page.ts", import.meta.url));

const chromium = findChromium();

// Outside of the test, as Bun gives a test five seconds.
const run = chromium
  ? await bundle(PAGE).then((script) =>
    inChromium(chromium, script, PATIENCE_MS)
  ).catch((error: Error) => JSON.stringify({ error: error.message }))
  : null;

describe("a page in Chromium", () => {
  if (run === null) {
    it("needs Chromium, which was not found", () => {
      assert(!process.env.CI, "CI has no Chromium: install chromium");
    });
    return;
  }

  it("trains a net on webgpu and on wasm-simd, and both agree", () => {
    const report: Report & { error?: string } = JSON.parse(run);
    assertEquals(report.error, undefined);
    const { losses, accuracy, growth } = report;
    const [there, here] = [losses["webgpu"]!, losses["wasm-simd"]!];
    assertEquals(there.length, here.length);
    there.forEach((loss, step) => {
      const off = Math.abs(loss - here[step]!) / here[step]!;
      assert(off < 1e-3, `step ${step}: ${loss} and ${here[step]}`);
    });
    assert(there.at(-1)! < there[0]! / 2, `the loss is ${there.at(-1)}`);
    assertEquals(accuracy["webgpu"], accuracy["wasm-simd"]);
    for (const bytes of Object.values(growth)) assert(bytes <= 0);
  });
});
