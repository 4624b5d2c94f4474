/**
 * The nets whose training steps are measured.
 *
 * @module
 */
import {
  nn,
  optim,
  randint,
  randn,
  scope,
  type Tensor,
} from "@tenfold/tenfold";
import type { Live } from "../harness/case.ts";

/** A net with its batch and optimizer. */
export interface Net {
  /** What it is, in words. */
  readonly name: string;
  /** Samples in a batch. */
  readonly batch: number;
  /** The extents of one sample. */
  readonly input: readonly number[];
  /** How many classes it tells apart. */
  readonly classes: number;
  /** The layers. */
  readonly layers: () => nn.Module[];
  /** The optimizer. */
  readonly optimizer: "SGD" | "Adam";
}

function linears(...widths: number[]): nn.Module[] {
  return widths.slice(1).flatMap((width, i) => {
    const layer = new nn.Linear(widths[i]!, width);
    return i === widths.length - 2 ? [layer] : [layer, new nn.ReLU()];
  });
}

/** The nets, from the smallest on. */
export const NETS: readonly Net[] = [
  {
    name: "4-16-3, batch 16, SGD",
    batch: 16,
    input: [4],
    classes: 3,
    layers: () => linears(4, 16, 3),
    optimizer: "SGD",
  },
  {
    name: "784-50-10, batch 64, SGD",
    batch: 64,
    input: [784],
    classes: 10,
    layers: () => linears(784, 50, 10),
    optimizer: "SGD",
  },
  {
    name: "784-512-256-10, batch 128, Adam",
    batch: 128,
    input: [784],
    classes: 10,
    layers: () => linears(784, 512, 256, 10),
    optimizer: "Adam",
  },
  {
    name: "CNN 16-32, batch 64, Adam",
    batch: 64,
    input: [1, 28, 28],
    classes: 10,
    layers: () => [
      new nn.Conv2d(1, 16, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(16, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(32 * 7 * 7, 10),
    ],
    optimizer: "Adam",
  },
];

/** What follows the name of a net whose step is compiled. */
export const COMPILED = ", compiled";

/** The net of that name. */
export function netNamed(name: string): Net {
  const net = NETS.find((each) => each.name === name);
  if (!net) throw new RangeError(`Cannot find the net ${name}`);
  return net;
}

/** A model, a batch, and its loss. */
export interface Model {
  /** The layers. */
  readonly model: nn.Sequential;
  /** The batch, then the classes. */
  readonly batch: readonly [x: Tensor, y: Tensor];
  /** The loss of the batch as it is now. */
  loss(): Tensor;
}

/** Makes a model and a batch on the current backend. */
export function buildModel(net: Net): Model {
  const model = new nn.Sequential(...net.layers());
  const x = randn([net.batch, ...net.input]);
  const y = randint(0, net.classes, [net.batch]);
  return {
    model,
    batch: [x, y],
    loss: () => nn.functional.crossEntropy(model.forward(x), y),
  };
}

/** A step on a batch; gives the loss. */
type Step = (x: Tensor, y: Tensor) => Tensor;

/** The training step of a net; its result is the loss. */
export function trainingStep(
  net: Net,
  prepare: (step: Step) => Step = (step) => step,
): Live {
  const { model, batch } = buildModel(net);
  const parameters = [...model.parameters()];
  const optimizer = net.optimizer === "SGD"
    ? new optim.SGD(parameters, { lr: 0.01 })
    : new optim.Adam(parameters, { lr: 1e-3 });
  const step = prepare((x, y) => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss.detach();
  });
  let last: Tensor | null = null;
  return {
    inputs: [...batch, ...parameters],
    run() {
      using s = scope();
      last?.dispose();
      last = s.keep(step(...batch));
    },
    output: () => last,
  };
}
