"""Writes every figure file of tests/goldens/figures.

    /usr/bin/python3 tests/goldens/generators/generate.py [group ...]

Needs PyTorch 1.13, NumPy 1.24 and scikit-learn 1.2 (Debian: python3-torch
python3-numpy python3-sklearn). Same versions, same bytes.
"""

import sys
import warnings

import torch

MODULES = [
    "elementwise", "reductions", "shape", "gather", "products", "indexing",
    "losses", "layers", "optimizers", "creation", "state_dict", "special",
    "metrics", "scalers", "preprocessing", "ranking", "functions",
    "distributions", "sequences", "linalg", "training", "convolutions",
    "activations", "more_losses", "func", "fft", "resampling", "parametrized", "averaging",
    "corner_cases", "generation", "sparse",
]


def main():
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    wanted = set(sys.argv[1:])
    total = 0
    for name in MODULES:
        for group in __import__(name).generate():
            if wanted and group.name not in wanted:
                continue
            path, cases, size = group.write()
            total += size
            print(f"{path:28} {cases:5} cases {size / 1024:8.1f} KiB")
    print(f"{'total':28} {total / 1024:20.1f} KiB")


if __name__ == "__main__":
    main()
