import { describeLayer } from "./_layer_testing.ts";
import { Transformer } from "./transformer.ts";

/** What it holds, with 4 features and as many in its feed-forward parts. */
const STATE = {
  "encoder.layers.0.self_attn.in_proj_weight": [12, 4],
  "encoder.layers.0.self_attn.in_proj_bias": [12],
  "encoder.layers.0.self_attn.out_proj.weight": [4, 4],
  "encoder.layers.0.self_attn.out_proj.bias": [4],
  "encoder.layers.0.linear1.weight": [4, 4],
  "encoder.layers.0.linear1.bias": [4],
  "encoder.layers.0.linear2.weight": [4, 4],
  "encoder.layers.0.linear2.bias": [4],
  "encoder.layers.0.norm1.weight": [4],
  "encoder.layers.0.norm1.bias": [4],
  "encoder.layers.0.norm2.weight": [4],
  "encoder.layers.0.norm2.bias": [4],
  "encoder.norm.weight": [4],
  "encoder.norm.bias": [4],
  "decoder.layers.0.self_attn.in_proj_weight": [12, 4],
  "decoder.layers.0.self_attn.in_proj_bias": [12],
  "decoder.layers.0.self_attn.out_proj.weight": [4, 4],
  "decoder.layers.0.self_attn.out_proj.bias": [4],
  "decoder.layers.0.multihead_attn.in_proj_weight": [12, 4],
  "decoder.layers.0.multihead_attn.in_proj_bias": [12],
  "decoder.layers.0.multihead_attn.out_proj.weight": [4, 4],
  "decoder.layers.0.multihead_attn.out_proj.bias": [4],
  "decoder.layers.0.linear1.weight": [4, 4],
  "decoder.layers.0.linear1.bias": [4],
  "decoder.layers.0.linear2.weight": [4, 4],
  "decoder.layers.0.linear2.bias": [4],
  "decoder.layers.0.norm1.weight": [4],
  "decoder.layers.0.norm1.bias": [4],
  "decoder.layers.0.norm2.weight": [4],
  "decoder.layers.0.norm2.bias": [4],
  "decoder.layers.0.norm3.weight": [4],
  "decoder.layers.0.norm3.bias": [4],
  "decoder.norm.weight": [4],
  "decoder.norm.bias": [4],
};

describeLayer("Transformer", {
  make: () =>
    new Transformer(4, 2, {
      numEncoderLayers: 1,
      numDecoderLayers: 1,
      dimFeedforward: 4,
      dropout: 0,
    }),
  inputs: [[3, 2, 4], [4, 2, 4]],
  outputs: [[4, 2, 4]],
  state: STATE,
  shown: "Transformer(",
});
