"""Writes random programs and what PyTorch makes of them.

    /usr/bin/python3 tools/differential/generate.py [--seed N --out FOLDER]

Needs PyTorch 1.13 and NumPy 1.24 (Debian: python3-torch python3-numpy). Same
versions, same bytes. Figures go to tests/goldens/figures/programs_*.json, and
tests/goldens/programs_suite.ts runs them.
"""

import argparse
import collections
import json
import random
import sys
import warnings
from pathlib import Path

import torch

import elementwise_ops
import function_ops
import gather_ops
import inplace_ops
import modules
import nn_ops
import reduction_ops
import shape_ops
from draw import Draw
from program import Program, Reject, finish, finish_special, finish_tiny
from record import FIGURES

TENSOR = (elementwise_ops.OPERATIONS + reduction_ops.OPERATIONS
          + shape_ops.OPERATIONS + gather_ops.OPERATIONS)


def build(rng, operations, draw, lengths, inplace=False):
    """One program of 1 to 8 operations, or Reject."""
    p = Program(rng)
    p.special = draw.special
    p.inplace = inplace
    p.add_input(draw.tensor())
    wanted = rng.choice(lengths)
    makers = [m for m, _ in operations]
    weights = [w for _, w in operations]
    tries = 0
    while len(p.steps) < wanted:
        tries += 1
        if tries > 60:
            raise Reject("no way on")
        mark = p.mark()
        try:
            p.add(rng.choices(makers, weights)[0](p, draw))
        except (Reject, RuntimeError, IndexError):
            p.rollback(mark)
    if draw.tiny:
        return finish_tiny(p)
    return finish_special(p) if draw.special else finish(p)


LENGTHS = [1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8]


def programs(seed, count, operations, lengths=LENGTHS, inplace=False,
             **options):
    rng = random.Random(seed)
    cases = []
    rejected = collections.Counter()
    while len(cases) < count:
        try:
            case = build(rng, operations, Draw(rng, **options), lengths,
                         inplace)
        except Reject as reason:
            rejected[str(reason)[:40]] += 1
            continue
        cases.append(case)
    print(dict(rejected), file=sys.stderr)
    return cases


def save(folder, name, about, cases):
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False)
                       for c in cases)
    head = json.dumps({"group": name, "about": about,
                       "torch": torch.__version__})
    path = folder / f"{name}.json"
    path.write_text(head[:-1] + ', "cases": [\n' + lines + "\n]}\n")
    print(f"{path.name:28} {len(cases):5} programs "
          f"{path.stat().st_size / 1024:8.1f} KiB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0,
                        help="other programs than those that are committed")
    parser.add_argument("--times", type=int, default=1, help="so many more")
    parser.add_argument("--out", type=Path, default=FIGURES)
    parser.add_argument("groups", nargs="*", help="only these")
    given = parser.parse_args()
    if given.out == FIGURES and (given.seed or given.times > 1):
        parser.error("give --out a folder for programs that are not committed")
    given.out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)

    def group(name, about, make, number, count, *args, **options):
        if given.groups and name not in given.groups:
            return
        cases = make(100 * given.seed + number, count * given.times, *args,
                     **options)
        save(given.out, f"programs_{name}", about, cases)

    group("tensor", "operations of tensors", programs, 1, 1800, TENSOR)
    group("nn", "layers and losses among operations of tensors", programs, 2,
          450, nn_ops.OPERATIONS * 3 + TENSOR)
    group("special", "NaN, infinities, signed zeros, huge and tiny", programs,
          3, 650, TENSOR, [1, 1, 2, 3], special=True)
    group("inplace", "operations in place, and what shares memory", programs,
          4, 300, inplace_ops.OPERATIONS, [2, 3, 4, 5, 6, 7, 8], inplace=True)
    group("tiny", "subnormal numbers", programs, 8, 250,
          elementwise_ops.OPERATIONS, [1], tiny=True, doubles=False)
    group("functions", "functions of tensors, Fourier transforms", programs, 9,
          450, function_ops.OPERATIONS * 3 + TENSOR)
    group("linalg", "linear algebra", programs, 10, 150,
          function_ops.LINALG * 8 + TENSOR, [1, 1, 2, 2, 3, 4])
    group("layers", "nets of layers, call after call", modules.random_layers,
          5, 120)
    group("optimizers", "trajectories of optimizers",
          modules.random_optimizers, 6, 120)
    group("schedules", "learning rates", modules.random_schedules, 7, 120)


if __name__ == "__main__":
    main()
