import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { newCounters } from "./counters.ts";
import { DeferredErrors } from "./deferred_errors.ts";
import { Pipelines } from "./pipelines.ts";
import { makeGroupLayout } from "./program.ts";
import { FakeGpu } from "./testing.ts";

/** Pipelines of a device without an adapter. */
function open() {
  const { device } = new FakeGpu();
  const counters = newCounters();
  const pipelines = new Pipelines(
    device,
    new DeferredErrors(device),
    counters,
  );
  const layout = makeGroupLayout(device, [true], 256);
  const get = (code: string) => pipelines.get(code, layout, "test");
  const warm = (code: string) => pipelines.warm(code, layout, "test");
  return { counters, pipelines, get, warm };
}

describe("the pipelines that webgpu keeps", () => {
  it("are compiled once for each shader", async () => {
    const { counters, get, warm } = open();
    await warm("a");
    const [a, b] = [get("a"), get("b")];
    assert(get("a") === a && get("b") === b && a !== b);
    await warm("b");
    assertEquals(counters.pipelines, 2);
  });

  it("are bounded, and those asked for last stay", async () => {
    const { counters, pipelines, get, warm } = open();
    const often = get("often");
    for (let i = 0; i < 5000; i++) {
      if (i % 2 === 0) get(`shader ${i}`);
      else await warm(`shader ${i}`);
      assert(get("often") === often);
    }
    assert(pipelines.kept <= 512, `${pipelines.kept}`);
    assertEquals(counters.pipelines, 5001);
    get("shader 4999");
    assertEquals(counters.pipelines, 5001);
    get("shader 0");
    assertEquals(counters.pipelines, 5002);
  });
});
