import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bundle } from "./_bundle.ts";
import { findChromium, inChromium } from "./_chromium.ts";
import { differenceOf, type Report } from "./_curves.ts";
import type { PicturesReport } from "./_pictures_page.ts";
import type { StrictReport } from "./_strict_page.ts";

const PATIENCE_MS = 120_000;
const PAGE = fileURLToPath(new URL("./_page.ts", import.meta.url));

const STRICT = fileURLToPath(new URL("./_strict_page.ts", import.meta.url));
const PICTURES = fileURLToPath(
  new URL("./_pictures_page.ts", import.meta.url),
);
/** No code out of text, no WebAssembly. */
const POLICY =
  "default-src 'none'; script-src 'self' 'nonce-watch'; connect-src 'self'";

const chromium = findChromium();

// Outside of the test, as Bun gives a test five seconds.
const run = chromium
  ? await bundle(PAGE).then((script) =>
    inChromium(chromium, script, PATIENCE_MS)
  ).catch((error: Error) => JSON.stringify({ error: error.message }))
  : null;

const strict = chromium
  ? await bundle(STRICT).then((script) =>
    inChromium(chromium, script, PATIENCE_MS, POLICY)
  ).catch((error: Error) => JSON.stringify({ error: error.message }))
  : null;

const pictures = chromium
  ? await bundle(PICTURES).then((script) =>
    inChromium(chromium, script, PATIENCE_MS)
  ).catch((error: Error) => JSON.stringify({ failed: error.message }))
  : null;

describe("a page in Chromium", () => {
  if (run === null) {
    it("needs Chromium, which was not found", () => {
      assert(!process.env.CI, "CI has no Chromium: install chromium");
    });
    return;
  }

  it("trains nets on webgpu and on wasm-simd, and both agree", () => {
    const report: Report & { error?: string } = JSON.parse(run);
    assertEquals(report.error, undefined);
    const { losses, convolution, accuracy, growth } = report;
    for (const curve of [losses, convolution]) {
      const [there, here] = [curve["webgpu"]!, curve["wasm-simd"]!];
      const off = differenceOf(there, here);
      assert(off < 1e-3, `${there} differ from ${here} by ${off}`);
      assert(there.at(-1)! < there[0]! / 2, `the loss is ${there.at(-1)}`);
    }
    assertEquals(accuracy["webgpu"], accuracy["wasm-simd"]);
    for (const bytes of Object.values(growth)) assert(bytes <= 0);
  });

  it("trains on cpu-typedarray where its policy forbids WebAssembly and code out of text", () => {
    const report: StrictReport & { error?: string } = JSON.parse(strict!);
    assertEquals(report.error, undefined);
    assertEquals(report.backend, "cpu-typedarray");
    assert(report.reason?.includes("'wasm-unsafe-eval'"), report.reason);
    const [first, last] = report.losses;
    assert(last < first / 1000, `the loss is ${last}`);
  });

  it("decodes pictures to Pillow's pixels, here and in workers", () => {
    const report: PicturesReport & { failed?: string } = JSON.parse(pictures!);
    assertEquals(report.failed, undefined);
    const { off, classes, batches, alike, left, error } = report;
    for (const [name, most] of Object.entries(off)) {
      // A canvas keeps colours times their opacity, in 8 bits.
      const seen = name === "png rgba" || name === "png gray and alpha";
      assert(most <= (seen ? 3 : 0), `${name} is off by ${most}`);
    }
    assertEquals(Object.keys(off).length, 11);
    assertEquals(classes, ["jpeg", "png"]);
    assertEquals(batches.map(([, labels]) => labels), [
      [0, 0],
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 1],
      [1],
    ]);
    assertEquals(batches[0]![0], [2, 3, 14, 21]);
    assert(alike, "the worker's batches are others");
    assertEquals(left, 0);
    assert(error.startsWith("Cannot open an ImageFolder"), error);
  });
});
