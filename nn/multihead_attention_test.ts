import { describeLayer } from "./_layer_testing.ts";
import { MultiheadAttention } from "./multihead_attention.ts";

describeLayer("MultiheadAttention", {
  make: () => new MultiheadAttention(4, 2),
  inputs: [[3, 2, 4], [5, 2, 4], [5, 2, 4]],
  outputs: [[3, 2, 4], [2, 3, 5]],
  state: {
    in_proj_weight: [12, 4],
    in_proj_bias: [12],
    "out_proj.weight": [4, 4],
    "out_proj.bias": [4],
  },
  shown: "MultiheadAttention(embedDim=4, numHeads=2",
});

describeLayer("MultiheadAttention, batch first, of other keys", {
  make: () =>
    new MultiheadAttention(4, 2, { batchFirst: true, kdim: 3, vdim: 5 }),
  inputs: [[2, 3, 4], [2, 6, 3], [2, 6, 5]],
  outputs: [[2, 3, 4], [2, 3, 6]],
  state: {
    q_proj_weight: [4, 4],
    k_proj_weight: [4, 3],
    v_proj_weight: [4, 5],
    in_proj_bias: [12],
    "out_proj.weight": [4, 4],
    "out_proj.bias": [4],
  },
  shown: "MultiheadAttention(embedDim=4, numHeads=2",
});
