import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { noGrad } from "../autograd/mode.ts";
import { arange, full, ones, tensor, zeros } from "../creation.ts";
import { CompileError } from "../errors.ts";
import { rand } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import { scope, unscoped } from "../scope.ts";
import { memory } from "../storage.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";

/** Calls a compiled function several times beside the plain one. */
function agrees<A extends unknown[]>(
  fn: (...args: A) => Tensor,
  ...calls: A[]
): void {
  using compiled = compile(fn);
  for (const args of calls) {
    const expected = fn(...args);
    for (let i = 0; i < 3; i++) {
      const got = compiled(...args);
      assertEquals(got.shape, expected.shape);
      assertEquals(got.dtype, expected.dtype);
      assertEquals(got.dataSync(), expected.dataSync());
    }
  }
  assertEquals(compiled.stats.replayed, 2 * calls.length);
}

describe("compile", () => {
  it(
    "gives what the function gives, for each shape and dtype",
    clean(() => {
      agrees(
        (x: Tensor) => x.mul(2).add(1).square().sum(0),
        [arange(6).reshape([2, 3])],
        [arange(8).reshape([4, 2])],
        [arange(6, { dtype: "float64" }).reshape([2, 3])],
        [arange(6).reshape([3, 2]).t()],
      );
    }),
  );

  it(
    "takes other values of the same signature",
    clean(() => {
      using double = compile((x: Tensor) => x.mul(2));
      double(tensor([1, 2]));
      assertEquals(double(tensor([3, 4])).toArraySync(), [6, 8]);
      assertEquals(double(tensor([5, 6, 7]).slice(0, 1, 3)).toArraySync(), [
        12,
        14,
      ]);
      assertEquals(double.stats.replayed, 2);
    }),
  );

  it(
    "keeps results apart from later ones",
    clean(() => {
      using f = compile((x: Tensor) => x.add(1));
      const results = [1, 2, 3, 4].map((v) => f(tensor([v])));
      assertEquals(results.map((r) => r.itemSync()), [2, 3, 4, 5]);
    }),
  );

  it(
    "takes numbers, strings, arrays and objects as a part of the signature",
    clean(() => {
      using f = compile((
        { x, by }: { x: Tensor; by: number },
        [y]: [Tensor],
        how: "add" | "mul",
      ) => ({ out: x[how](y).mul(by), same: x, how }));
      const x = tensor([1, 2]);
      for (const by of [2, 3, 2]) {
        const { out, same, how } = f({ x, by }, [tensor([3, 4])], "add");
        assertEquals(out.toArraySync(), [4 * by, 6 * by]);
        assertEquals(same.toArraySync(), [1, 2]);
        assertEquals(how, "add");
      }
      assertEquals(f({ x, by: 2 }, [tensor([3, 4])], "mul").out.toArraySync(), [
        6,
        16,
      ]);
      assertEquals(f.stats.recorded, 3);
      assertEquals(f.stats.replayed, 1);
    }),
  );

  it(
    "keeps the signatures that were used last",
    clean(() => {
      using f = compile((x: Tensor) => x.neg(), { maxSignatures: 2 });
      for (const n of [1, 2, 1, 3, 1, 2]) f(ones([n]));
      assertEquals(f.stats.signatures, 2);
      assertEquals(f.stats.recorded, 2);
      assertEquals(f.stats.replayed, 3);
      // The one that was not used for longest makes room for another.
      for (let i = 0; i < 10; i++) for (const n of [2, 3]) f(ones([n]));
      assertEquals(f.stats.recorded, 3);
      f(ones([2]));
      f(ones([3]));
      assertEquals(f.stats.recorded, 3);
    }),
  );

  it(
    "replays views, scatters, sorts and products",
    clean(() => {
      const index = tensor([[0, 2], [1, 1]], { dtype: "int32" });
      agrees(
        (x: Tensor, y: Tensor) =>
          x.matmul(y).t().flip(0).add(x.gather(1, index).t())
            .add(
              x.sort(1).values.narrow(1, 0, 2).mul(x.cumsum(1).narrow(1, 1, 2)),
            )
            .softmax(0),
        [arange(6).reshape([2, 3]), arange(6).reshape([3, 2])],
      );
    }),
  );

  it(
    "replays gradients and changes in place",
    clean(() => {
      const train = () => {
        const w = tensor([1, 2], { requiresGrad: true });
        return [w, (x: Tensor) => {
          w.grad = null;
          const loss = w.mul(x).square().sum();
          loss.backward();
          noGrad(() => w.add_(w.grad!.mul(-0.1)));
          return loss;
        }] as const;
      };
      const [a, plain] = train();
      const [b, step] = train();
      using compiled = compile(step);
      for (let i = 0; i < 5; i++) {
        const x = tensor([1, 0.5 + i]);
        assertEquals(compiled(x).itemSync(), plain(x).itemSync());
        assertEquals(b.toArraySync(), a.toArraySync());
        assertEquals(b.grad!.toArraySync(), a.grad!.toArraySync());
      }
      assertEquals(compiled.stats.replayed, 4);
      for (const w of [a, b]) w.grad = null;
    }),
  );

  it(
    "adds up gradients where the function does not clear them",
    clean(() => {
      const w = tensor([1, 2], { requiresGrad: true });
      using f = compile((x: Tensor) => w.mul(x).sum().backward());
      for (let i = 1; i <= 5; i++) {
        f(tensor([1, 2]));
        assertEquals(w.grad!.toArraySync(), [i, 2 * i]);
      }
      assertEquals(f.stats.recorded, 2);
      w.grad = null;
      f(tensor([1, 1]));
      assertEquals(w.grad!.toArraySync(), [1, 1]);
      w.grad = null;
    }),
  );

  it(
    "sees changes of what it captured, and records anew what was replaced",
    clean(() => {
      let w = tensor([1, 2]);
      using f = compile((x: Tensor) => x.mul(w));
      const x = tensor([1, 1]);
      f(x);
      w.mul_(3);
      assertEquals(f(x).toArraySync(), [3, 6]);
      assertEquals(f.stats.replayed, 1);
      w.dispose();
      w = tensor([5, 5]);
      assertEquals(f(x).toArraySync(), [5, 5]);
      assertEquals(f(x).toArraySync(), [5, 5]);
      assertEquals(f.stats.recorded, 2);
    }),
  );

  it(
    "tells tapes outside of changes in place",
    clean(() => {
      const w = tensor([2], { requiresGrad: true });
      using f = compile(() => noGrad(() => w.mul_(2)));
      f();
      const y = w.square().sum();
      f();
      assertThrows(() => y.backward(), TypeError, "changed in place");
    }),
  );

  it(
    "draws the random numbers that the function would draw",
    clean(() => {
      const noisy = (x: Tensor) => x.add(rand([3])).add(x.dropout(0.5));
      using f = compile(noisy);
      const x = ones([3]);
      manualSeed(4);
      const expected = Array.from({ length: 4 }, () => noisy(x).toArraySync());
      manualSeed(4);
      const got = Array.from({ length: 4 }, () => f(x).toArraySync());
      assertEquals(got, expected);
    }),
  );

  it(
    "runs eagerly where arguments share memory",
    clean(() => {
      const w = tensor([1, 2]);
      using f = compile((x: Tensor, y: Tensor) => {
        noGrad(() => x.add_(1));
        return y.mul(w);
      });
      const [x, y] = [tensor([1, 1]), tensor([3, 3])];
      f(x, y);
      assertEquals(f(x, y).toArraySync(), [3, 6]);
      assertEquals(f(y, y).toArraySync(), [4, 8]);
      assertEquals(f(w, y).toArraySync(), [8, 12]);
      assertEquals(w.toArraySync(), [2, 3]);
    }),
  );

  it(
    "is a part of another compiled function when called inside of it",
    clean(() => {
      using inner = compile((x: Tensor) => x.add(1));
      using outer = compile((x: Tensor) => inner(x).mul(2));
      for (let i = 0; i < 3; i++) {
        assertEquals(outer(tensor([i])).toArraySync(), [2 * i + 2]);
      }
      assertEquals(inner.stats.recorded, 0);
      assertEquals(outer.stats.replayed, 2);
    }),
  );

  it(
    "keeps modes of recording apart",
    clean(() => {
      const w = tensor([3], { requiresGrad: true });
      using f = compile((x: Tensor) => {
        const y = w.mul(x).sum();
        if (y.requiresGrad) y.backward();
        return y.detach();
      });
      f(tensor([1]));
      noGrad(() => f(tensor([1])));
      w.grad = null;
      f(tensor([2]));
      assertEquals(w.grad!.toArraySync(), [2]);
      w.grad = null;
      noGrad(() => f(tensor([2])));
      assertEquals(w.grad, null);
      assertEquals(f.stats.signatures, 2);
    }),
  );

  it(
    "refuses what cannot be replayed, and leaves nothing behind",
    clean(() => {
      const x = ones([2]);
      const before = memory();
      for (
        const [fn, message] of [
          [(x: Tensor) => x.mul(x.sum().itemSync()), "reads the values"],
          [(x: Tensor) => x.index(x.gt(0)), "reads the values"],
          [async (x: Tensor) => await Promise.resolve(x), "async function"],
          [(x: Tensor) => x.requiresGrad_().mul(2), "call backward inside"],
          [(x: Tensor) => new Map([[1, x]]), "holds a Map"],
        ] as const
      ) {
        using f = compile(fn as (x: Tensor) => unknown);
        const error = assertThrows(() => f(x.clone()), CompileError);
        assertStringIncludes(error.message, message);
        assertEquals(f.stats.signatures, 0);
      }
      assert(memory().buffers >= before.buffers);
    }),
  );

  it(
    "passes on errors of the function and can be called again",
    clean(() => {
      let broken = true;
      using f = compile((x: Tensor) => {
        const y = x.add(1);
        if (broken) throw new Error("not yet");
        return y;
      });
      assertThrows(() => f(ones([1])), Error, "not yet");
      broken = false;
      assertEquals(f(ones([1])).itemSync(), 2);
    }),
  );

  it(
    "runs eagerly with fallback, and says so once",
    clean(() => {
      const warnings: string[] = [];
      const { warn } = console;
      console.warn = (text: string) => warnings.push(text);
      try {
        using f = compile((x: Tensor) => x.mul(x.sum().itemSync()), {
          fallback: true,
        });
        for (let i = 0; i < 3; i++) {
          assertEquals(f(ones([2])).toArraySync(), [2, 2]);
        }
      } finally {
        console.warn = warn;
      }
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0]!, "runs eagerly");
    }),
  );

  it(
    "does not let scopes and dispose inside matter",
    clean(() => {
      agrees((x: Tensor) => {
        using _ = scope();
        const y = x.exp();
        const z = _.keep(y.add(1));
        y.dispose();
        return z;
      }, [tensor([0, 1])]);
    }),
  );

  it(
    "writes again what the function stored elsewhere",
    clean(() => {
      let kept: Tensor | null = null;
      using f = compile((x: Tensor) => {
        kept?.dispose();
        kept = unscoped(() => x.mul(2));
        return kept.add(1);
      });
      assertEquals(f(tensor([1])).itemSync(), 3);
      assertEquals(f(tensor([4])).itemSync(), 9);
      assertEquals(kept!.itemSync(), 8);
      kept!.dispose();
    }),
  );

  it(
    "works on empty and 0-d tensors",
    clean(() => {
      agrees((x: Tensor) => x.mul(2).sum().add(1), [zeros([0])]);
      agrees((x: Tensor) => x.mul(2), [zeros([2, 0])], [tensor(3)]);
    }),
  );

  it(
    "fuses chains of maps, and maps with reductions",
    clean(() => {
      using f = compile((x: Tensor, y: Tensor) =>
        x.sub(x.mean(1, { keepDim: true })).mul(y).relu().sum(1).mul(2).add(1)
      );
      f(ones([3, 4]), full([4], 2));
      assertEquals(f.stats.launchesBefore, 7);
      assertEquals(f.stats.launches, 2);
      assertStringIncludes(f.inspect(), "2 launches (7 recorded)");
    }),
  );

  it(
    "has kernels of up to 16 operands on processors",
    clean(() => {
      for (const [operands, launches] of [[15, 1], [16, 2]] as const) {
        const f = (...x: Tensor[]) => x.reduce((a, b) => a.mul(b));
        using compiled = compile(f);
        const all = Array.from(
          { length: operands },
          (_, i) => full([5], i + 1),
        );
        const expected = f(...all).dataSync();
        compiled(...all);
        assertEquals(compiled(...all).dataSync(), expected);
        assertEquals(compiled.stats.launches, launches, compiled.inspect());
      }
    }),
  );

  it(
    "keeps fused kernels to 256 nodes",
    clean(() => {
      const f = (x: Tensor) => {
        let y = x;
        for (let i = 0; i < 300; i++) y = y.mul(0.5 + i / 600).add(1);
        return y.sum();
      };
      using compiled = compile(f);
      const x = tensor([1, -2, 3]);
      compiled(x);
      assertEquals(compiled(x).itemSync(), f(x).itemSync());
      const sizes = [...compiled.inspect().matchAll(/(\d+) nodes/g)]
        .map(([, nodes]) => Number(nodes));
      assert(sizes.length >= 4 && sizes.length <= 8, `${sizes}`);
      assert(Math.max(...sizes) <= 256, `${sizes}`);
    }),
  );

  it(
    "holds as many bytes after many calls as after few",
    clean(() => {
      using f = compile((x: Tensor) => x.exp().matmul(x).sum(0));
      const run = (times: number) => {
        for (let i = 0; i < times; i++) {
          using _ = scope();
          f(ones([4, 4]));
        }
        return memory();
      };
      const { tensors, buffers, bytes } = run(10);
      const after = run(1000);
      assertEquals([after.tensors, after.buffers, after.bytes], [
        tensors,
        buffers,
        bytes,
      ]);
    }),
  );
});
