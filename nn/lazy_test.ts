import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  CompileError,
  manualSeed,
  noGrad,
  randn,
  ShapeError,
  type Tensor,
  zeros,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "./_testing.ts";
import * as nn from "./mod.ts";

/** Each lazy layer with an input, and the layer that it is to become. */
const LAYERS: readonly [
  lazy: () => nn.Module,
  layer: () => nn.Module,
  shape: number[],
][] = [
  [() => new nn.LazyLinear(2), () => new nn.Linear(3, 2), [4, 3]],
  [
    () => new nn.LazyLinear(2, { bias: false, dtype: "float64" }),
    () => new nn.Linear(5, 2, { bias: false, dtype: "float64" }),
    [5],
  ],
  [() => new nn.LazyConv1d(4, 3), () => new nn.Conv1d(2, 4, 3), [2, 7]],
  [
    () => new nn.LazyConv2d(4, [2, 3], { groups: 2, padding: 1 }),
    () => new nn.Conv2d(6, 4, [2, 3], { groups: 2, padding: 1 }),
    [2, 6, 5, 5],
  ],
  [
    () => new nn.LazyConv2d(4, 3, { paddingMode: "reflect", padding: 1 }),
    () => new nn.Conv2d(1, 4, 3, { paddingMode: "reflect", padding: 1 }),
    [2, 1, 5, 5],
  ],
  [() => new nn.LazyConv3d(2, 2), () => new nn.Conv3d(3, 2, 2), [
    1,
    3,
    4,
    4,
    4,
  ]],
  [
    () => new nn.LazyConvTranspose1d(2, 3, { stride: 2 }),
    () => new nn.ConvTranspose1d(3, 2, 3, { stride: 2 }),
    [1, 3, 4],
  ],
  [
    () => new nn.LazyConvTranspose2d(2, 3),
    () => new nn.ConvTranspose2d(3, 2, 3),
    [3, 4, 4],
  ],
  [
    () => new nn.LazyConvTranspose3d(2, 2),
    () => new nn.ConvTranspose3d(3, 2, 2),
    [1, 3, 2, 2, 2],
  ],
  [() => new nn.LazyBatchNorm1d(), () => new nn.BatchNorm1d(3), [4, 3]],
  [() => new nn.LazyBatchNorm2d(), () => new nn.BatchNorm2d(3), [4, 3, 2, 2]],
  [
    () => new nn.LazyBatchNorm3d({ affine: false }),
    () => new nn.BatchNorm3d(3, { affine: false }),
    [4, 3, 2, 2, 2],
  ],
  [
    () => new nn.LazyInstanceNorm1d({ affine: true }),
    () => new nn.InstanceNorm1d(3, { affine: true }),
    [3, 4],
  ],
  [
    () => new nn.LazyInstanceNorm2d({ trackRunningStats: true }),
    () => new nn.InstanceNorm2d(3, { trackRunningStats: true }),
    [2, 3, 4, 4],
  ],
  [
    () => new nn.LazyInstanceNorm3d(),
    () => new nn.InstanceNorm3d(3),
    [3, 2, 2, 2],
  ],
];

/** A net of two lazy layers. */
const net = () =>
  new nn.Sequential(new nn.LazyLinear(4), new nn.ReLU(), new nn.LazyLinear(2));

describe("lazy layers", () => {
  for (const [make, makeLayer, shape] of LAYERS) {
    const name = String(make());
    it(
      `${name} of [${shape}] becomes the layer, with its random numbers`,
      clean(() => {
        manualSeed(5);
        using lazy = make();
        manualSeed(5);
        using layer = makeLayer();
        const x = randn(shape);
        manualSeed(5);
        const y = lazy.forward(x);
        assertEquals(lazy.constructor, layer.constructor);
        assertEquals(String(lazy), String(layer));
        assertEquals(y.toArraySync(), layer.forward(x).toArraySync());
        const [ours, theirs] = [lazy.stateDict(), layer.stateDict()];
        assertEquals(Object.keys(ours), Object.keys(theirs));
        for (const [key, value] of Object.entries(theirs)) {
          assertEquals(ours[key]!.toArraySync(), value.toArraySync());
        }
        assertEquals(
          lazy.forward(x).toArraySync(),
          layer.forward(x).toArraySync(),
        );
      }),
    );
  }

  it(
    "leave the random numbers of others alone when they are made",
    clean(() => {
      manualSeed(1);
      const first = randn([2]).toArraySync();
      manualSeed(1);
      using _ = net();
      assertEquals(randn([2]).toArraySync(), first);
    }),
  );

  it(
    "refuse to list parameters before the first input, wherever they are",
    clean(() => {
      using model = net();
      using far = new nn.Linear(1, 1);
      const asks: (() => unknown)[] = [
        () => model.parameters(),
        () => model.buffers(),
        () => model.stateDict(),
        () => model.loadStateDict(far.stateDict()),
        () => model.freeze(),
      ];
      for (const ask of asks) {
        assertThrows(
          ask,
          TypeError,
          "Cannot list the parameters of a LazyLinear before its first input, which tells their shape: call forward with an example before, as in noGrad(() => model.forward(example))",
        );
      }
      assertEquals(model.train(false).training, false);
      assertEquals(String(model).includes("(0): LazyLinear(4)"), true);
    }),
  );

  it(
    "keep their mode and their hooks",
    clean(() => {
      using layer = new nn.LazyBatchNorm1d();
      const seen: string[] = [];
      using _ = layer.registerForwardHook((module) => {
        seen.push(module.constructor.name);
      });
      layer.eval();
      layer.forward(zeros([3, 2]));
      layer.forward(zeros([3, 2]));
      assertEquals(layer.training, false);
      assertEquals(seen, ["BatchNorm1d", "BatchNorm1d"]);
    }),
  );

  it(
    "are copied before and after the first input",
    clean(() => {
      using model = net();
      using before = model.copy();
      noGrad(() => before.forward(zeros([1, 7])));
      noGrad(() => model.forward(zeros([1, 3])));
      using after = model.copy();
      assertEquals(before.stateDict()["0.weight"]!.shape, [4, 7]);
      assertEquals(after.stateDict()["0.weight"]!.shape, [4, 3]);
    }),
  );

  it(
    "stay lazy where an input does not fit",
    clean(() => {
      using layer = new nn.LazyConv2d(4, 3);
      assertThrows(() => layer.forward(zeros([2, 3, 2, 2])), ShapeError);
      assertThrows(
        () => layer.forward(zeros([3, 2])),
        ShapeError,
        "Cannot apply LazyConv2d to shape [3, 2]: it has too few dims",
      );
      layer.forward(zeros([2, 5, 4, 4]));
      assertEquals(layer.weight.shape, [4, 5, 3, 3]);
    }),
  );

  it(
    "check their arguments when they are made",
    clean(() => {
      const cases: (readonly [() => unknown, string])[] = [
        [() => new nn.LazyLinear(0), "outFeatures must be a positive integer"],
        [
          () => Reflect.construct(nn.LazyLinear, [784, 10]),
          "options go by name: got 10",
        ],
        [
          () => Reflect.construct(nn.LazyLinear, [10, {}, 3]),
          "Cannot make a LazyLinear as it takes at most 2 arguments: got 3",
        ],
        [
          () => new nn.LazyConv2d(5, 3, { groups: 2 }),
          "in 2 groups as they must divide the channels",
        ],
      ];
      for (const [make, message] of cases) {
        assertThrows(make, Error, message);
      }
    }),
  );

  it(
    "are compiled after the first input alone",
    clean(() => {
      using model = net();
      const forward = noGradCompiled(model);
      assertThrows(
        () => forward(zeros([1, 3])),
        CompileError,
        "Cannot compile the first input of a LazyLinear, which makes its parameters",
      );
      const first = noGrad(() => model.forward(zeros([1, 3])));
      assert(!first.requiresGrad);
      assertEquals(
        forward(zeros([1, 3])).toArraySync(),
        first.toArraySync(),
      );
      forward.dispose();
    }),
  );
});

function noGradCompiled(model: nn.Module) {
  return compile((x: Tensor) => noGrad(() => model.forward(x)));
}
