"""Modules that take several inputs and give several outputs: recurrent nets,
their cells, attention and transformers.

A case: options (camelCase) and the state, the arguments of one call (options
last), whether it trains, the outputs in reading order, and the gradients of the
arguments and of the parameters, also of second order where asked for. A packed
batch is {"packed": elements, "batchSizes": [...], "sortedIndices": [...]}.
"""

import copy

import torch
from torch import nn
from torch.nn.utils.rnn import (PackedSequence, pack_padded_sequence,
                                pack_sequence, pad_packed_sequence,
                                pad_sequence)

from layers import python_names, randomize
from record import (Const, GRAD_ATOL, GRAD_RTOL, Group, VALUE_ATOL, VALUE_RTOL,
                    _agree, boolean, cotangent, encode, encode_any, f32, is_float, randn,
                    tensors_in)


def flat(out):
    """The tensors of an output in reading order; those left out are skipped."""
    if out is None:
        return []
    if isinstance(out, torch.Tensor):
        return [out]
    if isinstance(out, PackedSequence):
        return [out.data]
    return [t for part in out for t in flat(part)]


def run(module, tensors, call, dtype, second):
    leaves = []
    for t in tensors:
        const = isinstance(t, Const)
        t = t.tensor if const else t
        t = t.to(dtype).clone() if is_float(t) else t
        leaves.append(t.requires_grad_() if is_float(t) and not const else t)
    outs = flat(call(module, *leaves))
    inputs = [t for t in leaves if t.requires_grad]
    named = dict(module.named_parameters())
    wanted = inputs + list(named.values())
    first = torch.autograd.grad(
        [o for o in outs if o.requires_grad], wanted,
        [cotangent(o.shape, k, o.dtype) for k, o in enumerate(outs)
         if o.requires_grad],
        create_graph=second, allow_unused=True)
    first = [torch.zeros_like(t) if g is None else g
             for g, t in zip(first, wanted)]
    again = None
    if second:
        again = torch.autograd.grad(
            [g for g in first if g.requires_grad], wanted,
            [cotangent(g.shape, k, g.dtype) for k, g in enumerate(first)
             if g.requires_grad], allow_unused=True)
        again = [torch.zeros_like(t) if g is None else g
                 for g, t in zip(again, wanted)]
    where = {id(t): k for k, t in enumerate(inputs)}

    def spread(grads):
        return [grads[where[id(t)]] if id(t) in where else None for t in leaves]

    def by_name(grads):
        return dict(zip(named, grads[len(inputs):]))

    return outs, first, again, spread, by_name


def module(g, name, options, net, args, call, *, train=True, second=False):
    """Records one call of a module with random weights."""
    net = randomize(net)
    with torch.no_grad():
        for p in net.parameters():
            p.mul_(0.6)
    net.train(train)
    tensors = tensors_in(args)
    single = run(net, tensors, call, torch.float32, second)
    double = run(copy.deepcopy(net).double(), tensors, call, torch.float64,
                 second)
    what = f"{name} {len(g.cases)}"
    _agree(what, single[0], double[0], VALUE_RTOL, VALUE_ATOL)
    _agree(what + " gradient", single[1], double[1], GRAD_RTOL, GRAD_ATOL)
    outs, first, again, spread, by_name = single
    case = {"layer": name, "options": options,
            "state": {k: encode(v) for k, v in net.state_dict().items()},
            "train": train, "args": encode_any(args), "out": encode_any(outs),
            "grads": encode_any(spread(first)),
            "parameters": encode_any(by_name(first))}
    if second:
        _agree(what + " second", again, double[2], GRAD_RTOL, GRAD_ATOL)
        case["grads2"] = encode_any(spread(again))
        case["parameters2"] = encode_any(by_name(again))
    g.add(case)


KINDS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
CELLS = {"RNNCell": nn.RNNCell, "LSTMCell": nn.LSTMCell, "GRUCell": nn.GRUCell}


def plain(net, x, *rest):
    return net(x, *rest)


def with_pair(net, x, h, c):
    return net(x, (h, c))


def recurrent(g):
    x = randn(4, 2, 3)
    for name, make in KINDS.items():
        pair = name == "LSTM"
        for options in (
                {}, {"bias": False}, {"batchFirst": True},
                {"bidirectional": True}, {"numLayers": 2},
                {"numLayers": 2, "bidirectional": True, "batchFirst": True},
                *([{"nonlinearity": "relu"}] if name == "RNN" else []),
                *([{"projSize": 2}, {"projSize": 2, "bidirectional": True,
                                     "numLayers": 2}] if pair else [])):
            sizes = {"inputSize": 3, "hiddenSize": 4, **options}
            net = make(3, 4, **python_names(options))
            module(g, name, sizes, net, [x], plain,
                   second=len(options) < 2)
            layers = net.num_layers * (2 if net.bidirectional else 1)
            batch = 4 if net.batch_first else 2
            h = randn(layers, batch, options.get("projSize", 4))
            if pair:
                c = randn(layers, batch, 4)
                module(g, name, sizes, net, [x, [h, c]], with_pair)
            else:
                module(g, name, sizes, net, [x, h], plain)
        # one sequence without a batch
        sizes = {"inputSize": 3, "hiddenSize": 4}
        module(g, name, sizes, make(3, 4), [randn(5, 3)], plain)
        # sequences of unequal length
        for options in ({}, {"bidirectional": True, "numLayers": 2}):
            net = make(3, 4, **python_names(options))
            layers = net.num_layers * (2 if net.bidirectional else 1)
            packed = pack_padded_sequence(randn(4, 3, 3),
                                          torch.tensor([2, 4, 1]),
                                          enforce_sorted=False)
            order = packed.sorted_indices
            where = {"packed": packed.data,
                     "batchSizes": packed.batch_sizes.tolist(),
                     "sortedIndices": order.tolist()}

            def call(net, data, *rest):
                inverse = torch.argsort(order)
                batch = PackedSequence(data, packed.batch_sizes, order, inverse)
                if len(rest) == 2:
                    return net(batch, rest)
                return net(batch, *rest)

            h = randn(layers, 3, 4)
            state = [h, randn(layers, 3, 4)] if pair else h
            module(g, name, {**sizes, **options}, net, [where], call)
            module(g, name, {**sizes, **options}, net, [where, state], call,
                   second=not options)
    for name, make in CELLS.items():
        pair = name == "LSTMCell"
        for options in ({}, {"bias": False},
                        *([{"nonlinearity": "relu"}]
                          if name == "RNNCell" else [])):
            sizes = {"inputSize": 3, "hiddenSize": 4, **options}
            net = make(3, 4, **python_names(options))
            module(g, name, sizes, net, [randn(2, 3)], plain, second=True)
            h = randn(2, 4)
            if pair:
                module(g, name, sizes, net, [randn(2, 3), [h, randn(2, 4)]],
                       with_pair, second=True)
            else:
                module(g, name, sizes, net, [randn(2, 3), h], plain,
                       second=True)
        module(g, name, {"inputSize": 3, "hiddenSize": 4}, make(3, 4),
               [randn(3)], plain)


def multihead(g):
    name = "MultiheadAttention"
    sizes = {"embedDim": 4, "numHeads": 2}
    q, k, v = randn(3, 2, 4), randn(5, 2, 4), randn(5, 2, 4)
    first = lambda x: x.transpose(0, 1)

    def attend(**kw):
        return lambda net, q, k, v, *masks: net(
            q, k, v, **dict(zip(kw.get("names", []), masks)),
            **{n: a for n, a in kw.items() if n != "names"})

    module(g, name, sizes, nn.MultiheadAttention(4, 2), [q, k, v], attend(),
           second=True)
    module(g, name, {**sizes, "batchFirst": True},
           nn.MultiheadAttention(4, 2, batch_first=True),
           [first(q), first(k), first(v), {"averageAttnWeights": False}],
           attend(average_attn_weights=False))
    for options in ({"bias": False}, {"addBiasKv": True}, {"addZeroAttn": True},
                    {"kdim": 3, "vdim": 2}):
        key = randn(5, 2, options.get("kdim", 4))
        value = randn(5, 2, options.get("vdim", 4))
        module(g, name, {**sizes, **options},
               nn.MultiheadAttention(4, 2, **python_names(options)),
               [q, key, value, {"needWeights": False}],
               attend(need_weights=False))
    module(g, name, sizes, nn.MultiheadAttention(4, 2), [q[:, 0], k[:, 0],
                                                         v[:, 0]], attend())
    padding = boolean([[False, False, True, False, True],
                       [False, False, False, False, True]])
    left = boolean([[False, True, False, True, False],
                    [False, False, False, False, True],
                    [True, False, False, False, False]])
    for masks in ({"keyPaddingMask": padding}, {"attnMask": left},
                  {"attnMask": Const(randn(4, 3, 5))},
                  {"attnMask": left, "keyPaddingMask": padding},
                  {"attnMask": Const(randn(3, 5)), "keyPaddingMask": padding}):
        names = list(python_names(masks))
        module(g, name, sizes, nn.MultiheadAttention(4, 2),
               [q, k, v, masks], attend(names=names))
    for options in ({}, {"addBiasKv": True}):
        module(g, name, {**sizes, **options},
               nn.MultiheadAttention(4, 2, **python_names(options)),
               [q, k, v, {"keyPaddingMask": padding, "needWeights": False}],
               lambda net, q, k, v, p: net(q, k, v, key_padding_mask=p,
                                           need_weights=False))

    def causal(net, x):
        keep = torch.ones(4, 4, dtype=torch.bool).triu(1)
        return net(x, x, x, attn_mask=keep)

    module(g, name, sizes, nn.MultiheadAttention(4, 2), [randn(4, 2, 4)],
           lambda net, x: net(x, x, x))
    module(g, name, sizes, nn.MultiheadAttention(4, 2),
           [randn(4, 2, 4), {"isCausal": True}], causal)


def transformers(g):
    sizes = {"dModel": 4, "nhead": 2, "dimFeedforward": 6, "dropout": 0.0}
    names = lambda o: {n: a for n, a in python_names(
        {**sizes, **o}).items() if n not in ("d_model", "nhead")}
    x, memory = randn(3, 2, 4), randn(5, 2, 4)
    padding = boolean([[False, False, True], [False, False, False]])
    hidden = torch.ones(3, 3, dtype=torch.bool).triu(1)
    for options in ({}, {"normFirst": True}, {"activation": "gelu"},
                    {"batchFirst": True, "normFirst": True,
                     "layerNormEps": 0.1}):
        t = (lambda x: x.transpose(0, 1)) if options.get("batchFirst") else (
            lambda x: x)
        module(g, "TransformerEncoderLayer", {**sizes, **options},
               nn.TransformerEncoderLayer(4, 2, **names(options)), [t(x)],
               lambda net, x: net(x), second="layerNormEps" in options)
        module(g, "TransformerEncoderLayer", {**sizes, **options},
               nn.TransformerEncoderLayer(4, 2, **names(options)),
               [t(x), {"keyPaddingMask": padding, "isCausal": True}],
               lambda net, x, p: net(x, hidden, p))
        module(g, "TransformerDecoderLayer", {**sizes, **options},
               nn.TransformerDecoderLayer(4, 2, **names(options)),
               [t(x), t(memory)], lambda net, x, m: net(x, m),
               second="layerNormEps" in options)
        module(g, "TransformerDecoderLayer", {**sizes, **options},
               nn.TransformerDecoderLayer(4, 2, **names(options)),
               [t(x), t(memory), {"tgtKeyPaddingMask": padding,
                                  "tgtIsCausal": True}],
               lambda net, x, m, p: net(x, m, hidden,
                                        tgt_key_padding_mask=p))
    module(g, "TransformerEncoder", {"layer": sizes, "numLayers": 2},
           nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, **names({})),
                                 2), [x], lambda net, x: net(x))
    module(g, "TransformerDecoder", {"layer": sizes, "numLayers": 2},
           nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, **names({})),
                                 2), [x, memory], lambda net, x, m: net(x, m))
    layers = {"numEncoderLayers": 1, "numDecoderLayers": 2}
    module(g, "Transformer", {**sizes, **layers},
           nn.Transformer(4, 2, **names(layers)), [memory, x],
           lambda net, s, t: net(s, t))
    wide = boolean([[False, False, True, True, False],
                    [False, False, False, False, True]])
    module(g, "Transformer", {**sizes, **layers},
           nn.Transformer(4, 2, **names(layers)),
           [memory, x, {"srcKeyPaddingMask": wide, "memoryKeyPaddingMask": wide,
                        "tgtIsCausal": True}],
           lambda net, s, t, a, b: net(s, t, tgt_mask=hidden,
                                       src_key_padding_mask=a,
                                       memory_key_padding_mask=b))
    # Twice, where norms over four numbers are not too steep.
    smooth = {**sizes, "layerNormEps": 0.1}
    wide_norms = names({"layerNormEps": 0.1})
    module(g, "TransformerEncoder", {"layer": smooth, "numLayers": 2},
           nn.TransformerEncoder(
               nn.TransformerEncoderLayer(4, 2, **wide_norms), 2),
           [x], lambda net, x: net(x), second=True)
    module(g, "TransformerDecoder", {"layer": smooth, "numLayers": 2},
           nn.TransformerDecoder(
               nn.TransformerDecoderLayer(4, 2, **wide_norms), 2),
           [x, memory], lambda net, x, m: net(x, m), second=True)
    layers = {"numEncoderLayers": 1, "numDecoderLayers": 1}
    module(g, "Transformer", {**smooth, **layers},
           nn.Transformer(4, 2, **wide_norms, **python_names(layers)),
           [memory, x], lambda net, s, t: net(s, t), second=True)


def generate():
    groups = []
    for name, about, seed, parts in (
        ("recurrent", "recurrent nets and their cells", 41, (recurrent,)),
        ("attention", "attention and transformers", 42,
         (multihead, transformers)),
    ):
        g = Group(name, about, seed)
        for part in parts:
            part(g)
        groups.append(g)
    return groups
