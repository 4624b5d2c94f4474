import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import type { Kernel } from "@tenfold/core/backend";
import {
  type Backend,
  currentBackend,
  setBackend,
  tensor,
} from "@tenfold/tenfold";
import { describeKernel, slowDown, watch } from "./backend_wraps.ts";

async function on(backend: Backend, fn: () => void): Promise<void> {
  const before = currentBackend();
  await setBackend(backend);
  try {
    fn();
  } finally {
    await setBackend(before);
  }
}

describe("watch()", () => {
  it("sees the kernels and the memory, and changes no result", async () => {
    const watched = watch(cpuTypedArray());
    await on(watched.backend, () => {
      using x = tensor([[1, 2], [3, 4]]);
      using y = x.matmul(x);
      using z = y.exp();
      assertEquals(y.toArraySync(), [[7, 10], [15, 22]]);
      assertEquals(z.shape, [2, 2]);
    });
    assertEquals([...watched.kernels].sort(), ["map(exp)", "matmul"]);
    assertEquals(watched.launches, 2);
    assertEquals(watched.bytes, 0);
    assertEquals(watched.peakBytes, 3 * 16);
  });
});

describe("slowDown()", () => {
  /** How often each kernel runs in some operations, some in place. */
  async function launches(slowed: string): Promise<Record<string, number>> {
    const backend = cpuTypedArray();
    const counts: Record<string, number> = {};
    const prepare = backend.prepare.bind(backend);
    backend.prepare = (kernel: Kernel) => {
      const launch = prepare(kernel);
      const name = describeKernel(kernel);
      return launch && ((call) => {
        counts[name] = (counts[name] ?? 0) + 1;
        launch(call);
      });
    };
    slowDown(backend, slowed);
    await on(backend, () => {
      using x = tensor([1, 2, 3]);
      using y = x.exp();
      x.add_(y);
      x.add_(1);
      assertEquals(y.dataSync(), Float32Array.of(1, 2, 3).map(Math.exp));
      const sums = [1, 2, 3].map((v) => Math.fround(v + Math.exp(v)) + 1);
      for (const [i, value] of x.dataSync().entries()) {
        assert(Math.abs(value - sums[i]!) < 1e-5);
      }
    });
    return counts;
  }

  it("runs a kernel twice that writes only", async () => {
    const { "map(exp)": exp, "map(add)": add } = await launches("exp");
    assertEquals([exp, add], [2, 2]);
  });

  it("waits where a second run would give something else", async () => {
    const { "map(exp)": exp, "map(add)": add } = await launches("add");
    assertEquals([exp, add], [1, 2]);
  });
});
