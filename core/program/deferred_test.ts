import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on } from "../_testing.ts";
import type { Backend } from "../backend.ts";
import {
  CompileError,
  manualSeed,
  memory,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
  tidy,
} from "../mod.ts";
import { compile, type CompileOptions } from "./compile.ts";

const BACKENDS: readonly (() => Backend)[] = [cpuTypedArray, wasmSimd];

const read = (x: Tensor | null) => x && [...x.dataSync()].map(Number);

/** Equal but for the order of sums. */
function assertClose(actual: Tensor | null, expected: Tensor | null): void {
  const [a, b] = [read(actual), read(expected)];
  assertEquals(a?.length, b?.length);
  a?.forEach((x, i) => assert(Math.abs(x - b![i]!) < 1e-6, `${x}, ${b![i]}`));
}

/** Two layers, wide for their batches, that train by plain descent. */
function net() {
  manualSeed(0);
  const [v, w] = [randn([64, 256]), randn([256, 96])].map((each) =>
    each.mul_(0.05).requiresGrad_()
  ) as [Tensor, Tensor];
  const step = (x: Tensor): Tensor => {
    for (const p of [v, w]) p.grad = null;
    const loss = x.matmul(v).tanh().matmul(w).square().mean();
    loss.backward();
    noGrad(() => {
      for (const p of [v, w]) p.sub_(p.grad!.mul(0.5));
    });
    return loss.detach();
  };
  return { v, w, step };
}

const batch = (rows = 8) => randn([rows, 64]);

/** What both gradients are after each of some steps of the function itself. */
function expected(batches: readonly Tensor[]): (number[] | null)[][] {
  return tidy(() => {
    const { v, w, step } = net();
    return batches.map((x) => {
      step(x).dispose();
      return [read(v.grad), read(w.grad)];
    });
  });
}

describe("gradients that are larger than what they are made of", () => {
  for (const open of BACKENDS) {
    const each = (name: string, test: () => void) =>
      it(`${name} on ${open().name}`, clean(() => on(open(), test)));

    each("are what they are without compiling, whenever they are read", () => {
      using _ = scope();
      manualSeed(1);
      const batches = Array.from({ length: 12 }, () => batch());
      const should = expected(batches);
      const { v, w, step } = net();
      using compiled = compile(step);
      batches.forEach((x, i) => {
        compiled(x).dispose();
        // One, the other, both, neither; in either order, and twice.
        if (i % 4 === 1 || i % 4 === 3) {
          assertEquals(read(v.grad), should[i]![0]);
        }
        if (i % 4 >= 2) assertEquals(read(w.grad), should[i]![1]);
        if (i % 4 === 3) assertEquals(read(v.grad), should[i]![0]);
      });
      assertEquals(compiled.stats.recorded, 1);
    });

    each(
      "agree with a twin that is not compiled, whatever comes between",
      () => {
        for (let seed = 1; seed <= 6; seed++) {
          using _ = scope();
          let state = seed;
          const draw = (below: number) =>
            (state = state * 48271 % 0x7fffffff) % below;
          manualSeed(seed);
          const batches = [batch(), batch(), batch(16)];
          const [twin, own] = [net(), net()];
          const compiled = compile(own.step);
          const leaves = (of: typeof own) => [of.v, of.w];
          let changed = false;
          for (let i = 0; i < 24; i++) {
            const [p, q] = [leaves(own), leaves(twin)].map((of) => of[i % 2]!);
            switch (draw(7)) {
              case 0:
                // What was passed is changed: a gradient may be refused then.
                batches[draw(3)]!.mul_(0.9);
                changed = true;
                break;
              case 1:
                p!.grad = q!.grad = null;
                break;
              case 2:
                if (draw(3) === 0) compiled.dispose();
                break;
              case 3:
                try {
                  assertClose(p!.grad, q!.grad);
                } catch (error) {
                  assert(changed && error instanceof CompileError, `${error}`);
                }
                break;
              default: {
                const x = batches[draw(3)]!;
                assertClose(compiled(x), twin.step(x));
                changed = false;
              }
            }
          }
          for (const [k, leaf] of leaves(own).entries()) {
            assertClose(leaf, leaves(twin)[k]!);
          }
          compiled.dispose();
        }
      },
    );

    each("take no memory until they are read", () => {
      using _ = scope();
      const x = batch();
      const bytesWith = (options: CompileOptions, calls: number) => {
        const { v, w, step } = net();
        using compiled = compile(step, options);
        for (let i = 0; i < calls; i++) compiled(x).dispose();
        const { bytes } = memory();
        assert(v.grad && w.grad);
        const taken = memory().bytes - bytes;
        for (const p of [v, w]) p.dispose();
        return taken;
      };
      const both = 4 * (64 * 256 + 256 * 96);
      for (const calls of [1, 3]) {
        assertEquals(bytesWith({}, calls), both);
        assertEquals(bytesWith({ keepGradients: true }, calls), 0);
      }
    });

    each("take no memory beside that of the plan after the first call", () => {
      using _ = scope();
      const { step } = net();
      using compiled = compile(step);
      const x = batch();
      compiled(x).dispose();
      const { bytes } = memory();
      memory({ resetPeak: true });
      for (let i = 0; i < 3; i++) {
        const loss = compiled(x);
        assertEquals(memory().peakBytes, bytes + 4);
        loss.dispose();
        assertEquals(memory().bytes, bytes);
      }
    });

    each("of the first call wait with those of other plans", () => {
      using _ = scope();
      const [one, other] = [net(), net()];
      using compiled = compile((x: Tensor, first: boolean) =>
        (first ? one : other).step(x)
      );
      const x = batch();
      compiled(x, true).dispose();
      // Lies in the same memory, over what the first ones wait for.
      compiled(x, false).dispose();
      const [should] = expected([x]);
      for (const { v, w } of [one, other]) {
        assertEquals([read(v.grad), read(w.grad)], should);
      }
    });

    each("are what they are once parameters have changed", () => {
      using _ = scope();
      const x = batch();
      const should = expected([x, x]);
      const { v, w, step } = net();
      using compiled = compile(step);
      for (const gradients of should) {
        compiled(x).dispose();
        const [before, ...others] = [v, w].map((p) => p.detach().clone());
        noGrad(() => {
          for (const p of [v, w]) p.mul_(2);
        });
        assertEquals([read(v.grad), read(w.grad)], gradients);
        noGrad(() => {
          v.copy_(before!);
          w.copy_(others[0]!);
        });
      }
    });

    each("are kept where a parameter is a factor of them", () => {
      using _ = scope();
      const gradient = (options: CompileOptions) => {
        manualSeed(3);
        const points = randn([256, 64], { requiresGrad: true });
        const axes = randn([64, 2]);
        using compiled = compile(() => {
          points.grad = null;
          const loss = points.matmul(axes).square().sum();
          loss.backward();
          noGrad(() => void points.sub_(points.grad!));
          return loss.detach();
        }, options);
        for (let i = 0; i < 2; i++) compiled().dispose();
        // As another step that trains them would do.
        axes.mul_(2);
        return read(points.grad);
      };
      assertEquals(gradient({}), gradient({ keepGradients: true }));
    });

    each("hold the batch no longer than until the next call", () => {
      const { v, w, step } = net();
      const compiled = compile(step);
      const call = () => tidy(() => void compiled(batch()));
      for (let i = 0; i < 3; i++) call();
      const { bytes } = memory();
      for (let i = 0; i < 3; i++) {
        call();
        assertEquals(memory().bytes, bytes);
      }
      for (const p of [v, w]) p.grad = null;
      assertEquals(memory().bytes, bytes - 4 * 8 * 64);
      compiled.dispose();
      for (const p of [v, w]) p.dispose();
    });

    each(
      "outlive the batch, the plan and other calls that they wait for",
      () => {
        using _ = scope();
        manualSeed(2);
        const [x, y] = [batch(), batch(16)];
        const [first, ...rest] = expected([x, y, x, y, x]);
        const { v, w, step } = net();
        const compiled = compile(step);
        compiled(x).dispose();
        assertEquals([read(v.grad), read(w.grad)], first);
        for (const [i, z] of [y, x, y, x].entries()) {
          // Two signatures, whose plans share memory.
          const passed = z.clone();
          compiled(passed).dispose();
          passed.dispose();
          if (i < 2) continue;
          if (i === 3) compiled.dispose();
          assertEquals([read(v.grad), read(w.grad)], rest[i]);
        }
      },
    );

    each(
      "survive a call of the same function that does not replace them",
      () => {
        using _ = scope();
        const { v, w, step } = net();
        using compiled = compile((x: Tensor, trains: boolean) =>
          trains ? step(x) : noGrad(() => x.matmul(v).matmul(w).sum())
        );
        const x = batch();
        const calls = [true, false, true, true, false];
        const should = expected(calls.filter(Boolean).map(() => x)).at(-1);
        for (const trains of calls) compiled(x, trains).dispose();
        compiled(x, false).dispose();
        assertEquals([read(v.grad), read(w.grad)], should);
      },
    );

    each("are added to by a backward that runs as it is", () => {
      using _ = scope();
      const x = batch();
      const { v, step } = net();
      using compiled = compile(step);
      for (let i = 0; i < 2; i++) compiled(x).dispose();
      const once = expected([x, x])[1]![0]!;
      v.mul(2).sum().backward();
      assertEquals(read(v.grad), once.map((g) => Math.fround(g + 2)));
    });

    each("are taken by another compiled function", () => {
      using _ = scope();
      const x = batch();
      const { v, step } = net();
      using compiled = compile(step);
      using half = compile(() => v.grad!.mul(0.5));
      const should = expected([x, x, x, x]);
      for (const gradients of should) {
        compiled(x).dispose();
        assertEquals(read(half()), gradients[0]!.map((g) => g / 2));
      }
    });

    each(
      "are gone where a call is refused, as they are without compiling",
      () => {
        using _ = scope();
        const { v, w, step } = net();
        using compiled = compile((x: Tensor, index: Tensor) => {
          for (const p of [v, w]) p.grad = null;
          const picked = x.indexSelect(0, index);
          return step(picked);
        });
        const x = batch();
        const good = tensor([0, 1, 2], { dtype: "int32" });
        const bad = tensor([0, 8, 2], { dtype: "int32" });
        for (let i = 0; i < 2; i++) compiled(x, good).dispose();
        assertThrows(() => compiled(x, bad), RangeError);
        assertEquals([v.grad, w.grad], [null, null]);
      },
    );

    each("are refused once what they are computed from has changed", () => {
      using _ = scope();
      const x = batch();
      const should = expected([x, x])[1]!;
      const { v, w, step } = net();
      using compiled = compile(step);
      for (let i = 0; i < 2; i++) compiled(x).dispose();
      assertEquals(read(w.grad), should[1]);
      x.mul_(2);
      for (let i = 0; i < 2; i++) {
        assertThrows(
          () => v.grad,
          CompileError,
          "shape [64, 256] that a compiled function has computed, as an argument of the function was changed in place since: read it before, or compile with { keepGradients: true }",
        );
      }
      // So are updates that would leave it out.
      assertThrows(() => v.sum().backward(), CompileError);
      compiled.dispose();
      assertThrows(() => v.grad, CompileError);
      assertEquals(read(w.grad), should[1]);
      v.grad = null;
      assertEquals(v.grad, null);
    });

    each("are kept where the function leaves them to others", () => {
      using _ = scope();
      const x = batch();
      const { v, w } = net();
      using compiled = compile((x: Tensor) => {
        for (const p of [v, w]) p.grad = null;
        x.matmul(v).matmul(w).sum().backward();
      });
      for (let i = 0; i < 2; i++) compiled(x);
      const { bytes } = memory();
      assert(v.grad && w.grad);
      assertEquals(memory().bytes, bytes);
    });
  }
});
