"""PyTorch: pytorch.py THREADS, where 0 stands for all.

Speaks the protocol of participant.ts: lines of JSON in and out.
"""

import json
import os
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

from openblas_kernel import choose_kernel  # noqa: E402

MARK = "\u0001"
CHECKED_STEPS = 3


def busy_ms():
    """Processor time of all programs, where the system tells it."""
    try:
        with open("/proc/stat") as stat:
            fields = [int(field) for field in stat.readline().split()[1:8]]
    except OSError:
        return own_ms()
    tick = 1000 / os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _wait, irq, _softirq = fields
    return (user + nice + system + irq) * tick


def own_ms():
    return time.process_time() * 1000


def load(torch, numpy, spec, files):
    inputs = {}
    for entry in spec["inputs"]:
        classes = entry["values"] == "classes"
        data = numpy.fromfile(files[entry["name"]], "<i4" if classes else "<f4")
        value = torch.from_numpy(data).reshape(entry["shape"])
        inputs[entry["name"]] = value.long() if classes else value
    return inputs


def operation(torch, make):
    def run():
        with torch.no_grad():
            make()

    def values():
        with torch.no_grad():
            return make()

    return run, values


def training(torch, spec, inputs, logits, parameters):
    for parameter in parameters:
        parameter.requires_grad_()
    if spec["optimizer"] == "SGD":
        optimizer = torch.optim.SGD(parameters, lr=0.01)
    else:
        optimizer = torch.optim.Adam(parameters, lr=1e-3)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            logits(inputs["x"]), inputs["classes"]
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    def values():
        return torch.tensor([step() for _ in range(CHECKED_STEPS)])

    return step, values


def convolution_gradients(torch, inputs):
    x, w = inputs["x"].requires_grad_(), inputs["w"].requires_grad_()

    def make():
        y = torch.nn.functional.conv2d(x, w, padding=1)
        return torch.autograd.grad(y, [x, w], inputs["g"])[1]

    return make, make


def prepare(torch, spec, inputs):
    functional = torch.nn.functional
    a, b = inputs.get("a"), inputs.get("b")
    kind = spec["kind"]
    if kind == "where":
        condition = a > 0
        return operation(torch, lambda: torch.where(condition, a, b))
    if kind == "convolution":
        x, w = inputs["x"], inputs["w"]
        return operation(torch, lambda: functional.conv2d(x, w, padding=1))
    if kind == "convolutionGradients":
        return convolution_gradients(torch, inputs)
    if kind in ("trainMlp", "trainCnn"):
        names = [entry["name"] for entry in spec["inputs"]]
        parameters = [inputs[n] for n in names if n[0] in "wb" and n[1:].isdigit()]
        layers = list(zip(parameters[::2], parameters[1::2]))

        def mlp(x):
            for weight, bias in layers[:-1]:
                x = functional.relu(functional.linear(x, weight, bias))
            return functional.linear(x, *layers[-1])

        def cnn(x):
            for weight, bias in layers[:2]:
                x = functional.relu(functional.conv2d(x, weight, bias, padding=1))
                x = functional.max_pool2d(x, 2)
            return functional.linear(x.flatten(1), *layers[2])

        logits = mlp if kind == "trainMlp" else cnn
        return training(torch, spec, inputs, logits, parameters)
    if kind in ("trainResNet", "trainDcgan", "trainGpt", "trainLstm", "trainGru"):
        import nets

        step = {
            "trainResNet": nets.resnet_step,
            "trainDcgan": nets.dcgan_step,
            "trainGpt": nets.gpt_step,
            "trainLstm": nets.lstm_step,
            "trainGru": nets.gru_step,
        }[kind](inputs)
        return step, lambda: torch.tensor([step() for _ in range(CHECKED_STEPS)])
    operations = {
        "add": lambda: a + b,
        "exp": lambda: a.exp(),
        "gelu": lambda: functional.gelu(a),
        "sum": lambda: a.sum(spec["dim"]),
        "softmax": lambda: a.softmax(spec["dim"]),
        "matmul": lambda: a @ b,
        "matmulTransposed": lambda: a @ b.t(),
    }
    return operation(torch, operations[kind])


def warm_up(run, budget_ms):
    """Runs until it is warm; gives the calls that make half a millisecond."""
    end = time.perf_counter() + budget_ms / 1000
    batch = 1
    # The fastest batch counts: others may have been interrupted.
    per_call = float("inf")
    while True:
        begin = time.perf_counter()
        for _ in range(batch):
            run()
        now = time.perf_counter()
        per_call = min(per_call, (now - begin) / batch)
        enough = batch * per_call >= 0.0005
        if enough and now >= end:
            return max(1, round(0.0005 / per_call))
        if not enough:
            batch *= 2


def measure(run, calls, effort):
    samples = []
    begin = time.perf_counter_ns()
    budget = effort["budgetMs"] * 1e6
    while True:
        start = time.perf_counter_ns()
        if len(samples) >= effort["minSamples"] and start - begin >= budget:
            return samples
        for _ in range(calls):
            run()
        samples.append((time.perf_counter_ns() - start) / calls)


class Participant:
    def __init__(self, threads):
        self.threads = threads

    def begin(self, _request):
        count = self.threads or os.cpu_count() or 1
        # The library of matrix products has threads of its own, which
        # set_num_threads leaves alone.
        for name in ("OPENBLAS", "MKL", "BLIS", "OMP"):
            os.environ[f"{name}_NUM_THREADS"] = str(count)
        kernel = choose_kernel()
        import numpy
        import torch

        self.torch, self.numpy = torch, numpy
        torch.set_num_threads(count)
        count = torch.get_num_threads()
        if self.threads == 0 and count < (os.cpu_count() or 1):
            raise RuntimeError(f"PyTorch {torch.__version__} runs {count} thread here")
        return {"notice": f"PyTorch {torch.__version__}, {kernel}"}

    def open(self, request):
        spec = request["spec"]
        inputs = load(self.torch, self.numpy, spec, request["files"])
        self.run, values = prepare(self.torch, spec, inputs)
        result = values().detach().contiguous().float().numpy()
        result.astype("<f4").tofile(request["result"])
        return {"slowMs": None}

    def warmUp(self, request):
        self.calls = warm_up(self.run, request["budgetMs"])

    def measure(self, request):
        wall, busy, own = time.perf_counter(), busy_ms(), own_ms()
        samples = measure(self.run, self.calls, request["effort"])
        own = own_ms() - own
        return {
            "samples": samples,
            "callsPerSample": self.calls,
            "wallMs": (time.perf_counter() - wall) * 1000,
            "ownMs": own,
            "othersMs": busy_ms() - busy - own,
        }

    def close(self, _request):
        self.run = None


def main():
    participant = Participant(int(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"answer": getattr(participant, request["ask"])(request)}
        except Exception as error:
            answer = {"error": str(error).strip().split("\n")[0] or repr(error)}
        print(MARK + json.dumps(answer), flush=True)


main()
