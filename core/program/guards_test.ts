import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, renamed, warningsOf } from "../_testing.ts";
import { noGrad } from "../autograd/mode.ts";
import { ones, tensor } from "../creation.ts";
import { CompileError, IndexError } from "../errors.ts";
import { rand } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import { setBackend } from "../registry.ts";
import { memory } from "../storage.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });

describe("what a compiled function looks after", () => {
  it(
    "gives gradients to the leaves that are its arguments now",
    clean(() => {
      using f = compile((x: Tensor) => {
        x.grad = null;
        x.square().sum().backward();
      });
      const leaves = [1, 2, 3].map((v) => leaf([v]));
      for (const x of leaves) f(x);
      assertEquals(leaves.map((x) => x.grad!.toArraySync()), [[2], [4], [6]]);
      assertEquals(f.stats.replayed, 2);
      for (const x of leaves) x.grad = null;
    }),
  );

  it(
    "gives gradients to leaves that it returns",
    clean(() => {
      using f = compile((x: Tensor) => {
        const input = x.detach().clone().requiresGrad_();
        input.square().sum().backward();
        return input;
      });
      const results = [1, 2, 3].map((v) => f(tensor([v])));
      assertEquals(results.map((x) => x.requiresGrad), [true, true, true]);
      assertEquals(results.map((x) => x.grad!.toArraySync()), [[2], [4], [6]]);
      for (const x of results) x.grad = null;
    }),
  );

  it(
    "leaves gradients alone that somebody else looks at",
    clean(() => {
      const w = leaf([1]);
      using f = compile((x: Tensor) => {
        w.grad = null;
        w.mul(x).sum().backward();
        return w.grad!.detach();
      });
      const results = [1, 2, 3].map((v) => f(tensor([v])));
      assertEquals(results.map((x) => x.itemSync()), [1, 2, 3]);
      const held = w.grad!.detach();
      f(tensor([4]));
      assertEquals([held.itemSync(), w.grad!.itemSync()], [3, 4]);
      w.grad = null;
    }),
  );

  it(
    "tells tapes of changes in the arguments that it was given now",
    clean(() => {
      using f = compile((x: Tensor) => noGrad(() => void x.mul_(2)));
      f(tensor([1]));
      const [p, v] = [tensor([2]), leaf([3])];
      const y = v.mul(p).sum();
      f(p);
      assertEquals(f.stats.replayed, 1);
      assertThrows(() => y.backward(), TypeError, "changed in place");
    }),
  );

  it(
    "returns the tensors themselves that it was given or took from outside",
    clean(() => {
      const w = leaf([2]);
      using f = compile((x: Tensor) => {
        noGrad(() => w.mul(x));
        return { x, w };
      });
      for (let i = 0; i < 3; i++) {
        const argument = ones([1]);
        const result = f(argument);
        assertStrictEquals(result.x, argument);
        assertStrictEquals(result.w, w);
      }
    }),
  );

  it(
    "replays where one tensor is passed twice, and not where it was two",
    clean(() => {
      using f = compile((x: Tensor, y: Tensor) => {
        noGrad(() => x.add_(1));
        return x.mul(y);
      });
      const x = tensor([1]);
      assertEquals([1, 2].map(() => f(x, x).itemSync()), [4, 9]);
      assertEquals(f(x, tensor([2])).itemSync(), 8);
      assertEquals(f(x, x).itemSync(), 25);
      assertEquals(f.stats.replayed, 2);
    }),
  );

  it(
    "records anew for other numbers in a typed array",
    clean(() => {
      using f = compile((data: Float32Array) => tensor(data).mul(2));
      const data = new Float32Array([1]);
      assertEquals(f(data).itemSync(), 2);
      assertEquals(f(new Float32Array([1])).itemSync(), 2);
      data[0] = 5;
      assertEquals(f(data).itemSync(), 10);
      assertEquals([f.stats.recorded, f.stats.replayed], [2, 1]);
    }),
  );

  it(
    "records anew where a tensor from outside is frozen or trained again",
    clean(() => {
      const w = leaf([1]);
      using f = compile((x: Tensor) => {
        w.grad = null;
        const y = w.mul(x).sum();
        if (y.requiresGrad) y.backward();
        return y.detach();
      });
      f(ones([1]));
      w.requiresGrad_(false);
      f(ones([1]));
      assertEquals(w.grad, null);
      w.requiresGrad_();
      f(ones([1]));
      assertEquals(w.grad!.itemSync(), 1);
      w.grad = null;
    }),
  );

  it(
    "tells products with 0 and -0 apart",
    clean(() => {
      using f = compile((x: Tensor) => [x.mul(0), x.mul(-0)]);
      for (let i = 0; i < 2; i++) {
        const [a, b] = f(ones([1])).map((x) => x.itemSync());
        assertEquals([Object.is(a, 0), Object.is(b, -0)], [true, true]);
      }
    }),
  );

  it(
    "seeds the generator again",
    clean(() => {
      using f = compile(() => {
        manualSeed(3);
        return rand([1]);
      });
      const results = [0, 1, 2].map(() => f().itemSync());
      assertEquals(results, [results[0], results[0], results[0]]);
    }),
  );

  it(
    "makes tensors on the backend in use",
    clean(async () => {
      using f = compile(() => ones([1]).add(1));
      f();
      const other = renamed("other");
      try {
        await setBackend(other);
        assertEquals([f(), f()].map(({ device }) => device.name), [
          "other",
          "other",
        ]);
      } finally {
        await setBackend("cpu-typedarray");
      }
      assertEquals(f().device.name, "cpu-typedarray");
    }),
  );

  it(
    "refuses a tape that began outside",
    clean(() => {
      const w = leaf([2]);
      const h = w.square();
      using f = compile((x: Tensor) => h.mul(x).sum().backward());
      using g = compile((x: Tensor) => x.mul(2).sum().backward());
      for (const run of [() => f(ones([1])), () => g(h)]) {
        assertThrows(run, CompileError, "ran outside of the function");
      }
    }),
  );

  it(
    "refuses two devices, and changes nothing",
    clean(async () => {
      const w = tensor([1, 2]);
      const x = await ones([2]).to(renamed("another"));
      using f = compile((x: Tensor) => [x.mul(2), w.mul(3)]);
      assertThrows(() => f(x), CompileError, "runs on two devices");
    }),
  );

  it(
    "runs a function to its end with fallback, and once",
    clean(async () => {
      const w = tensor([0]);
      const warnings = warningsOf(() => {
        using f = compile((x: Tensor) => {
          noGrad(() => w.add_(1));
          return x.mul(x.sum().itemSync());
        }, { fallback: true });
        assertEquals(f(ones([2])).toArraySync(), [2, 2]);
        assertEquals(w.itemSync(), 1);
        f(ones([2]));
        assertEquals(w.itemSync(), 2);
      });
      assertEquals(warnings.length, 1);
      let later: Promise<number> | null = null;
      warningsOf(() => {
        using g = compile(
          (x: Tensor) => Promise.resolve(x.mul(2)).then((y) => y.itemSync()),
          { fallback: true },
        );
        later = g(ones([1]));
      });
      assertEquals(await later, 2);
    }),
  );

  it("leaves no rejection of an async function behind", async () => {
    for (
      const fn of [
        async () => await Promise.reject(new Error("later")),
        () => Promise.reject(new Error("later")),
      ]
    ) {
      using f = compile(fn as () => unknown);
      assertThrows(() => f(), CompileError, "async");
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  });

  it(
    "leaves nothing of a refused result",
    clean(() => {
      const w = leaf([1]);
      const x = ones([1]);
      const before = memory().buffers;
      using f = compile((x: Tensor) => new Map([[1, x.mul(2)]]));
      using g = compile((x: Tensor) => w.mul(x));
      assertThrows(() => f(x), CompileError, "Map");
      assertThrows(() => g(x), CompileError, "takes part in recording");
      assertEquals(memory().buffers, before);
    }),
  );

  it(
    "stops before changes where an index is out of range, as eagerly",
    clean(() => {
      const table = leaf([1, 2]);
      using f = compile((index: Tensor) => {
        table.grad = null;
        const y = table.gather(0, index).sum();
        y.backward();
        noGrad(() => table.add_(table.grad!));
        return y.detach();
      });
      const index = (i: number) => tensor([i], { dtype: "int32" });
      f(index(0));
      f(index(1));
      const before = table.toArraySync();
      const { buffers } = memory();
      const bad = index(7);
      assertThrows(() => f(bad), IndexError, "got 7");
      assertEquals(memory().buffers, buffers + 1);
      assertEquals(table.toArraySync(), before);
      f(index(0));
      assertEquals(table.toArraySync(), [3, 3]);
      table.grad = null;
    }),
  );
});
