/**
 * Models that are exported in tests, and in the tool that runs them in
 * onnxruntime-node.
 *
 * @module
 */
import { manualSeed, randn, stack, type Tensor, tensor } from "@tenfold/core";
import { functional, Module, Parameter } from "@tenfold/nn";
import * as nn from "@tenfold/nn";

/** A model with inputs for it. */
export interface Exported {
  readonly model: nn.AnyModule;
  readonly inputs: readonly Tensor[];
}

/** Layers whose weights need no other shape, and ways around a layer. */
function flat(): Exported {
  const model = new nn.Sequential(
    new nn.BatchNorm1d(6),
    new nn.Flatten(),
    new nn.Identity(),
    new nn.Linear(6, 4, { bias: false }),
    new nn.LayerNorm(4),
    new nn.Tanh(),
  );
  model.forward(randn([5, 6])).dispose();
  return { model, inputs: [randn([3, 6])] };
}

/** Pools and convolutions with paddings of their own. */
function windows(): Exported {
  const model = new nn.Sequential(
    new nn.Conv2d(2, 3, 4, { padding: "same" }),
    new nn.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
    new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
    new nn.AdaptiveAvgPool2d(2),
  );
  return { model, inputs: [randn([2, 2, 13, 9])] };
}

/** One layer of an LSTM, written by hand. */
class HandLstm extends Module {
  inputWeight: Parameter;
  hiddenWeight: Parameter;
  bias: Parameter;

  constructor(readonly size: number, readonly hidden: number) {
    super();
    this.inputWeight = new Parameter(randn([size, 4 * hidden]).mul(0.4));
    this.hiddenWeight = new Parameter(randn([hidden, 4 * hidden]).mul(0.4));
    this.bias = new Parameter(randn([4 * hidden]).mul(0.1));
  }

  /** From `[time, batch, size]` to `[time, batch, hidden]`. */
  forward(x: Tensor): Tensor {
    const { hidden } = this;
    let h = x.select(0, 0).narrow(-1, 0, 1).expand([x.shape[1]!, hidden])
      .mul(0);
    let c = h;
    const outputs: Tensor[] = [];
    for (let t = 0; t < x.shape[0]!; t++) {
      const gates = x.select(0, t).matmul(this.inputWeight)
        .add(h.matmul(this.hiddenWeight)).add(this.bias);
      const [i, f, g, o] = gates.split(hidden, 1) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      h = o.sigmoid().mul(c.tanh());
      outputs.push(h);
    }
    return stack(outputs);
  }
}

/** Scores for each step of a recurrent layer, and its last states. */
class Tagger extends Module<[Tensor], Tensor[]> {
  head: nn.Linear;

  constructor(
    readonly layer: {
      forward(x: Tensor): [Tensor, Tensor | [Tensor, Tensor]];
    },
    readonly width: number,
  ) {
    super();
    this.head = new nn.Linear(width, 3);
  }

  forward(x: Tensor): Tensor[] {
    const [output, state] = this.layer.forward(x);
    return [
      this.head.forward(output),
      ...Array.isArray(state) ? state : [state],
    ];
  }
}

/** A layer of a transformer, with an embedding before and a head behind. */
class Transformer extends Module<[Tensor], Tensor> {
  embedding = new nn.Embedding(11, 8);
  position = new Parameter(randn([6, 8]).mul(0.1));
  before = new nn.LayerNorm(8);
  query = new nn.Linear(8, 8);
  key = new nn.Linear(8, 8);
  value = new nn.Linear(8, 8);
  out = new nn.Linear(8, 8);
  behind = new nn.LayerNorm(8);
  wide = new nn.Linear(8, 16);
  narrow = new nn.Linear(16, 8);
  head = new nn.Linear(8, 11);

  forward(tokens: Tensor): Tensor {
    const x = this.embedding.forward(tokens).add(this.position);
    const y = this.before.forward(x);
    const heads = (t: Tensor) =>
      t.reshape([t.shape[0]!, 6, 2, 4]).transpose(1, 2);
    const mixed = functional.scaledDotProductAttention(
      heads(this.query.forward(y)),
      heads(this.key.forward(y)),
      heads(this.value.forward(y)),
      { isCausal: true },
    ).transpose(1, 2).reshape(y.shape);
    const z = x.add(this.out.forward(mixed));
    const wide = this.wide.forward(this.behind.forward(z)).gelu();
    return this.head.forward(z.add(this.narrow.forward(wide)));
  }
}

/** What other primitives become. */
class Mixture extends Module<[Tensor, Tensor], Tensor[]> {
  forward(x: Tensor, y: Tensor): Tensor[] {
    return [
      x.maximum(y).sub(x.minimum(y)).sqrt(),
      x.clamp({ min: -0.5, max: 0.5 }).exp().log1p(),
      x.gt(y).logicalOr(x.le(0)).logicalNot().cast("int32"),
      x.where(x.ge(y), y.mul(3)).leakyRelu(0.2).elu(0.7),
      x.silu().add(y.softplus()).square().mean([0]),
      x.variance(1).add(x.std(0).mean()),
      x.argmax(1).add(y.argmin(1)),
      x.sort(1, { descending: true }).indices,
      x.sort(1).values.flip(1),
      x.slice(1, 1, null, 2).cumsum(1),
      x.logsumexp(1, { keepDim: true }).add(x.norm(0)),
      x.unfold(1, 2, 1).sum(-1),
      x.tril().add(x.triu(1)).prod(1),
      x.pad([1, 2, 0, 1], { value: 0.5 }),
      x.gather(1, x.argsort(1)).logSoftmax(1),
      signs(x).mul(2),
    ];
  }
}

/** A class of each element by its sign. */
function signs(x: Tensor): Tensor {
  return x.sign().add(1).cast("int32").oneHot(3).cast("float32");
}

function mlp(): Exported {
  const model = new nn.Sequential(
    new nn.Linear(5, 16),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.5 }),
    new nn.Linear(16, 3),
    new nn.Softmax({ dim: 1 }),
  );
  return { model, inputs: [randn([4, 5])] };
}

function cnn(): Exported {
  const model = new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 8, 3, { groups: 2, stride: 2 }),
    new nn.BatchNorm2d(8),
    new nn.GELU(),
    new nn.AvgPool2d(2, { stride: 1, padding: 1 }),
    new nn.Flatten(),
    new nn.Linear(8 * 4 * 4, 10),
  );
  // Running figures that are not those it begins with.
  model.forward(randn([4, 3, 16, 16])).dispose();
  return { model, inputs: [randn([2, 3, 16, 16])] };
}

function transformer(): Exported {
  const tokens = tensor([[1, 2, 3, 4, 5, 6], [10, 0, 9, 1, 7, 7]], {
    dtype: "int32",
  });
  return { model: new Transformer(), inputs: [tokens] };
}

function encoder(): Exported {
  const layer = new nn.TransformerEncoderLayer(8, 2, {
    dimFeedforward: 16,
    batchFirst: true,
    activation: "gelu",
    normFirst: true,
  });
  const model = new nn.TransformerEncoder(layer, 2);
  // The stack holds copies of it.
  layer.dispose();
  return { model, inputs: [randn([2, 6, 8])] };
}

const MODELS: { readonly [name: string]: () => Exported } = {
  mlp,
  cnn,
  lstm: () => ({ model: new HandLstm(3, 5), inputs: [randn([4, 2, 3])] }),
  lstmLayers: () => ({
    model: new Tagger(
      new nn.LSTM(3, 5, { numLayers: 2, bidirectional: true }),
      10,
    ),
    inputs: [randn([4, 2, 3])],
  }),
  // ONNX has no projection: written step by step.
  lstmProjected: () => ({
    model: new Tagger(new nn.LSTM(3, 5, { projSize: 4, bias: false }), 4),
    inputs: [randn([4, 2, 3])],
  }),
  gruLayer: () => ({
    model: new Tagger(new nn.GRU(3, 5, { batchFirst: true }), 5),
    inputs: [randn([2, 4, 3])],
  }),
  rnnLayer: () => ({
    model: new Tagger(new nn.RNN(3, 5, { nonlinearity: "relu" }), 5),
    inputs: [randn([4, 2, 3])],
  }),
  encoder,
  sequences: () => ({
    model: new nn.Transformer(8, 2, {
      numEncoderLayers: 1,
      numDecoderLayers: 1,
      dimFeedforward: 16,
    }),
    inputs: [randn([6, 2, 8]), randn([5, 2, 8])],
  }),
  transformer,
  flat,
  windows,
  mixture: () => ({
    model: new Mixture(),
    inputs: [randn([4, 5]), randn([4, 5])],
  }),
};

/** The names of the models. */
export const EXPORTED: readonly string[] = Object.keys(MODELS);

/** A model in evaluation, always the same. */
export function exported(name: string): Exported {
  manualSeed(7);
  const made = MODELS[name]!();
  made.model.eval();
  return made;
}
