/**
 * Ours: `ours.ts BACKEND [compiled]`.
 *
 * @module
 */
import {
  compile,
  currentBackend,
  grad,
  nn,
  noGrad,
  optim,
  scope,
  type Tensor,
  tensor,
  where,
} from "@tenfold/tenfold";
import process from "node:process";
import { openBackend } from "../harness/open_backend.ts";
import { netNamed } from "../suites/_nets.ts";
import {
  depth,
  type Implementations,
  type Inputs,
  type Live,
  type Loaded,
  participate,
  training,
} from "./participant.ts";
import { dcgan, gpt, recurrent, resNet, type TrainedNet } from "./nets.ts";
import { CHECKED_STEPS, type WorkSpec } from "./works.ts";

const [backendName = "", how = "eager"] = process.argv.slice(2);

/** The function, compiled where that is asked for. */
const prepared = (fn: () => Tensor): () => Tensor =>
  how === "compiled" ? compile(fn) : fn;

const put = ({ data, shape }: Loaded): Tensor => tensor(data, { shape });

/** One operation; where values come late, each call waits for them. */
function operation(inputs: readonly Tensor[], make: () => Tensor): Live {
  const waits = !currentBackend().readSync;
  let last: Tensor | null = null;
  const run = prepared(make);
  const call = () => {
    last?.dispose();
    return last = run();
  };
  return {
    run: waits
      ? async () => {
        await call().data();
      }
      : () => {
        call();
      },
    checks: [async () => await call().data() as Float32Array],
    dispose() {
      last?.dispose();
      for (const input of inputs) input.dispose();
    },
  };
}

function unary(make: (a: Tensor) => Tensor): Implementations["exp"] {
  return (_spec, inputs) => {
    const a = put(inputs("a"));
    return operation([a], () => make(a));
  };
}

function binary(
  make: (a: Tensor, b: Tensor) => Tensor,
): Implementations["add"] {
  return (_spec, inputs) => {
    const [a, b] = [put(inputs("a")), put(inputs("b"))];
    return operation([a, b], () => make(a, b));
  };
}

/** A net that has a program of its own. */
function trainNet(
  spec: WorkSpec,
  inputs: Inputs,
  make: (weights: readonly Tensor[]) => TrainedNet,
  others: readonly Tensor[],
): Live {
  const weights = spec.inputs.filter(({ name }) => /^w\d+$/.test(name))
    .map(({ name }) => put(inputs(name)));
  const { parameters, step } = make(weights);
  for (const weight of weights) weight.dispose();
  const run = prepared(() => {
    using s = scope();
    return s.keep(step());
  });
  return losses(run, [...others, ...parameters]);
}

function train(model: nn.Module, spec: WorkSpec, inputs: Inputs): Live {
  const [x, y] = [put(inputs("x")), put(inputs("classes"))];
  const parameters = [...model.parameters()];
  const names = spec.inputs.map(({ name }) => name)
    .filter((name) => /^[wb]\d$/.test(name));
  for (const [i, name] of names.entries()) {
    const parameter = parameters[i]!;
    const value = put(inputs(name));
    noGrad(() => parameter.copy_(value));
    value.dispose();
  }
  const optimizer = spec.optimizer === "SGD"
    ? new optim.SGD(parameters, { lr: 0.01 })
    : new optim.Adam(parameters, { lr: 1e-3 });
  const step = prepared(() => {
    using s = scope();
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x) as Tensor, y);
    loss.backward();
    optimizer.step();
    return s.keep(loss.detach());
  });
  return losses(step, [x, y, ...parameters]);
}

/** Steps whose losses are read. */
function losses(step: () => Tensor, owned: readonly Tensor[]): Live {
  const read = (loss: Tensor): number => {
    using _ = loss;
    return loss.itemSync();
  };
  const readLater = async (loss: Tensor): Promise<number> => {
    using _ = loss;
    return await loss.item();
  };
  return training(
    CHECKED_STEPS,
    currentBackend().readSync ? () => read(step()) : () => readLater(step()),
    () => owned.forEach((each) => each.dispose()),
  );
}

const implementations: Implementations = {
  add: binary((a, b) => a.add(b)),
  exp: unary((a) => a.exp()),
  gelu: unary((a) => a.gelu()),
  where(_spec, inputs) {
    const [a, b] = [put(inputs("a")), put(inputs("b"))];
    const condition = a.gt(0);
    return operation([a, b, condition], () => where(condition, a, b));
  },
  sum: ({ dim }, inputs) => {
    const a = put(inputs("a"));
    return operation([a], () => a.sum(dim!));
  },
  softmax: ({ dim }, inputs) => {
    const a = put(inputs("a"));
    return operation([a], () => a.softmax(dim!));
  },
  matmul: binary((a, b) => a.matmul(b)),
  matmulTransposed(_spec, inputs) {
    const [a, b] = [put(inputs("a")), put(inputs("b"))];
    const transposed = b.t();
    return operation([a, b, transposed], () => a.matmul(transposed));
  },
  convolution(_spec, inputs) {
    const [x, w] = [put(inputs("x")), put(inputs("w"))];
    return operation(
      [x, w],
      () => nn.functional.conv2d(x, w, null, { padding: 1 }),
    );
  },
  convolutionGradients(_spec, inputs) {
    const [x, w, g] = [put(inputs("x")), put(inputs("w")), put(inputs("g"))];
    x.requiresGrad_();
    w.requiresGrad_();
    return operation([x, w, g], () => {
      using s = scope();
      const y = nn.functional.conv2d(x, w, null, { padding: 1 });
      const [dx, dw] = grad(y, [x, w], { gradOutputs: [g] });
      dx.dispose();
      return s.keep(dw);
    });
  },
  trainMlp(spec, inputs) {
    const count = depth(spec);
    const layers = Array.from({ length: count }, (_, i) => {
      const [out, into] = inputs(`w${i}`).shape;
      const layer = new nn.Linear(into!, out!);
      return i === count - 1 ? [layer] : [layer, new nn.ReLU()];
    });
    return train(new nn.Sequential(...layers.flat()), spec, inputs);
  },
  trainCnn(spec, inputs) {
    const { layers } = netNamed("CNN 16-32, batch 64, Adam");
    return train(new nn.Sequential(...layers()), spec, inputs);
  },
  trainResNet(spec, inputs) {
    const [x, classes] = [put(inputs("x")), put(inputs("classes"))];
    return trainNet(spec, inputs, (w) => resNet(x, classes, w), [x, classes]);
  },
  trainDcgan(spec, inputs) {
    const [x, z] = [put(inputs("x")), put(inputs("z"))];
    return trainNet(spec, inputs, (w) => dcgan(x, z, w), [x, z]);
  },
  trainGpt(spec, inputs) {
    const [x, y] = [put(inputs("x")), put(inputs("y"))];
    return trainNet(spec, inputs, (w) => gpt(x, y, w), [x, y]);
  },
  trainLstm(spec, inputs) {
    const x = put(inputs("x"));
    const layer = new nn.LSTM(256, 256, { batchFirst: true });
    return trainNet(spec, inputs, (w) => recurrent(layer, x, w), [x]);
  },
  trainGru(spec, inputs) {
    const x = put(inputs("x"));
    const layer = new nn.GRU(256, 256, { batchFirst: true });
    return trainNet(spec, inputs, (w) => recurrent(layer, x, w), [x]);
  },
};

await participate(async () => {
  await openBackend(backendName);
  return { notice: currentBackend().notice ?? "", implementations };
});
