"""The nets of nets.ts in PyTorch, with modules in the same order."""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.short = None if stride == 1 else nn.Sequential(
            nn.Conv2d(channels, filters, 1, stride, bias=False),
            nn.BatchNorm2d(filters),
        )

    def forward(self, x):
        y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
        return (y + (self.short(x) if self.short else x)).relu()


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        self.blocks = nn.Sequential(
            Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)
        )
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.blocks(self.norm(self.conv(x)).relu()).mean((2, 3)))


def generator():
    return nn.Sequential(
        nn.ConvTranspose2d(64, 64, 7, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, 7, bias=False),
        nn.Flatten(),
    )


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(65, 128)
        self.position = nn.Embedding(64, 128)
        layer = nn.TransformerEncoderLayer(
            128, 4, 512, 0, "gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, 4, nn.LayerNorm(128))
        self.head = nn.Linear(128, 65)

    def forward(self, x):
        later = torch.ones(64, 64, dtype=torch.bool).triu(1)
        y = self.token(x) + self.position(torch.arange(64))
        return self.head(self.blocks(y, later))


def fill(modules, inputs):
    """Gives weights to what has more than one dim, and zeros to biases."""
    weights = iter([v for n, v in inputs.items() if n[0] == "w"])
    with torch.no_grad():
        for module in modules:
            for name, parameter in module.named_parameters():
                if parameter.dim() > 1:
                    parameter.copy_(next(weights))
                elif "bias" in name:
                    parameter.zero_()


def resnet_step(inputs):
    model = ResNet()
    fill([model], inputs)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(inputs["x"]), inputs["classes"])
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def dcgan_step(inputs):
    g, d = generator(), discriminator()
    fill([g, d], inputs)
    of_g, of_d = [
        torch.optim.Adam(each.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for each in (g, d)
    ]
    real = torch.ones(len(inputs["x"]), 1)
    made = torch.zeros(len(inputs["x"]), 1)
    bce = functional.binary_cross_entropy_with_logits

    def step():
        fake = g(inputs["z"])
        of_d.zero_grad()
        loss_d = bce(d(inputs["x"]), real) + bce(d(fake.detach()), made)
        loss_d.backward()
        of_d.step()
        of_g.zero_grad()
        loss_g = bce(d(fake), real)
        loss_g.backward()
        of_g.step()
        return (loss_d + loss_g).item()

    return step


def gpt_step(inputs):
    model = GPT()
    fill([model], inputs)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        logits = model(inputs["x"]).flatten(0, 1)
        loss = functional.cross_entropy(logits, inputs["y"].flatten())
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def recurrent_step(layer, inputs):
    fill([layer], inputs)
    x = inputs["x"].requires_grad_()
    parameters = list(layer.parameters())

    def step():
        for each in (x, *parameters):
            each.grad = None
        layer(x)[0].square().sum().backward()
        return parameters[1].grad.square().mean().sqrt().item()

    return step


def lstm_step(inputs):
    return recurrent_step(nn.LSTM(256, 256, batch_first=True), inputs)


def gru_step(inputs):
    return recurrent_step(nn.GRU(256, 256, batch_first=True), inputs)
