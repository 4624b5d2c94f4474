import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as tenfold from "@tenfold/tenfold";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { webgpu } from "@tenfold/backends/webgpu";

type Callable = (...args: unknown[]) => unknown;
type Constructor = new (...args: unknown[]) => object;

/** Those that take any number of arguments, or that authors of backends use. */
const OPEN: ReadonlySet<string> = new Set([
  "call",
  "einsum",
  "data.TensorDataset",
  "nn.Sequential",
  "nn.functionalCall",
  "Tensor.apply",
  "Tensor.index",
  // JSON.stringify gives it the key under which it stands.
  "History.toJSON",
  "Sequential.append",
  "ModuleList.append",
]);

/** What speaks of kernels, not of nets: expressions, values, shapes, errors. */
const BELOW = new RegExp(
  "^(accumulator|arg|broadcastShapes|castExpr|castNumber|checkCount|constant|" +
    "checkNumber|currentTask|inTask|deviceFor|dtypeOfArray|toElements|erf|" +
    "erfc|indexAlong|isFloating|operandsOf|optionsArgument|parseArguments|" +
    "parseOptions|positionsOf|promote|scalar|showShape|showValue|sizeOf|" +
    "threefry|topological|updateInPlace|usesIndex|EagerDevice|Value|View|" +
    "Task|Turn|Tensor|making|knowingNew|currentRecording|floatOf|numberOf|" +
    "refuseValues|structureChanged|observeRecordings|isGradEnabled|\\w+Now|releasePassed|" +
    "nn.BatchNorm|nn.RNNBase|nn.RNNCellBase|nn.Loss|nn.Module|optim.LRScheduler|optim.CombinedLR|optim.FunctionLR|optim.Optimizer|" +
    "optim.AlgorithmOptimizer|" +
    "data.MnistDataset|data.CsvTable|" +
    "(.*\\.)?\\w+Error|FusedFunction|optim.UpdateRule)$",
);

const REFUSED =
  /it takes (no|at most \d+) arguments?: got 30|nothing goes behind the options|must be one array|options go by name|takes no arguments/;

/** Every exported class and function under its name. */
function exported(
  module: object,
  prefix: string,
  into = new Map<string, Callable>(),
): Map<string, Callable> {
  for (const [name, value] of Object.entries(module)) {
    if (typeof value === "function") {
      into.set(prefix + name, value as Callable);
    } else if (
      ["data", "nn", "optim", "train", "functional", "init"].includes(name)
    ) {
      exported(value, `${prefix}${name}.`, into);
    }
  }
  return into;
}

const isClass = (value: Callable) =>
  Function.prototype.toString.call(value).startsWith("class");

/** What a call says that must be refused; "" for one that was not. */
async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    assert(error instanceof Error);
    return `${error.name}: ${error.message}`;
  }
  return "";
}

const many = new Array(30).fill(undefined);

describe("arguments beyond the last", () => {
  const all = exported({ ...tenfold, cpuTypedArray, wasmSimd, webgpu }, "");

  it("are refused by every function and constructor", async () => {
    const taken: string[] = [];
    let refused = 0;
    for (const [name, value] of all) {
      if (OPEN.has(name) || BELOW.test(name)) continue;
      const said = await refusal(() =>
        isClass(value)
          ? Reflect.construct(value as unknown as Constructor, many)
          : value(...many)
      );
      if (REFUSED.test(said) && said.startsWith("TypeError")) refused++;
      else if (/ShapeError: .* must be one array/.test(said)) refused++;
      else taken.push(`${name}: ${said}`);
    }
    assertEquals(taken, []);
    assert(refused > 150, `${refused} were looked at`);
  });

  it("are refused by every method of a tensor", async () => {
    using _ = tenfold.scope();
    const { prototype } = tenfold.Tensor;
    const taken: string[] = [];
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name)!;
      if (typeof value !== "function" || name === "constructor") continue;
      if (
        OPEN.has(`Tensor.${name}`) || /^adopt|^uploadLike|^toJSON/.test(name)
      ) {
        continue;
      }
      const x = tenfold.ones([2, 2]);
      const said = await refusal(() => value.apply(x, many));
      if (!REFUSED.test(said)) taken.push(`${name}: ${said}`);
    }
    assertEquals(taken, []);
  });

  it("are refused by every method of a module, an optimizer, a loader", async () => {
    const taken: string[] = [];
    let refused = 0;
    for (const [name, value] of all) {
      if (!isClass(value) || BELOW.test(name)) continue;
      using _ = tenfold.scope();
      const made = SAMPLES[name]?.() ??
        Reflect.construct(value as unknown as Constructor, []);
      for (const [method, owner] of methodsOf(made)) {
        if (OPEN.has(`${owner}.${method}`)) continue;
        const said = await refusal(() =>
          (made as Record<string, Callable>)[method]!(...many)
        );
        if (REFUSED.test(said)) refused++;
        else taken.push(`${name}.${method}: ${said}`);
      }
      (made as Partial<Disposable>)[Symbol.dispose]?.();
    }
    assertEquals([...new Set(taken)], []);
    assert(refused > 500, `${refused} were looked at`);
  });
});

/** The methods of an object that are not of `Object` or `Tensor`. */
function* methodsOf(made: object): Generator<[method: string, owner: string]> {
  const ends: unknown[] = [Object.prototype, tenfold.Tensor.prototype, null];
  let prototype: object | null = Object.getPrototypeOf(made);
  for (
    ;
    !ends.includes(prototype);
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name)!;
      // What subclasses override and the library alone calls takes what it is given.
      if (typeof value !== "function" || name === "constructor") continue;
      if (
        /^(describe|nextLrs|stateNames|stateShape|makeState|update|sparseStep|begin|check|advance|rewind|factors)$/
          .test(name)
      ) continue;
      yield [name, prototype!.constructor.name];
    }
  }
}

const one = () => tenfold.ones([1]);
const { data, nn, optim, train } = tenfold;
const pairs = () => new data.TensorDataset(tenfold.ones([4, 2]));
const sgd = () => new optim.SGD([one()], { lr: 1, momentum: 0.5 });

const small = { dimFeedforward: 1 };
const encoderLayer = () => new nn.TransformerEncoderLayer(1, 1, small);
const decoderLayer = () => new nn.TransformerDecoderLayer(1, 1, small);

/** One of each class that needs something to be made. */
const SAMPLES: { readonly [name: string]: () => object } = {
  "data.BatchSampler": () => {
    const sampler = { length: 1, indices: () => [0] };
    return new data.BatchSampler(sampler, { batchSize: 1 });
  },
  "data.ConcatDataset": () => new data.ConcatDataset([pairs()]),
  "data.SubsetRandomSampler": () => new data.SubsetRandomSampler([0]),
  "data.WeightedRandomSampler": () => new data.WeightedRandomSampler([1]),
  "data.DataLoader": () => new data.DataLoader(pairs()),
  "data.Subset": () => new data.Subset(pairs(), [0]),
  "data.TensorDataset": pairs,
  "nn.AdaptiveAvgPool1d": () => new nn.AdaptiveAvgPool1d(1),
  "nn.AdaptiveAvgPool2d": () => new nn.AdaptiveAvgPool2d(1),
  "nn.AdaptiveAvgPool3d": () => new nn.AdaptiveAvgPool3d(1),
  "nn.AdaptiveMaxPool1d": () => new nn.AdaptiveMaxPool1d(1),
  "nn.AdaptiveMaxPool2d": () => new nn.AdaptiveMaxPool2d(1),
  "nn.AdaptiveMaxPool3d": () => new nn.AdaptiveMaxPool3d(1),
  "nn.AvgPool1d": () => new nn.AvgPool1d(1),
  "nn.AvgPool3d": () => new nn.AvgPool3d(1),
  "nn.CircularPad1d": () => new nn.CircularPad1d(1),
  "nn.CircularPad2d": () => new nn.CircularPad2d(1),
  "nn.CircularPad3d": () => new nn.CircularPad3d(1),
  "nn.ConstantPad1d": () => new nn.ConstantPad1d(1, 0),
  "nn.ConstantPad2d": () => new nn.ConstantPad2d(1, 0),
  "nn.ConstantPad3d": () => new nn.ConstantPad3d(1, 0),
  "nn.ReflectionPad1d": () => new nn.ReflectionPad1d(1),
  "nn.ReflectionPad2d": () => new nn.ReflectionPad2d(1),
  "nn.ReflectionPad3d": () => new nn.ReflectionPad3d(1),
  "nn.ReplicationPad1d": () => new nn.ReplicationPad1d(1),
  "nn.ReplicationPad2d": () => new nn.ReplicationPad2d(1),
  "nn.ReplicationPad3d": () => new nn.ReplicationPad3d(1),
  "nn.ZeroPad1d": () => new nn.ZeroPad1d(1),
  "nn.ZeroPad2d": () => new nn.ZeroPad2d(1),
  "nn.ZeroPad3d": () => new nn.ZeroPad3d(1),
  "nn.EmbeddingBag": () => new nn.EmbeddingBag(1, 1),
  "nn.ChannelShuffle": () => new nn.ChannelShuffle(1),
  "nn.Fold": () => new nn.Fold(1, 1),
  "nn.LPPool1d": () => new nn.LPPool1d(2, 1),
  "nn.LPPool2d": () => new nn.LPPool2d(2, 1),
  "nn.MaxPool1d": () => new nn.MaxPool1d(1),
  "nn.MaxPool3d": () => new nn.MaxPool3d(1),
  "nn.MaxUnpool1d": () => new nn.MaxUnpool1d(1),
  "nn.MaxUnpool2d": () => new nn.MaxUnpool2d(1),
  "nn.MaxUnpool3d": () => new nn.MaxUnpool3d(1),
  "nn.PixelShuffle": () => new nn.PixelShuffle(1),
  "nn.PixelUnshuffle": () => new nn.PixelUnshuffle(1),
  "nn.Unflatten": () => new nn.Unflatten(0, [1]),
  "nn.Unfold": () => new nn.Unfold(1),
  "nn.AvgPool2d": () => new nn.AvgPool2d(1),
  "nn.BatchNorm1d": () => new nn.BatchNorm1d(1),
  "nn.BatchNorm2d": () => new nn.BatchNorm2d(1),
  "nn.BatchNorm3d": () => new nn.BatchNorm3d(1),
  "nn.Buffer": () => new nn.Buffer(one()),
  "nn.Conv1d": () => new nn.Conv1d(1, 1, 1),
  "nn.Conv2d": () => new nn.Conv2d(1, 1, 1),
  "nn.Conv3d": () => new nn.Conv3d(1, 1, 1),
  "nn.ConvTranspose1d": () => new nn.ConvTranspose1d(1, 1, 1),
  "nn.ConvTranspose2d": () => new nn.ConvTranspose2d(1, 1, 1),
  "nn.ConvTranspose3d": () => new nn.ConvTranspose3d(1, 1, 1),
  "nn.GroupNorm": () => new nn.GroupNorm(1, 1),
  "nn.InstanceNorm1d": () => new nn.InstanceNorm1d(1),
  "nn.InstanceNorm2d": () => new nn.InstanceNorm2d(1),
  "nn.InstanceNorm3d": () => new nn.InstanceNorm3d(1),
  "nn.LocalResponseNorm": () => new nn.LocalResponseNorm(1),
  "nn.Threshold": () => new nn.Threshold({ threshold: 0, value: 0 }),
  "nn.Embedding": () => new nn.Embedding(1, 1),
  "nn.MultiheadAttention": () => new nn.MultiheadAttention(1, 1),
  "nn.Transformer": () => new nn.Transformer(1, 1, { dimFeedforward: 1 }),
  "nn.TransformerDecoder": () => new nn.TransformerDecoder(decoderLayer(), 1),
  "nn.TransformerDecoderLayer": () => decoderLayer(),
  "nn.TransformerEncoder": () => new nn.TransformerEncoder(encoderLayer(), 1),
  "nn.TransformerEncoderLayer": () => encoderLayer(),
  "nn.RMSNorm": () => new nn.RMSNorm(1),
  "nn.RotaryEmbedding": () => new nn.RotaryEmbedding(2),
  "nn.SinusoidalPositions": () => new nn.SinusoidalPositions(2),
  "nn.GRU": () => new nn.GRU(1, 1),
  "nn.GRUCell": () => new nn.GRUCell(1, 1),
  "nn.LSTM": () => new nn.LSTM(1, 1),
  "nn.LSTMCell": () => new nn.LSTMCell(1, 1),
  "nn.PackedSequence": () => new nn.PackedSequence(one(), [1]),
  "nn.RNN": () => new nn.RNN(1, 1),
  "nn.RNNCell": () => new nn.RNNCell(1, 1),
  "nn.LayerNorm": () => new nn.LayerNorm(1),
  "nn.LazyConv1d": () => new nn.LazyConv1d(1, 1),
  "nn.LazyConv2d": () => new nn.LazyConv2d(1, 1),
  "nn.LazyConv3d": () => new nn.LazyConv3d(1, 1),
  "nn.LazyConvTranspose1d": () => new nn.LazyConvTranspose1d(1, 1),
  "nn.LazyConvTranspose2d": () => new nn.LazyConvTranspose2d(1, 1),
  "nn.LazyConvTranspose3d": () => new nn.LazyConvTranspose3d(1, 1),
  "nn.LazyLinear": () => new nn.LazyLinear(1),
  "nn.Linear": () => new nn.Linear(1, 1),
  "nn.Bilinear": () => new nn.Bilinear(1, 1, 1),
  "nn.LogSoftmax": () => new nn.LogSoftmax({ dim: 0 }),
  "nn.MaxPool2d": () => new nn.MaxPool2d(1),
  "nn.Parameter": () => new nn.Parameter(one()),
  "nn.Softmax": () => new nn.Softmax({ dim: 0 }),
  "optim.Adadelta": () => new optim.Adadelta([one()]),
  "optim.Adafactor": () => new optim.Adafactor([one()]),
  "optim.Adagrad": () => new optim.Adagrad([one()]),
  "optim.SparseAdam": () => new optim.SparseAdam([one()]),
  "optim.Adam": () => new optim.Adam([one()]),
  "optim.AdamW": () => new optim.AdamW([one()]),
  "optim.Adamax": () => new optim.Adamax([one()]),
  "optim.ASGD": () => new optim.ASGD([one()]),
  "optim.Rprop": () => new optim.Rprop([one()]),
  "optim.LBFGS": () => new optim.LBFGS([one()]),
  "optim.Lion": () => new optim.Lion([one()]),
  "optim.Muon": () => new optim.Muon([tenfold.ones([1, 1])]),
  "optim.NAdam": () => new optim.NAdam([one()]),
  "optim.RAdam": () => new optim.RAdam([one()]),
  "optim.RMSprop": () => new optim.RMSprop([one()]),
  "optim.SGD": sgd,
  "optim.ChainedScheduler": () => {
    const schedule = new optim.StepLR(sgd(), { stepSize: 1 });
    return new optim.ChainedScheduler([schedule]);
  },
  "optim.ConstantLR": () => new optim.ConstantLR(sgd()),
  "optim.CosineAnnealingWarmRestarts": () =>
    new optim.CosineAnnealingWarmRestarts(sgd(), { t0: 3 }),
  "optim.CyclicLR": () => new optim.CyclicLR(sgd(), { baseLr: 1, maxLr: 2 }),
  "optim.LambdaLR": () => new optim.LambdaLR(sgd(), { lrLambda: () => 1 }),
  "optim.MultiplicativeLR": () =>
    new optim.MultiplicativeLR(sgd(), { lrLambda: () => 1 }),
  "optim.PolynomialLR": () => new optim.PolynomialLR(sgd()),
  "optim.SequentialLR": () => {
    const optimizer = sgd();
    const schedulers = [new optim.StepLR(optimizer, { stepSize: 1 })];
    return new optim.SequentialLR(optimizer, { schedulers, milestones: [] });
  },
  "optim.SWALR": () => new optim.SWALR(sgd(), { swaLr: 1 }),
  "optim.CosineAnnealingLR": () =>
    new optim.CosineAnnealingLR(sgd(), { tMax: 3 }),
  "optim.ExponentialLR": () => new optim.ExponentialLR(sgd(), { gamma: 0.5 }),
  "optim.LinearLR": () => new optim.LinearLR(sgd()),
  "optim.MultiStepLR": () => new optim.MultiStepLR(sgd(), { milestones: [1] }),
  "optim.OneCycleLR": () =>
    new optim.OneCycleLR(sgd(), { maxLr: 1, totalSteps: 10 }),
  "optim.ReduceLROnPlateau": () => new optim.ReduceLROnPlateau(sgd()),
  "optim.StepLR": () => new optim.StepLR(sgd(), { stepSize: 1 }),
  "train.AveragedModel": () => new train.AveragedModel(new nn.Linear(1, 1)),
};
