import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on } from "../_testing.ts";
import type { Backend } from "../backend.ts";
import { grad, memory, noGrad, type Tensor, tensor, tidy } from "../mod.ts";
import { compile } from "./compile.ts";

const BACKENDS: readonly (() => Backend)[] = [cpuTypedArray, wasmSimd];

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });
const read = (x: Tensor | null) => x && [...x.dataSync()].map(Number);

describe("gradients that a compiled function finds", () => {
  for (const open of BACKENDS) {
    const each = (name: string, test: () => void) =>
      it(`${name} on ${open().name}`, clean(() => on(open(), test)));

    each("are added to, whichever tensor holds them", () => {
      const [w, x] = [leaf(1, 2, 3), tensor([1, -1, 2])];
      using add = compile((x: Tensor) => {
        const loss = w.mul(x).sum();
        loss.backward();
        return loss.detach();
      });
      for (let round = 0; round < 4; round++) {
        for (let i = 1; i <= 3; i++) {
          add(x);
          assertEquals(read(w.grad), [i, -i, 2 * i]);
        }
        w.grad = null;
      }
      // One without a gradient, and one with.
      assertEquals(add.stats.recorded, 2);
      w.grad = tensor([10, 20, 30]);
      add(x);
      assertEquals(read(w.grad), [11, 19, 32]);
      assertEquals(add.stats.recorded, 2);
      w.grad = null;
    });

    each("are taken by an update of its own", () => {
      const [w, x] = [leaf(1, 2), tensor([3, 4])];
      using update = compile(() => {
        noGrad(() => w.sub_(w.grad!.mul(0.5)));
        w.grad = null;
      });
      let bytes = 0;
      for (let i = 0; i < 6; i++) {
        tidy(() => w.mul(x).sum().backward());
        update();
        assertEquals(w.grad, null);
        assertEquals(read(w), [1 - 1.5 * (i + 1), 2 - 2 * (i + 1)]);
        if (i === 2) bytes = memory().bytes;
      }
      assertEquals(memory().bytes, bytes);
      assertEquals(update.stats.recorded, 1);
    });

    each("are noticed where there was none", () => {
      const [a, b] = [leaf(1), leaf(2)];
      using update = compile(() => {
        for (const p of [a, b]) if (p.grad) noGrad(() => p.sub_(p.grad!));
      });
      a.grad = tensor([1]);
      update();
      update();
      b.grad = tensor([5]);
      update();
      update();
      assertEquals([read(a), read(b)], [[-3], [-8]]);
      a.grad = null;
      update();
      assertEquals([read(a), read(b)], [[-3], [-13]]);
      b.grad = null;
    });

    each("may be returned, and are what they are then", () => {
      const w = leaf(1, 2);
      using twice = compile(() => [w.grad!, w.grad!.mul(2)]);
      for (let i = 1; i < 4; i++) {
        w.grad = tensor([i, -i]);
        const [own, double] = twice() as [Tensor, Tensor];
        assertEquals(own, w.grad);
        assertEquals(read(double), [2 * i, -2 * i]);
      }
      w.grad = null;
    });

    each("may be made of those before", () => {
      const w = leaf(1, 2);
      using step = compile((x: Tensor) => {
        const [g] = grad(w.square().mul(x).sum(), [w]);
        const { grad: before } = w;
        w.grad = before ? before.flip([0]).add(g!) : g!.clone();
      });
      const eager: number[][] = [];
      const x = tensor([1, 3]);
      let expected: number[] | null = null;
      for (let i = 0; i < 5; i++) {
        step(x);
        const g = [2, 12];
        expected = expected ? [expected[1]! + g[0]!, expected[0]! + g[1]!] : g;
        eager.push(expected);
        assertEquals(read(w.grad), expected);
      }
      assertEquals(step.stats.recorded, 2);
      w.grad = null;
    });

    each("may lie in one memory, or in that of what is used besides", () => {
      const [a, b] = [leaf(1, 1), leaf(2, 2)];
      using update = compile((x: Tensor) => {
        noGrad(() => {
          a.sub_(a.grad!.mul(x));
          b.sub_(b.grad!);
        });
      });
      const x = tensor([1, 2]);
      for (let i = 0; i < 3; i++) {
        const shared = tensor([1, 1]);
        a.grad = shared.alias();
        b.grad = shared;
        update(x);
      }
      for (let i = 0; i < 3; i++) {
        a.grad = tensor([1, 1]);
        b.grad = tensor([2, 3]);
        update(x);
      }
      // The argument is the gradient.
      update(b.grad!);
      update(b.grad!);
      assertEquals([read(a), read(b)], [[-9, -17], [-11, -16]]);
      a.grad = b.grad = null;
    });
  }
});
