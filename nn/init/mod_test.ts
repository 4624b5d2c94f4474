import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { getRandomState, manualSeed, ShapeError, zeros } from "@tenfold/core";
import { clean, waiting } from "../_testing.ts";
import { init } from "../mod.ts";

const FILLS = [
  init.uniform_,
  init.normal_,
  init.xavierUniform_,
  init.xavierNormal_,
  init.kaimingUniform_,
  init.kaimingNormal_,
  init.orthogonal_,
];

describe("init", () => {
  it(
    "fills the tensor itself, the same for the same seed",
    clean(() => {
      for (const fill of FILLS) {
        const [x, y] = [zeros([4, 3], { requiresGrad: true }), zeros([4, 3])];
        manualSeed(9);
        assertEquals(fill(x), x);
        manualSeed(9);
        fill(y);
        assertEquals(x.toArraySync(), y.toArraySync(), fill.name);
        assert(x.ne(0).all().itemSync() === 1, fill.name);
        assert(x.isLeaf && x.requiresGrad);
        assertEquals(getRandomState().draws, 1, fill.name);
      }
    }),
  );

  it(
    "works where nothing can be read without waiting",
    clean(async () => {
      const device = waiting("slow");
      for (const fill of FILLS) {
        const x = fill(zeros([3, 2], { device }));
        assertEquals(await x.ne(0).all().item(), 1, fill.name);
      }
    }),
  );

  it(
    "refuses tensors without a fan, and options that mean nothing",
    clean(() => {
      for (const fill of FILLS.slice(2)) {
        assertThrows(
          () => fill(zeros([3])),
          ShapeError,
          `Cannot apply ${fill.name} to a tensor of fewer than 2 dims`,
        );
      }
      assertThrows(
        () => init.uniform_(zeros([1]), { a: 2, b: 1 }),
        RangeError,
        "Cannot apply uniform_ as a must not be above b",
      );
      assertThrows(() => init.normal_(zeros([1]), { std: -1 }), RangeError);
      assertThrows(
        () => init.kaimingNormal_(zeros([1, 1]), { mode: "fan" as "fan_in" }),
        RangeError,
        'mode must be one of fan_in, fan_out: got "fan"',
      );
      assertThrows(
        () => init.calculateGain("step" as "relu"),
        RangeError,
        'Cannot calculate the gain of "step": known are linear',
      );
    }),
  );

  it(
    "keeps the variance through a deep stack of layers",
    clean(() => {
      manualSeed(10);
      let x = init.normal_(zeros([64, 128]));
      const weight = zeros([128, 128]);
      for (let layer = 0; layer < 20; layer++) {
        init.kaimingNormal_(weight, { nonlinearity: "relu" });
        x = x.matmul(weight.t()).relu();
      }
      const scale = x.square().mean().itemSync();
      assert(scale > 0.1 && scale < 10, `${scale}`);
    }),
  );
});
