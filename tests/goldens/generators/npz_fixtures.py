"""Writes what NumPy writes, for the tests of `@tenfold/data/npz`, or reads what
those wrote.

Needs numpy: `python3 tests/goldens/generators/npz_fixtures.py && deno fmt data/_testdata`, and
`python3 tests/goldens/generators/npz_fixtures.py FILE` prints the arrays of a file.
"""

import base64
import io
import json
import pathlib
import sys

import numpy as np

PATH = pathlib.Path(__file__).resolve().parents[3] / "data" / "_testdata" / "npz.ts"

if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as file:
        for name in file.files:
            array = file[name]
            print(name, array.dtype, array.shape, array.ravel()[:6].tolist())
    sys.exit()


def encode(save, *arrays, **named):
    stream = io.BytesIO()
    save(stream, *arrays, **named)
    return base64.b64encode(stream.getvalue()).decode()


ARRAYS = {
    code: np.array([[0, 1, 2], [3, 4, 100]]).astype(code)
    for code in ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", ">f4"]
}
ARRAYS["fortran"] = np.asfortranarray(np.arange(6.0).reshape(2, 3))
ARRAYS["größe"] = np.float32(3.5)
ARRAYS["empty"] = np.zeros((0, 3), "f4")
ARRAYS["folder/name"] = np.arange(3)
ARRAYS["zeros"] = np.zeros((40, 50), "f4")

values = ", ".join(
    f"{json.dumps(name)}: {{ shape: {json.dumps(list(a.shape))}, values: "
    + json.dumps([float(v) if v % 1 else int(v) for v in a.ravel()])
    + " }"
    for name, a in ARRAYS.items()
    if name != "zeros"
)
PATH.write_text(
    f"/**\n * Files that NumPy {np.__version__} wrote.\n *\n"
    " * Made by `tests/goldens/generators/npz_fixtures.py`.\n *\n * @module\n */\n\n"
    "/** The arrays of the files, and forty rows of fifty zeros. */\n"
    "export const NPZ_ARRAYS: { [name: string]: { shape: number[]; values: number[] } } = {"
    + values
    + "};\n\n/** Files of these arrays in base 64. */\nexport const NPZ_FILES = {"
    + f'savez: "{encode(np.savez, **ARRAYS)}", savez_compressed: "{encode(np.savez_compressed, **ARRAYS)}"'
    + "} satisfies { [how: string]: string };\n\n"
    "/** Files with arrays that were given without a name, and with text. */\n"
    f'export const NPZ_UNNAMED: string = "{encode(np.savez, np.arange(2), np.arange(3))}";\n'
    f'export const NPZ_TEXT: string = "{encode(np.savez, names=np.array(["a"]), x=np.arange(2))}";\n'
)
