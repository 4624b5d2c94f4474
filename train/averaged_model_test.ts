import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  memory,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import * as nn from "@tenfold/nn";
import { compareTensor, GRADIENTS } from "../tests/goldens/compare.ts";
import {
  decode,
  readFigures,
  type TensorFigure,
} from "../tests/goldens/read.ts";
import "./_testing.ts";
import { AveragedModel } from "./averaged_model.ts";
import { updateBn } from "./update_bn.ts";

type State = Readonly<Record<string, TensorFigure>>;

interface Case {
  readonly options: { decay?: number; avgFn?: string; useBuffers?: boolean };
  readonly start: State;
  readonly states: readonly State[];
  readonly batches: readonly TensorFigure[];
  readonly trained: State;
  readonly measured: State;
  readonly x: TensorFigure;
  readonly y: TensorFigure;
}

const { cases } = await readFigures<Case>("averaging");

function tensorOf(figure: TensorFigure): Tensor {
  const { data, shape, dtype } = decode(figure);
  return tensor(data, { shape: [...shape], dtype });
}

const net = () =>
  new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.ReLU(),
    new nn.Linear(4, 2),
  );

function load(model: nn.Module, state: State): void {
  tidy(() => {
    const tensors = Object.entries(state).map(([k, f]) => [k, tensorOf(f)]);
    model.loadStateDict(Object.fromEntries(tensors));
  });
}

async function compare(
  model: AveragedModel<[Tensor]>,
  expected: State,
): Promise<void> {
  const state = model.stateDict();
  assertEquals(Object.keys(state).sort(), Object.keys(expected).sort());
  for (const [name, figure] of Object.entries(expected)) {
    const problem = await compareTensor(
      state[name]!,
      decode(figure),
      GRADIENTS,
    );
    assertEquals(problem, null, name);
  }
}

const twice = (average: Tensor, value: Tensor, count: Tensor): Tensor =>
  average.add(value.sub(average).mul(2).div(count.add(2)));

describe("AveragedModel", () => {
  for (const figures of cases) {
    const { avgFn, ...rest } = figures.options;
    const options = avgFn ? { avgFn: twice } : rest;
    it(`is PyTorch's with ${JSON.stringify(figures.options)}`, async () => {
      const before = memory().tensors;
      const model = net();
      load(model, figures.start);
      const averaged = new AveragedModel(model, options);
      for (const state of figures.states) {
        load(model, state);
        averaged.updateParameters();
      }
      await compare(averaged, figures.trained);
      const batches = figures.batches.map((figure) => [tensorOf(figure)]);
      const modes = averaged.modules().map((m) => m.training);
      await updateBn(batches, averaged);
      assertEquals(averaged.modules().map((m) => m.training), modes);
      await compare(averaged, figures.measured);
      averaged.eval();
      const x = tensorOf(figures.x);
      const y = tidy(() => averaged.forward(x));
      assertEquals(
        await compareTensor(y, decode(figures.y), GRADIENTS),
        null,
      );
      // The model that trains is as it was.
      assert(model.training);
      const last = figures.states.at(-1)!;
      for (const [name, value] of Object.entries(model.stateDict())) {
        const figure = decode(last[name]!);
        assertEquals([...await value.data()], [...figure.data], name);
      }
      for (const one of [x, y, ...batches.flat()]) one.dispose();
      averaged.dispose();
      model.dispose();
      assertEquals(memory().tensors, before);
    });
  }

  it("is averaged in compiled steps as in others", async () => {
    const before = memory().tensors;
    const model = new nn.Linear(2, 1);
    const [eager, compiled] = [0, 1].map(() =>
      new AveragedModel(model, { decay: 0.9 })
    );
    const step = compile(() => compiled!.updateParameters());
    for (let i = 0; i < 5; i++) {
      noGrad(() => model.weight.fill_(i * i));
      eager!.updateParameters();
      step();
    }
    assertEquals(
      await compiled!.weights.weight!.toArray(),
      await eager!.weights.weight!.toArray(),
    );
    assertEquals(await compiled!.n_averaged.item(), 5);
    step.dispose();
    for (const one of [eager!, compiled!, model]) one.dispose();
    assertEquals(memory().tensors, before);
  });

  it("has a mode of its own, and weights that the model takes", async () => {
    using model = new nn.Sequential(
      new nn.Linear(1, 1),
      new nn.Dropout({ p: 0.9 }),
    );
    using averaged = new AveragedModel(model);
    averaged.eval();
    using x = ones([1, 1]);
    using y = tidy(() => averaged.forward(x));
    assert(model.modules().every((m) => m.training));
    assertEquals(Object.keys(averaged.weights), ["0.weight", "0.bias"]);
    model.loadStateDict(averaged.weights);
    model.eval();
    using z = tidy(() => model.forward(x));
    assertEquals(await z.item(), await y.item());
  });

  it("refuses what does not fit", async () => {
    using model = new nn.Linear(2, 1);
    using other = new nn.Linear(3, 1);
    using averaged = new AveragedModel(model);
    assertThrows(
      () => averaged.updateParameters(other),
      TypeError,
      "weight of shape [1, 3] is not among the averages",
    );
    assertEquals(await averaged.n_averaged.item(), 0);
    assertThrows(
      () => new AveragedModel(model, { decay: 1 }),
      RangeError,
      "less than 1",
    );
    assertThrows(
      () => new AveragedModel(model, { decay: 0.5, avgFn: twice }),
      TypeError,
      "both decay and avgFn",
    );
    assertThrows(
      () => new AveragedModel(3 as never),
      TypeError,
      "must be a module",
    );
    await assertRejects(
      () => updateBn(3 as never, new nn.BatchNorm1d(1)),
      TypeError,
      "Cannot updateBn as the source must be",
    );
  });

  it("is measured as batches of any source say", async () => {
    const model = new nn.Sequential(new nn.BatchNorm1d(2));
    using x = randn([6, 2]);
    await updateBn(x, model, { batchSize: 3 });
    const mean = model.stateDict()["0.running_mean"]!;
    using expected = x.mean(0);
    const [found, wanted] = [await mean.data(), await expected.data()];
    found.forEach((v, i) => assert(Math.abs(v - wanted[i]!) < 1e-6));
    const none = new nn.Linear(2, 2);
    await updateBn(x, none);
    model.dispose();
    none.dispose();
  });
});
