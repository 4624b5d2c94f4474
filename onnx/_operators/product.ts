/**
 * Products of matrices, and attention.
 *
 * @module
 */
import { einsum, ones, type Tensor } from "@tenfold/core";
import * as functional from "@tenfold/nn/functional";
import type { Call, Operators } from "../_call.ts";
import { isFloat } from "../_element.ts";
import type { Value } from "../_value.ts";

function flipped(t: Tensor, transposed: boolean): Tensor {
  return transposed ? t.transpose(-1, -2) : t;
}

/** `alpha a b + beta c`, of which each part may be transposed or left out. */
function gemm(call: Call): Value {
  const a = flipped(call.tensor(0), call.attribute("transA", 0) !== 0);
  const b = flipped(call.tensor(1), call.attribute("transB", 0) !== 0);
  const [alpha, beta] = [
    call.attribute("alpha", 1),
    call.attribute("beta", 1),
  ];
  const c = beta === 0 ? null : call.optional(2);
  if (!isFloat(call.value(0).type)) return call.like(0, integers(a, b, c));
  const width = b.shape[1]!;
  if (alpha === 1 && beta === 1 && c?.ndim === 1 && c.size === width) {
    return call.like(0, a.matmul(b, { bias: c }));
  }
  const product = a.matmul(b);
  const scaled = alpha === 1 ? product : product.mul(alpha);
  if (c === null) return call.like(0, scaled);
  return call.like(0, scaled.add(beta === 1 ? c : c.mul(beta)));
}

function integers(a: Tensor, b: Tensor, c: Tensor | null): Tensor {
  const product = a.matmul(b);
  return c === null ? product : product.add(c);
}

/** Scaled dot-product attention of version 23, without a cache. */
function attention(call: Call): Value {
  let [q, k, v] = [call.floats(0), call.floats(1), call.floats(2)];
  const flat = q.ndim === 3;
  const heads = call.attribute("q_num_heads", 0);
  const groups = call.attribute("kv_num_heads", 0);
  if (flat) {
    q = splitHeads(q, heads);
    k = splitHeads(k, groups);
    v = splitHeads(v, groups);
  }
  const times = q.shape[1]! / k.shape[1]!;
  if (times > 1) [k, v] = [repeatHeads(k, times), repeatHeads(v, times)];
  const isCausal = call.attribute("is_causal", 0) === 1;
  const given = call.optional(3);
  const seen = given && seeing(given, isCausal ? q.shape[2]! : 0, k.shape[2]!);
  const mask = given && seen && opened(given, seen);
  const scale = call.attribute("scale");
  const all = functional.scaledDotProductAttention(q, k, v, {
    ...(mask !== null && { mask }),
    ...(scale !== undefined && { scale }),
    isCausal,
  });
  const out = seen ? all.where(seen, 0) : all;
  return call.like(0, flat ? joinHeads(out) : out);
}

/** Which queries see a key, `[..., L, 1]`: ONNX gives 0 for those that do not. */
function seeing(mask: Tensor, queries: number, keys: number): Tensor {
  const open = mask.dtype === "bool" ? mask : mask.gt(-Infinity);
  const shown = queries > 0
    ? open.logicalAnd(ones([queries, keys], { dtype: "bool" }).tril())
    : open;
  return shown.any(-1, { keepDim: true });
}

/** The mask without the rows that hide all, whose gradients would be NaN. */
function opened(mask: Tensor, seen: Tensor): Tensor {
  return mask.dtype === "bool"
    ? mask.logicalOr(seen.logicalNot())
    : mask.where(seen, 0);
}

/** From `[b, length, heads * size]` to `[b, heads, length, size]`. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [b, length, size] = x.shape as [number, number, number];
  return x.reshape([b, length, heads, size / heads]).transpose(1, 2);
}

function joinHeads(x: Tensor): Tensor {
  const [b, heads, length, size] = x.shape as [number, number, number, number];
  return x.transpose(1, 2).reshape([b, length, heads * size]);
}

function repeatHeads(x: Tensor, times: number): Tensor {
  const [b, heads, length, size] = x.shape as [number, number, number, number];
  return x.unsqueeze(2).expand([b, heads, times, length, size])
    .reshape([b, heads * times, length, size]);
}

/** The operators of this file. */
export const PRODUCT: Operators = {
  MatMul: {
    run: (call) => call.like(0, call.tensor(0).matmul(call.tensor(1))),
  },
  Gemm: { run: gemm },
  Einsum: {
    since: 12,
    run: (call) =>
      call.like(
        0,
        einsum(
          call.text("equation", "").replace(/\s/g, ""),
          ...call.inputs.map((value) => call.toTensor(value!)),
        ),
      ),
  },
  Attention: {
    since: 23,
    run: attention,
    refuses: ({ attributes, outputs }) =>
      outputs.slice(1).some(Boolean)
        ? "it gives keys, values or scores besides its result"
        : Number(attributes.get("softcap") ?? 0) !== 0
        ? "it has a softcap"
        : undefined,
  },
};
