import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  listBackends,
  memory,
  ones,
  optim,
  probeBackends,
  setBackend,
  zeros,
} from "@tenfold/tenfold";

await probeBackends();
const BACKENDS = listBackends().filter((b) => b.available);

for (const { name } of BACKENDS) {
  describe(`a loop without scopes on ${name}`, () => {
    it("stays small where it awaits item() in each step", async () => {
      await setBackend(name);
      const held = memory().bytes;
      memory({ resetPeak: true });
      // 1.2 GB in all, of which nothing is needed after its step.
      for (let step = 0; step < 600; step++) {
        assertEquals(await zeros([256_000]).add(1).sum().item(), 256_000);
      }
      assert(memory().peakBytes - held < 900e6, `${memory().peakBytes} bytes`);
    });

    it("frees what is small and many", async () => {
      await setBackend(name);
      const x = ones([8]);
      const { buffers } = memory();
      // When a collector looks at small things is its own affair: before long.
      const steps = name === "webgpu" ? 20_000 : 400_000;
      let step = 0;
      let held = Infinity;
      while (step < steps && (step < 1000 || held >= step)) {
        await x.add(1).sum().item();
        step++;
        held = memory().buffers - buffers;
      }
      assert(held < step, `${held} buffers after ${step} steps`);
      x.dispose();
    });

    it("trains without growing where it awaits the loss", async () => {
      await setBackend(name);
      const weight = ones([256_000], { requiresGrad: true });
      const optimizer = new optim.SGD([weight], { lr: 1e-3 });
      const x = ones([256_000]);
      const held = memory().bytes;
      memory({ resetPeak: true });
      for (let step = 0; step < 400; step++) {
        optimizer.zeroGrad();
        const loss = x.mul(weight).relu().square().mean();
        loss.backward();
        optimizer.step();
        await loss.item();
      }
      assert(memory().peakBytes - held < 900e6, `${memory().peakBytes} bytes`);
    });
  });
}
