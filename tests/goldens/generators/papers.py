"""Optimizers that PyTorch 1.13 lacks, by the formulas of their papers.

Lion: Chen and others, 2023, algorithm 2. Muon: Jordan and others, 2024, with
the options of PyTorch 2.9. Adafactor: Shazeer and Stern, 2018, algorithms 4 and
5, with the options of Hugging Face's transformers. NAdam and RAdam with
decoupled weight decay and a maximised objective, as PyTorch 2 has them.
"""

import math

import torch


class Paper(torch.optim.Optimizer):
    defaults_of = {}

    def __init__(self, params, **options):
        unknown = set(options) - set(self.defaults_of)
        assert not unknown, unknown
        super().__init__(params, {**self.defaults_of, **options})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["step"] = state.get("step", 0) + 1
                sign = -1 if group["maximize"] else 1
                self.one(p, sign * p.grad, state, state["step"], group)


class Lion(Paper):
    defaults_of = dict(lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0,
                       maximize=False)

    def one(self, p, g, state, step, o):
        m = state.get("m", torch.zeros_like(p))
        b1, b2 = o["betas"]
        p *= 1 - o["lr"] * o["weight_decay"]
        p -= o["lr"] * torch.sign(b1 * m + (1 - b1) * g)
        state["m"] = b2 * m + (1 - b2) * g


def adam_w(p, g, state, step, lr, betas, eps, weight_decay):
    m = state.get("m", torch.zeros_like(p))
    v = state.get("v", torch.zeros_like(p))
    b1, b2 = betas
    p *= 1 - lr * weight_decay
    state["m"] = m = b1 * m + (1 - b1) * g
    state["v"] = v = b2 * v + (1 - b2) * g * g
    p -= lr * (m / (1 - b1**step)) / ((v / (1 - b2**step)).sqrt() + eps)


class Muon(Paper):
    defaults_of = dict(lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True,
                       ns_coefficients=(3.4445, -4.775, 2.0315), ns_steps=5,
                       eps=None, adjust_lr="original", use_muon=True,
                       betas=(0.9, 0.999), maximize=False)

    def one(self, p, g, state, step, o):
        if not o["use_muon"]:
            return adam_w(p, g, state, step, o["lr"], o["betas"],
                          1e-8 if o["eps"] is None else o["eps"],
                          o["weight_decay"])
        k = o["momentum"]
        b = k * state.get("b", torch.zeros_like(p)) + (1 - k) * g
        state["b"] = b
        u = (1 - k) * g + k * b if o["nesterov"] else b
        u = u.reshape(len(u), -1)
        rows, columns = u.shape
        x = u / max(u.norm(), 1e-7 if o["eps"] is None else o["eps"])
        c1, c3, c5 = o["ns_coefficients"]
        for _ in range(o["ns_steps"]):
            # of the wide or the tall matrix alike
            a = x @ x.T
            x = c1 * x + c3 * a @ x + c5 * a @ a @ x
        if o["adjust_lr"] == "original":
            scale = math.sqrt(max(1, rows / columns))
        else:
            scale = 0.2 * math.sqrt(max(rows, columns))
        p *= 1 - o["lr"] * o["weight_decay"]
        p -= o["lr"] * scale * x.reshape(p.shape)


class Adafactor(Paper):
    defaults_of = dict(lr=1e-2, eps=(1e-30, 1e-3), clip_threshold=1.0,
                       decay_rate=-0.8, beta1=0.0, weight_decay=0.0,
                       scale_parameter=True, relative_step=True,
                       warmup_init=False, maximize=False)

    def one(self, p, g, state, step, o):
        rate = o["lr"]
        if o["relative_step"]:
            if o["warmup_init"]:
                rate = min(rate, 1e-6 * step)
            rate = min(rate, 1 / math.sqrt(step))
        if o["scale_parameter"]:
            rate = rate * max(o["eps"][1], (p**2).mean().sqrt())
        b2 = 1 - step**o["decay_rate"]
        square = g**2 + o["eps"][0]
        if p.dim() >= 2:
            r = state.get("r", torch.zeros(p.shape[:-1], dtype=p.dtype))
            c = state.get("c", torch.zeros(p.shape[:-2] + p.shape[-1:],
                                           dtype=p.dtype))
            state["r"] = r = b2 * r + (1 - b2) * square.mean(-1)
            state["c"] = c = b2 * c + (1 - b2) * square.mean(-2)
            v = r[..., :, None] * c[..., None, :] / r.mean(-1)[..., None, None]
        else:
            v = state.get("v", torch.zeros_like(p))
            state["v"] = v = b2 * v + (1 - b2) * square
        u = g / v.sqrt()
        u = rate * u / max(1, (u**2).mean().sqrt() / o["clip_threshold"])
        if o["beta1"]:
            m = state.get("m", torch.zeros_like(p))
            u = state["m"] = o["beta1"] * m + (1 - o["beta1"]) * u
        p -= rate * o["weight_decay"] * p
        p -= u


def around(base):
    """An optimizer of PyTorch with the two options that version 2 adds."""

    class Around(base):
        def __init__(self, params, decoupled_weight_decay=False,
                     maximize=False, foreach=False, **options):
            self.decoupled = decoupled_weight_decay
            self.maximize = maximize
            super().__init__(params, foreach=foreach, **options)

        def step(self):
            decays = []
            for group in self.param_groups:
                decays.append(group["weight_decay"])
                for p in group["params"]:
                    if self.maximize:
                        p.grad.neg_()
                    if self.decoupled:
                        with torch.no_grad():
                            p *= 1 - group["lr"] * group["weight_decay"]
                if self.decoupled:
                    group["weight_decay"] = 0
            super().step()
            for group, decay in zip(self.param_groups, decays):
                group["weight_decay"] = decay

    return Around


PAPERS = {
    "Lion": Lion,
    "Muon": Muon,
    "Adafactor": Adafactor,
    "NAdam": around(torch.optim.NAdam),
    "RAdam": around(torch.optim.RAdam),
}
