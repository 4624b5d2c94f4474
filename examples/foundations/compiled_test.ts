import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  compile,
  data,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  randn,
  setBackend,
  type Tensor,
  tidy,
} from "@tenfold/tenfold";

/** A step of training, and the tensors that it changes. */
interface Lesson {
  readonly step: (x: Tensor, y: Tensor) => Tensor;
  readonly parameters: readonly Tensor[];
  readonly dispose?: () => void;
}

/** A net of two layers by hand, as in the third lesson. */
function byHand(): Lesson {
  const w1 = randn([64, 32]).mul(0.1).detach().requiresGrad_();
  const b1 = randn([32]).mul(0.1).detach().requiresGrad_();
  const w2 = randn([32, 10]).mul(0.1).detach().requiresGrad_();
  const parameters = [w1, b1, w2];
  const step = (x: Tensor, y: Tensor) => {
    const scores = x.matmul(w1).add(b1).relu().matmul(w2);
    const loss = nn.functional.crossEntropy(scores, y);
    for (const p of parameters) p.grad = null;
    loss.backward();
    noGrad(() => {
      for (const p of parameters) p.add_(p.grad!.mul(-0.1));
    });
    return loss.detach();
  };
  return { step, parameters };
}

/** A convolution as windows and a product, as in the sixth lesson. */
function byUnfold(): Lesson {
  const filter = randn([9, 8]).mul(0.2).detach().requiresGrad_();
  const w = randn([8 * 36, 10]).mul(0.05).detach().requiresGrad_();
  const parameters = [filter, w];
  const optimizer = new optim.SGD(parameters, { lr: 0.05, momentum: 0.9 });
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const windows = x.reshape([-1, 8, 8]).unfold(1, 3, 1).unfold(2, 3, 1);
    const features = windows.reshape([-1, 36, 9]).matmul(filter).relu();
    const scores = features.reshape([-1, 8 * 36]).matmul(w);
    const loss = nn.functional.crossEntropy(scores, y);
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  return { step, parameters, dispose: () => optimizer.dispose() };
}

/** A model with an optimizer and a schedule, as in the fourth lesson. */
function withLayers(): Lesson {
  const model = new nn.Sequential(
    new nn.Linear(64, 32),
    new nn.BatchNorm1d(32),
    new nn.Tanh(),
    new nn.Dropout({ p: 0.2 }),
    new nn.Linear(32, 10),
  );
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optim.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
    return loss.detach();
  };
  const dispose = () => {
    optimizer.dispose();
    model.dispose();
  };
  return { step, parameters: model.parameters(), dispose };
}

/** The losses of some steps. */
async function losses(make: () => Lesson, compiled: boolean) {
  return await tidy(async () => {
    manualSeed(11);
    const { data: images, target } = await data.loadDigits();
    const { step, parameters, dispose } = make();
    using compiledStep = compile(step);
    const found: number[] = [];
    for (let i = 0; i < 25; i++) {
      const from = 32 * (i % 20);
      const x = images.narrow(0, from, 32).div(16);
      const y = target.narrow(0, from, 32);
      found.push(await (compiled ? compiledStep : step)(x, y).item());
    }
    if (compiled) assertEquals(compiledStep.stats.recorded, 1);
    for (const p of parameters) p.grad = null;
    dispose?.();
    return found;
  });
}

describe("the nets of the lessons, compiled", () => {
  for (const backend of ["cpu-typedarray", "wasm-simd"]) {
    for (const make of [byHand, byUnfold, withLayers]) {
      it(`${make.name} learns as it does eagerly on ${backend}`, async () => {
        await setBackend(backend);
        const before = memory().bytes;
        const eager = await losses(make, false);
        const compiled = await losses(make, true);
        assert(eager[24]! < eager[0]!);
        eager.forEach((loss, i) => {
          const off = Math.abs(compiled[i]! - loss);
          assert(off < 1e-4, `step ${i} is ${off} apart`);
        });
        assertEquals(memory().bytes, before);
      });
    }
  }
});
