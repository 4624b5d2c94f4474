/**
 * TensorFlow.js: `tfjs.ts cpu|wasm|webgpu THREADS`.
 *
 * @module
 */
import process from "node:process";
import {
  depth,
  type Implementations,
  type Inputs,
  type Live,
  type Loaded,
  participate,
  permuted,
  training,
  transposed,
} from "./participant.ts";
import { CHECKED_STEPS, type WorkSpec } from "./works.ts";

/** What is used of the library, which is installed when this runs. */
interface Tf {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(data: ArrayLike<number>, shape: readonly number[]): T;
  variable(value: T): T;
  tidy(fn: () => T): T;
  add(a: T, b: T): T;
  mul(a: T, b: T | number): T;
  div(a: T, b: number): T;
  exp(a: T): T;
  erf(a: T): T;
  greater(a: T, b: number): T;
  where(condition: T, a: T, b: T): T;
  sum(a: T, dim?: number): T;
  softmax(a: T, dim: number): T;
  matMul(a: T, b: T, transposeA?: boolean, transposeB?: boolean): T;
  relu(a: T): T;
  reshape(a: T, shape: number[]): T;
  conv2d(x: T, w: T, stride: number, padding: string): T;
  maxPool(x: T, size: number, stride: number, padding: string): T;
  grads(fn: (x: T, w: T) => T): (inputs: T[], dy: T) => T[];
  losses: { softmaxCrossEntropy(labels: T, logits: T): T };
  train: {
    sgd(rate: number): Optimizer;
    adam(rate: number, b1: number, b2: number, eps: number): Optimizer;
  };
}
interface T {
  data(): Promise<Float32Array>;
  dataSync(): Float32Array;
  dispose(): void;
  readonly shape: number[];
}
interface Optimizer {
  minimize(loss: () => T, cost: boolean, variables: T[]): T;
}
interface WasmBackend {
  setThreadsCount(count: number): void;
  getThreadsCount(): number;
}

const [backend = "cpu", threads = "1"] = process.argv.slice(2);
const waits = backend === "webgpu";
let tf: Tf;

const put = ({ data, shape }: Loaded): T => tf.tensor(data, shape);

/** Images as tfjs wants them: channels last. */
const image = (loaded: Loaded): T => put(permuted(loaded, [0, 2, 3, 1]));
/** Filters as tfjs wants them: height, width, in, out. */
const filter = (loaded: Loaded): T => put(permuted(loaded, [2, 3, 1, 0]));

function operation(
  inputs: readonly T[],
  make: () => T,
  order: (values: Loaded) => Loaded = (values) => values,
): Live {
  let last: T | null = null;
  const call = () => {
    last?.dispose();
    return last = make();
  };
  return {
    run: waits
      ? async () => {
        await call().data();
      }
      : () => {
        call();
      },
    checks: [async () => {
      const y = call();
      const { data } = order({ data: await y.data(), shape: y.shape });
      return data as Float32Array;
    }],
    dispose() {
      last?.dispose();
      for (const input of inputs) input.dispose();
    },
  };
}

function unary(make: (a: T) => T): Implementations["exp"] {
  return (_spec, inputs) => {
    const a = put(inputs("a"));
    return operation([a], () => make(a));
  };
}

function binary(make: (a: T, b: T) => T): Implementations["add"] {
  return (_spec, inputs) => {
    const [a, b] = [put(inputs("a")), put(inputs("b"))];
    return operation([a, b], () => make(a, b));
  };
}

function train(
  spec: WorkSpec,
  inputs: Inputs,
  x: T,
  variables: T[],
  logits: () => T,
): Live {
  const labels = put(inputs("oneHot"));
  const optimizer = spec.optimizer === "SGD"
    ? tf.train.sgd(0.01)
    : tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const step = (): T =>
    optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(labels, logits()),
      true,
      variables,
    );
  const read = (loss: T): number => {
    const [value] = loss.dataSync();
    loss.dispose();
    return value!;
  };
  const readLater = async (loss: T): Promise<number> => {
    const [value] = await loss.data();
    loss.dispose();
    return value!;
  };
  return training(
    CHECKED_STEPS,
    waits ? () => readLater(step()) : () => read(step()),
    () => [x, labels, ...variables].forEach((each) => each.dispose()),
  );
}

const implementations: Implementations = {
  add: binary((a, b) => tf.add(a, b)),
  exp: unary((a) => tf.exp(a)),
  // There is no gelu: x (1 + erf(x / √2)) / 2.
  gelu: unary((a) =>
    tf.tidy(() => {
      const inner = tf.erf(tf.mul(a, Math.SQRT1_2));
      const half = tf.mul(a, 0.5);
      return tf.add(half, tf.mul(half, inner));
    })
  ),
  where(_spec, inputs) {
    const [a, b] = [put(inputs("a")), put(inputs("b"))];
    const condition = tf.greater(a, 0);
    return operation([a, b, condition], () => tf.where(condition, a, b));
  },
  sum: ({ dim }, inputs) => {
    const a = put(inputs("a"));
    return operation([a], () => tf.sum(a, dim));
  },
  softmax: ({ dim }, inputs) => {
    const a = put(inputs("a"));
    return operation([a], () => tf.softmax(a, dim!));
  },
  matmul: binary((a, b) => tf.matMul(a, b)),
  matmulTransposed: binary((a, b) => tf.matMul(a, b, false, true)),
  convolution(_spec, inputs) {
    const [x, w] = [image(inputs("x")), filter(inputs("w"))];
    return operation(
      [x, w],
      () => tf.conv2d(x, w, 1, "same"),
      (y) => permuted(y, [0, 3, 1, 2]),
    );
  },
  convolutionGradients(_spec, inputs) {
    const [x, w] = [image(inputs("x")), filter(inputs("w"))];
    const g = image(inputs("g"));
    const gradients = tf.grads((x, w) => tf.conv2d(x, w, 1, "same"));
    return operation(
      [x, w, g],
      () => {
        const [dx, dw] = gradients([x, w], g);
        dx!.dispose();
        return dw!;
      },
      (dw) => permuted(dw, [3, 2, 0, 1]),
    );
  },
  trainMlp(spec, inputs) {
    const x = put(inputs("x"));
    const count = depth(spec);
    const layers = Array.from({ length: count }, (_, i) => ({
      w: tf.variable(put(transposed(inputs(`w${i}`)))),
      b: tf.variable(put(inputs(`b${i}`))),
    }));
    return train(spec, inputs, x, layers.flatMap(({ w, b }) => [w, b]), () => {
      let h = x;
      for (const [i, { w, b }] of layers.entries()) {
        h = tf.add(tf.matMul(h, w), b);
        if (i < count - 1) h = tf.relu(h);
      }
      return h;
    });
  },
  trainCnn(spec, inputs) {
    const x = image(inputs("x"));
    const [w0, w1] = [filter(inputs("w0")), filter(inputs("w1"))]
      .map((w) => tf.variable(w)) as [T, T];
    const [b0, b1, b2] = ["b0", "b1", "b2"]
      .map((name) => tf.variable(put(inputs(name)))) as [T, T, T];
    // The features come out with channels last.
    const { data } = inputs("w2");
    const channelsLast = permuted({ data, shape: [10, 32, 7, 7] }, [
      2,
      3,
      1,
      0,
    ]);
    const w2 = tf.variable(tf.tensor(channelsLast.data, [7 * 7 * 32, 10]));
    const stage = (h: T, w: T, b: T) =>
      tf.maxPool(tf.relu(tf.add(tf.conv2d(h, w, 1, "same"), b)), 2, 2, "valid");
    return train(spec, inputs, x, [w0, b0, w1, b1, w2, b2], () => {
      const h = stage(stage(x, w0, b0), w1, b1);
      return tf.add(tf.matMul(tf.reshape(h, [64, 7 * 7 * 32]), w2), b2);
    });
  },
};

await participate(async () => {
  const name = "@tensorflow/tfjs";
  tf = await import(name) as Tf;
  const module = `@tensorflow/tfjs-backend-${backend}`;
  const loaded: unknown = await import(module);
  const wasm = backend === "wasm" ? loaded as WasmBackend : null;
  wasm?.setThreadsCount(Number(threads));
  if (!await tf.setBackend(backend)) {
    throw new Error(`tfjs cannot use its backend ${backend} here`);
  }
  await tf.ready();
  const reached = wasm?.getThreadsCount() ?? 1;
  if (wasm && reached < Number(threads)) {
    throw new Error(
      `tfjs runs WebAssembly with ${reached} thread outside of browsers: asked for ${threads}`,
    );
  }
  return { notice: `tfjs ${tf.version.tfjs}`, implementations };
});
