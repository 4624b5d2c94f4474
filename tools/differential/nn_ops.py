"""Functions of nn.functional: layers and losses."""

import math

import torch
import torch.nn.functional as F

from program import Reject, Step


def floating(p, d, fits=lambda t: True):
    x = d.operand(p, lambda t: t.dtype in (torch.float32, torch.float64)
                  and t.numel() > 0 and fits(t))
    if x is None:
        raise Reject("nothing fits")
    return x, p.value(x)


def softplus(t):
    """At the threshold the second derivative is that from below."""
    return torch.where(t * 2 > 5, t, F.softplus(t * 2, threshold=1e3) / 2)


def fresh(p, d, shape, dtype):
    return p.add_input(d.tensor(shape, dtype))


def windows(p, d):
    """Convolution and pooling over an image."""
    x, t = floating(p, d, lambda t: t.dim() in (3, 4) and min(t.shape) > 0)
    if t.dim() == 3 and d.chance(0.8):
        raise Reject("few without a batch")
    if d.chance(0.6):
        t = d.tensor([d.rng.randint(1, 2), d.rng.randint(1, 2),
                      d.rng.randint(2, 5), d.rng.randint(2, 4)],
                     d.floating())
        x = p.add_input(t)
    height, width = t.shape[-2:]
    channels = t.shape[-3]
    name = d.rng.choice(["conv2d", "conv2d", "maxPool2d", "avgPool2d",
                         "adaptiveAvgPool2d"])
    pick = lambda: d.rng.choice([1, 1, 2])
    if name == "adaptiveAvgPool2d":
        size = [d.rng.randint(1, 4), d.rng.randint(1, 4)]
        return Step("nn.adaptiveAvgPool2d", [x, {"outputSize": size}],
                    lambda run, t: F.adaptive_avg_pool2d(t, size))
    padding = [d.rng.randint(0, 1), d.rng.randint(0, 1)]
    stride = [pick(), pick()]
    dilation = [pick(), pick()] if d.chance(0.3) else [1, 1]
    kernel = [d.rng.randint(1, 3), d.rng.randint(1, 3)]
    for e, k, a, l in zip((height, width), kernel, padding, dilation):
        if l * (k - 1) + 1 > e + 2 * a:
            raise Reject("window too large")
        if name != "conv2d" and 2 * a > k:
            raise Reject("padding too large")
    if name == "conv2d":
        groups = channels if d.chance(0.3) else 1
        out = groups * d.rng.randint(1, 2)
        w = fresh(p, d, [out, channels // groups, *kernel], t.dtype)
        b = [fresh(p, d, [out], t.dtype)] if d.chance(0.5) else [None]
        options = {"stride": stride, "padding": padding, "dilation": dilation,
                   "groups": groups}
        return Step("nn.conv2d", [x, w, *b, options], lambda run, t, w, b=None:
                    F.conv2d(t, w, b, stride, padding, dilation, groups),
                    exact=True)
    options = {"kernelSize": kernel, "stride": stride, "padding": padding}
    if name == "maxPool2d":
        return Step("nn.maxPool2d", [x, {**options, "dilation": dilation}],
                    lambda run, t: F.max_pool2d(t, kernel, stride, padding,
                                                dilation), still=True)
    include = d.chance(0.5)
    return Step("nn.avgPool2d", [x, {**options, "countIncludePad": include}],
                lambda run, t: F.avg_pool2d(t, kernel, stride, padding,
                                            count_include_pad=include))


def dense(p, d):
    name = d.rng.choice(["linear", "layerNorm", "batchNorm", "embedding",
                         "attention", "dropout", "activation"])
    if name == "embedding":
        index = p.add_input(d.index(d.shape(most=6), 4), constant=True)
        w = fresh(p, d, [4, d.rng.randint(1, 3)], d.floating())
        return Step("nn.embedding", [index, w],
                    lambda run, i, w: F.embedding(i.long(), w), still=True)
    if name == "attention":
        dtype = d.floating()
        lead = d.shape(d.rng.randint(0, 2), 4)
        if 0 in lead:
            raise Reject("empty")
        rows, keys = d.rng.randint(1, 3), d.rng.randint(1, 3)
        depth, out = d.rng.randint(1, 3), d.rng.randint(1, 3)
        q = fresh(p, d, [*lead, rows, depth], dtype)
        k = fresh(p, d, [*lead, keys, depth], dtype)
        v = fresh(p, d, [*lead, keys, out], dtype)
        causal = d.chance(0.3)
        scale = d.rng.choice([None, 0.5])
        options = {**({"isCausal": True} if causal else {}),
                   **({"scale": scale} if scale else {})}

        def attend(run, q, k, v):
            s = q @ k.transpose(-1, -2) * (scale or depth ** -0.5)
            if causal:
                keep = torch.ones(rows, keys, dtype=torch.bool).tril()
                s = s.masked_fill(~keep, -math.inf)
            return torch.softmax(s, -1) @ v

        return Step("nn.scaledDotProductAttention",
                    [q, k, v] + ([options] if options else []), attend)
    x, t = floating(p, d, lambda t: t.dim() > 0)
    if name == "linear":
        out = d.rng.randint(1, 4)
        w = fresh(p, d, [out, t.shape[-1]], t.dtype)
        b = [fresh(p, d, [out], t.dtype)] if d.chance(0.5) else []
        return Step("nn.linear", [x, w, *b],
                    lambda run, t, w, b=None: F.linear(t, w, b), exact=True)
    if name == "layerNorm":
        shape = list(t.shape[-1:]) if d.chance(0.6) else list(t.shape)
        if math.prod(shape) < 4:
            raise Reject("gradients that cancel")
        w = fresh(p, d, shape, t.dtype)
        b = fresh(p, d, shape, t.dtype)
        return Step("nn.layerNorm", [x, w, b], lambda run, t, w, b:
                    F.layer_norm(t, shape, w, b))
    if name == "batchNorm":
        if t.dim() not in (2, 3, 4):
            raise Reject("refused")
        c = t.shape[1]
        training = d.chance(0.6)
        if training and t.numel() // c < 4:
            raise Reject("gradients that cancel")
        w, b = fresh(p, d, [c], t.dtype), fresh(p, d, [c], t.dtype)
        if training:
            return Step("nn.batchNorm", [x, w, b, {"training": True}],
                        lambda run, t, w, b: F.batch_norm(
                            t, None, None, w, b, training=True))
        mean = p.add_input(d.tensor([c], t.dtype), constant=True)
        var = p.add_input(d.positive([c], t.dtype), constant=True)
        return Step("nn.batchNorm", [x, w, b, {"runningMean": mean,
                                               "runningVar": var}],
                    lambda run, t, w, b, m, v: F.batch_norm(t, m, v, w, b))
    if name == "dropout":
        return Step("nn.dropout", [x, {"p": 0.5, "training": False}],
                    lambda run, t: t * 1, still=True)
    kind, options, fn = d.rng.choice([
        ("gelu", {"approximate": "tanh"},
         lambda t: F.gelu(t, approximate="tanh")),
        ("softplus", {"beta": 2, "threshold": 5},
         softplus),
        ("leakyRelu", {"negativeSlope": 0.3}, lambda t: F.leaky_relu(t, 0.3)),
        ("elu", {"alpha": 0.4}, lambda t: F.elu(t, 0.4)),
        ("silu", None, F.silu), ("relu", None, F.relu),
    ])
    return Step(f"nn.{kind}", [x] + ([options] if options else []),
                lambda run, t: fn(t))


def reduced(d):
    how = d.rng.choice(["mean", "sum", "none", None])
    return ({} if how is None else {"reduction": how}), how or "mean"


def loss(p, d):
    options, how = reduced(d)
    name = d.rng.choice(["mseLoss", "l1Loss", "huberLoss", "crossEntropy",
                         "crossEntropy", "nllLoss", "binaryCrossEntropy",
                         "binaryCrossEntropyWithLogits"])
    tail = lambda: [options] if options else []
    if name in ("mseLoss", "l1Loss", "huberLoss"):
        x, t = floating(p, d)
        # Integer and bool targets are promoted to the prediction's dtype.
        dtype = t.dtype if d.chance(0.6) else d.rng.choice(
            [torch.int32, torch.bool])
        y = p.add_input(d.tensor(list(t.shape), dtype))
        base = {"mseLoss": F.mse_loss, "l1Loss": F.l1_loss,
                "huberLoss": F.huber_loss}[name]
        more = {}
        if name == "huberLoss" and d.chance(0.5):
            more = {"delta": d.rng.choice([0.5, 2])}
            options.update(more)
        return Step(f"nn.{name}", [x, y, *tail()], lambda run, a, b:
                    base(a, b.to(a.dtype), reduction=how, **more))
    if name in ("crossEntropy", "nllLoss"):
        x, t = floating(p, d, lambda t: t.dim() in (1, 2, 3))
        at = 0 if t.dim() == 1 else 1
        classes = t.shape[at]
        shape = [e for k, e in enumerate(t.shape) if k != at]
        target = p.add_input(d.index(shape, classes), constant=True)
        tensors, names = [], []
        if d.chance(0.3):
            w = p.add_input(d.positive([classes], t.dtype), constant=True)
            options["weight"] = w
            tensors.append(w)
        more = {}
        if name == "crossEntropy" and d.chance(0.3):
            more = {"label_smoothing": 0.25}
            options["labelSmoothing"] = 0.25
        if d.chance(0.2):
            more["ignore_index"] = 0
            options["ignoreIndex"] = 0
            if how == "mean":
                i = p.value(target)
                if not bool((i != 0).any()):
                    raise Reject("nothing left")
        base = F.cross_entropy if name == "crossEntropy" else F.nll_loss
        return Step(f"nn.{name}", [x, target, *tail()], lambda run, a, i, w=None:
                    base(a, i.long(), weight=w, reduction=how, **more))
    if name == "binaryCrossEntropy":
        # PyTorch adds 1e-12 to divisors, which shows in float64.
        x = p.add_input(d.positive(d.shape(), torch.float32, 0.05, 0.95))
        t = p.value(x)
    else:
        x, t = floating(p, d)
    y = p.add_input(d.tensor(list(t.shape), torch.bool).to(t.dtype)
                    if d.chance(0.5) else
                    d.positive(list(t.shape), t.dtype, 0, 1), constant=True)
    base = F.binary_cross_entropy if name == "binaryCrossEntropy" else \
        F.binary_cross_entropy_with_logits
    return Step(f"nn.{name}", [x, y, *tail()],
                lambda run, a, b: base(a, b, reduction=how))


OPERATIONS = [(windows, 6), (dense, 7), (loss, 7)]
