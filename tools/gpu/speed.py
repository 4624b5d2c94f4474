"""Times the works that stand as JSON in the first argument, by PyTorch on CUDA.

Prints a line of JSON for each. Exits with 3 where there is no PyTorch with CUDA.
"""

import json
import sys
import time

try:
    import torch
except ImportError:
    print("PyTorch is not installed", file=sys.stderr)
    sys.exit(3)
if not torch.cuda.is_available():
    print(f"PyTorch {torch.__version__} has no CUDA device", file=sys.stderr)
    sys.exit(3)

F = torch.nn.functional
torch.manual_seed(0)
device = "cuda"
# Products in float32, as WebGPU has no TF32.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def randn(*shape):
    return torch.randn(*shape, device=device)


def step(model, x, y):
    model = model.to(device)
    optimizer = torch.optim.Adam(model.parameters())

    def run():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return run


def opened(work):
    kind, sizes = work["kind"], work["sizes"]
    n, dim, batch = (list(sizes) + [0, 0])[:3]
    if kind == "matmul":
        a, b = randn(n, n), randn(n, n)
        return lambda: a @ b
    if kind in ("add", "gelu", "temporaries"):
        a, b = randn(n), randn(n)
        return {
            "add": lambda: a + b,
            "gelu": lambda: F.gelu(a),
            "temporaries": lambda: (a + a) * 2,
        }[kind]
    if kind in ("conv", "convBackward"):
        x, w = randn(n, dim, batch, batch), randn(dim, dim, 3, 3)
        if kind == "conv":
            return lambda: F.conv2d(x, w, padding=1)
        x.requires_grad_()
        w.requires_grad_()
        return lambda: torch.autograd.grad(F.conv2d(x, w, padding=1).sum(), [x, w])
    nn = torch.nn
    if kind == "mlp":
        model = nn.Sequential(
            nn.Linear(n, dim), nn.ReLU(), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 10)
        )
        return step(model, randn(batch, n), torch.zeros(batch, dtype=torch.long, device=device))
    if kind == "cnn":
        model = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 49, 10),
        )
        return step(model, randn(n, 1, 28, 28), torch.zeros(n, dtype=torch.long, device=device))
    x = randn(n, n)
    return {
        "sum": lambda: x.sum() if dim < 0 else x.sum(dim),
        "softmax": lambda: x.softmax(dim),
        "variance": lambda: x.var(dim),
        "layerNorm": lambda: F.layer_norm(x, [n]),
        "cumsum": lambda: x.cumsum(dim),
        "transpose": lambda: x.t() + 0,
    }[kind]


def queue(run, count):
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(count):
        run()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1000


for work in json.loads(sys.argv[1]):
    run = opened(work)
    queue(run, 3)
    once = queue(run, 4) / 4
    count = int(min(max(150 / once, 3), 500))
    ms = min((queue(run, count) - queue(run, 1)) / (count - 1) for _ in range(3))
    print(json.dumps({"name": work["name"], "ms": max(ms, 0)}), flush=True)
