import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  manualSeed,
  noGrad,
  randn,
  scope,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/core";
import { DataLoader, DatasetError, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import {
  asyncBackend,
  captureLines,
  type CountingBackend,
  countingBackend,
} from "./_testing.ts";
import { accuracy } from "./accuracy.ts";
import type { Batch } from "./batches.ts";
import type { Callback, Run } from "./callback.ts";
import { BatchError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { fit, type FitOptions } from "./fit.ts";
import type { Model } from "./model.ts";

const { crossEntropy, mseLoss } = nn.functional;

/** Points of two classes on both sides of a line. */
function points(samples = 40): TensorDataset<readonly [Tensor, Tensor]> {
  manualSeed(1);
  const [x, y] = tidy(() => {
    const x = randn([samples, 2]);
    return [x, x.sum(1).gt(0).cast("int32")] as const;
  });
  return new TensorDataset(x, y);
}

/** A net for them. */
function net(): Model {
  manualSeed(2);
  return new nn.Sequential(
    new nn.Linear(2, 8),
    new nn.ReLU(),
    new nn.Linear(8, 2),
  );
}

/** Options that train it, silently. */
function options(model: Model, more: Partial<FitOptions> = {}): FitOptions {
  return {
    loss: crossEntropy,
    optimizer: new optim.Adam(model.parameters(), { lr: 0.02 }),
    epochs: 5,
    progress: false,
    ...more,
    train: more.train ??
      new DataLoader(points(), { batchSize: 16, shuffle: true, seed: 3 }),
  };
}

/** One step of nothing much, for tests that look at something else. */
function trifle(more: Partial<FitOptions> = {}): Promise<unknown> {
  const model = new nn.Linear(1, 1);
  return fit(model, {
    loss: mseLoss,
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    train: [[tensor([[1]]), tensor([[2]])]],
    epochs: 1,
    progress: false,
    ...more,
  });
}

describe("fit", () => {
  it("makes the loss smaller and the accuracy larger", async () => {
    const model = net();
    const history = await fit(
      model,
      options(model, {
        epochs: 30,
        metrics: [accuracy()],
        validation: new DataLoader(points(), { batchSize: 40 }),
      }),
    );
    const [first, last] = [history.epochs[0]!, history.last!];
    assert(last.train["loss"]! < first.train["loss"]! / 2);
    assert(last.validation!["accuracy"]! > 0.9);
    assertEquals(last.epoch, 30);
    assertEquals(last.step, 90);
    assertEquals(last.learningRate, 0.02);
    assert(last.seconds > 0);
  });

  it("comes to the same figures every time", async () => {
    const run = async () => {
      const model = net();
      const history = await fit(model, options(model));
      return history.figures("train.loss");
    };
    assertEquals(await run(), await run());
  });

  it("weighs the loss of each batch by its samples", async () => {
    const model = net();
    const data = points(40);
    const history = await fit(
      model,
      options(model, {
        optimizer: new optim.SGD(model.parameters(), { lr: 0 }),
        train: new DataLoader(data, { batchSize: 16 }),
        validation: new DataLoader(data, { batchSize: 7 }),
        epochs: 1,
      }),
    );
    const [x, y] = data.tensors;
    const whole = await noGrad(() => crossEntropy(model.forward(x as never), y))
      .item();
    assertAlmostEquals(history.last!.train["loss"]!, whole, 1e-6);
    assertAlmostEquals(history.last!.validation!["loss"]!, whole, 1e-6);
  });

  it("takes losses as modules, and batches with several inputs", async () => {
    class Sum extends nn.Module<[Tensor, Tensor]> {
      scale = new nn.Parameter(tensor([0]));
      forward(a: Tensor, b: Tensor): Tensor {
        return a.add(b).mul(this.scale);
      }
    }
    const model = new Sum();
    await fit(model, {
      loss: { forward: mseLoss },
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      train: [[tensor([1]), tensor([1]), tensor([4])]],
      epochs: 50,
      progress: false,
    });
    assertAlmostEquals(await model.scale.item(), 2, 1e-3);
  });

  it("trains in training mode, validates in evaluation mode", async () => {
    const modes: [string, boolean][] = [];
    class Watcher extends nn.Linear {
      override forward(x: Tensor): Tensor {
        modes.push([noGradNow(x, this), this.training]);
        return super.forward(x);
      }
    }
    const noGradNow = (x: Tensor, module: nn.Linear) =>
      x.matmul(module.weight.t()).requiresGrad ? "recorded" : "not recorded";
    const model = new nn.Sequential(
      new Watcher(2, 2),
      new nn.Dropout({ p: 0.5 }),
    );
    model.eval();
    await fit(
      model,
      options(model, {
        train: new DataLoader(points(), { batchSize: 40 }),
        validation: new DataLoader(points(), { batchSize: 40 }),
        epochs: 2,
      }),
    );
    assertEquals(modes, [
      ["recorded", true],
      ["not recorded", false],
      ["recorded", true],
      ["not recorded", false],
    ]);
    assertEquals(model.modules().map((m) => m.training), [
      false,
      false,
      false,
    ]);
  });

  it("puts the modes back when it fails", async () => {
    const model = net();
    model.eval();
    await assertRejects(
      () =>
        fit(
          model,
          options(model, {
            loss: () => {
              throw new Error("no loss");
            },
          }),
        ),
      Error,
      "no loss",
    );
    assertEquals(model.training, false);
  });

  it("clips the gradients where that is asked for", async () => {
    const change = async (more: Partial<FitOptions>) => {
      const model = new nn.Linear(1, 1);
      noGrad(() => model.parameters().forEach((p) => p.zero_()));
      await fit(model, {
        loss: mseLoss,
        optimizer: new optim.SGD(model.parameters(), { lr: 1 }),
        train: [[tensor([[3]]), tensor([[4]])]],
        epochs: 1,
        progress: false,
        ...more,
      });
      return Math.hypot(await model.weight.item(), await model.bias!.item());
    };
    assert(await change({}) > 20);
    assertAlmostEquals(await change({ clipGradNorm: 0.5 }), 0.5, 1e-5);
    assertEquals(await change({ clipGradNorm: Infinity }), await change({}));
  });
});

/** Runs a test on a device whose memory it has for itself. */
function alone(test: (backend: CountingBackend) => Promise<void>) {
  return async () => {
    const backend = countingBackend();
    await setBackend(backend);
    try {
      await test(backend);
    } finally {
      await setBackend("cpu-typedarray");
    }
  };
}

describe("fit and memory", () => {
  it(
    "holds after 10,000 steps what it held after step 10",
    alone(async (backend) => {
      const model = net();
      const held: number[] = [];
      const training = options(model, {
        train: new DataLoader(points(), {
          batchSize: 4,
          shuffle: true,
          seed: 0,
        }),
        validation: new DataLoader(points(), { batchSize: 20 }),
        metrics: [accuracy()],
        callbacks: [{
          name: "watch",
          stepEnd: (run) => void (held[run.step] = backend.bytes),
        }],
        epochs: 1000,
      });
      const before = backend.bytes;
      await fit(model, training);
      assertEquals(held.length, 10_001);
      assertEquals(held[10_000], held[10]);
      // Gradients and moments are left, which belong to model and optimizer.
      const parameters = model.parameters().reduce((n, p) => n + p.size, 0);
      assertEquals(backend.bytes - before, 3 * 4 * parameters);
    }),
  );

  it(
    "does the same inside of a scope",
    alone(async (backend) => {
      using _ = scope();
      const model = net();
      const held: number[] = [];
      await fit(
        model,
        options(model, {
          epochs: 100,
          callbacks: [{
            name: "watch",
            stepEnd: (run) => void (held[run.step] = backend.bytes),
          }],
        }),
      );
      // An epoch has three steps, of which the last has fewer samples.
      assertEquals(held[300], held[12]);
    }),
  );

  it("leaves batches alone that it did not have made", async () => {
    const batch = [tensor([[1]]), tensor([[2]])] as const;
    await trifle({ train: [batch], validation: [batch], epochs: 3 });
    assertEquals(batch.map((part) => part.released), [false, false]);
  });

  it(
    "gives back what it held when a dataset throws midway",
    alone(async (backend) => {
      const model = net();
      const training = options(model, { epochs: 1, metrics: [accuracy()] });
      await fit(model, training);
      const before = backend.bytes;
      const failing = new DataLoader({
        length: 40,
        get: (i) => {
          if (i === 33) throw new Error("the disk is gone");
          return [new Float32Array([i, 1]), 1] as const;
        },
      }, {
        batchSize: 4,
        prefetch: 2,
        collate: (samples: (readonly [Float32Array, number])[]): Batch => [
          tensor(samples.map(([x]) => [...x])),
          tensor(samples.map(([, y]) => y), { dtype: "int32" }),
        ],
      });
      const error = await assertRejects(
        () => fit(model, { ...training, train: failing, epochs: 2 }),
        BatchError,
        "Cannot fit in epoch 1 as batch 9 of 10 is missing: Cannot get sample 33",
      );
      assert(error.cause instanceof DatasetError);
      assertEquals([error.epoch, error.batch], [1, 8]);
      assertEquals(backend.bytes, before);
    }),
  );

  it(
    "gives back what it held when a loss throws",
    alone(async (backend) => {
      const model = net();
      const training = options(model, { epochs: 1, metrics: [accuracy()] });
      await fit(model, training);
      const before = backend.bytes;
      let calls = 0;
      await assertRejects(
        () =>
          fit(model, {
            ...training,
            loss: (output, target) => {
              if (++calls === 3) throw new Error("no loss");
              return crossEntropy(output, target);
            },
          }),
        Error,
        "no loss",
      );
      model.zeroGrad();
      const parameters = model.parameters().reduce((n, p) => n + p.size, 0);
      assertEquals(backend.bytes, before - 4 * parameters);
    }),
  );
});

describe("fit and batches", () => {
  it("takes arrays, and anything that can be iterated", async () => {
    const batch: Batch = [tensor([[1]]), tensor([[2]])];
    const seen: number[] = [];
    const steps: Callback = {
      name: "steps",
      stepEnd: (run) => void seen.push(run.step),
    };
    await trifle({ train: [batch, batch], epochs: 2, callbacks: [steps] });
    assertEquals(seen, [1, 2, 3, 4]);
    const stream = {
      async *[Symbol.asyncIterator]() {
        await Promise.resolve();
        yield batch;
      },
    };
    await trifle({ train: stream, epochs: 2, callbacks: [steps] });
    assertEquals(seen, [1, 2, 3, 4, 1, 2]);
  });

  it("refuses batches that are none", async () => {
    await assertRejects(
      () => trifle({ train: [[tensor([[1]])]] }),
      TypeError,
      "Cannot fit on a batch as it must be a list of tensors, inputs first and targets last: got an array of 1",
    );
    await assertRejects(
      () => trifle({ train: [{ x: 1 } as unknown as Batch] }),
      TypeError,
      "got an object",
    );
    await assertRejects(
      () => trifle({ train: [[tensor([1]), [2]] as unknown as Batch] }),
      TypeError,
      "got a list with [2]",
    );
  });

  it("refuses epochs without a batch", async () => {
    await assertRejects(
      () => trifle({ train: [] }),
      RangeError,
      "Cannot fit as there is no batch in epoch 1: check train, and dropLast of its loader",
    );
    const none = "as there is no batch to validate on";
    await assertRejects(() => trifle({ validation: [] }), RangeError, none);
    const loss = nn.functional.mseLoss;
    await assertRejects(
      () => evaluate(new nn.Linear(1, 1), [], { loss }),
      RangeError,
      `Cannot evaluate ${none}`,
    );
  });

  it("does not hang or hide it when validation fails", async () => {
    await assertRejects(
      () =>
        trifle({
          validation: {
            async *[Symbol.asyncIterator]() {
              yield await Promise.reject(new Error("no disk"));
            },
          },
        }),
      BatchError,
      "Cannot fit in epoch 1 as batch 1 is missing: no disk",
    );
  });
});

describe("fit and losses", () => {
  it("refuses losses that are not a single number", async () => {
    await assertRejects(
      () => trifle({ loss: (output) => output.expand([3, 1]) }),
      TypeError,
      "Cannot fit as the loss must be a tensor of one element: got shape [3, 1]",
    );
    await assertRejects(
      () => trifle({ loss: () => undefined as unknown as Tensor }),
      TypeError,
      "Cannot fit as the loss must be a tensor of one element: got undefined",
    );
  });
});

describe("fit and schedules", () => {
  const rates = async (more: (o: optim.SGD) => Partial<FitOptions>) => {
    const model = new nn.Linear(1, 1);
    const optimizer = new optim.SGD(model.parameters(), { lr: 1 });
    const batch: Batch = [tensor([[0]]), tensor([[0]])];
    const seen: number[] = [];
    await fit(model, {
      loss: mseLoss,
      optimizer,
      train: [batch, batch],
      epochs: 3,
      callbacks: [{
        name: "rates",
        stepEnd: () => void seen.push(optimizer.paramGroups[0].lr),
      }],
      progress: false,
      ...more(optimizer),
    });
    return [...seen, optimizer.paramGroups[0].lr];
  };

  it("steps after each epoch", async () => {
    assertEquals(
      await rates((optimizer) => ({
        scheduler: new optim.ExponentialLR(optimizer, { gamma: 0.5 }),
      })),
      [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125],
    );
  });

  it("steps after each step where that is asked for", async () => {
    assertEquals(
      await rates((optimizer) => ({
        scheduler: {
          schedule: new optim.ExponentialLR(optimizer, { gamma: 0.5 }),
          every: "step",
        },
      })),
      [1, 2, 3, 4, 5, 6, 6].map((n) => 0.5 ** n),
    );
  });

  it("steps OneCycleLR after each step", async () => {
    const seen = await rates((optimizer) => ({
      scheduler: new optim.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 7 }),
    }));
    assertEquals(new Set(seen).size, 6);
  });

  it("tells a plateau's schedule the figure it watches", async () => {
    const seen = await rates((optimizer) => ({
      scheduler: new optim.ReduceLROnPlateau(optimizer, { patience: 0 }),
    }));
    // The loss stays as it is in epoch 2, and falls in epoch 3.
    assertEquals(seen, [1, 1, 1, 1, 0.1, 0.1, 0.1]);
  });

  it("lists the figures where the one to watch is none", async () => {
    await assertRejects(
      () =>
        rates((optimizer) => ({
          scheduler: {
            schedule: new optim.ReduceLROnPlateau(optimizer),
            monitor: "validation.loss",
          },
        })),
      RangeError,
      'Cannot find the figure "validation.loss" in epoch 1: there are train.loss',
    );
  });
});

describe("fit and callbacks", () => {
  it("calls them in order, and waits for each", async () => {
    const calls: string[] = [];
    const note = (name: string): Callback => {
      const later = (what: string) => async (run?: Run) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        calls.push(`${name} ${what} ${run?.epoch ?? ""}`.trim());
      };
      return {
        name,
        start: later("start"),
        resume: later("resume"),
        stepEnd: later("stepEnd"),
        epochEnd: later("epochEnd"),
        save: (run, at) => later(`save ${at}`)(run),
        end: later("end"),
        close: () => later("close")(),
      };
    };
    await trifle({ callbacks: [note("a"), note("b")], epochs: 2 });
    const both = (what: string) => [`a ${what}`, `b ${what}`];
    assertEquals(calls, [
      ...both("start 0"),
      ...both("resume 0"),
      ...[1, 2].flatMap((epoch) =>
        ["stepEnd", "save step", "epochEnd", "save epoch"].flatMap((what) =>
          both(`${what} ${epoch}`)
        )
      ),
      ...both("end 2"),
      ...both("close"),
    ]);
  });

  it("ends after the epoch in which one says stop", async () => {
    const batch: Batch = [tensor([[1]]), tensor([[2]])];
    let steps = 0;
    await trifle({
      train: [batch, batch],
      epochs: 10,
      callbacks: [{
        name: "stop",
        stepEnd(run) {
          steps = run.step;
          if (run.epoch === 3) run.stop();
        },
      }],
    });
    assertEquals(steps, 6);
  });

  it("closes all of them when one fails", async () => {
    const closed: string[] = [];
    await assertRejects(
      () =>
        trifle({
          callbacks: [
            {
              name: "first",
              stepEnd: () => Promise.reject(new Error("full")),
              close: () => void closed.push("first"),
            },
            { name: "second", close: () => void closed.push("second") },
          ],
        }),
      Error,
      "full",
    );
    assertEquals(closed, ["first", "second"]);
  });
});

describe("fit on a device that is read asynchronously", () => {
  it("reads each figure once an epoch, and nothing else", async () => {
    const backend = asyncBackend();
    await setBackend(backend);
    try {
      const model = net();
      const data = points();
      const training = options(model, {
        train: new DataLoader(data, { batchSize: 4, shuffle: true, seed: 0 }),
        validation: new DataLoader(data, { batchSize: 20 }),
        metrics: [accuracy()],
        epochs: 5,
      });
      backend.reads = 0;
      const history = await fit(model, training);
      assertEquals(backend.reads, 5 * 4);
      assert(Number.isFinite(history.last!.validation!["loss"]));
    } finally {
      await setBackend("cpu-typedarray");
    }
  });

  it("comes to the same figures", async () => {
    const run = async () => {
      const model = net();
      return (await fit(model, options(model))).figures("train.loss");
    };
    const expected = await run();
    await setBackend(asyncBackend());
    try {
      assertEquals(await run(), expected);
    } finally {
      await setBackend("cpu-typedarray");
    }
  });
});

describe("progress of fit", () => {
  it("is a line for each epoch where there is no terminal", async () => {
    const lines = await captureLines(() =>
      trifle({ epochs: 2, progress: true })
    );
    assertEquals(lines.length, 2);
    assert(/^epoch 1\/2 · loss \d+\.\d+ · \d/.test(lines[0]!), lines[0]);
  });

  it("is silent with progress: false", async () => {
    assertEquals(await captureLines(() => trifle({ epochs: 2 })), []);
  });
});

describe("options of fit", () => {
  const refused = async (
    more: Record<string, unknown>,
    Kind: typeof TypeError | typeof RangeError,
    message: string,
  ) => {
    const error = await assertRejects(
      () => trifle(more as Partial<FitOptions>),
      Kind,
    );
    assertStringIncludes(error.message, message);
  };

  it("are named where they are wrong", async () => {
    await refused(
      { epochs: 0 },
      RangeError,
      "Cannot fit as epochs must be a positive integer: got 0",
    );
    await refused({ epochs: 1.5 }, RangeError, "epochs must be a positive");
    await refused(
      { loss: "mse" },
      TypeError,
      'loss must be a function of output and target, or a loss module: got "mse"',
    );
    await refused({ optimizer: undefined }, TypeError, "optimizer must be an");
    await refused(
      { train: 3 },
      TypeError,
      "train must be a DataLoader or batches that can be iterated: make one with new DataLoader(dataset, { batchSize })",
    );
    await refused(
      { batchSize: 3 },
      TypeError,
      "there is no such option: got batchSize",
    );
    await refused({ progress: "bar" }, TypeError, "progress must be true or");
    await refused(
      { clipGradNorm: -1 },
      RangeError,
      "clipGradNorm must be a positive number: got -1",
    );
    await refused(
      { clipGradNorm: "1" },
      TypeError,
      'clipGradNorm must be a positive number: got "1"',
    );
    await refused(
      { callbacks: [3] },
      TypeError,
      "callbacks.0 must be a callb",
    );
    await refused({ scheduler: "cosine" }, TypeError, "scheduler");
  });

  it("are refused where two have the same name", async () => {
    await refused(
      { callbacks: [{ name: "a" }, { name: "a" }] },
      RangeError,
      "two callbacks have the name a",
    );
    await refused(
      { metrics: [accuracy(), accuracy()] },
      RangeError,
      "two figures would have the name accuracy",
    );
  });

  it("take metrics as functions, and say how to call ours", async () => {
    const model = net();
    const history = await fit(
      model,
      options(model, {
        epochs: 1,
        metrics: {
          right: accuracy(),
          mean: (output) => output.mean(),
        },
      }),
    );
    assertEquals(Object.keys(history.last!.train), ["loss", "right", "mean"]);
    await refused(
      { metrics: { accuracy: (_: Tensor) => tensor([1, 2]) } },
      TypeError,
      "metrics.accuracy must give a tensor of one element: got a Tensor",
    );
    await refused(
      { metrics: [accuracy] },
      TypeError,
      "metrics.accuracy must be a metric, such as accuracy(): got a function",
    );
    await assertRejects(
      () => fit(model, options(model, { metrics: { accuracy } as never })),
      TypeError,
      "metrics.accuracy must give a tensor of one element: got a promise, write accuracy: accuracy()",
    );
  });
});

describe("evaluate", () => {
  it("computes loss and metrics and changes nothing", async () => {
    const model = net();
    const data = points(40);
    const figures = await evaluate(
      model,
      new DataLoader(data, { batchSize: 7 }),
      { loss: crossEntropy, metrics: [accuracy()] },
    );
    const [x, y] = data.tensors;
    const output = noGrad(() => model.forward(x as never));
    assertAlmostEquals(
      figures["loss"]!,
      await noGrad(() => crossEntropy(output, y)).item(),
      1e-6,
    );
    assertAlmostEquals(figures["accuracy"]!, await accuracy(output, y), 1e-6);
    assertEquals(model.training, true);
    assertEquals(model.parameters().every((p) => p.grad === null), true);
  });

  it(
    "leaves nothing behind",
    alone(async (backend) => {
      const model = net();
      const loader = new DataLoader(points(), { batchSize: 7 });
      const before = backend.bytes;
      await evaluate(model, loader, { metrics: [accuracy()] });
      assertEquals(backend.bytes, before);
    }),
  );

  it("names the option that is wrong", async () => {
    await assertRejects(
      () => evaluate(net(), [], { loss: 3 as never }),
      TypeError,
      "Cannot evaluate as loss must be a function of output and target, or a loss module: got 3",
    );
  });
});
