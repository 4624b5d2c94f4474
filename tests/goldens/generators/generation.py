"""Text out of a small model: the likeliest tokens, one after the other, by the
whole sequence each time; and what each way of drawing makes of logits, by the
formulas (temperature, then the k likeliest, then the nucleus of Holtzman and
others, 2019; penalties of Keskar and others, 2019)."""

import torch
from torch import nn

from layers import randomize
from record import Group, encode

KINDS, WIDTH, CONTEXT = 11, 16, 24


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(KINDS, WIDTH)
        self.position = nn.Embedding(CONTEXT, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, 2, 32, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(WIDTH, KINDS)

    def forward(self, x):
        length = x.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool).triu(1)
        inner = self.token(x) + self.position(torch.arange(length))
        return self.head(self.blocks(inner, mask=mask))


def penalized(logits, before, penalty):
    scores = logits.clone()
    for token in set(before):
        scores[token] = (scores[token] / penalty if scores[token] > 0
                         else scores[token] * penalty)
    return scores


def greedy(net, prompt, count, penalty):
    """The likeliest tokens, and the last logits; None where two are close."""
    tokens = list(prompt)
    for _ in range(count):
        with torch.no_grad():
            logits = net(torch.tensor([tokens]))[0, -1]
        scores = penalized(logits, tokens, penalty)
        first, second = scores.topk(2).values
        if first - second < 1e-2:
            return None
        tokens.append(int(scores.argmax()))
    return tokens[len(prompt):], logits


def chances(scores, temperature=1.0, topK=None, topP=1.0):
    scores = scores.double() / temperature
    if topK is not None:
        scores[scores < scores.topk(topK).values[-1]] = -torch.inf
    p = scores.softmax(0)
    values, order = p.sort(descending=True)
    # The first of them from which on the sum before is enough falls out.
    keep = values.cumsum(0) - values < topP
    kept = torch.zeros_like(p)
    kept[order[keep]] = values[keep]
    return kept / kept.sum()


def generate():
    g = Group("generation", "text out of a model", 92)
    prompt, count = [3, 1, 4], 20
    for seed in range(100):
        torch.manual_seed(seed)
        net = randomize(Tokens()).double().eval()
        runs = [greedy(net, prompt, count, penalty) for penalty in (1.0, 1.5)]
        if None not in runs and len(set(runs[1][0])) > 3:
            break
    g.add({
        "sizes": [KINDS, WIDTH, CONTEXT],
        "state": {k: encode(v.float()) for k, v in net.state_dict().items()},
        "prompt": prompt,
        "greedy": [{"repetitionPenalty": penalty, "tokens": run[0],
                    "logits": encode(run[1].float())}
                   for penalty, run in zip((1.0, 1.5), runs)],
    })
    logits = torch.tensor([0.5, 3.0, 2.0, -1.0, 2.5, -2.0])
    for options in ({}, {"temperature": 0.5}, {"temperature": 2.0},
                    {"topK": 3}, {"topP": 0.8}, {"topP": 0.3},
                    {"temperature": 1.5, "topK": 4, "topP": 0.7},
                    {"repetitionPenalty": 1.5},
                    {"repetitionPenalty": 2.0, "topK": 2, "topP": 0.9}):
        rest = dict(options)
        before = [1, 3, 1]
        scores = penalized(logits, before, rest.pop("repetitionPenalty", 1.0))
        g.add({"logits": encode(logits), "before": before, "options": options,
               "chances": encode(chances(scores, **rest))})
    return [g]
