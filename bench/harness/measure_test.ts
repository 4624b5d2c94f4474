import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { sample, warmUp, watchMachine } from "./measure.ts";

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("warmUp() and sample()", () => {
  it("time a slow call by itself", async () => {
    let calls = 0;
    const warm = await warmUp(() => {
      calls++;
      spin(2);
    }, 5);
    assertEquals(warm.callsPerSample, 1);
    const before = calls;
    const samples = await sample(warm, { budgetMs: 5, minSamples: 3 });
    assertGreater(calls, before);
    assert(samples.length >= 3);
    assert(samples.every((ns) => ns >= 2e6));
  });

  it("time many quick calls as one sample", async () => {
    let sum = 0;
    const warm = await warmUp(() => {
      sum += Math.sqrt(sum + 1);
    }, 5);
    assertGreater(warm.callsPerSample, 100);
    const samples = await sample(warm, { budgetMs: 5, minSamples: 2 });
    assert(samples.every((ns) => ns > 0 && ns < 1e5));
    assertGreater(sum, 0);
  });

  it("wait for calls that give promises", async () => {
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
    const warm = await warmUp(pause, 1);
    const samples = await sample(warm, { budgetMs: 1, minSamples: 2 });
    assert(samples.every((ns) => ns > 1e6));
  });

  it("wait once for many calls that are queued", async () => {
    let [calls, waits, queued, most] = [0, 0, 0, 0];
    const warm = await warmUp(
      () => {
        calls++;
        most = Math.max(most, ++queued);
      },
      1,
      () => {
        waits++;
        spin(0.05 * queued);
        queued = 0;
        return Promise.resolve();
      },
    );
    assertGreater(warm.callsPerSample, 20);
    const samples = await sample(warm, { budgetMs: 5, minSamples: 2 });
    // A call takes 50 µs of the device.
    assert(samples.every((ns) => ns >= 0.045e6));
    assertGreater(calls, 10 * waits);
    assertGreater(most, 20);
  });
});

describe("watchMachine()", () => {
  it("counts the time of this process as its own", () => {
    const end = watchMachine();
    spin(30);
    const { wallMs, ownMs, othersMs } = end();
    assertGreater(wallMs, 29);
    assertGreater(ownMs, 0);
    assert(Number.isFinite(othersMs));
  });
});
