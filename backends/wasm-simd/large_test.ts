import { applyWindows } from "@tenfold/core/internal";
import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type Backend,
  manualSeed,
  rand,
  randint,
  randn,
  setBackend,
  type Tensor,
} from "@tenfold/core";
import type { Op } from "@tenfold/core/backend";
import { cpuTypedArray } from "../cpu-typedarray/mod.ts";
import { WasmSimd } from "./backend.ts";
import { ALL_PARTS } from "./all_parts.ts";
import { probeFeatures } from "./features.ts";
import { LinearMemory } from "./memory.ts";

const found = probeFeatures();

/** The primitive with the same numbers for both dims. */
function conv2d(
  { stride = 1, padding = 0, groups = 1 }: {
    stride?: number;
    padding?: number;
    groups?: number;
  },
): Op {
  const pair = (n: number) => [n, n] as const;
  return {
    name: "conv2d",
    stride: pair(stride),
    padding: pair(padding),
    dilation: pair(1),
    groups,
  };
}

/**
 * Shapes that reach every block, unrolled loop and remainder; the conformance
 * suite only has small ones.
 */
const CASES: Record<string, () => Tensor> = {
  "a sum of everything": () => rand([3, 70_001]).sum(),
  "a sum along rows": () => rand([7, 5003]).sum(1),
  "a sum along columns": () => rand([5003, 71]).sum(0),
  "a sum over the middle": () => rand([9, 501, 37]).sum(1),
  "a sum around the middle": () => rand([300, 9, 37]).sum([0, 2]),
  "a maximum along columns": () => randn([300, 71]).max(0),
  "a product of small factors": () => rand([3, 2500]).add(0.5).prod(1),
  "a variance": () => randn([5003, 5]).variance(0),
  "a transposed map": () => randn([150, 70]).t().add(randn([70, 150])),
  "a permuted map": () =>
    randn([5, 66, 131]).permute([0, 2, 1]).mul(rand([131, 1])),
  "a transposed map of positions": () => randn([70, 150]).t().tril(3),
  "a transposed map of integers": () =>
    randint(-9, 9, [66, 67]).t().add(randint(-9, 9, [67, 66])),
  "a transposed map of bools": () => randn([66, 67]).gt(0).t().cast("int32"),
  "a long map": () => rand([100_003]).exp(),
  "a broadcast map": () => rand([301, 1]).add(rand([1, 203])),
  "a softmax along rows": () => randn([37, 1003]).softmax(1),
  "a softmax along columns": () => randn([503, 37]).softmax(0),
  "a softmax of a transposed matrix": () => randn([503, 37]).t().softmax(0),
  "a log softmax in the middle": () => randn([5, 203, 7]).logSoftmax(1),
  "a running sum": () => rand([3, 30_001]).cumsum(1),
  "a sort": () => randn([3, 5000]).sort(1).values,
  "a sort of integers": () => randint(-1000, 1000, [5000]).argsort(0),
  "rows by index": () => randn([50, 67]).indexSelect(0, randint(0, 50, [300])),
  "a convolution": () =>
    applyWindows(
      conv2d({ padding: 1 }),
      randn([3, 33, 40, 41]),
      randn([66, 33, 3, 3]),
    ),
  "a strided convolution in groups": () =>
    applyWindows(
      conv2d({ stride: 2, padding: 2, groups: 2 }),
      randn([2, 6, 51, 50]),
      randn([8, 3, 5, 4]),
      randn([8]),
    ),
  "a pooling": () =>
    applyWindows({
      name: "maxPool2d",
      size: [3, 2],
      stride: [2, 2],
      padding: [1, 1],
      dilation: [1, 2],
      ceil: true,
    }, randn([7, 3, 51, 50])),
  "gradients of a convolution": () => {
    const x = randn([2, 3, 30, 31]).requiresGrad_();
    const w = randn([7, 3, 3, 3]).requiresGrad_();
    applyWindows(conv2d({ padding: 1 }), x, w).square().sum().backward();
    return x.grad!.sum([0, 1]).reshape([-1]).narrow(0, 0, 189)
      .add(w.grad!.reshape([-1]));
  },
};

async function compute(backend: Backend, make: () => Tensor) {
  await setBackend(backend);
  manualSeed(11);
  return make().dataSync();
}

describe("large kernels", () => {
  const reference = cpuTypedArray();
  const parts = ALL_PARTS;
  const backends = {
    "as the engine has it": new WasmSimd(found, new LinearMemory(false), {
      parts,
    }),
    "without fused products": new WasmSimd(
      { ...found, fusedMultiplyAdd: false },
      new LinearMemory(false),
      { parts },
    ),
  };
  for (const [name, make] of Object.entries(CASES)) {
    for (const [variant, backend] of Object.entries(backends)) {
      it(`agree with plain JavaScript: ${name}, ${variant}`, async () => {
        const want = await compute(reference, make);
        const got = await compute(backend, make);
        assert(got.length === want.length);
        let scale = 1e-3;
        for (const x of want) scale = Math.max(scale, Math.abs(x));
        want.forEach((x, i) => {
          const off = Math.abs(got[i]! - x);
          assert(
            off <= 2e-6 * scale + 2e-5 * Math.abs(x),
            `element ${i} is ${got[i]}, not ${x}`,
          );
        });
      });
    }
  }
});
