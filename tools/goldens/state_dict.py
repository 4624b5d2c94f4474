"""A small PyTorch model as .safetensors, and its logits.

The file is written by hand: 8 bytes little-endian header length, the header
as JSON (padded with spaces to a multiple of 8), then the raw tensors.

    /usr/bin/python3 tools/goldens/state_dict.py FILE

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
          "BOOL": np.bool_, "U8": np.uint8}


def model():
    return nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))


def save(path, state):
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, t in state.items():
        data = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape),
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


def generate():
    g = Group("state_dict", "mlp.safetensors and its logits", 23)
    net, x = model(), randn(5, 4)
    FIGURES.mkdir(parents=True, exist_ok=True)
    save(FIGURES / "mlp.safetensors", net.state_dict())
    g.add({"file": "mlp.safetensors", "names": list(net.state_dict()),
           "input": encode(x), "logits": encode(net(x))})
    return [g]


def main():
    import base64
    case = json.loads((FIGURES / "state_dict.json").read_text())["cases"][0]

    def decode(t):
        return torch.from_numpy(np.frombuffer(
            base64.b64decode(t["b64"]), np.float32).reshape(
                t["float32"]).copy())

    net = model()
    net.load_state_dict(load(sys.argv[1]), strict=True)
    expected = decode(case["logits"])
    found = net(decode(case["input"])).detach()
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-7)
    print("PyTorch loads it and gives the same logits")


if __name__ == "__main__":
    main()
