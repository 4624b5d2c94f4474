import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  cat,
  data,
  einsum,
  eye,
  grad,
  linspace,
  memory,
  nn,
  ones,
  optim,
  rand,
  scope,
  stack,
  tensor,
  train,
  where,
  zeros,
} from "@tenfold/tenfold";

/** A value that JavaScript lets through where the types would not. */
// deno-lint-ignore no-explicit-any
const loose = (value: unknown): any => value;

/** Calls as users of other libraries write them, and what to write here. */
function refused(cases: readonly (readonly [() => unknown, string])[]): void {
  using _ = scope();
  for (const [call, message] of cases) {
    assertThrows(call, TypeError, message, String(call));
  }
}

describe("options by position", () => {
  it("are told by name", () => {
    const x = ones([1, 1, 4, 4]);
    const sgd = () => new optim.SGD([ones([1])], { lr: 1 });
    const dataset = new data.TensorDataset(ones([4]));
    const before = memory().tensors;
    refused([
      [
        () => new nn.Linear(3, 2, loose(false)),
        "got false, write { bias: false }",
      ],
      [
        () => Reflect.construct(nn.Conv2d, [1, 16, 3, 2, 1]),
        "Cannot make a Conv2d as options go by name: got 2, 1, write { stride: 2, padding: 1 }",
      ],
      [
        () => Reflect.construct(nn.Conv2d, [1, 16, 3, 1, "same", 1, 1, false]),
        'write { stride: 1, padding: "same", dilation: 1, groups: 1, bias: false }',
      ],
      [() => new nn.MaxPool2d(2, loose(2)), "write { stride: 2 }"],
      [() => new nn.AvgPool2d(2, loose([2, 2])), "write { stride: [2, 2] }"],
      [
        () => Reflect.construct(nn.BatchNorm2d, [4, 1e-5, 0.2]),
        "write { eps: 0.00001, momentum: 0.2 }",
      ],
      [() => new nn.LayerNorm(4, loose(1e-5)), "write { eps: 0.00001 }"],
      [() => new nn.Embedding(4, 2, loose(0)), "write { paddingIdx: 0 }"],
      [() => new nn.Dropout(loose(0.2)), "write { p: 0.2 }"],
      [() => new nn.LeakyReLU(loose(0.2)), "write { negativeSlope: 0.2 }"],
      [() => new nn.Softmax(loose(1)), "write { dim: 1 }"],
      [
        () => Reflect.construct(nn.ReLU, [true]),
        "Cannot make a ReLU as it takes no arguments: got 1",
      ],
      [
        () => new nn.CrossEntropyLoss(loose(ones([2]))),
        "got a Tensor, write { weight }",
      ],
      [() => new nn.MSELoss(loose("sum")), 'write { reduction: "sum" }'],
      [() => new optim.Adam([ones([1])], loose(0.5)), "write { lr: 0.5 }"],
      [
        () => Reflect.construct(optim.SGD, [[ones([1])], 0.1, 0.9]),
        "write { lr: 0.1, momentum: 0.9 }",
      ],
      [() => new optim.RMSprop([ones([1])], loose(0.5)), "write { lr: 0.5 }"],
      [() => new optim.Adagrad([ones([1])], loose(0.5)), "write { lr: 0.5 }"],
      [
        () => Reflect.construct(optim.StepLR, [sgd(), 30, 0.5]),
        "write { stepSize: 30, gamma: 0.5 }",
      ],
      [() => optim.clipGradNorm_([], 1, loose(2)), "write { normType: 2 }"],
      [
        () => Reflect.construct(data.DataLoader, [dataset, 32, true]),
        "write { batchSize: 32, shuffle: true }",
      ],
      [
        () => data.trainTestSplit(dataset, loose(0.2)),
        "write { testSize: 0.2 }",
      ],
      [() => train.earlyStopping(loose(5)), "write { patience: 5 }"],
      [() => nn.functional.dropout(x, loose(0.5)), "write { p: 0.5 }"],
      [
        () => nn.functional.conv2d(x, x, null, loose(2)),
        "write { stride: 2 }",
      ],
      [() => nn.init.normal_(ones([2]), loose(1)), "write { mean: 1 }"],
    ]);
    assertEquals(memory().tensors, before);
    for (const held of [x, ...dataset.tensors]) held.dispose();
  });

  it("of a tensor's methods too", () => {
    const x = ones([2, 2]);
    refused([
      [() => x.sum(0, loose(true)), "write { keepDim: true }"],
      [() => x.max(0, loose(true)), "write { keepDim: true }"],
      [() => x.argmax(0, loose(true)), "write { keepDim: true }"],
      [() => x.logsumexp(0, loose(true)), "write { keepDim: true }"],
      [() => x.variance(0, loose(false)), "write { unbiased: false }"],
      [() => x.std(0, loose(false)), "write { unbiased: false }"],
      [() => x.norm(0, loose(1)), "write { p: 1 }"],
      [() => x.sort(0, loose(true)), "write { descending: true }"],
      [() => x.argsort(0, loose(true)), "write { descending: true }"],
      [() => x.topk(1, 0, loose(false)), "write { largest: false }"],
      [() => x.pad([1, 1], loose(5)), "write { value: 5 }"],
      [() => x.matmul(x, loose(x)), "write { bias }"],
      [() => Reflect.apply(x.clamp, x, [0, 1]), "write { min: 0, max: 1 }"],
      [() => x.clamp(loose(0)), "write { min: 0 }"],
      [() => zeros([2], loose("int32")), 'write { dtype: "int32" }'],
      [
        () => Reflect.apply(x.softmax, x, [0, "float32"]),
        "it takes at most 1 argument: got 2",
      ],
    ]);
    x.dispose();
  });
});

describe("an unknown option", () => {
  it("is told with those that there are, and the one that was meant", () => {
    const x = ones([2, 2], { requiresGrad: true });
    refused([
      [
        () => new nn.Linear(3, 2, loose({ biass: false })),
        "got biass, did you mean bias? The options are bias, device, dtype",
      ],
      [
        () => new nn.Linear(3, 2, loose({ use_bias: false })),
        "did you mean bias?",
      ],
      [
        () => new nn.Linear(3, 2, loose({ inFeatures: 4 })),
        "no such option: got inFeatures",
      ],
      [
        () => new optim.Adam([x], loose({ learningRate: 1 })),
        "did you mean lr?",
      ],
      [
        () => new optim.Adam([x], loose({ weight_decay: 1 })),
        "did you mean weightDecay?",
      ],
      [() => x.sum(0, loose({ keepdim: true })), "did you mean keepDim?"],
      [() => x.sum(0, loose({ keep_dims: true })), "did you mean keepDim?"],
      [
        () => x.variance(0, loose({ correction: 0 })),
        "the options are unbiased, keepDim",
      ],
      [() => x.clamp(loose({ minimum: 1 })), "got minimum, did you mean min?"],
      [
        () => zeros([2], loose({ requires_grad: true })),
        "did you mean requiresGrad?",
      ],
      [
        () => grad(x, x, loose({ create_graph: true })),
        "did you mean createGraph?",
      ],
      [
        () => nn.functional.mseLoss(x, x, loose({ reduce: "sum" })),
        "did you mean reduction?",
      ],
    ]);
    x.dispose();
  });

  it("of the wrong type is refused", () => {
    const x = ones([2, 2]);
    refused([
      [
        () => x.sum(0, { keepDim: loose(1) }),
        "keepDim must be true or false: got 1",
      ],
      [() => x.norm(0, { p: loose("fro") }), 'p must be a number: got "fro"'],
      [
        () => ones([1], { requiresGrad: loose(1) }),
        "requiresGrad must be true or false: got 1",
      ],
      [
        () => x.clamp({ min: loose("0") }),
        'min must be a number or a tensor: got "0"',
      ],
    ]);
    x.dispose();
  });
});

describe("calls as in other libraries", () => {
  it("are told how to write them here", () => {
    const x = ones([2, 2]);
    const apply = (name: keyof typeof x, ...args: unknown[]) => () =>
      Reflect.apply(loose(x[name]), x, args);
    refused([
      [apply("reshape", 2, -1), "got 2, -1, write reshape([2, -1])"],
      [apply("reshape", 4), "write reshape([4])"],
      [apply("reshape"), "must be one array of integers: got nothing"],
      [apply("permute", 1, 0), "write permute([1, 0])"],
      [apply("expand", 4, 2, 2), "write expand([4, 2, 2])"],
      [apply("repeat", 2, 1), "write repeat([2, 1])"],
      [apply("tile", 2, 1), "write tile([2, 1])"],
      [() => Reflect.apply(zeros, null, [2, 3]), "write zeros([2, 3])"],
      [() => Reflect.apply(ones, null, [2]), "write ones([2])"],
      [() => Reflect.apply(rand, null, [2, 3]), "write rand([2, 3])"],
      [() => Reflect.apply(cat, null, [x, x]), "write cat([a, b])"],
      [() => Reflect.apply(stack, null, [x, x]), "write stack([a, b])"],
      [() => Reflect.apply(cat, null, [x]), "write cat([a])"],
      [apply("sum", { dim: 1 }), "write sum(1)"],
      [apply("mean", { axis: [0, 1] }), "write mean([0, 1])"],
      [apply("softmax", { dim: 1 }), "write softmax(1)"],
      [apply("argmax", { axis: 1 }), "write argmax(1)"],
      [apply("unsqueeze", { dim: 1 }), "write unsqueeze(1)"],
      [apply("sum", "0"), 'got "0"'],
      [apply("add", [1]), "make a tensor of it with tensor(data)"],
      [apply("mul", "2"), 'must be a tensor or a number: got "2"'],
      [apply("transpose"), "each dim must be an integer: got undefined"],
      [apply("gather", x, 0), "each dim must be an integer: got a Tensor"],
      [
        () => Reflect.apply(where, null, [1, x, x]),
        "write where(condition, a, b)",
      ],
      [() => Reflect.apply(einsum, null, [x, "ij->i"]), "the spec comes first"],
      [() => einsum("ij,jk->ik", loose([x, x])), "...tensors)"],
      [apply("matmul", [[1, 2]]), "make a tensor of it with tensor(data)"],
      [apply("outer", 3), "must be a tensor"],
      [apply("where", true, 2), "must be a tensor or a number: got true"],
      [
        apply("indexSelect", 0, [0, 1]),
        "make a tensor of it with tensor(data)",
      ],
      [apply("pad", 1, 1), "write pad([1, 1])"],
      [apply("split", "1"), 'must be an array of integers: got "1"'],
      [apply("cast", Number), "the dtype is unknown: got a function"],
      [() => tensor(loose(x)), "x.clone() for a copy"],
      [() => linspace(0, 1, 5, loose("float32")), "options go by name"],
    ]);
    x.dispose();
  });

  it("work where they can be meant in one way alone", () => {
    using _ = scope();
    assertEquals(eye(2, { dtype: "int32" }).dtype, "int32");
    assertEquals(eye(2, 3, { dtype: "int32" }).shape, [2, 3]);
  });

  it("name what a file can hold", async () => {
    const optimizer = new optim.Adam([ones([1])]);
    let message = "";
    try {
      await data.saveSafetensors("out/never", loose(optimizer.stateDict()));
    } catch (error) {
      message = (error as Error).message;
    }
    assertEquals(message.includes("checkpoint"), true, message);
    for (const { params } of optimizer.paramGroups) {
      for (const parameter of params) parameter.dispose();
    }
  });
});
