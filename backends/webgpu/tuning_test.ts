import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { FakeGpu } from "./device/testing.ts";
import { assertSame, normal } from "./kernels/testing.ts";
import { webgpu } from "./open.ts";
import { describeWithAdapter, openWith } from "./testing.ts";
import { isTuning, tunedTile } from "./tuning.ts";

/**
 * Runs tests with a folder for caches of their own, where no driver keeps its
 * shaders meanwhile.
 */
function withCache(): () => string {
  const known = process.env["XDG_CACHE_HOME"];
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tenfold-"));
    process.env["XDG_CACHE_HOME"] = folder;
  });
  afterEach(() => {
    if (known === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = known;
    rmSync(folder, { recursive: true });
  });
  return () => join(folder, "tenfold-webgpu-tuning.json");
}

describe("a tuning", () => {
  const file = withCache();

  it("has a tile for each class of products", () => {
    const tuning = { tiles: [8, null, 16] };
    assertEquals(tunedTile(tuning, 2 ** 25), 8);
    assertEquals(tunedTile(tuning, 2 ** 26), null);
    assertEquals(tunedTile(tuning, 2 ** 29), 16);
    assertEquals(tunedTile(null, 2 ** 25), null);
  });

  it("is refused where it is that of another kind of device", () => {
    assert(isTuning({ tiles: [8, null, 16] }, true));
    for (
      const wrong of [
        { tiles: [8, null, 16] },
        { tiles: [8] },
        { tiles: 8 },
        null,
        "tiles",
      ]
    ) assert(!isTuning(wrong, false), JSON.stringify(wrong));
  });

  it("is not measured, nor read, unless that is asked for", async () => {
    const notice = "runs on a fake";
    writeFileSync(file(), JSON.stringify({ [notice]: { tiles: [8, 16, 16] } }));
    const usual = await webgpu({ gpu: new FakeGpu().gpu });
    assertEquals(usual.tuning, null);
    usual.dispose();
    const tuned = await webgpu({ gpu: new FakeGpu().gpu, tune: true });
    assertEquals(tuned.tuning, { tiles: [8, 16, 16] });
    tuned.dispose();
  });

  it("is measured where what was kept cannot be read, and kept for its adapter", async () => {
    for (const text of ["not JSON", "[]", '{"runs on a fake":{"tiles":[3]}}']) {
      writeFileSync(file(), text);
      const fake = new FakeGpu();
      const backend = await webgpu({ gpu: fake.gpu });
      const found = await backend.tune({ milliseconds: 1 });
      assertEquals(backend.tuning, found);
      const kept = JSON.parse(readFileSync(file(), "utf8"));
      assertEquals(kept["runs on a fake"], found);
      backend.dispose();
    }
  });

  it("refuses wrong options", async () => {
    const backend = await webgpu({ gpu: new FakeGpu().gpu });
    await assertRejects(
      () => backend.tune({ milliseconds: 0 }),
      RangeError,
      "milliseconds",
    );
    await assertRejects(() => backend.tune({ seconds: 1 } as never), TypeError);
    assertEquals(backend.tuning, null);
    backend.dispose();
  });
});

describeWithAdapter("webgpu after tuning", () => {
  it("multiplies as before", async () => {
    const backend = await openWith();
    const { buffers } = backend.counters;
    const { tiles } = await backend.tune({ milliseconds: 6, keep: false });
    assertEquals(tiles.length, 3);
    assert(tiles[0] !== null);
    assertEquals(backend.tuning, { tiles });
    assertEquals(backend.counters.buffers, buffers);
    await assertSame(
      backend,
      [normal(132, 140), normal(140, 136)],
      (a, b) => [a.matmul(b), a.t().matmul(a), b.matmul(b.t())],
      1e-5,
    );
    backend.dispose();
  });
});
