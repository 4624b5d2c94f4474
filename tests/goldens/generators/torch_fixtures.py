"""Writes what PyTorch writes, for the tests of `@tenfold/data/torch`.

Needs PyTorch 1.13: `python3 tests/goldens/generators/torch_fixtures.py && deno fmt data/_testdata`.
"""

import base64
import io
import json
import pathlib
import zipfile
from collections import Counter, OrderedDict

import numpy as np
import torch
from torch import nn

PATH = pathlib.Path(__file__).resolve().parents[3] / "data" / "_testdata" / "torch.ts"


def encode(data):
    """The file in base 64, deflated as zip archives may be."""
    return base64.b64encode(data).decode()


def saved(value, **options):
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def number(value):
    value = float(value)
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(int(value)) if value.is_integer() else repr(value)


def tensors(values):
    return "{" + ", ".join(
        f"{json.dumps(name)}: {{ shape: {json.dumps(list(v.shape))}, values: ["
        + ", ".join(number(x) for x in v.detach().double().contiguous().ravel())
        + "] }"
        for name, v in values.items()
    ) + "}"


torch.manual_seed(0)

DTYPES = {
    str(dtype).split(".")[1]: torch.tensor([[0, 1, 2], [3, 4, 100]]).to(dtype)
    for dtype in [
        torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
        torch.float16, torch.bfloat16, torch.float32, torch.float64,
    ]
}
for name in ["float16", "bfloat16", "float32", "float64"]:
    DTYPES[name] += torch.tensor([0.5, -0.25, float("inf")]).to(DTYPES[name].dtype)
for name in ["int8", "int16", "int32", "int64"]:
    DTYPES[name][0, 0] = -7

base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
STRIDED = {
    "whole": base,
    "offset": base[1],
    "transposed": base.transpose(0, 2),
    "permuted": base.permute(1, 2, 0)[1:],
    "step": base[:, :, ::2],
    "column": base[:, 1, 3],
    "diagonal": base[0].diagonal(),
    "scalar": base[1, 2, 3],
    "empty": base[:, 1:1],
    "expanded": torch.tensor([1.5, 2.5]).reshape(2, 1).expand(2, 4),
    "expanded scalar": torch.tensor(3.0).expand(2, 2),
    "expanded step": base[0, :, ::3].unsqueeze(1).expand(3, 2, 2),
    "windows": torch.arange(6.0).unfold(0, 3, 1),
    "half transposed": torch.arange(6).half().reshape(2, 3).t(),
    "long step": torch.arange(6)[::2],
    "channels last": torch.arange(24.0).reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
}

weight = nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
NESTED = {
    "model": nn.Linear(2, 1).state_dict(),
    "optimizer": {"state": {0: {"step": 3, "exp_avg": torch.zeros(2)}}, "lr": 1e-3},
    "parameter": weight,
    "tied": weight.data,
    "tied transposed": weight.data.t(),
    "list": [1, 2.5, None, True, "größe"],
    "tuple": (1, (2, 3)),
    "size": torch.Size([2, 3]),
    "dtype": torch.float16,
    "device": torch.device("cuda", 1),
    "bytes": b"\x00\xffabc",
    "bytearray": bytearray(b"ab"),
    "set": {7},
    "big": 2**70,
    "negative": -(2**40),
    "storage": torch.tensor([5.0, 6.0]).storage(),
    "by tuple": {(1, 2): "a"},
    "clash": {0: "a", "0": "b"},
    "__proto__": {"polluted": True},
    7: "seven",
}


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.head = nn.Linear(12, 2)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))

    def forward(self, x):
        return self.layers(x)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(8, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.gru(self.lstm(x)[0].transpose(0, 1))[0])


class Translator(nn.Module):
    def __init__(self):
        super().__init__()
        self.transformer = nn.Transformer(
            8, 2, num_encoder_layers=2, num_decoder_layers=1, dim_feedforward=12, dropout=0,
            activation="gelu", batch_first=True,
        )
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.transformer(x, x[:, 1:]))


def net(model, x):
    model.train()
    model(x)  # moves the figures of batch norm
    model.eval()
    with torch.no_grad():
        y = model(x)
    return (
        f'{{ file: "{encode(saved(model.state_dict()))}", '
        f"input: {tensors({'x': x})}.x, output: {tensors({'y': y})}.y }}"
    )


class Evil:
    def __reduce__(self):
        import os
        return os.system, ("true",)


def deflated(data):
    """The same archive, packed, as other programs write it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), old.read(name), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def script(model):
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(model), stream)
    return stream.getvalue()


REFUSED = {
    "module": saved(nn.Sequential(nn.Linear(1, 1), nn.ReLU())),
    "call": saved({"fine": torch.ones(1), "evil": Evil()}),
    "counter": saved({"fine": torch.ones(2), "counts": Counter("aab"), "list": [np.float64(1)]}),
    "complex": saved({"fine": torch.ones(1), "z": torch.ones(1, dtype=torch.complex64)}),
    "quantised": saved({"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8)}),
    "sparse": saved({"s": torch.ones(2).to_sparse()}),
    "legacy": saved({"w": torch.ones(1)}, _use_new_zipfile_serialization=False),
    "script": script(nn.Linear(1, 1)),
    "long": saved({"big": torch.tensor([1, 2**40])}),
}

fixture = (
    "/** A tensor that PyTorch had. */\n"
    "export interface Expected {\n  readonly shape: number[];\n  readonly values: number[];\n}\n\n"
    "/** A net: its state dict as a file, an input and its output. */\n"
    "export interface Net {\n  readonly file: string;\n  readonly input: Expected;\n  readonly output: Expected;\n}\n\n"
    f"/** A tensor of every dtype, by its name. */\nexport const DTYPES: {{ [name: string]: Expected }} = {tensors(DTYPES)};\n\n"
    f'/** The file of {{@linkcode DTYPES}} in base 64. */\nexport const DTYPES_FILE = "{encode(saved(DTYPES))}" as string;\n\n'
    f'/** The same, written by other protocols of pickle. */\nexport const PROTOCOL_FILES = {{ 3: "{encode(saved(DTYPES, pickle_protocol=3))}", 4: "{encode(saved(NESTED, pickle_protocol=4))}", 5: "{encode(saved(NESTED, pickle_protocol=5))}" }};\n\n'
    f"/** Views of one storage and of others. */\nexport const STRIDED: {{ [name: string]: Expected }} = {tensors(STRIDED)};\n\n"
    f'/** The file of {{@linkcode STRIDED}}. */\nexport const STRIDED_FILE = "{encode(saved(STRIDED))}" as string;\n\n'
    f'/** The same, deflated. */\nexport const DEFLATED_FILE = "{encode(deflated(saved(STRIDED)))}" as string;\n\n'
    f'/** Values of every kind in each other. */\nexport const NESTED_FILE = "{encode(saved(NESTED))}" as string;\n\n'
    f"/** Nets with an input and its output. */\nexport const NETS = {{ cnn: {net(Cnn(), torch.randn(2, 1, 4, 4))}, mlp: {net(Mlp(), torch.randn(3, 4))}, tagger: {net(Tagger(), torch.randn(2, 5, 3))}, translator: {net(Translator(), torch.randn(2, 4, 8))} }} satisfies {{ [name: string]: Net }};\n\n"
    "/** Files that are refused, by what they hold. */\nexport const REFUSED = {"
    + ", ".join(f'{name}: "{encode(data)}"' for name, data in REFUSED.items())
    + "} satisfies { [name: string]: string };\n"
)
PATH.write_text(
    f"/**\n * Files that PyTorch {torch.__version__} wrote.\n *\n"
    " * Made by `tests/goldens/generators/torch_fixtures.py`.\n *\n * @module\n */\n\n" + fixture
)
print(PATH.stat().st_size)
