import { readdir, readFile } from "node:fs/promises";
import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  manualSeed,
  memory,
  ones,
  randn,
  type Tensor,
  tensor,
  unscoped,
  zeros,
} from "@tenfold/core";
import { clean } from "../_testing.ts";
import * as nn from "../mod.ts";
import * as functional from "./mod.ts";

describe("functions of several steps", () => {
  it(
    "keep nothing but their result",
    clean(() => {
      const f = nn.functional;
      const [x, w] = [ones([2, 3]), ones([3])];
      const classes = tensor([0, 2], { dtype: "int32" });
      const [mask, single] = [ones([2, 2]), classes.select(0, 0)];
      const calls: (() => Tensor)[] = [
        () => f.crossEntropy(x, classes, { weight: w, ignoreIndex: 2 }),
        () => f.crossEntropy(x, x, { reduction: "none" }),
        () => f.nllLoss(w, single, { reduction: "none" }),
        () => f.scaledDotProductAttention(x, x, x, { mask, isCausal: true }),
        () => f.linear(classes, mask),
        () => f.huberLoss(x, x),
        () => f.softplus(x, { beta: 2 }),
      ];
      for (const call of calls) {
        const { tensors } = memory();
        unscoped(call).dispose();
        assertEquals(memory().tensors, tensors, call.toString());
      }
    }),
  );
});

describe("functions without their weights", () => {
  it(
    "take options in the place of a bias or of weights",
    clean(() => {
      manualSeed(5);
      const [x, w] = [randn([1, 2, 5, 5]), randn([3, 2, 3, 3])];
      const options = { padding: 1, stride: 2 } as const;
      assertEquals(
        functional.conv2d(x, w, options).toArraySync(),
        functional.conv2d(x, w, null, options).toArraySync(),
      );
      const training = { training: true } as const;
      assertEquals(
        functional.batchNorm(x, training).toArraySync(),
        functional.batchNorm(x, null, null, training).toArraySync(),
      );
      const shape = { normalizedShape: [5] } as const;
      assertEquals(
        functional.layerNorm(x, shape).toArraySync(),
        functional.layerNorm(x, null, null, shape).toArraySync(),
      );
      const scale = ones([5]);
      assertEquals(
        functional.layerNorm(x, scale, { eps: 0.5 }).toArraySync(),
        functional.layerNorm(x, scale, null, { eps: 0.5 }).toArraySync(),
      );
    }),
  );

  it(
    "refuse anything else there",
    clean(() => {
      const [x, w] = [zeros([1, 1, 3, 3]), zeros([1, 1, 2, 2])];
      const conv2d = functional.conv2d as (...args: unknown[]) => unknown;
      for (const bias of [1, false, "same", [0]]) {
        assertThrows(
          () => conv2d(x, w, bias),
          TypeError,
          "Cannot apply conv2d as bias must be a tensor, or the options must stand last: got",
        );
      }
      assertThrows(() => conv2d(x, w, { stride: 1 }, { stride: 2 }), TypeError);
      assertThrows(() => conv2d(x, w, { pad: 1 }), Error, "pad");
    }),
  );
});

describe("an empty batch", () => {
  it(
    "goes through the other layers, forward and backward",
    clean(() => {
      const options = { requiresGrad: true } as const;
      const w = ones([2, 3, 2, 2], options);
      const calls: [(x: Tensor) => Tensor, number[], number[]][] = [
        [(x) => functional.conv2d(x, w), [0, 3, 4, 4], [0, 2, 3, 3]],
        [(x) => functional.maxPool2d(x, { kernelSize: 2 }), [0, 3, 4, 4], [
          0,
          3,
          2,
          2,
        ]],
        [(x) => functional.avgPool2d(x, { kernelSize: 2 }), [0, 3, 4, 4], [
          0,
          3,
          2,
          2,
        ]],
        [
          (x) => functional.adaptiveAvgPool2d(x, { outputSize: 3 }),
          [0, 3, 4, 5],
          [0, 3, 3, 3],
        ],
        [
          (x) => functional.layerNorm(x, { normalizedShape: [3] }),
          [0, 3],
          [0, 3],
        ],
        [(x) => functional.linear(x, ones([2, 3])), [0, 3], [0, 2]],
        [(x) => x.softmax(-1), [0, 3], [0, 3]],
        [(x) => x.std(1), [0, 3], [0]],
        [(x) => x.norm(1, { p: 3 }), [0, 3], [0]],
      ];
      for (const [call, shape, expected] of calls) {
        const x = zeros(shape, options);
        const y = call(x);
        assertEquals(y.shape, expected);
        y.sum().backward();
        assertEquals(x.grad!.shape, shape);
      }
      assertEquals(w.grad!.square().sum().itemSync(), 0);
    }),
  );
});

describe("the functions", () => {
  it("have gradients that a test beside them compares", async () => {
    const folder = new URL(".", import.meta.url);
    const texts = await Promise.all(
      (await readdir(folder)).filter((name) => name.endsWith("_test.ts"))
        .map((name) => readFile(new URL(name, folder), "utf8")),
    );
    const calls = texts.flatMap((text) =>
      text.split("describeGradients({")[1] ?? []
    );
    const missing = Object.keys(functional).filter((name) =>
      !calls.some((text) => new RegExp(`\\b${name}\\b`).test(text))
    );
    assertEquals(missing, []);
  });
});
