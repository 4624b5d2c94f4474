import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, waiting } from "./_testing.ts";
import {
  grad,
  gradcheck,
  manualSeed,
  memory,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  type TensorOptions,
  unscoped,
} from "@tenfold/core";
import * as nn from "./mod.ts";

const double: TensorOptions = { dtype: "float64", requiresGrad: true };

describe("Linear", () => {
  it(
    "starts from the same weights for the same seed, within ±1/√in",
    clean(() => {
      manualSeed(3);
      using one = new nn.Linear(16, 8);
      manualSeed(3);
      using other = new nn.Linear(16, 8);
      assertEquals(one.weight.toArraySync(), other.weight.toArraySync());
      for (const parameter of one.parameters()) {
        const largest = parameter.abs().max().itemSync();
        assert(largest <= 0.25 && largest > 0.15, `${largest}`);
      }
    }),
  );

  it(
    "is made on a device, of a dtype, with or without a bias",
    clean(() => {
      using wide = new nn.Linear(2, 1, { dtype: "float64", bias: false });
      assertEquals([wide.weight.dtype, wide.bias], ["float64", null]);
      assertEquals(wide.parameters().length, 1);
      using far = new nn.Linear(2, 1, { device: waiting("far") });
      assertEquals(far.bias!.device.name, "far");
    }),
  );

  it(
    "takes integers and other floats by their common dtype",
    clean(() => {
      using layer = new nn.Linear(2, 1);
      const whole = tensor([[1, 2]], { dtype: "int32" });
      assertEquals(layer.forward(whole).dtype, "float32");
      assertEquals(
        layer.forward(whole.cast("float64")).dtype,
        "float64",
      );
    }),
  );

  it(
    "names the field and value of a bad option, and the shapes of a bad input",
    clean(() => {
      const cases: [() => unknown, string][] = [
        [
          () => new nn.Linear(0, 1),
          "inFeatures must be a positive integer: got 0",
        ],
        [
          () => new nn.Linear(1, 1.5),
          "outFeatures must be a positive integer: got 1.5",
        ],
      ];
      for (const [make, why] of cases) {
        assertThrows(make, RangeError, `Cannot make a Linear as ${why}`);
      }
      assertThrows(
        () => new nn.Linear(1, 1, { bais: false } as nn.LinearOptions),
        TypeError,
        "there is no such option: got bais",
      );
      using layer = new nn.Linear(3, 2);
      assertThrows(() => layer.forward(ones([4, 2])), ShapeError, "[4, 2]");
    }),
  );
});

describe("LayerNorm", () => {
  it(
    "has gradients of both orders by input, weight and bias",
    clean(async () => {
      manualSeed(5);
      const [w, b] = [randn([2, 3], double), randn([2, 3], double)];
      for (const shape of [[4, 2, 3], [2, 3], [2, 1, 2, 3]]) {
        await gradcheck(
          (x, w, b) => nn.functional.layerNorm(x!, w, b, { eps: 0.1 }),
          [randn(shape, double), w, b],
          { secondOrder: true },
        );
      }
      const bare = { normalizedShape: [3], eps: 0.1 };
      await gradcheck(
        (x) => nn.functional.layerNorm(x!, null, null, bare),
        [randn([4, 3], double)],
        { secondOrder: true },
      );
      await gradcheck(
        (w) => nn.functional.layerNorm(ones([2, 3], { dtype: "float64" }), w),
        [randn([3], double)],
      );
    }),
  );

  it(
    "gives back ones and zeros when it is reset",
    clean(() => {
      using layer = new nn.LayerNorm([2, 2], { bias: false });
      assertEquals([layer.weight!.shape, layer.bias], [[2, 2], null]);
      nn.init.constant_(layer.weight!, 5);
      layer.resetParameters();
      assertEquals(layer.weight!.toArraySync(), [[1, 1], [1, 1]]);
      assertEquals(
        String(layer),
        "LayerNorm(normalizedShape=[2, 2], eps=0.00001, elementwiseAffine=true)",
      );
    }),
  );

  it(
    "refuses shapes that do not fit",
    clean(() => {
      using layer = new nn.LayerNorm(4);
      assertThrows(() => layer.forward(ones([2, 3])), ShapeError, "[2, 3]");
      assertThrows(() => layer.forward(tensor(1)), ShapeError);
      assertThrows(() => new nn.LayerNorm([]), RangeError, "normalizedShape");
      assertThrows(() => new nn.LayerNorm(0), RangeError, "normalizedShape");
      const { layerNorm } = nn.functional;
      assertThrows(() => layerNorm(ones([3])), ShapeError, "without dims");
      assertThrows(
        () => layerNorm(ones([3]), ones([3]), ones([2])),
        ShapeError,
        "the bias must have the normalised shape",
      );
    }),
  );
});

describe("Dropout", () => {
  it(
    "drops its share in training, keeps the mean, and follows the seed",
    clean(() => {
      const layer = new nn.Dropout({ p: 0.25 });
      const x = ones([40, 100], { requiresGrad: true });
      manualSeed(11);
      const y = layer.forward(x);
      const dropped = y.eq(0).cast("float32").mean().itemSync();
      assertAlmostEquals(dropped, 0.25, 0.03);
      assertAlmostEquals(y.max().itemSync(), 4 / 3, 1e-6);
      y.sum().backward();
      assertEquals(x.grad!.toArraySync(), y.toArraySync());
      manualSeed(11);
      assertEquals(layer.forward(x).toArraySync(), y.toArraySync());
      assertEquals(layer.eval().forward(x), x);
    }),
  );

  it(
    "refuses what is no probability",
    clean(() => {
      for (const p of [-0.1, 1.5, NaN]) {
        assertThrows(() => new nn.Dropout({ p }), RangeError, "from 0 to 1");
        assertThrows(() => nn.functional.dropout(ones([1]), { p }), RangeError);
      }
    }),
  );
});

describe("activations", () => {
  it(
    "keep the digits of gelu's approximation in its tail",
    clean(() => {
      const points = [-6, -5, -4, -3, -2];
      const curves = (["float32", "float64"] as const).map((dtype) => {
        const x = tensor(points, { dtype, requiresGrad: true });
        const y = nn.functional.gelu(x, { approximate: "tanh" });
        const [first] = grad(y.sum(), x, { createGraph: true });
        const [second] = grad(first!.sum(), x);
        return [y, first!, second!].map((each) => each.dataSync());
      });
      for (const [order, found] of curves[0]!.entries()) {
        for (const [i, value] of found.entries()) {
          const expected = curves[1]![order]![i]!;
          assertAlmostEquals(value / expected, 1, 1e-4, `order ${order}`);
        }
      }
      // What the formula with tanh gives in float64.
      assertAlmostEquals(curves[1]![0]![3]!, -0.00363739, 1e-7);
    }),
  );

  it(
    "have gradients of both orders",
    clean(async () => {
      const x = tensor([-2.1, -0.4, 0.3, 1.9], double);
      const layers = [
        new nn.GELU({ approximate: "tanh" }),
        new nn.Softplus({ beta: 2, threshold: 3 }),
        new nn.Softplus(),
        new nn.ELU({ alpha: 0.5 }),
        new nn.LeakyReLU({ negativeSlope: 0.2 }),
        new nn.Softmax(),
        new nn.LogSoftmax({ dim: 0 }),
      ];
      for (const layer of layers) {
        await gradcheck((x) => layer.forward(x!), [x], { secondOrder: true });
      }
    }),
  );

  it(
    "say which option is wrong",
    clean(() => {
      assertThrows(
        () => new nn.GELU({ approximate: "tan" as "tanh" }),
        RangeError,
        'approximate must be one of none, tanh: got "tan"',
      );
      assertThrows(() => new nn.Softplus({ beta: 0 }), RangeError, "beta");
      assertThrows(() => new nn.Softmax({ dim: 0.5 }), RangeError, "dim");
      assertThrows(
        () => nn.functional.elu(ones([1]), { alpha: "1" as never }),
        TypeError,
        'Cannot apply elu as alpha must be a number: got "1"',
      );
    }),
  );
});

describe("attention", () => {
  it(
    "has gradients of both orders, masked or not",
    clean(async () => {
      manualSeed(2);
      const q = randn([2, 3, 2], double);
      const k = randn([2, 4, 2], double);
      const v = randn([2, 4, 3], double);
      const mask = tensor([true, false, true, true]);
      const bias = randn([3, 4], double);
      const attend = nn.functional.scaledDotProductAttention;
      const secondOrder = { secondOrder: true };
      await gradcheck(
        (q, k, v) => attend(q!, k!, v!, { mask, isCausal: true }),
        [q, k, v],
        secondOrder,
      );
      await gradcheck(
        (q, k, v, bias) => attend(q!, k!, v!, { mask: bias!, scale: 0.7 }),
        [q, k, v, bias],
        secondOrder,
      );
    }),
  );

  it(
    "lets a query see only what is before it",
    clean(() => {
      manualSeed(4);
      const attend = nn.functional.scaledDotProductAttention;
      const [q, k, v] = [randn([3, 2]), randn([3, 2]), randn([3, 2])];
      const causal = attend(q, k, v, { isCausal: true });
      assertEquals(
        causal.select(0, 0).toArraySync(),
        v.select(0, 0).toArraySync(),
      );
      assertThrows(
        () => attend(q, ones([3, 4]), v),
        ShapeError,
        "Cannot apply scaledDotProductAttention",
      );
    }),
  );
});

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
