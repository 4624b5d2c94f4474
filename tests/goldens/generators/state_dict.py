"""Small PyTorch models as .safetensors, and their logits.

The files are written by hand: 8 bytes little-endian header length, the header
as JSON (padded with spaces to a multiple of 8), then the raw tensors.

    /usr/bin/python3 tests/goldens/generators/state_dict.py mlp|cnn FILE

loads a file that our library saved into the same PyTorch model, strictly, and
compares the logits: the way back.
"""

import json
import struct
import sys

import numpy as np
import torch
from torch import nn

from record import FIGURES, Group, encode, randn

DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32,
          "I64": np.int64, "BOOL": np.bool_, "U8": np.uint8}
NAMES = {torch.float32: "F32", torch.int64: "I64"}


def mlp():
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4),
        nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(16, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))


MODELS = {"mlp": mlp, "cnn": cnn}


def save(path, state):
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, t in state.items():
        data = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": NAMES[t.dtype], "shape": list(t.shape),
                        "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        blobs.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load(path):
    raw = open(path, "rb").read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + length])
    body = raw[8 + length:]
    state = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        values = np.frombuffer(body[start:end], DTYPES[entry["dtype"]])
        state[name] = torch.from_numpy(
            values.reshape(entry["shape"]).copy())
    return state


def train(net, draw, steps=20):
    """Steps that leave every weight and running figure another than at first.
    """
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(steps):
        target = torch.randint(3, (16,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(draw(16)), target).backward()
        optimizer.step()


def record(g, name, net, x):
    file = f"{name}.safetensors"
    save(FIGURES / file, net.state_dict())
    g.add({"file": file, "names": list(net.state_dict()),
           "input": encode(x), "logits": encode(net(x))})


def generate():
    g = Group("state_dict", "the .safetensors beside it and their logits", 23)
    FIGURES.mkdir(parents=True, exist_ok=True)
    net, x = mlp(), randn(5, 4)
    record(g, "mlp", net, x)
    net = cnn()
    train(net, lambda n: randn(n, 1, 10, 10))
    record(g, "cnn", net.eval(), randn(5, 1, 10, 10))
    return [g]


def main():
    import base64
    name, path = sys.argv[1:]
    cases = json.loads((FIGURES / "state_dict.json").read_text())["cases"]
    case = next(c for c in cases if c["file"] == f"{name}.safetensors")

    def decode(t):
        return torch.from_numpy(np.frombuffer(
            base64.b64decode(t["b64"]), np.float32).reshape(
                t["float32"]).copy())

    net = MODELS[name]().eval()
    net.load_state_dict(load(path), strict=True)
    expected = decode(case["logits"])
    found = net(decode(case["input"])).detach()
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-7)
    print("PyTorch loads it and gives the same logits")


if __name__ == "__main__":
    main()
