"""Which of OpenBLAS's kernels computes right and is the fastest here.

A version older than the processor takes a kernel for processors of 2004, or one
for vectors of half the width, and says nothing: Debian's 0.3.21 makes 33 GFLOP/s
with it where `OPENBLAS_CORETYPE=COOPERLAKE` makes 146. Each kernel is tried in a
process of its own, as one for another processor may end it.

    /usr/bin/python3 tools/openblas_kernel.py

prints them all. `choose_kernel()` sets the variable for libraries that are loaded
later, so it is called before NumPy or PyTorch is imported.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True

VARIABLE = "OPENBLAS_CORETYPE"
KERNELS = ("", "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids")
# What serves processors without vectors of 256 bits.
FALLBACKS = {
    "Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Nano",
    "Katmai", "Coppermine", "Northwood", "Banias", "Opteron", "Opteron_SSE3",
    "Barcelona", "Bobcat",
}

FIND = """
import importlib
for name in ("torch", "numpy"):
    try:
        importlib.import_module(name)
        break
    except ImportError:
        pass
paths = {line.split()[-1] for line in open("/proc/self/maps")}
print(next((p for p in sorted(paths) if "openblas" in p.lower()), ""))
"""

TRY = """
import ctypes, sys, time
import numpy as np
library = ctypes.CDLL(sys.argv[1])
library.openblas_get_corename.restype = ctypes.c_char_p
library.openblas_set_num_threads(1)
real, whole, address = ctypes.c_float, ctypes.c_int, ctypes.c_void_p
def multiply(a, b, c):
    m, k = a.shape
    n = b.shape[1]
    library.cblas_sgemm(101, 111, 111, m, n, k, real(1), address(a.ctypes.data),
        k, address(b.ctypes.data), n, real(0), address(c.ctypes.data), n)
rng = np.random.default_rng(0)
for m, n, k in ((1, 3, 2), (5, 17, 9), (67, 35, 150), (300, 270, 410)):
    a, b = (rng.uniform(-1, 1, s).astype("f4") for s in ((m, k), (k, n)))
    c = np.full((m, n), np.nan, "f4")
    multiply(a, b, c)
    wide = [abs(x.astype("f8")) for x in (a, b)]
    limit = (8 + 2 * k ** 0.5) * 2 ** -23 * (wide[0] @ wide[1])
    exact = np.einsum("ik,kj->ij", a.astype("f8"), b.astype("f8"))
    if not (abs(c - exact) <= limit).all():
        sys.exit("computes wrong")
n = 512
a, b, c = (np.ones((n, n), "f4") for _ in range(3))
best = 9e9
for _ in range(8):
    begin = time.perf_counter()
    multiply(a, b, c)
    best = min(best, time.perf_counter() - begin)
print(library.openblas_get_corename().decode(), 2e-9 * n ** 3 / best)
"""


def run(code, *args, env=None):
    return subprocess.run([sys.executable, "-c", code, *args], env=env,
                          capture_output=True, text=True, timeout=120)


def try_kernels():
    """The library, and of each kernel its name, GFLOP/s and what chose it."""
    library = run(FIND).stdout.strip()
    found = []
    for wanted in KERNELS if library else ():
        env = {k: v for k, v in os.environ.items() if k != VARIABLE}
        if wanted:
            env[VARIABLE] = wanted
        result = run(TRY, library, env=env)
        if result.returncode == 0:
            name, speed = result.stdout.split()
            found.append((float(speed), name, wanted))
    return library, found


def choose_kernel():
    """Sets the variable, and says which kernel will run."""
    try:
        library, found = try_kernels()
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return f"kernels of OpenBLAS not tried: {error}"
    if not library:
        return "without OpenBLAS"
    if not found:
        return "no kernel of OpenBLAS computes right"
    own = found[0][1] if found[0][2] == "" else None
    speed, name, wanted = max(found)
    os.environ.pop(VARIABLE, None)
    if wanted and name != own:
        os.environ[VARIABLE] = wanted
    text = f"OpenBLAS with its {name} kernel, {speed:.0f} GFLOP/s"
    return f"{text}, a fallback" if name in FALLBACKS else text


if __name__ == "__main__":
    path, kernels = try_kernels()
    print(path or "no OpenBLAS")
    for gflops, kernel, choice in kernels:
        print(f"{choice or 'its own choice':>16}  {kernel:<14} {gflops:7.1f} GFLOP/s")
    print(choose_kernel())
