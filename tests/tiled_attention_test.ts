import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  grad,
  manualSeed,
  memory,
  noGrad,
  randn,
  scope,
  type Tensor,
} from "@tenfold/core";
import { functional } from "@tenfold/nn";
import { attentionWeights } from "../nn/functional/_attention_scores.ts";
import { tiledAttention, tileSize } from "../nn/functional/_tiled_attention.ts";
import { clean } from "../core/_testing.ts";
import { backendsUnderTest } from "./goldens/backends.ts";
import { onBackend } from "./goldens/harness.ts";

const runner = { afterAll, beforeAll, describe, it };

async function assertClose(a: Tensor, b: Tensor): Promise<void> {
  assertEquals(a.shape, b.shape);
  const far = await a.sub(b).abs().max().item();
  assert(far < 2e-5, `they are ${far} apart`);
}

for (const backend of await backendsUnderTest()) {
  onBackend(runner, "attention tile by tile", backend, () => {
    const operands = () =>
      [
        randn([2, 3, 37, 4], { requiresGrad: true }),
        randn([2, 1, 41, 4], { requiresGrad: true }),
        randn([2, 3, 41, 5], { requiresGrad: true }),
      ] as [Tensor, Tensor, Tensor];

    it(
      "agrees with the way through the scores, in both orders of gradient",
      clean(async () => {
        manualSeed(1);
        const masks = [
          null,
          randn([37, 41]).gt(-1),
          randn([2, 1, 1, 41]).gt(-1),
          randn([2, 3, 37, 41]),
        ];
        for (const mask of masks) {
          for (const isCausal of [false, true]) {
            using _ = scope();
            const [q, k, v] = operands();
            // Every query sees the first key.
            const shown = mask?.dtype === "bool"
              ? mask.logicalOr(randn([41]).mul(0).cumsum(0).eq(0))
              : mask;
            const options = { isCausal, scale: 0.7 };
            const tiled = tiledAttention(q, k, v, [2, 3], {
              ...options,
              mask: shown,
              dropout: 0,
            }, 700);
            const plain = attentionWeights(q, k, {
              ...options,
              ...shown ? { mask: shown } : {},
            }).matmul(v);
            await assertClose(tiled, plain);
            const inputs = [q, k, v] as const;
            const way = (y: Tensor) =>
              grad(y.sin().sum(), inputs, { createGraph: true });
            const [one, other] = [way(tiled), way(plain)];
            const direct = grad(
              tiledAttention(q, k, v, [2, 3], {
                ...options,
                mask: shown,
                dropout: 0,
              }, 700).sin().sum(),
              inputs,
            );
            const sum = (gs: readonly Tensor[]) =>
              gs.map((g) => g.square().sum()).reduce((a, b) => a.add(b));
            const twice = [grad(sum(one), inputs), grad(sum(other), inputs)];
            for (let i = 0; i < 3; i++) {
              await assertClose(one[i]!, other[i]!);
              await assertClose(direct[i]!, other[i]!);
              const size = await twice[1]![i]!.abs().max().item();
              const scale = 1 / Math.max(1, size);
              await assertClose(
                twice[0]![i]!.mul(scale),
                twice[1]![i]!.mul(scale),
              );
            }
          }
        }
        for (const mask of masks) mask?.dispose();
      }),
    );

    it(
      "drops the same weights on the way back",
      clean(async () => {
        using _ = scope();
        manualSeed(2);
        const [q, , v] = operands();
        const k = randn([2, 3, 41, 4], { requiresGrad: true });
        const options = { mask: null, isCausal: true, scale: 1, dropout: 0.5 };
        const run = () => {
          manualSeed(3);
          return tiledAttention(q, k, v, [2, 3], options, 700);
        };
        const weights = randn([2, 3, 37, 5]);
        const inputs = [q, k, v] as const;
        const direct = grad(run().mul(weights).sum(), inputs);
        // Those of higher orders run through recorded operations.
        const recorded = grad(run().mul(weights).sum(), inputs, {
          createGraph: true,
        });
        for (let i = 0; i < 3; i++) {
          await assertClose(direct[i]!, recorded[i]!.detach());
        }
        const plain = tiledAttention(
          q,
          k,
          v,
          [2, 3],
          { ...options, dropout: 0 },
          700,
        );
        assert(await plain.sub(run()).abs().max().item() > 0.1);
      }),
    );

    it(
      "serves groups of heads by one head of keys and values",
      clean(async () => {
        using _ = scope();
        const q = randn([2, 6, 5, 4]);
        const [k, v] = [randn([2, 2, 7, 4]), randn([2, 2, 7, 3])];
        const repeated = (x: Tensor) =>
          x.unsqueeze(2).expand([2, 2, 3, 7, x.shape[3]!])
            .reshape([2, 6, 7, x.shape[3]!]);
        const mask = randn([2, 6, 5, 7]);
        await assertClose(
          functional.scaledDotProductAttention(q, k, v, {
            enableGqa: true,
            mask,
          }),
          functional.scaledDotProductAttention(q, repeated(k), repeated(v), {
            mask,
          }),
        );
      }),
    );

    it(
      "holds memory that grows with the length, not with its square",
      clean(() => {
        using _ = scope();
        const length = backend.readSync ? 2048 : 4096;
        const [q, k, v] = [0, 1, 2].map(() =>
          randn([2, length, 4], { requiresGrad: true })
        ) as [Tensor, Tensor, Tensor];
        const before = memory().bytes;
        const out = functional.scaledDotProductAttention(q, k, v);
        // Three operands and the result, and not 2 * length² weights.
        assert(memory().bytes - before <= 4 * 2 * length * 4 * 4 + 4096);
        assert(tileSize(q) < 2 * length ** 2);
        noGrad(() => out.dispose());
      }),
    );
  });
}
