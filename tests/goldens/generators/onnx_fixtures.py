"""Models that PyTorch 1.13 exports to ONNX, with what PyTorch gives for inputs.

    python3 tests/goldens/generators/onnx_fixtures.py

writes tests/onnx/figures/torch.json: the files in base64, inputs and outputs.
"""
import base64
import io
import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).parents[2] / "onnx" / "figures" / "torch.json"


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


class Gru(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 4)

    def forward(self, x, h):
        y, h = self.rnn(x, h)
        return y.relu(), h


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, dropout=0, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, x):
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(x)


class Decoder(nn.Module):
    """Tokens, positions and a causal mask, all made of the shape."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(11, 8)
        self.positions = nn.Embedding(16, 8)
        self.qkv = nn.Linear(8, 24)
        self.out = nn.Linear(8, 11, bias=False)

    def forward(self, ids):
        n, t = ids.shape
        x = self.tokens(ids) + self.positions(torch.arange(t, device=ids.device))
        q, k, v = self.qkv(x).view(n, t, 3, 2, 4).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / 2
        at = torch.arange(t)
        scores = scores.masked_fill(at[:, None] < at[None], float("-inf"))
        y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, 8)
        return self.out(y).log_softmax(-1)


class Mix(nn.Module):
    """What shapes, indices and statistics become."""

    def forward(self, x, i):
        a = x[:, ::2].flatten(1)
        b = torch.cat([x.chunk(2, 1)[0], x.narrow(1, 0, 1)], 1).mean((2, 3))
        c = F.pad(x, (1, 2, 0, 1), mode="reflect").std((2, 3))
        d = x.gather(1, i.expand(-1, -1, 4, 4)).amax((1, 2, 3))
        e = F.one_hot(i.flatten(1), 4).float().sum(-1)
        f = x.flatten(2).topk(3)[0].cumsum(-1)
        g = torch.where(x > 0, x, x.exp()).var(1, unbiased=False)
        h = x.index_select(2, torch.tensor([3, 0])).clamp(-0.5, 0.5).norm(dim=3)
        y = x.clone()
        y[:, 1:3, 0] = 7
        k = torch.einsum("ncij,ncjk->nik", x, x)
        return a, b, c, d, e, f, g, h, y, k


def cnn():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.Hardswish(),
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        nn.Conv2d(8, 8, 3, groups=8, padding=1), nn.GroupNorm(2, 8), nn.PReLU(8),
        nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1), nn.InstanceNorm2d(4, affine=True),
        nn.AvgPool2d(3, 2, 1), nn.ELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5), nn.Softmax(1),
    )
    for norm in net.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.uniform_(-1, 1)
            norm.running_var.uniform_(0.5, 2)
    return net


class Sizes(nn.Module):
    def forward(self, x):
        return (
            F.interpolate(x, scale_factor=2, mode="nearest"),
            F.interpolate(x, size=(5, 9), mode="bilinear", align_corners=False),
            F.interpolate(x, size=(7, 7), mode="bilinear", align_corners=True),
            F.interpolate(x, scale_factor=(1.5, 2), mode="bicubic", align_corners=False),
            F.pixel_shuffle(x.repeat(1, 2, 1, 1), 2),
        )


def cases():
    torch.manual_seed(0)
    with torch.no_grad():
        yield "lstm", Lstm(), (torch.randn(2, 5, 3),), {0: "batch"}
        yield "gru", Gru(), (torch.randn(5, 2, 3), torch.randn(1, 2, 4)), {1: "batch"}
        yield "attention", Attention(), (torch.randn(2, 5, 8),), {0: "batch", 1: "time"}
        yield "decoder", Decoder(), (torch.randint(0, 11, (2, 6)),), {0: "batch", 1: "time"}
        yield "cnn", cnn(), (torch.randn(2, 3, 12, 12),), {0: "batch"}
        yield "mix", Mix(), (torch.randn(2, 4, 4, 4), torch.tensor([[[[0]], [[3]]], [[[1]], [[1]]]])), None
        yield "sizes", Sizes(), (torch.randn(1, 2, 4, 4),), None
        encoder = nn.TransformerEncoderLayer(8, 2, 16, 0, batch_first=True, activation="gelu")
        yield "encoder", nn.TransformerEncoder(encoder, 2), (torch.randn(2, 5, 8),), None


def plain(t):
    return {"dims": list(t.shape), "int": not t.is_floating_point(), "values": t.flatten().tolist()}


out = {}
for name, model, inputs, axes in cases():
    model.train() if name in ("attention", "encoder") else model.eval()  # eval() takes a fused path
    for opset in (9, 16) if name not in ("sizes", "mix") else (11, 13, 16):
        names = [f"x{i}" for i in range(len(inputs))]
        file = io.BytesIO()
        try:
            torch.onnx.export(
                model, inputs, file, opset_version=opset,
                training=torch.onnx.TrainingMode.PRESERVE, input_names=names,
                dynamic_axes=axes and {n: axes for n in names},
            )
        except Exception as error:
            print(name, opset, "is not exported:", str(error).splitlines()[0][:90])
            continue
        with torch.no_grad():
            results = model(*inputs)
        results = results if isinstance(results, tuple) else (results,)
        out[f"{name}-{opset}"] = {
            "file": base64.b64encode(file.getvalue()).decode(),
            "inputs": [plain(t) for t in inputs],
            "outputs": [plain(t) for t in results],
        }
OUT.write_text(json.dumps(out).replace('}, "', '},\n"') + "\n")
print(len(out), "models", OUT.stat().st_size, "bytes")
