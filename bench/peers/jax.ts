/**
 * jax-js: `jax.ts wasm|webgpu eager|compiled THREADS`, where the threads of
 * WebAssembly are 1 or all.
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
  training,
  transposed,
  versionOf,
} from "./participant.ts";
import { CHECKED_STEPS, type WorkSpec } from "./works.ts";

/** An array; whatever takes it takes one reference of it away. */
interface A {
  readonly ref: A;
  add(other: A | number): A;
  sub(other: A): A;
  mul(other: A | number): A;
  div(other: A): A;
  sum(axis?: number): A;
  reshape(shape: readonly number[]): A;
  transpose(axes?: number[]): A;
  data(): Promise<Float32Array>;
  blockUntilReady(): Promise<A>;
  dispose(): void;
}
type Loss = (parameters: A[], x: A, y: A) => A;
/** What is used of the library, which is installed when this runs. */
interface Jax {
  init(): Promise<string[]>;
  defaultDevice(device: string): void;
  blockUntilReady<Tree>(tree: Tree): Promise<Tree>;
  jit<F>(fn: F): F;
  valueAndGrad(fn: Loss): (parameters: A[], x: A, y: A) => [A, A[]];
  vjp(fn: (x: A, w: A) => A, inputs: A[]): [A, (g: A) => A[]];
  numpy: {
    array(data: ArrayLike<number>): A;
    matmul(a: A, b: A): A;
    exp(a: A): A;
    sqrt(a: A): A;
    max(a: A): A;
    greater(a: A, b: number): A;
    where(condition: A, a: A, b: A): A;
    zerosLike(a: A): A;
  };
  nn: {
    relu(a: A): A;
    gelu(a: A, options: { approximate: boolean }): A;
    softmax(a: A, axis: number): A;
    logSoftmax(a: A): A;
  };
  lax: {
    convGeneralDilated(
      x: A,
      w: A,
      strides: number[],
      padding: [number, number][],
    ): A;
    reduceWindow(
      x: A,
      fn: (window: A) => A,
      size: number[],
      strides: number[],
    ): A;
  };
}

const [device = "wasm", mode = "eager", threads = "1"] = process.argv.slice(2);
const compiles = mode === "compiled";
let jax: Jax;

const put = ({ data, shape }: Loaded): A =>
  jax.numpy.array(Float32Array.from(data)).reshape(shape);

/** What is read, and what is computed beside it. */
type Results = [read: A, ...others: A[]];

function operation(
  held: readonly A[],
  fn: (...inputs: A[]) => Results,
): Live {
  const make = compiles ? jax.jit(fn) : fn;
  // Nothing is computed before somebody waits for it.
  const call = () => make(...held.map((input) => input.ref));
  const read = async () => {
    const [y, ...others] = call();
    const data = await y.data();
    await jax.blockUntilReady(others);
    for (const other of others) other.dispose();
    return data;
  };
  return {
    async run() {
      if (device === "webgpu") {
        await read();
        return;
      }
      const results = call();
      await jax.blockUntilReady(results);
      for (const result of results) result.dispose();
    },
    checks: [read],
    dispose: () => held.forEach((input) => input.dispose()),
  };
}

function of(
  names: readonly string[],
  fn: (...inputs: A[]) => A,
): Implementations["add"] {
  return (_spec, inputs) =>
    operation(
      names.map((name) => put(inputs(name))),
      (...inputs) => [fn(...inputs)],
    );
}

const convolve = (x: A, w: A) =>
  jax.lax.convGeneralDilated(x, w, [1, 1], [[1, 1], [1, 1]]);

const pool = (x: A) =>
  jax.lax.reduceWindow(
    x,
    (window) => jax.numpy.max(window),
    [1, 1, 2, 2],
    [1, 1, 2, 2],
  );

/** Parameters, and what an optimizer keeps of them. */
interface State {
  readonly parameters: A[];
  readonly m: A[];
  readonly v: A[];
}

const [BETA1, BETA2] = [0.9, 0.999];

function train(
  spec: WorkSpec,
  inputs: Inputs,
  parameters: A[],
  logits: (parameters: A[], x: A) => A,
): Live {
  const [x, y] = [put(inputs("x")), put(inputs("oneHot"))];
  const batch = spec.inputs[0]!.shape[0]!;
  const loss: Loss = (parameters, x, y) =>
    jax.nn.logSoftmax(logits(parameters, x)).mul(y).sum().mul(-1 / batch);
  const slopes = jax.valueAndGrad(loss);

  const sgd = ({ parameters, m, v }: State, x: A, y: A): [A, State] => {
    const [value, gradients] = slopes(parameters.map((p) => p.ref), x, y);
    const moved = parameters.map((p, i) => p.sub(gradients[i]!.mul(0.01)));
    return [value, { parameters: moved, m, v }];
  };
  const adam = (
    state: State,
    x: A,
    y: A,
    c1: A,
    c2: A,
  ): [A, State] => {
    const { parameters } = state;
    const [value, gradients] = slopes(parameters.map((p) => p.ref), x, y);
    const m = state.m.map((m, i) =>
      m.mul(BETA1).add(gradients[i]!.ref.mul(1 - BETA1))
    );
    const v = state.v.map((v, i) => {
      const g = gradients[i]!;
      return v.mul(BETA2).add(g.ref.mul(g).mul(1 - BETA2));
    });
    const moved = parameters.map((p, i) => {
      const step = m[i]!.ref.mul(c1.ref).mul(1e-3);
      return p.sub(step.div(jax.numpy.sqrt(v[i]!.ref.mul(c2.ref)).add(1e-8)));
    });
    c1.dispose();
    c2.dispose();
    return [value, { parameters: moved, m, v }];
  };
  const plain = compiles ? jax.jit(sgd) : sgd;
  const adaptive = compiles ? jax.jit(adam) : adam;

  const moments = () =>
    spec.optimizer === "Adam"
      ? parameters.map((p) => jax.numpy.zerosLike(p.ref))
      : [];
  let state: State = { parameters, m: moments(), v: moments() };
  let steps = 0;
  const step = async (): Promise<number> => {
    steps++;
    let value: A;
    if (spec.optimizer === "SGD") {
      [value, state] = plain(state, x.ref, y.ref);
    } else {
      const c1 = jax.numpy.array([1 / (1 - BETA1 ** steps)]);
      const c2 = jax.numpy.array([1 / (1 - BETA2 ** steps)]);
      [value, state] = adaptive(state, x.ref, y.ref, c1, c2);
    }
    const [number] = await value.data();
    await jax.blockUntilReady(state);
    return number!;
  };
  return training(CHECKED_STEPS, step, () => {
    const { parameters, m, v } = state;
    for (const each of [x, y, ...parameters, ...m, ...v]) each.dispose();
  });
}

const implementations: Implementations = {
  add: of(["a", "b"], (a, b) => a!.add(b!)),
  exp: of(["a"], (a) => jax.numpy.exp(a!)),
  gelu: of(["a"], (a) => jax.nn.gelu(a!, { approximate: false })),
  where(_spec, inputs) {
    const [a, b] = [put(inputs("a")), put(inputs("b"))];
    const condition = jax.numpy.greater(a.ref, 0);
    return operation(
      [condition, a, b],
      (condition, a, b) => [jax.numpy.where(condition!, a!, b!)],
    );
  },
  sum: ({ dim }, inputs) => operation([put(inputs("a"))], (a) => [a!.sum(dim)]),
  softmax: ({ dim }, inputs) =>
    operation([put(inputs("a"))], (a) => [jax.nn.softmax(a!, dim!)]),
  matmul: of(["a", "b"], (a, b) => jax.numpy.matmul(a!, b!)),
  matmulTransposed: of(
    ["a", "b"],
    (a, b) => jax.numpy.matmul(a!, b!.transpose()),
  ),
  convolution: of(["x", "w"], (x, w) => convolve(x!, w!)),
  convolutionGradients: (_spec, inputs) =>
    operation(["x", "w", "g"].map((name) => put(inputs(name))), (x, w, g) => {
      const [y, back] = jax.vjp(convolve, [x!, w!]);
      y.dispose();
      const [dx, dw] = back(g!);
      return [dw!, dx!];
    }),
  trainMlp(spec, inputs) {
    const count = depth(spec);
    const parameters = Array.from({ length: count }, (_, i) => [
      put(transposed(inputs(`w${i}`))),
      put(inputs(`b${i}`)),
    ]).flat();
    return train(spec, inputs, parameters, (parameters, x) => {
      let h = x;
      for (let i = 0; i < count; i++) {
        h = jax.numpy.matmul(h, parameters[2 * i]!).add(parameters[2 * i + 1]!);
        if (i < count - 1) h = jax.nn.relu(h);
      }
      return h;
    });
  },
  trainCnn(spec, inputs) {
    const channels = (name: string) =>
      put({ ...inputs(name), shape: [inputs(name).data.length, 1, 1] });
    const parameters = [
      put(inputs("w0")),
      channels("b0"),
      put(inputs("w1")),
      channels("b1"),
      put(transposed(inputs("w2"))),
      put(inputs("b2")),
    ];
    return train(spec, inputs, parameters, ([w0, b0, w1, b1, w2, b2], x) => {
      let h = pool(jax.nn.relu(convolve(x, w0!).add(b0!)));
      h = pool(jax.nn.relu(convolve(h, w1!).add(b1!)));
      return jax.numpy.matmul(h.reshape([64, 32 * 7 * 7]), w2!).add(b2!);
    });
  },
};

await participate(async () => {
  // Without workers it computes on one thread.
  if (threads === "1") Reflect.deleteProperty(globalThis, "Worker");
  const name = "@jax-js/jax";
  jax = await import(name) as Jax;
  const devices = await jax.init();
  if (!devices.includes(device)) {
    throw new Error(`jax-js has no ${device} here, only ${devices.join(", ")}`);
  }
  jax.defaultDevice(device);
  return { notice: `jax-js ${await versionOf(name)}`, implementations };
});
