import { describeLayer } from "./_layer_testing.ts";
import {
  TransformerEncoder,
  TransformerEncoderLayer,
} from "./transformer_encoder.ts";

/** What a layer holds, with 4 features and 8 in its feed-forward part. */
const STATE = {
  "self_attn.in_proj_weight": [12, 4],
  "self_attn.in_proj_bias": [12],
  "self_attn.out_proj.weight": [4, 4],
  "self_attn.out_proj.bias": [4],
  "linear1.weight": [8, 4],
  "linear1.bias": [8],
  "linear2.weight": [4, 8],
  "linear2.bias": [4],
  "norm1.weight": [4],
  "norm1.bias": [4],
  "norm2.weight": [4],
  "norm2.bias": [4],
};

const within = (prefix: string, state: Record<string, readonly number[]>) =>
  Object.fromEntries(
    Object.entries(state).map(([name, shape]) => [prefix + name, shape]),
  );

function encoder(): TransformerEncoder {
  using layer = new TransformerEncoderLayer(4, 2, {
    dimFeedforward: 8,
    dropout: 0,
  });
  return new TransformerEncoder(layer, 2);
}

describeLayer("TransformerEncoderLayer", {
  make: () =>
    new TransformerEncoderLayer(4, 2, {
      dimFeedforward: 8,
      activation: "gelu",
    }),
  inputs: [[3, 2, 4]],
  outputs: [[3, 2, 4]],
  state: STATE,
  shown: "TransformerEncoderLayer(",
});

describeLayer("TransformerEncoder", {
  make: encoder,
  inputs: [[3, 2, 4]],
  outputs: [[3, 2, 4]],
  state: { ...within("layers.0.", STATE), ...within("layers.1.", STATE) },
  shown: "TransformerEncoder(",
});
