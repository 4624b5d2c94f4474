"""The nets of examples/mnist_mlp.ts and mnist_cnn.ts in PyTorch, to compare.

    /usr/bin/python3 tools/mnist_pytorch.py mlp|cnn|step FOLDER [--threads N]

trains with the same layers, optimizer, schedule and batches as the script does
and prints accuracy, times and memory. `step` times one training step of a
smaller CNN: Conv 1→16 3×3, ReLU, pool, Conv 16→32 3×3, ReLU, pool, Linear, at
batch 64 with Adam.

Needs PyTorch 1.13 and NumPy 1.24 (Debian: python3-torch python3-numpy). FOLDER
holds the four .gz files.
"""

import argparse
import gzip
import os
import resource
import sys
import time
from pathlib import Path

# The library of matrix products has threads of its own, which
# torch.set_num_threads leaves alone, and reads this once.
early = argparse.ArgumentParser(add_help=False)
early.add_argument("--threads", type=int, default=1)
THREADS = early.parse_known_args()[0].threads
for library in ("OPENBLAS", "MKL", "BLIS", "OMP"):
    os.environ[f"{library}_NUM_THREADS"] = str(THREADS)

sys.dont_write_bytecode = True

from openblas_kernel import choose_kernel  # noqa: E402

KERNEL = choose_kernel()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402


def read(folder, name, offset, shape):
    raw = gzip.open(Path(folder) / f"{name}.gz").read()
    return np.frombuffer(raw, np.uint8, offset=offset).reshape(shape)


def digits(folder, split):
    images = read(folder, f"{split}-images-idx3-ubyte", 16, (-1, 1, 28, 28))
    labels = read(folder, f"{split}-labels-idx1-ubyte", 8, -1)
    return (torch.from_numpy(images.astype(np.float32) / 255),
            torch.from_numpy(labels.astype(np.int64)))


def features():
    return [nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(),
                         nn.Dropout(0.2), nn.Linear(512, 10))


def cnn():
    return nn.Sequential(*features(), nn.Linear(800, 128), nn.ReLU(),
                         nn.Linear(128, 10))


def step_of(net, optimizer, x, y):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()


def accuracy(net, x, y):
    net.eval()
    with torch.no_grad():
        right = sum((net(x[i:i + 250]).argmax(1) == y[i:i + 250]).sum().item()
                    for i in range(0, len(y), 250))
    return right / len(y)


def train(folder, make, epochs, batch, lr):
    torch.manual_seed(0)
    learn, test = digits(folder, "train"), digits(folder, "t10k")
    net = make()
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=lr, epochs=epochs,
        steps_per_epoch=-(-len(learn[1]) // batch))
    wall, cpu = time.perf_counter(), time.process_time()
    for epoch in range(epochs):
        net.train()
        for rows in torch.randperm(len(learn[1])).split(batch):
            step_of(net, optimizer, learn[0][rows], learn[1][rows])
            schedule.step()
        print(f"epoch {epoch + 1}/{epochs} · accuracy {accuracy(net, *test)}")
    print(f"{time.perf_counter() - wall:.1f} s, of the processor "
          f"{time.process_time() - cpu:.1f} s")


def time_step():
    torch.manual_seed(0)
    net = nn.Sequential(*features(), nn.Linear(800, 10))
    optimizer = torch.optim.Adam(net.parameters())
    x, y = torch.rand(64, 1, 28, 28), torch.randint(10, (64,))
    times = []
    for _ in range(120):
        began = time.perf_counter()
        step_of(net, optimizer, x, y)
        times.append(1e3 * (time.perf_counter() - began))
    times = sorted(times[20:])
    print(f"step: fastest {times[0]:.2f} ms, median {times[50]:.2f} ms")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], parents=[early]
    )
    parser.add_argument("what", choices=["mlp", "cnn", "step"])
    parser.add_argument("folder", nargs="?", default="../shared/data/mnist")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"PyTorch {torch.__version__}, {KERNEL}")
    if args.what == "step":
        time_step()
    elif args.what == "mlp":
        train(args.folder, mlp, epochs=5, batch=64, lr=3e-3)
    else:
        train(args.folder, cnn, epochs=3, batch=32, lr=3e-3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"at most {peak:.0f} MiB, the interpreter and all")


if __name__ == "__main__":
    main()
