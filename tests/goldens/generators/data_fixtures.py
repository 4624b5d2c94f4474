"""Writes what other programs write, for the tests of the data package.

Needs numpy and safetensors:
`python3 tests/goldens/generators/data_fixtures.py && deno fmt data/_testdata`.
"""

import base64
import io
import json
import pathlib

import numpy as np
import safetensors
from safetensors import TensorSpec, serialize

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "data" / "_testdata"


def encode(data):
    return base64.b64encode(bytes(data)).decode()


def number(value):
    """A JavaScript literal of a figure."""
    value = float(value)
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(int(value)) if value.is_integer() else repr(value)


def numbers(values):
    return "[" + ", ".join(number(v) for v in np.asarray(values).ravel()) + "]"


def write(name, source, body):
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.ts").write_text(
        f"/**\n * {source}\n *\n * Made by `tests/goldens/generators/data_fixtures.py`.\n *\n"
        f" * @module\n */\n\n{body}"
    )


def npy(array, version=None):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), version)
    return stream.getvalue()


def npy_fixtures():
    grid = np.arange(6).reshape(2, 3)
    deep = np.arange(24).reshape(2, 3, 4)
    cases = []

    def case(name, array, version=None):
        array = np.asanyarray(array)
        cases.append(
            f"{{ name: {json.dumps(name)}, type: {json.dumps(array.dtype.name)},"
            f" shape: {json.dumps(list(array.shape))},"
            f" values: {numbers(array)},"
            f' file: "{encode(npy(array, version))}" }}'
        )

    for code in ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]:
        case(f"{code} little-endian", (grid - (3 if code[0] == "i" else 0)).astype("<" + code))
    for code in ["f2", "f4", "f8"]:
        values = np.array([[1.5, -2.25, np.inf], [0, -0.5, np.nan]])
        case(f"{code} little-endian", values.astype("<" + code))
        case(f"{code} big-endian", values.astype(">" + code))
    for code in ["u2", "i4", "i8"]:
        case(f"{code} big-endian", grid.astype(">" + code))
    case("Fortran order", np.asfortranarray(deep.astype("<f4")))
    case("Fortran order, big-endian", np.asfortranarray(deep.astype(">i2")))
    case("0-d", np.float64(3.25))
    case("empty", np.zeros((0, 3), "<f4"))
    case("1-d", np.arange(5, dtype="<i4"))
    case("version 2", grid.astype("<i4"), (2, 0))
    case("version 3", grid.astype("<i4"), (3, 0))
    refused = {
        "records": np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]),
        "text": np.array(["a", "b"]),
        "bytes": np.array([b"a", b"b"]),
        "complex": np.zeros(2, "<c8"),
        "dates": np.zeros(2, "<M8[D]"),
        "objects": np.array([{}, None], dtype=object),
    }
    write(
        "npy",
        f"Files that NumPy {np.__version__} wrote.",
        "/** A file and what it holds. */\n"
        "export interface NpyFixture {\n"
        "  readonly name: string;\n  readonly type: string;\n"
        "  readonly shape: number[];\n  readonly values: number[];\n"
        "  /** The file in base 64. */\n  readonly file: string;\n}\n\n"
        "/** Files that can be read. */\nexport const NPY: NpyFixture[] = ["
        + ", ".join(cases)
        + "];\n\n/** Files that hold no numbers, by what they hold. */\n"
        "export const NPY_REFUSED: { [kind: string]: string } = {"
        + ", ".join(f'{kind}: "{encode(npy(a))}"' for kind, a in refused.items())
        + "};\n",
    )


def spec(dtype, shape, array):
    return TensorSpec(
        dtype=dtype, shape=shape, data_ptr=array.ctypes.data, data_len=array.nbytes
    )


def safetensors_fixtures():
    shape = [2, 2]
    names = {
        "BOOL": ("bool", np.array([[True, False], [False, True]])),
        "U8": ("uint8", np.array([[0, 1], [128, 255]], np.uint8)),
        "I8": ("int8", np.array([[0, 1], [-128, 127]], np.int8)),
        "U16": ("uint16", np.array([[0, 1], [2, 65535]], np.uint16)),
        "I16": ("int16", np.array([[0, 1], [-32768, 32767]], np.int16)),
        "U32": ("uint32", np.array([[0, 1], [2, 2147483647]], np.uint32)),
        "I32": ("int32", np.array([[0, 1], [-2147483648, 2147483647]], np.int32)),
        "U64": ("uint64", np.array([[0, 1], [2, 2147483647]], np.uint64)),
        "I64": ("int64", np.array([[0, 1], [-2147483648, 2147483647]], np.int64)),
        "F16": ("float16", np.array([[0, 1.5], [-65504, 6e-8]], np.float16)),
        "F32": ("float32", np.array([[0, 1.5], [-3e38, 1e-45]], np.float32)),
        "F64": ("float64", np.array([[0, 1.5], [-0.1, 1e-300]], np.float64)),
    }
    specs, keep, entries = {}, [], []
    for dtype, (name, array) in names.items():
        array = np.ascontiguousarray(array)
        keep.append(array)
        specs[f"layer.{dtype}"] = spec(name, shape, array)
        entries.append(f"{dtype}: {numbers(array)}")
    codes = {
        # Bit patterns by hand: 1.5, -2, infinity or the largest, NaN.
        "BF16": ("bfloat16", np.array([[0x3FC0, 0xC000], [0x7F80, 0x7FC0]], np.uint16), "[1.5, -2, Infinity, NaN]"),
        "F8_E4M3": ("float8_e4m3fn", np.array([[0x3C, 0xC0], [0x7E, 0x7F]], np.uint8), "[1.5, -2, 448, NaN]"),
        "F8_E5M2": ("float8_e5m2", np.array([[0x3E, 0xC0], [0x7C, 0x7F]], np.uint8), "[1.5, -2, Infinity, NaN]"),
    }
    for dtype, (name, array, values) in codes.items():
        keep.append(array)
        specs[f"layer.{dtype}"] = spec(name, shape, array)
        entries.append(f"{dtype}: {values}")
    empty = np.zeros((0, 3), np.float32)
    scalar = np.array(7, np.int32)
    keep += [empty, scalar]
    specs["größe"] = spec("float32", [0, 3], empty)
    specs["scalar"] = spec("int32", [], scalar)
    data = serialize(specs, metadata={"format": "pt"})
    write(
        "safetensors",
        f"A file that safetensors {safetensors.__version__} wrote.",
        "/** The values of `layer.F32` and so on, each of shape [2, 2]. */\n"
        "export const SAFETENSORS_VALUES: { [dtype: string]: number[] } = {"
        + ", ".join(entries)
        + "};\n\n/** The file in base 64; it holds an empty tensor and a scalar too. */\n"
        f'export const SAFETENSORS_FILE: string = "{encode(data)}";\n',
    )


npy_fixtures()
safetensors_fixtures()
