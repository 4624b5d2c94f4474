/**
 * Normalisations and softmax.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import * as functional from "@tenfold/nn/functional";
import type { Call, Operators } from "../_call.ts";
import { sizeOf, type Value } from "../_value.ts";

/** One number a channel, in a shape that broadcasts over a rank. */
function perChannel(t: Tensor, rank: number): Tensor {
  return t.reshape([t.size, ...Array<number>(rank - 2).fill(1)]);
}

/** The running figures after a batch, of which `momentum` is kept. */
function runningFigures(call: Call, x: Tensor): Value[] {
  const kept = call.attribute("momentum", 0.9);
  const dims = x.shape.map((_, d) => d).filter((d) => d !== 1);
  const batch = [
    x.mean(dims),
    x.variance(dims, { unbiased: false }),
  ];
  return batch.map((figure, i) =>
    call.like(0, call.tensor(3 + i).mul(kept).add(figure.mul(1 - kept)))
  );
}

function batchNorm(call: Call): Value | Value[] {
  const x = call.floats(0);
  const [scale, bias] = [call.tensor(1), call.tensor(2)];
  const eps = call.attribute("epsilon", 1e-5);
  const ofBatch = call.attribute("training_mode", 0) === 1;
  const out = functional.batchNorm(x, scale, bias, {
    ...(ofBatch ? { training: true } : {
      runningMean: call.tensor(3),
      runningVar: call.tensor(4),
    }),
    eps,
  });
  return ofBatch && call.wants(1)
    ? [call.like(0, out), ...runningFigures(call, x)]
    : call.like(0, out);
}

/** Groups of channels with mean 0 and variance 1. */
function normalizeGroups(x: Tensor, groups: number, eps: number): Tensor {
  const [n, c, ...spatial] = x.shape as [number, number, ...number[]];
  const each = (c / groups) * sizeOf(spatial);
  return functional.layerNorm(x.reshape([n, groups, each]), {
    normalizedShape: [each],
    eps,
  }).reshape(x.shape);
}

function instanceNorm(call: Call): Value {
  const x = call.floats(0);
  const out = normalizeGroups(
    x,
    x.shape[1]!,
    call.attribute("epsilon", 1e-5),
  );
  const [scale, bias] = [call.tensor(1), call.tensor(2)];
  return call.like(
    0,
    out.mul(perChannel(scale, x.ndim)).add(perChannel(bias, x.ndim)),
  );
}

/** Before version 21, scale and bias have one number a group. */
function groupNorm(call: Call): Value {
  const x = call.floats(0);
  const groups = call.attribute("num_groups", 1);
  const out = normalizeGroups(x, groups, call.attribute("epsilon", 1e-5));
  const spread = (t: Tensor) => {
    const each = x.shape[1]! / t.size;
    return t.reshape([t.size, 1]).expand([t.size, each])
      .reshape([x.shape[1]!, ...Array<number>(x.ndim - 2).fill(1)]);
  };
  return call.like(
    0,
    out.mul(spread(call.tensor(1))).add(spread(call.tensor(2))),
  );
}

function fromAxis(call: Call, rank: number): number {
  const axis = call.attribute("axis", -1);
  return axis < 0 ? axis + rank : axis;
}

function layerNorm(call: Call): Value | Value[] {
  const x = call.floats(0);
  const axis = fromAxis(call, x.ndim);
  const eps = call.attribute("epsilon", 1e-5);
  const shape = x.shape.slice(axis);
  const dims = shape.map((_, d) => axis + d);
  const [scale, bias] = [call.tensor(1), call.optional(2)];
  const own = scale.shape.length === shape.length &&
    scale.shape.every((extent, d) => extent === shape[d]);
  const plain = functional.layerNorm(
    x,
    own ? scale : null,
    own ? bias : null,
    { normalizedShape: shape, eps },
  );
  let out = plain;
  if (!own) {
    out = out.mul(scale);
    if (bias !== null) out = out.add(bias);
  }
  if (!call.wants(1) && !call.wants(2)) return call.like(0, out);
  const mean = x.mean(dims, { keepDim: true });
  const variance = x.sub(mean).square().mean(dims, { keepDim: true });
  return [
    call.like(0, out),
    call.like(0, mean),
    call.like(0, variance.add(eps).rsqrt()),
  ];
}

function rmsNorm(call: Call): Value {
  const x = call.floats(0);
  const axis = fromAxis(call, x.ndim);
  const dims = x.shape.slice(axis).map((_, d) => axis + d);
  const scale = x.square().mean(dims, { keepDim: true })
    .add(call.attribute("epsilon", 1e-5)).rsqrt();
  return call.like(0, x.mul(scale).mul(call.tensor(1)));
}

/** Over the channels beside each one (Krizhevsky and others, 2012). */
function localResponse(call: Call): Value {
  const x = call.floats(0);
  const size = call.attribute("size", 1);
  const [alpha, beta] = [
    call.attribute("alpha", 1e-4),
    call.attribute("beta", 0.75),
  ];
  const before = Math.floor((size - 1) / 2);
  const lead = Array<number>(2 * (x.ndim - 2)).fill(0);
  const sums = x.square().pad([...lead, before, size - 1 - before])
    .unfold(1, size, 1).sum(-1);
  const scale = sums.mul(alpha / size).add(call.attribute("bias", 1));
  return call.like(0, x.mul(scale.pow(-beta)));
}

function meanVariance(call: Call): Value {
  const x = call.floats(0);
  const dims = call.list("axes") ?? [0, 2, 3];
  const centred = x.sub(x.mean(dims, { keepDim: true }));
  const deviation = centred.square().mean(dims, { keepDim: true }).sqrt();
  return call.like(0, centred.div(deviation.add(1e-9)));
}

function lpNorm(call: Call): Value {
  const x = call.floats(0);
  const axis = call.attribute("axis", -1);
  const norm = x.norm(axis, { p: call.attribute("p", 2), keepDim: true });
  return call.like(0, x.div(norm).where(norm.ne(0), 0));
}

/** Along an axis; before version 13 over all dims from it on, as one. */
function along(
  call: Call,
  fn: (x: Tensor, dim: number) => Tensor,
): Value {
  const x = call.tensor(0);
  if (call.version >= 13) {
    return call.like(0, fn(x, call.attribute("axis", -1)));
  }
  const given = call.attribute("axis", 1);
  const axis = given < 0 ? given + x.ndim : given;
  if (axis === x.ndim - 1) return call.like(0, fn(x, axis));
  const rows = x.reshape([
    sizeOf(x.shape.slice(0, axis)),
    sizeOf(x.shape.slice(axis)),
  ]);
  return call.like(0, fn(rows, 1).reshape(x.shape));
}

function hardmax(x: Tensor, dim: number): Tensor {
  const at = dim < 0 ? dim + x.ndim : dim;
  const last = x.transpose(at, -1);
  const hot = last.argmax(-1).oneHot(last.shape[last.ndim - 1]!);
  return hot.cast(x.dtype).transpose(at, -1);
}

/** The operators of this file. */
export const NORMALIZATION: Operators = {
  BatchNormalization: {
    run: batchNorm,
    refuses: ({ outputs, attributes, version }) =>
      version < 14 && outputs.slice(1).some(Boolean)
        ? "it gives running figures, as before version 14"
        : version < 9 && attributes.get("spatial") === 0
        ? "it has figures for each element (spatial 0)"
        : undefined,
  },
  InstanceNormalization: { run: instanceNorm },
  GroupNormalization: { run: groupNorm, since: 18 },
  LayerNormalization: { run: layerNorm, since: 17 },
  RMSNormalization: { run: rmsNorm, since: 23 },
  LRN: { run: localResponse },
  MeanVarianceNormalization: { run: meanVariance, since: 9 },
  LpNormalization: { run: lpNorm },
  Softmax: { run: (call) => along(call, (x, dim) => x.softmax(dim)) },
  LogSoftmax: { run: (call) => along(call, (x, dim) => x.logSoftmax(dim)) },
  Hardmax: { run: (call) => along(call, hardmax) },
};
