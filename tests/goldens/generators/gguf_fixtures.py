"""Writes a GGUF file and what its blocks hold, for the tests of
`@tenfold/data/gguf`.

Blocks are random bits; their values come from the description of the format in
ggml, element by element in float64, apart from the code under test. Needs
numpy: `python3 tests/goldens/generators/gguf_fixtures.py && deno fmt data/_testdata`.
"""

import base64
import json
import pathlib
import struct

import numpy as np

PATH = pathlib.Path(__file__).resolve().parents[3] / "data" / "_testdata" / "gguf.ts"
random = np.random.default_rng(0)


def half(block, at):
    return float(np.frombuffer(block[at : at + 2], "<f2")[0])


def bits(block, first, count):
    """An unsigned integer of some bits of a little-endian block."""
    return int.from_bytes(block, "little") >> first & (1 << count) - 1


def q8_0(block):
    return [half(block, 0) * struct.unpack_from("<b", block, 2 + i)[0] for i in range(32)]


def q4_0(block):
    nibble = lambda i: bits(block[2:], 8 * (i % 16) + 4 * (i // 16), 4)
    return [half(block, 0) * (nibble(i) - 8) for i in range(32)]


def q4_k(block):
    """d, dmin: float16; 12 bytes of six-bit scales and minima; 256 nibbles."""
    scales, values = [0] * 8, block[16:144]
    minima = [0] * 8
    for j in range(4):
        scales[j] = bits(block[4 + j : 5 + j], 0, 6)
        minima[j] = bits(block[8 + j : 9 + j], 0, 6)
        scales[4 + j] = bits(block[12 + j : 13 + j], 0, 4) + 16 * bits(block[4 + j : 5 + j], 6, 2)
        minima[4 + j] = bits(block[12 + j : 13 + j], 4, 4) + 16 * bits(block[8 + j : 9 + j], 6, 2)
    result = []
    for i in range(256):
        chunk, inside = divmod(i, 64)  # 64 values lie in 32 bytes
        upper, place = divmod(inside, 32)
        q = bits(values[32 * chunk + place : 32 * chunk + place + 1], 4 * upper, 4)
        group = i // 32
        result.append(half(block, 0) * scales[group] * q - half(block, 2) * minima[group])
    return result


def q6_k(block):
    """128 bytes of low nibbles, 64 of upper pairs, 16 scales, d."""
    result = [0.0] * 256
    for part in range(2):
        low, high = block[64 * part : 64 * part + 64], block[128 + 32 * part : 160 + 32 * part]
        scales = struct.unpack_from("<8b", block, 192 + 8 * part)
        for l in range(32):
            quads = [
                (low[l] & 0xF) | (high[l] & 3) << 4,
                (low[l + 32] & 0xF) | (high[l] >> 2 & 3) << 4,
                (low[l] >> 4) | (high[l] >> 4 & 3) << 4,
                (low[l + 32] >> 4) | (high[l] >> 6 & 3) << 4,
            ]
            for k, q in enumerate(quads):
                i = 128 * part + 32 * k + l
                result[i] = half(block, 208) * scales[l // 16 + 2 * k] * (q - 32)
    return result


def blocks(count, size, halves):
    """Random blocks whose scales are of a sensible size."""
    made = []
    for _ in range(count):
        block = bytearray(random.integers(0, 256, size, np.uint8).tobytes())
        for at in halves:
            block[at : at + 2] = np.float16(random.normal() * 0.01).tobytes()
        made.append(bytes(block))
    return made


def quantised(shape, code, elements, size, halves, decode):
    made = blocks(int(np.prod(shape)) // elements, size, halves)
    values = np.float32([x for block in made for x in decode(block)])
    return code, shape, b"".join(made), values


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
    "q8_0": quantised([2, 64], 8, 32, 34, [0], q8_0),
    "q4_0": quantised([2, 2, 32], 2, 32, 18, [0], q4_0),
    "q4_k": quantised([2, 256], 12, 256, 144, [0, 2], q4_k),
    "q6_k": quantised([1, 512], 14, 256, 210, [208], q6_k),
}


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
    value = float(value)
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(int(value)) if value.is_integer() else repr(value)


def encode(data):
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    expected = ", ".join(
        f"{name}: {{ shape: {json.dumps(shape)}, values: [{', '.join(map(number, values))}] }}"
        for name, (_, shape, _, values) in TENSORS.items()
    )
    metadata = json.dumps({key: value for key, _, _, value in METADATA if key != "__proto__"})
    small = {"f32": TENSORS["f32"], "q2_k": (10, [256], bytes(84), None), "i8": TENSORS["i8"]}
    PATH.write_text(
        "/**\n * A GGUF file with random blocks, and what they hold.\n *\n"
        " * Made by `tests/goldens/generators/gguf_fixtures.py`.\n *\n * @module\n */\n\n"
        "/** The tensors of the file. */\n"
        "export const GGUF_TENSORS: { [name: string]: { shape: number[]; values: number[] } } = {"
        + expected
        + f"}};\n\n/** Its metadata, beside a `__proto__` of 3. */\nexport const GGUF_METADATA = {metadata};\n\n"
        f'/** The file in base 64, aligned to 32 bytes and to 64, and of version 2. */\n'
        f'export const GGUF_FILES = {{ aligned: "{encode(file(TENSORS))}", wide: "{encode(file(TENSORS, 3, 64))}", old: "{encode(file(TENSORS, 2))}" }};\n\n'
        f'/** A file with a tensor of type Q2_K between two others. */\n'
        f'export const GGUF_UNREAD: string = "{encode(file(small, metadata=[]))}";\n'
    )
