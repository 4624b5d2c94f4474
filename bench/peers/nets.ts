/**
 * Nets that PyTorch trains beside ours, with modules in the same
 * order: `nets.py` has them as well.
 *
 * @module
 */
import { nn, noGrad, ones, optim, type Tensor, zeros } from "@tenfold/tenfold";
import { GPT, gptStep } from "../suites/_gpt.ts";

/** Two convolutions beside a shortcut. */
class Block extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly norm1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly norm2: nn.BatchNorm2d;
  readonly short: nn.Sequential | null;

  constructor(channels: number, filters: number, stride: number) {
    super();
    const bias = false;
    this.conv1 = new nn.Conv2d(channels, filters, 3, {
      stride,
      padding: 1,
      bias,
    });
    this.norm1 = new nn.BatchNorm2d(filters);
    this.conv2 = new nn.Conv2d(filters, filters, 3, { padding: 1, bias });
    this.norm2 = new nn.BatchNorm2d(filters);
    this.short = stride === 1 ? null : new nn.Sequential(
      new nn.Conv2d(channels, filters, 1, { stride, bias }),
      new nn.BatchNorm2d(filters),
    );
  }

  forward(x: Tensor): Tensor {
    const inner = this.norm1.forward(this.conv1.forward(x)).relu();
    const y = this.norm2.forward(this.conv2.forward(inner));
    return y.add(this.short ? this.short.forward(x) : x).relu();
  }
}

/** Three blocks of 16, 32 and 64 filters, for digits of 28 by 28. */
class ResNet extends nn.Module {
  readonly conv = new nn.Conv2d(1, 16, 3, { padding: 1, bias: false });
  readonly norm = new nn.BatchNorm2d(16);
  readonly blocks = new nn.Sequential(
    new Block(16, 16, 1),
    new Block(16, 32, 2),
    new Block(32, 64, 2),
  );
  readonly head = new nn.Linear(64, 10);

  forward(x: Tensor): Tensor {
    const y = this.norm.forward(this.conv.forward(x)).relu();
    return this.head.forward(this.blocks.forward(y).mean([2, 3]));
  }
}

const scaled = { stride: 2, padding: 1, bias: false };

/** The generator and the discriminator of a DCGAN of 28 by 28. */
const generator = () =>
  new nn.Sequential(
    new nn.ConvTranspose2d(64, 64, 7, { bias: false }),
    new nn.BatchNorm2d(64),
    new nn.ReLU(),
    new nn.ConvTranspose2d(64, 32, 4, scaled),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.ConvTranspose2d(32, 1, 4, scaled),
    new nn.Tanh(),
  );
const discriminator = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 32, 4, scaled),
    new nn.LeakyReLU({ negativeSlope: 0.2 }),
    new nn.Conv2d(32, 64, 4, scaled),
    new nn.BatchNorm2d(64),
    new nn.LeakyReLU({ negativeSlope: 0.2 }),
    new nn.Conv2d(64, 1, 7, { bias: false }),
    new nn.Flatten(),
  );

/** A net in training: what it learns, and a step that gives a loss. */
export interface TrainedNet {
  /** All parameters, in the order of the inputs `w0`, `w1`, … */
  readonly parameters: readonly Tensor[];
  /** A step, in a scope of the caller. */
  step(): Tensor;
}

/** Gives weights to what has more than one dim, and zeros to biases. */
function fill(
  modules: readonly Pick<nn.Module, "namedParameters">[],
  weights: readonly Tensor[],
): void {
  let next = 0;
  for (const module of modules) {
    for (const [name, parameter] of module.namedParameters()) {
      noGrad(() => {
        if (parameter.ndim > 1) parameter.copy_(weights[next++]!);
        else if (name.includes("bias")) parameter.zero_();
      });
    }
  }
}

/** A ResNet that learns classes. */
export function resNet(
  x: Tensor,
  classes: Tensor,
  weights: readonly Tensor[],
): TrainedNet {
  const model = new ResNet();
  fill([model], weights);
  const parameters = model.parameters();
  const optimizer = new optim.Adam(parameters, { lr: 1e-3 });
  return {
    parameters,
    step() {
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model.forward(x), classes);
      loss.backward();
      optimizer.step();
      return loss.detach();
    },
  };
}

/** A DCGAN: a step of the discriminator and one of the generator. */
export function dcgan(
  x: Tensor,
  z: Tensor,
  weights: readonly Tensor[],
): TrainedNet {
  const [g, d] = [generator(), discriminator()];
  fill([g, d], weights);
  const options = { lr: 2e-4, betas: [0.5, 0.999] as [number, number] };
  const optimizers = [g, d].map((each) =>
    new optim.Adam(each.parameters(), options)
  );
  const [ofG, ofD] = optimizers as [optim.Adam, optim.Adam];
  const [real, made] = [ones([x.shape[0]!, 1]), zeros([x.shape[0]!, 1])];
  const { binaryCrossEntropyWithLogits: bce } = nn.functional;
  return {
    parameters: [...g.parameters(), ...d.parameters(), real, made],
    step() {
      const fake = g.forward(z);
      ofD.zeroGrad();
      const lossD = bce(d.forward(x), real)
        .add(bce(d.forward(fake.detach()), made));
      lossD.backward();
      ofD.step();
      ofG.zeroGrad();
      const lossG = bce(d.forward(fake), real);
      lossG.backward();
      ofG.step();
      return lossD.add(lossG).detach();
    },
  };
}

/** A GPT that learns which character is the next. */
export function gpt(
  x: Tensor,
  y: Tensor,
  weights: readonly Tensor[],
): TrainedNet {
  const model = new GPT(64);
  fill([model], weights);
  return { parameters: model.parameters(), step: gptStep(model, x, y) };
}

/** A recurrent layer, forward and backward: what it learns stays as it is. */
export function recurrent(
  layer: nn.LSTM | nn.GRU,
  x: Tensor,
  weights: readonly Tensor[],
): TrainedNet {
  fill([layer], weights);
  x.requiresGrad_();
  const parameters = layer.parameters();
  return {
    parameters,
    step() {
      for (const each of [x, ...parameters]) each.grad = null;
      const [y] = layer instanceof nn.LSTM
        ? layer.forward(x)
        : layer.forward(x);
      y.square().sum().backward();
      return parameters[1]!.grad!.square().mean().sqrt();
    },
  };
}
