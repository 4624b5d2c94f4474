import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { clean, on, warningsOf } from "../_testing.ts";
import { noGrad } from "../autograd/mode.ts";
import type { Backend } from "../backend.ts";
import { full, ones, tensor, zeros } from "../creation.ts";
import { CompileError } from "../errors.ts";
import { memory } from "../storage.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";

const BACKENDS: readonly (() => Backend)[] = [cpuTypedArray, wasmSimd];

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });
const read = (x: Tensor | null) => x && [...x.dataSync()].map(Number);

describe("many signatures of a compiled function", () => {
  for (const open of BACKENDS) {
    const each = (name: string, test: () => void) =>
      it(`${name} on ${open().name}`, clean(() => on(open(), test)));

    each("have one memory for the gradients of leaves", () => {
      const w = zeros([1000]).requiresGrad_();
      const other = compile((x: Tensor) => {
        w.grad = null;
        w.mul(x.sum()).sum().backward();
      });
      using f = compile((x: Tensor) => {
        w.grad = null;
        w.mul(x.sum()).sum().backward();
      });
      const xs = [1, 2, 3, 4, 5].map((n) => full([n], n));
      for (const x of xs) f(x);
      for (const x of xs) other(x);
      for (const x of xs) f(x);
      const { bytes } = memory();
      for (let round = 0; round < 3; round++) {
        for (const [i, x] of xs.entries()) {
          (i % 2 === 0 ? f : other)(x);
          assertEquals(w.grad!.dataSync()[999], (i + 1) ** 2);
        }
      }
      assertEquals(memory().bytes, bytes);
      // The weight and its gradient, beside what is small.
      assert(bytes < 3 * 4000, `${bytes} bytes`);
      other.dispose();
      f(xs[1]!);
      assertEquals(w.grad!.dataSync()[0], 4);
      w.grad = null;
    });

    each("leave a gradient alone that somebody holds", () => {
      const w = leaf([1, 2]);
      using f = compile((x: Tensor) => {
        w.grad = null;
        w.mul(x.sum()).sum().backward();
      });
      const [one, two] = [ones([1]), ones([2])];
      for (const x of [one, two, one, two]) f(x);
      const held = w.grad!.detach();
      f(one);
      f(two);
      f(one);
      assertEquals([read(held), read(w.grad)], [[2, 2], [1, 1]]);
      held.dispose();
      w.grad = null;
    });

    each("may have that gradient as their argument", () => {
      const w = leaf([1, 2, 3]);
      using f = compile((g: Tensor, x: Tensor) => {
        const twice = g.mul(2);
        w.grad = null;
        const loss = w.mul(x).square().sum();
        loss.backward();
        return twice.add(loss.detach());
      });
      const x = tensor([1, 2, 1]);
      const own = tensor([5, 6, 7]);
      f(own, x);
      assertEquals(read(f(own, x)), [36, 38, 40]);
      assertEquals(read(f(w.grad!, x)), [30, 58, 38]);
      assertEquals(read(f(w.grad!, x)), [30, 58, 38]);
      w.grad = null;
    });

    each("share a gradient of two leaves with those that keep two", () => {
      const [a, b] = [leaf([1]), leaf([2])];
      using f = compile((x: Tensor) => {
        a.grad = b.grad = null;
        const sum = a.add(b);
        (x.size === 1 ? sum.mul(x) : sum.mul(a).mul(x)).sum().backward();
      });
      const xs = [full([1], 3), full([2], 3)];
      for (let i = 0; i < 6; i++) {
        f(xs[i % 2]!);
        const expected = i % 2 === 0 ? [[3], [3]] : [[24], [6]];
        assertEquals([read(a.grad), read(b.grad)], expected);
      }
      a.grad = b.grad = null;
    });
  }

  it(
    "are run as they are where more come in turn than are kept, and it says so",
    clean(() => {
      const w = leaf([2]);
      using f = compile((x: Tensor) => {
        w.grad = null;
        const loss = w.mul(x.sum()).sum();
        loss.backward();
        return loss.detach();
      }, { maxSignatures: 3, keepGradients: false });
      const warnings = warningsOf(() => {
        for (let i = 0; i < 60; i++) {
          const n = 1 + i % 5;
          assertEquals(f(ones([n])).itemSync(), 2 * n);
          assertEquals(w.grad, null);
        }
      });
      assertEquals(f.stats.recorded, 3);
      assertEquals(f.stats.replayed, 33);
      assertEquals(f.stats.eager, 24);
      assertEquals(warnings.length, 1);
      assertStringIncludes(
        warnings[0]!,
        "f([5]) is one more than the 3 signatures",
      );
    }),
  );

  it(
    "make room for those that come now",
    clean(() => {
      using f = compile((x: Tensor) => x.mul(2), { maxSignatures: 2 });
      for (const n of [1, 2, 1, 2]) f(ones([n]));
      warningsOf(() => {
        for (let i = 0; i < 40; i++) f(ones([3 + i % 2]));
      });
      const { recorded, eager, replayed } = f.stats;
      assertEquals(recorded, 4);
      assertEquals(eager + replayed, 40);
      assert(eager < 12, `${eager} of 40 ran eagerly`);
    }),
  );

  it(
    "that never come again are not recorded for ever",
    clean(() => {
      using f = compile((x: Tensor, by: number) => x.mul(by));
      const warnings = warningsOf(() => {
        for (let i = 0; i < 200; i++) {
          assertEquals(f(ones([1]), i).itemSync(), i);
        }
      });
      assert(f.stats.recorded <= 14, `${f.stats.recorded} recordings`);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0]!, "pass numbers that change as tensors");
    }),
  );

  it(
    "are not recorded for ever where what they use is replaced, and it says so",
    clean(() => {
      let hidden = tensor([1]);
      using f = compile((x: Tensor) => {
        const next = hidden.mul(0.5).add(x);
        hidden.dispose();
        return hidden = next;
      });
      const warnings = warningsOf(() => {
        for (let i = 0; i < 100; i++) f(ones([1]));
      });
      assertEquals(hidden.itemSync(), 2);
      assert(f.stats.recorded < 15, `${f.stats.recorded} recordings`);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0]!, "such as a hidden state");
      hidden.dispose();
    }),
  );

  it(
    "count neither errors nor what cannot be compiled",
    clean(() => {
      let broken = true;
      using f = compile((x: Tensor) => {
        if (broken) throw new Error("not yet");
        return x.neg();
      });
      for (let i = 0; i < 12; i++) {
        assertThrows(() => f(ones([1])), Error, "not yet");
      }
      broken = false;
      for (let i = 0; i < 3; i++) f(ones([1]));
      assertEquals([f.stats.recorded, f.stats.replayed], [1, 2]);
    }),
  );

  it(
    "refuse functions that dispose of their argument, or run them with fallback",
    clean(() => {
      const dispose = (x: Tensor) => {
        const y = x.mul(2);
        x.dispose();
        return y;
      };
      using f = compile(dispose);
      assertThrows(
        () => f(ones([1])),
        CompileError,
        "disposes of its argument",
      );
      using g = compile(dispose, { fallback: true });
      const warnings = warningsOf(() => {
        for (let i = 0; i < 3; i++) {
          assertEquals(g(full([1], i)).itemSync(), 2 * i);
        }
      });
      assertEquals(warnings.length, 1);
      assertEquals(g.stats.eager, 3);
    }),
  );

  it(
    "keep no gradients of calls that are not recorded either",
    clean(() => {
      const w = leaf([1]);
      using f = compile((x: Tensor, y: Tensor) => {
        w.mul(x).mul(y).sum().backward();
        noGrad(() => w.sub_(w.grad!));
      }, { keepGradients: false });
      const both = ones([2]);
      const parts = both.split(1) as [Tensor, Tensor];
      for (let i = 0; i < 3; i++) {
        f(...parts);
        assertEquals(w.grad, null);
      }
      assertEquals([w.itemSync(), f.stats.eager], [-2, 3]);
    }),
  );
});
