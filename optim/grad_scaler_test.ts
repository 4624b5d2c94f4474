import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { clean, waiting } from "./_testing.ts";
import { Adam, GradScaler, SGD } from "./mod.ts";

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });

describe("GradScaler", () => {
  it(
    "steps as without it where gradients are finite",
    clean(async () => {
      const [p, q] = [leaf([1, 2]), leaf([1, 2])];
      using plain = new Adam([p], { lr: 0.1 });
      using scaled = new Adam([q], { lr: 0.1 });
      using scaler = new GradScaler({ initScale: 1024 });
      for (let i = 0; i < 3; i++) {
        p.square().sum().backward();
        plain.step();
        plain.zeroGrad();
        scaler.scale(q.square().sum()).backward();
        assert(await scaler.step(scaled));
        scaler.update();
        scaled.zeroGrad();
      }
      assertEquals(await q.toArray(), await p.toArray());
    }),
  );

  it(
    "leaves a step out where a gradient is not finite, and backs off",
    clean(async () => {
      const p = leaf([1]);
      using optimizer = new SGD([p], { lr: 1, momentum: 0.5 });
      using scaler = new GradScaler({ initScale: 8, growthInterval: 2 });
      const run = async (factor: number) => {
        optimizer.zeroGrad();
        scaler.scale(p.mul(factor).sum()).backward();
        const stepped = await scaler.step(optimizer);
        scaler.update();
        return [stepped, await p.item(), scaler.getScale()];
      };
      assertEquals(await run(1), [true, 0, 8]);
      assertEquals(await run(Infinity), [false, 0, 4]);
      assertEquals(await run(NaN), [false, 0, 2]);
      assertEquals(await run(0), [true, -0.5, 2]);
      assertEquals(await run(0), [true, -0.75, 4]);
      assertEquals(await run(0), [true, -0.875, 4]);
      assertEquals(scaler.stateDict(), {
        scale: 4,
        growth_factor: 2,
        backoff_factor: 0.5,
        growth_interval: 2,
        _growth_tracker: 1,
      });
      using other = new GradScaler();
      other.loadStateDict(scaler.stateDict());
      assertEquals(other.stateDict(), scaler.stateDict());
    }),
  );

  it(
    "unscales before gradients are clipped, once",
    clean(async () => {
      const p = leaf([3, 4]);
      using optimizer = new SGD([p], { lr: 1 });
      using scaler = new GradScaler({ initScale: 16 });
      scaler.scale(p.square().sum().div(2)).backward();
      assertEquals(await p.grad!.toArray(), [48, 64]);
      scaler.unscale_(optimizer);
      assertEquals(await p.grad!.toArray(), [3, 4]);
      assertThrows(() => scaler.unscale_(optimizer), Error, "a second time");
      assert(await scaler.step(optimizer));
      await assertRejects(() => scaler.step(optimizer), Error, "a second time");
      scaler.update();
      assertThrows(() => scaler.update(), Error, "no optimizer has stepped");
      assertEquals(await p.toArray(), [0, 0]);
    }),
  );

  it(
    "several optimizers share the scale",
    clean(async () => {
      const [p, q] = [leaf([1]), leaf([1])];
      using one = new SGD([p], { lr: 1 });
      using two = new SGD([q], { lr: 1 });
      using scaler = new GradScaler({ initScale: 4 });
      scaler.scale(p.add(q.mul(Infinity)).sum()).backward();
      assertEquals(await scaler.step(one), true);
      assertEquals(await scaler.step(two), false);
      scaler.update();
      assertEquals(scaler.getScale(), 2);
      scaler.update(512);
      assertEquals(scaler.getScale(), 512);
    }),
  );

  it(
    "waits for a device that is read later",
    clean(async () => {
      const p = tensor([1], { requiresGrad: true, device: waiting("later") });
      using optimizer = new SGD([p], { lr: 1 });
      using scaler = new GradScaler({ initScale: 4 });
      scaler.scale(p.sum()).backward();
      assert(await scaler.step(optimizer));
      scaler.update();
      assertEquals(await p.item(), 0);
    }),
  );

  it(
    "does nothing where it is disabled",
    clean(async () => {
      const p = leaf([1]);
      using optimizer = new SGD([p], { lr: 1 });
      using scaler = new GradScaler({ enabled: false });
      assertEquals([scaler.isEnabled(), scaler.getScale()], [false, 1]);
      scaler.scale(p.sum()).backward();
      scaler.unscale_(optimizer);
      assert(await scaler.step(optimizer));
      scaler.update();
      assertEquals(await p.item(), 0);
      assertEquals(scaler.stateDict(), {});
      scaler.loadStateDict({});
    }),
  );

  it(
    "refuses what it cannot",
    clean(() => {
      assertThrows(() => new GradScaler({ growthFactor: 1 }), RangeError);
      assertThrows(() => new GradScaler({ backoffFactor: 1 }), RangeError);
      assertThrows(() => new GradScaler({ initScale: 0 }), RangeError);
      assertThrows(() => new GradScaler({ scale: 1 } as never), TypeError);
      using scaler = new GradScaler();
      assertThrows(() => scaler.update(-1), RangeError);
      assertThrows(() => scaler.loadStateDict({} as never), TypeError);
      const p = tensor([1], { dtype: "float16", requiresGrad: true });
      using optimizer = new SGD([p], { lr: 1 });
      scaler.scale(p.cast("float32").sum()).backward();
      assertThrows(() => scaler.unscale_(optimizer), TypeError, "float16");
    }),
  );
});
