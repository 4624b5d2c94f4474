import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import * as nn from "@tenfold/nn";
import { Adam, clipGradNorm_, type Optimizer, SGD } from "@tenfold/optim";
import {
  IndexError,
  manualSeed,
  randn,
  scope,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { compile, type CompileOptions } from "@tenfold/core/compile";
import { clean, on } from "../core/_testing.ts";

type Step = (x: Tensor) => Tensor;
type Make = (weights: Tensor[]) => Optimizer;

const ADAM: Make = (weights) => new Adam(weights, { lr: 0.01 });
const SGDS: Make = (weights) =>
  new SGD(weights, { lr: 0.1, momentum: 0.9, weightDecay: 0.01 });

/** Weights of two products, of 720 and 600 KB, which lie either way. */
function weightsOf(): Tensor[] {
  const first = randn([600, 300]).div(30).requiresGrad_();
  const second = randn([500, 300]).div(30).requiresGrad_();
  return [first, second];
}

/** A step whose gradients nobody needs once it has run. */
function stepOf(
  weights: readonly Tensor[],
  optimizer: Optimizer,
  before: () => void = () => {},
): Step {
  const [first, second] = weights as [Tensor, Tensor];
  return (x) => {
    const loss = x.matmul(first).tanh().matmul(second.t()).square().mean();
    loss.backward();
    before();
    optimizer.step();
    optimizer.zeroGrad();
    return loss.detach();
  };
}

/** What some calls give and leave. */
function run(make: Make, compiles: boolean, clips = false) {
  manualSeed(0);
  const weights = weightsOf();
  const optimizer = make(weights);
  const before = () => {
    if (clips) clipGradNorm_(weights, 0.1);
  };
  const step = stepOf(weights, optimizer, before);
  using compiled = compile(step);
  const x = randn([20, 600]);
  const figures: number[] = [];
  for (let i = 0; i < 3; i++) {
    figures.push((compiles ? compiled : step)(x).itemSync());
  }
  for (const weight of weights) {
    for (const value of weight.dataSync()) figures.push(value);
  }
  const { bytes } = compiled.stats;
  const listing = compiled.inspect();
  optimizer.dispose();
  return { figures, bytes, listing };
}

function assertClose(a: readonly number[], b: readonly number[]): void {
  assertEquals(a.length, b.length);
  const off = a.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b[i]!)),
    0,
  );
  assert(off < 1e-5, `${off} apart`);
}

/** The numbers of kernels whose label holds a word. */
const places = (listing: string, word: string) =>
  listing.split("\n").flatMap((line) =>
    /^\d/.test(line) && line.includes(word) ? [parseInt(line)] : []
  );

for (const open of [cpuTypedArray, () => wasmSimd({ threads: 1 })]) {
  describe(`gradients that nobody keeps on ${open().name}`, () => {
    const each = (name: string, test: () => void) =>
      it(name, clean(() => on(open(), test)));

    each("are made and taken in parts, with eager's figures", () => {
      for (const make of [ADAM, SGDS]) {
        using _ = scope();
        const eager = run(make, false);
        const { figures, bytes, listing } = run(make, true);
        assertClose(figures, eager.figures);
        // Together they are 1.3 MB.
        assert(bytes < 0.5e6, `${bytes} bytes\n${listing}`);
        const updates = places(listing, "update by");
        assert(updates.length >= 4, listing);
        const products = places(listing, "matmul");
        assert(updates[0]! < products.at(-1)!, listing);
      }
    });

    each("wait for what is made of all of them", () => {
      using _ = scope();
      const eager = run(ADAM, false, true);
      const { figures, listing } = run(ADAM, true, true);
      assertClose(figures, eager.figures);
      const last = Math.max(...places(listing, "matmul"));
      assert(places(listing, "update by").every((at) => at > last), listing);
    });

    each("wait for what may be refused", () => {
      using _ = scope();
      manualSeed(0);
      const weights = weightsOf();
      const optimizer = SGDS(weights);
      const [first] = weights as [Tensor];
      const step = compile((x: Tensor, index: Tensor<"int32">) => {
        x.matmul(first).square().mean().backward();
        const rows = x.gather(0, index);
        optimizer.step();
        optimizer.zeroGrad();
        return rows;
      });
      const x = randn([20, 600]);
      const index = (at: number) =>
        tensor([at], { dtype: "int32" }).reshape([1, 1]);
      for (let i = 0; i < 2; i++) step(x, index(i));
      const before = first.dataSync();
      assertThrows(() => step(x, index(20)), IndexError);
      assertEquals(first.dataSync(), before);
      step(x, index(19));
      assert(first.dataSync().some((value, i) => value !== before[i]));
      step.dispose();
      optimizer.dispose();
    });
  });
}

describe("gradients that stay", () => {
  it(
    "are those of eager",
    clean(() =>
      on(wasmSimd({ threads: 1 }), () => {
        using _ = scope();
        const gradients = [false, true].map((compiles) => {
          manualSeed(0);
          const layer = new nn.Linear(700, 500);
          const optimizer = ADAM(layer.parameters());
          const step = (x: Tensor) => {
            optimizer.zeroGrad();
            const loss = layer.forward(x).square().mean();
            loss.backward();
            optimizer.step();
            return loss.detach();
          };
          using compiled = compile(step);
          const x = randn([16, 700]);
          for (let i = 0; i < 3; i++) (compiles ? compiled : step)(x);
          const found = Array.from(layer.weight.grad!.dataSync());
          optimizer.zeroGrad();
          optimizer.dispose();
          for (const parameter of layer.parameters()) parameter.dispose();
          return found;
        });
        assertClose(gradients[1]!, gradients[0]!);
      })
    ),
  );
});

for (const open of [cpuTypedArray, () => wasmSimd({ threads: 1 })]) {
  describe(`keepGradients: false on ${open().name}`, () => {
    const each = (name: string, test: () => void) =>
      it(name, clean(() => on(open(), test)));

    /** A step that begins with `zeroGrad`. */
    function figures(options: CompileOptions | null) {
      manualSeed(0);
      const weights = weightsOf();
      const [first, second] = weights as [Tensor, Tensor];
      const optimizer = ADAM(weights);
      const step = (x: Tensor) => {
        optimizer.zeroGrad();
        const loss = x.matmul(first).tanh().matmul(second.t()).square().mean();
        loss.backward();
        optimizer.step();
        return loss.detach();
      };
      using compiled = compile(step, options ?? {});
      const x = randn([20, 600]);
      const values: number[] = [];
      const kept: boolean[] = [];
      for (let i = 0; i < 3; i++) {
        values.push((options ? compiled : step)(x).itemSync());
        kept.push(...weights.map(({ grad }) => grad !== null));
      }
      for (const weight of weights) {
        for (const value of weight.dataSync()) values.push(value);
      }
      const { bytes } = compiled.stats;
      optimizer.zeroGrad();
      optimizer.dispose();
      return { values, kept, bytes };
    }

    each("takes them as if the function ended with zeroGrad", () => {
      using _ = scope();
      const eager = figures(null);
      const compiled = figures({ keepGradients: false });
      assertClose(compiled.values, eager.values);
      assertEquals(compiled.kept, new Array(6).fill(false));
      // Together they are 1.3 MB.
      assert(compiled.bytes < 0.5e6, `${compiled.bytes} bytes`);
    });

    each("is not the default", () => {
      using _ = scope();
      assertEquals(figures({}).kept, new Array(6).fill(true));
    });

    each("leaves arguments, and gradients from outside, as they are", () => {
      using _ = scope();
      const weight = tensor([2, 3], { requiresGrad: true });
      const still = tensor([1, 1], { requiresGrad: true });
      still.grad = tensor([5, 6]);
      using step = compile((x: Tensor) => {
        const loss = weight.mul(x).sum();
        loss.backward();
        return loss.detach().add(still.grad!.sum());
      }, { keepGradients: false });
      for (let i = 0; i < 3; i++) {
        const x = tensor([i, 1], { requiresGrad: true });
        assertEquals(step(x).itemSync(), 2 * i + 14);
        assertEquals([...x.grad!.dataSync()], [2, 3]);
        assertEquals(weight.grad, null);
        assertEquals([...still.grad!.dataSync()], [5, 6]);
        x.grad = null;
      }
      still.grad = null;
    });
  });
}
