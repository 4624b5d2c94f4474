/**
 * The worker: trains as the page requests, and reports its progress.
 *
 * @module
 */
import { wasmSimd } from "@tenfold/backends/wasm-simd/whole";
import {
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  setBackend,
  type Tensor,
  tensor,
  train,
} from "@tenfold/tenfold";
import {
  type EpochEvent,
  GRID,
  makeNet,
  type Settings,
  sideOf,
  SPAN,
  type Task,
} from "./nets.ts";
import { makePoints } from "./points.ts";

interface Samples {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly points: EpochEvent["points"];
}

async function samplesOf(settings: Settings): Promise<Samples> {
  const { task, files } = settings;
  if (task === "digits") {
    const { data: x, target } = await data.loadDigits();
    return { x: x.div(16), y: target, points: null };
  }
  if (task === "mnist") {
    const read = await Promise.all(files.map((file) => data.readIdx(file)));
    const images = read.find(({ ndim }) => ndim === 3);
    const labels = read.find(({ ndim }) => ndim === 1);
    if (!images || !labels) {
      throw new TypeError(
        "Cannot train on MNIST without its files: choose the images and the labels, such as train-images-idx3-ubyte and train-labels-idx1-ubyte",
      );
    }
    return {
      x: images.cast("float32").div(255).reshape([-1, 784]),
      y: labels.cast("int32"),
      points: null,
    };
  }
  const points = makePoints(task, 200);
  return {
    x: tensor(points.at),
    y: tensor(points.of, { dtype: "int32" }),
    points,
  };
}

/** The points of the grid on which the surface is drawn. */
function gridOf(task: Task): Tensor | null {
  if (sideOf(task) > 0) return null;
  const at = (i: number) => SPAN * (2 * i / (GRID - 1) - 1);
  return tensor(
    Array.from({ length: GRID * GRID }, (_, i) => [
      at(i % GRID),
      -at(Math.floor(i / GRID)),
    ]),
  );
}

train.workerJob(async (settings: Settings, { signal, emit }) => {
  const { task, backend, threads, rate, hidden, epochs } = settings;
  await setBackend(backend === "wasm-simd" ? wasmSimd({ threads }) : backend);
  manualSeed(0);
  const { x, y, points } = await samplesOf(settings);
  const grid = gridOf(task);
  const model = makeNet(task, hidden);
  const began = performance.now();
  const asFloats = async (values: Tensor) =>
    Float32Array.from(await values.data() as Float32Array);
  const report: train.Callback = {
    name: "playground",
    async epochEnd({ epoch }, record) {
      const surface = grid &&
        noGrad(() => model.forward(grid).softmax(1).select(1, 1));
      const event: EpochEvent = {
        type: "figures",
        epoch,
        loss: record.train["loss"]!,
        accuracy: record.train["accuracy"]!,
        seconds: (performance.now() - began) / 1000,
        weights: await asFloats(model.parameters()[0]!),
        surface: surface && await asFloats(surface),
        points: epoch === 1 ? points : null,
      };
      surface?.dispose();
      await emit(event);
    },
  };
  await train.fit(model, {
    loss: nn.functional.crossEntropy,
    optimizer: new optim.Adam(model.parameters(), { lr: rate }),
    train: new data.DataLoader(new data.TensorDataset(x, y), {
      batchSize: task === "mnist" ? 128 : 32,
      shuffle: true,
      seed: 0,
    }),
    epochs,
    metrics: { accuracy: train.accuracy() },
    callbacks: [report],
    progress: false,
    signal,
  }).catch((error) => {
    // What was learned until then is worth as much.
    if (!signal.aborted) throw error;
  });
  return model.stateDict();
});
