import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  arange,
  gradcheck,
  manualSeed,
  memory,
  noGrad,
  randn,
  scope,
  ShapeError,
  stack,
  type Tensor,
} from "@tenfold/core";
import { clean } from "./_testing.ts";
import {
  GRU,
  LSTM,
  LSTMCell,
  type Module,
  type PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  RNN,
  type SequenceInput,
} from "./mod.ts";

/** A layer of any kind, and what it gives. */
type AnyLayer = Module<[SequenceInput], [SequenceInput, Tensor | Tensor[]]>;

/** The last states of a layer, without the cells of an LSTM. */
const hidden = (state: Tensor | Tensor[]): Tensor =>
  Array.isArray(state) ? state[0]! : state;

const close = (a: Tensor, b: Tensor) => a.sub(b).abs().max().itemSync() < 1e-6;

describe("recurrent layers", () => {
  it(
    "have gradients that differences agree with",
    clean(async () => {
      manualSeed(1);
      using _ = scope();
      const dtype = "float64";
      const x = randn([3, 2, 2], { dtype, requiresGrad: true });
      const layers: AnyLayer[] = [
        new RNN(2, 3, { dtype, bidirectional: true }),
        new LSTM(2, 3, { dtype, numLayers: 2, projSize: 2 }),
        new GRU(2, 3, { dtype, bidirectional: true }),
      ];
      for (const layer of layers) {
        using _layer = layer;
        const apply = (x?: Tensor) => (layer.forward(x!)[0] as Tensor).sin();
        await gradcheck(apply, [x]);
      }
    }),
  );

  it(
    "treat each packed sequence as if it were alone",
    clean(() => {
      manualSeed(2);
      using _ = scope();
      for (const Layer of [RNN, GRU, LSTM]) {
        const options = { numLayers: 2, bidirectional: true };
        using layer: AnyLayer = new Layer(3, 4, options);
        const sequences = [2, 5, 1, 5].map((length) => randn([length, 3]));
        const packed = packSequence(sequences, { enforceSorted: false });
        const [output, state] = noGrad(() => layer.forward(packed));
        const [padded] = padPackedSequence(output as PackedSequence, {
          batchFirst: true,
        });
        const last = hidden(state);
        for (const [i, sequence] of sequences.entries()) {
          const [own, ownState] = noGrad(() => layer.forward(sequence));
          const [length] = sequence.shape;
          const part = padded.select(0, i).narrow(0, 0, length!);
          assertEquals(close(part, own as Tensor), true);
          assertEquals(close(last.select(1, i), hidden(ownState)), true);
        }
      }
    }),
  );

  it(
    "draw dropout between layers in training alone",
    clean(() => {
      manualSeed(3);
      using _ = scope();
      using layer = new GRU(2, 3, { numLayers: 2, dropout: 0.5 });
      const x = randn([4, 2, 2]);
      const run = () => noGrad(() => layer.forward(x)[0]);
      assertEquals(close(run(), run()), false);
      layer.eval();
      assertEquals(close(run(), run()), true);
      layer.train();
      using one = new GRU(2, 3, { dropout: 0.5 });
      const [a] = one.forward(x);
      assertEquals(close(a, one.forward(x)[0]), true);
    }),
  );

  it(
    "leave nothing behind but their results",
    clean(() => {
      using layer = new LSTM(2, 3, { bidirectional: true, numLayers: 2 });
      using x = randn([4, 2, 2]);
      const before = memory().tensors;
      const [output, [h, c]] = layer.forward(x);
      assertEquals(memory().tensors - before, 3);
      for (const t of [output, h, c]) t.dispose();
    }),
  );

  it(
    "go on from the state that they gave",
    clean(() => {
      using _ = scope();
      using layer = new LSTM(2, 3);
      using cell = new LSTMCell(2, 3);
      cell.loadStateDict(Object.fromEntries(
        Object.entries(layer.stateDict())
          .map(([name, t]) => [name.replace("_l0", ""), t]),
      ));
      const x = randn([5, 2, 2]);
      const [whole] = layer.forward(x);
      const [, middle] = layer.forward(x.narrow(0, 0, 2));
      const [rest] = layer.forward(x.narrow(0, 2, 3), middle);
      assertEquals(close(rest, whole.narrow(0, 2, 3)), true);
      let state: [Tensor, Tensor] | undefined;
      const steps = x.unbind().map((x) => (state = cell.forward(x, state))[0]);
      assertEquals(close(stack(steps), whole), true);
    }),
  );

  it(
    "say what they cannot take",
    clean(() => {
      using _ = scope();
      using layer = new LSTM(2, 3);
      assertThrows(
        () => layer.forward(randn([4, 2, 5])),
        ShapeError,
        "must be [T, N, 2] or [T, 2], with at least one element: got [4, 2, 5]",
      );
      assertThrows(
        () => layer.forward(randn([0, 2, 2])),
        ShapeError,
        "at least one element",
      );
      const [h, c] = [randn([1, 2, 3]), randn([1, 1, 3])];
      assertThrows(
        () => layer.forward(randn([4, 2, 2]), [h, c]),
        ShapeError,
        "the initial cell must have shape [1, 2, 3]: got [1, 1, 3]",
      );
      assertThrows(
        () => layer.forward(randn([4, 2, 2]), h as never),
        TypeError,
        "the initial states must be [h, c]",
      );
      assertThrows(
        () => new LSTM(2, 3, { projSize: 3 }),
        RangeError,
        "projSize must be less than hiddenSize",
      );
      assertThrows(
        () => packPaddedSequence(randn([3, 2, 1]), [1, 3]),
        RangeError,
        "pass { enforceSorted: false }",
      );
      assertThrows(
        () => packPaddedSequence(randn([3, 2, 1]), [4, 3]),
        RangeError,
        "2 integers from 1 to 3",
      );
    }),
  );
});

describe("padSequence", () => {
  it(
    "pads behind each sequence, and packs and pads there and back",
    clean(() => {
      using _ = scope();
      const sequences = [arange(3), arange(1), arange(2)]
        .map((x) => x.add(1));
      const padded = padSequence(sequences, { paddingValue: -1 });
      const expected = [[1, 1, 1], [2, -1, 2], [3, -1, -1]];
      assertEquals(padded.toArraySync(), expected);
      const packed = packSequence(sequences, { enforceSorted: false });
      assertEquals(packed.batchSizes, [3, 2, 1]);
      const [again, lengths] = padPackedSequence(packed, {
        paddingValue: -1,
        totalLength: 4,
      });
      assertEquals(again.toArraySync(), [...expected, [-1, -1, -1]]);
      assertEquals(lengths, [3, 1, 2]);
    }),
  );
});
