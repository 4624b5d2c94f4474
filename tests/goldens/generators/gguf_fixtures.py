"""Writes a GGUF file and what its blocks hold, for the tests of
`@tenfold/data/gguf`.

Blocks are random bits; their values come from llama.cpp's own package. Needs
numpy and gguf 0.19.0:
`python3 tests/goldens/generators/gguf_fixtures.py && deno fmt data/_testdata`.
"""

import base64
import json
import pathlib
import struct

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

PATH = pathlib.Path(__file__).resolve().parents[3] / "data" / "_testdata" / "gguf.ts"
random = np.random.default_rng(0)


def blocks(count, size, halves):
    """Random blocks whose scales are of a sensible size."""
    made = []
    for _ in range(count):
        block = bytearray(random.integers(0, 256, size, np.uint8).tobytes())
        for at in halves:
            block[at : at + 2] = np.float16(random.normal() * 0.01).tobytes()
        made.append(bytes(block))
    return made


def quantised(shape, name, halves):
    code = GGMLQuantizationType[name]
    elements, size = GGML_QUANT_SIZES[code]
    made = b"".join(blocks(int(np.prod(shape)) // elements, size, halves))
    return int(code), shape, made, dequantize(np.frombuffer(made, np.uint8), code)


def plain(code, array):
    array = np.asarray(array)
    return code, list(array.shape), array.tobytes(), array.astype("f8").ravel()


bf16 = np.array([0x3FC0, 0xC000, 0x7F80], "<u2")
TENSORS = {
    "f32": plain(0, np.float32([[1.5, -2, 0.1], [3, 4, 5]])),
    "f16": plain(1, np.float16([0.5, -65504, 6e-8])),
    "bf16": (30, [3], bf16.tobytes(), np.array([1.5, -2, np.inf])),
    "f64": plain(28, np.float64([0.1, 1e-300])),
    "i8": plain(24, np.int8([-128, 127])),
    "i16": plain(25, np.int16([-32768, 32767])),
    "i32": plain(26, np.int32([[-1], [2]])),
    "i64": plain(27, np.int64([-7, 2**31 - 1])),
    "scalar": plain(0, np.float32([7])),
    "q8_0": quantised([2, 64], "Q8_0", [0]),
    "q4_0": quantised([2, 2, 32], "Q4_0", [0]),
    "q4_k": quantised([2, 256], "Q4_K", [0, 2]),
    "q6_k": quantised([1, 512], "Q6_K", [208]),
    "q4_1": quantised([2, 32], "Q4_1", [0, 2]),
    "q5_0": quantised([2, 32], "Q5_0", [0]),
    "q5_1": quantised([2, 32], "Q5_1", [0, 2]),
    "q2_k": quantised([256], "Q2_K", [80, 82]),
    "q3_k": quantised([256], "Q3_K", [108]),
    "q5_k": quantised([256], "Q5_K", [0, 2]),
    "iq4_nl": quantised([2, 32], "IQ4_NL", [0]),
    "iq4_xs": quantised([256], "IQ4_XS", [0]),
    "mxfp4": quantised([4, 32], "MXFP4", []),
}

PLAIN = {0, 1, 24, 25, 26, 27, 28, 30}


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def array(code, items):
    return struct.pack("<IQ", code, len(items)) + b"".join(items)


METADATA = [
    ("general.architecture", 8, text("llama"), "llama"),
    # The header has a version of its own.
    ("version", 8, text("mine"), "mine"),
    ("größe", 8, text("größer 😀"), "größer 😀"),
    ("u8", 0, b"\xff", 255),
    ("i8", 1, b"\xff", -1),
    ("u16", 2, b"\xff\xff", 65535),
    ("i16", 3, b"\xff\xff", -1),
    ("u32", 4, b"\xff\xff\xff\xff", 2**32 - 1),
    ("i32", 5, b"\xff\xff\xff\xff", -1),
    ("f32", 6, struct.pack("<f", 0.5), 0.5),
    ("bool", 7, b"\x01", True),
    ("u64", 10, struct.pack("<Q", 2**40), 2**40),
    ("i64", 11, struct.pack("<q", -(2**40)), -(2**40)),
    ("f64", 12, struct.pack("<d", 0.1), 0.1),
    ("tokens", 9, array(8, [text("a"), text("é")]), ["a", "é"]),
    ("nested", 9, array(9, [array(4, [struct.pack("<I", 1)]), array(7, [])]), [[1], []]),
    ("none", 9, array(0, []), []),
    ("__proto__", 4, struct.pack("<I", 3), 3),
]


def file(tensors, version=3, alignment=32, metadata=METADATA):
    metadata = [(key, code, data) for key, code, data, _ in metadata]
    if alignment != 32:
        metadata.append(("general.alignment", 4, struct.pack("<I", alignment)))
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    for key, code, data in metadata:
        head += text(key) + struct.pack("<I", code) + data
    body = b""
    for name, (code, shape, data, _) in tensors.items():
        body += b"\0" * (-len(body) % alignment)
        head += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape[::-1])
        head += struct.pack("<IQ", code, len(body))
        body += data
    return head + b"\0" * (-len(head) % alignment) + body


def number(value):
    value = float(str(value))
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(int(value)) if value.is_integer() else repr(value)


def encode(data):
    return base64.b64encode(data).decode()


def listed(code, values):
    """Numbers as they are; those of blocks as float32 in base 64."""
    if code in PLAIN:
        return f"[{', '.join(map(number, values))}]"
    return f'"{encode(values.astype("<f4").tobytes())}"'


if __name__ == "__main__":
    expected = ", ".join(
        f"{name}: {{ shape: {json.dumps(shape)}, values: {listed(code, values)} }}"
        for name, (code, shape, _, values) in TENSORS.items()
    )
    metadata = json.dumps({key: value for key, _, _, value in METADATA if key != "__proto__"})
    small = {"f32": TENSORS["f32"], "iq2_xs": (17, [256], bytes(74), None), "i8": TENSORS["i8"]}
    PATH.write_text(
        "/**\n * A GGUF file with random blocks, and what they hold.\n *\n"
        " * Made by `tests/goldens/generators/gguf_fixtures.py`.\n *\n * @module\n */\n\n"
        "/** The tensors of the file; numbers of blocks are float32 in base 64. */\n"
        "export const GGUF_TENSORS: { [name: string]: { shape: number[]; values: number[] | string } } = {"
        + expected
        + f"}};\n\n/** Its metadata, beside a `__proto__` of 3. */\nexport const GGUF_METADATA = {metadata};\n\n"
        f'/** The file in base 64, aligned to 32 bytes and to 64, and of version 2. */\n'
        f'export const GGUF_FILES = {{ aligned: "{encode(file(TENSORS))}", wide: "{encode(file(TENSORS, 3, 64))}", old: "{encode(file(TENSORS, 2))}" }};\n\n'
        f'/** A file with a tensor of type IQ2_XS between two others. */\n'
        f'export const GGUF_UNREAD: string = "{encode(file(small, metadata=[]))}";\n'
    )
