/**
 * What recurrent layers keep to. Not part of the package.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  grad,
  gradcheck,
  manualSeed,
  noGrad,
  randn,
  scope,
  stack,
  type Tensor,
} from "@tenfold/core";
import { jvp, vmap } from "@tenfold/core/func";
import type { RecurrentOptions, SequenceInput } from "./_recurrent.ts";
import { clean } from "./_testing.ts";
import { functionalCall } from "./functional_call.ts";
import type { Module } from "./module.ts";
import {
  type PackedSequence,
  packSequence,
  padPackedSequence,
} from "./packed_sequence.ts";

/** A layer of any kind, and what it gives. */
type AnyLayer = Module<[SequenceInput], [SequenceInput, Tensor | Tensor[]]>;

/** The last states of a layer, without the cells of an LSTM. */
const hidden = (state: Tensor | Tensor[]): Tensor =>
  Array.isArray(state) ? state[0]! : state;

/** Whether two tensors differ by rounding alone. */
export const close = (a: Tensor, b: Tensor): boolean =>
  a.sub(b).abs().max().itemSync() < 1e-6;

/** States what holds for every recurrent layer. */
export function describeRecurrent(
  name: string,
  make: (
    inputSize: number,
    hiddenSize: number,
    options?: RecurrentOptions,
  ) => AnyLayer,
): void {
  describe(name, () => {
    it(
      "has gradients that differences agree with",
      clean(async () => {
        manualSeed(1);
        using _ = scope();
        const dtype = "float64";
        const x = randn([3, 2, 2], { dtype, requiresGrad: true });
        using layer = make(2, 3, { dtype, bidirectional: true });
        const apply = (x?: Tensor) => (layer.forward(x!)[0] as Tensor).sin();
        await gradcheck(apply, [x]);
      }),
    );

    it(
      "runs within transforms, with other weights than its own",
      clean(() => {
        manualSeed(4);
        using _ = scope();
        using layer = make(2, 3, { numLayers: 2, dtype: "float64" });
        const [x, v] = [0, 0].map(() => randn([4, 3, 2], { dtype: "float64" }));
        const named = layer.namedParameters();
        const weights = named.map(([, weight]) => weight);
        const loss = (x: Tensor, weights: readonly Tensor[]) => {
          const given = named.map(([name], i) => [name, weights[i]!] as const);
          const [output] = functionalCall(layer, Object.fromEntries(given), x);
          return (output as Tensor).sin().sum();
        };
        // The gradients of each example, at once and one by one.
        const gradients = (x: Tensor, ...weights: Tensor[]) =>
          grad(loss(x, weights), weights);
        const inDims = [0, ...weights.map(() => null)];
        const each = vmap(gradients, { inDims })(x!, ...weights) as Tensor[];
        const loop = x!.unbind(0).map((one) => gradients(one, ...weights));
        for (const [i, found] of each.entries()) {
          const one = stack(loop.map((gradients) => gradients[i]!));
          assertEquals(close(found, one), true);
        }
        const own = (x: Tensor) => loss(x, weights);
        const input = x!.detach().requiresGrad_();
        const [, tangent] = jvp(own, [input], [v!]);
        const back = grad(own(input), [input])[0]!.mul(v!).sum();
        assertEquals(close(tangent as Tensor, back), true);
      }),
    );

    it(
      "treats each packed sequence as if it were alone",
      clean(() => {
        manualSeed(2);
        using _ = scope();
        using layer = make(3, 4, { numLayers: 2, bidirectional: true });
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
      }),
    );

    it(
      "draws dropout between layers in training alone",
      clean(() => {
        manualSeed(3);
        using _ = scope();
        using layer = make(2, 3, { numLayers: 2, dropout: 0.5 });
        const x = randn([4, 2, 2]);
        const run = (each = layer) =>
          noGrad(() => each.forward(x)[0]) as Tensor;
        assertEquals(close(run(), run()), false);
        layer.eval();
        assertEquals(close(run(), run()), true);
        using one = make(2, 3, { dropout: 0.5 });
        assertEquals(close(run(one), run(one)), true);
      }),
    );
  });
}
