import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, renamed } from "../_testing.ts";
import type { Backend } from "../backend.ts";
import { arange, ones, tensor, zeros } from "../creation.ts";
import { cat } from "../functions.ts";
import { randn } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import { grad } from "./grad.ts";
import type { Tensor } from "../tensor.ts";
import { gradcheck } from "./gradcheck.ts";

/** A backend that counts the places that kernels visit. */
function counting(): { backend: Backend; visited: () => number } {
  const backend = renamed("counting");
  let visited = 0;
  return {
    visited: () => visited,
    backend: {
      ...backend,
      prepare: (kernel) => {
        const launch = backend.prepare(kernel);
        return launch && ((call) => {
          visited += call.shape.reduce((n, extent) => n * extent, 1);
          launch(call);
        });
      },
    },
  };
}

/** Ways to take a matrix of `n` rows apart, row by row. */
const APART: Record<string, (x: Tensor, n: number) => Tensor[]> = {
  select: (x, n) => Array.from({ length: n }, (_, i) => x.select(0, i)),
  "select from the end": (x, n) =>
    Array.from({ length: n }, (_, i) => x.select(0, -1 - i)),
  narrow: (x, n) => Array.from({ length: n }, (_, i) => x.narrow(0, i, 1)),
  slice: (x, n) => Array.from({ length: n }, (_, i) => x.slice(0, i, i + 1)),
  "index by numbers": (x, n) => Array.from({ length: n }, (_, i) => x.index(i)),
  "index by slices": (x, n) =>
    Array.from({ length: n }, (_, i) => x.index([i, i + 1], ":")),
  split: (x) => x.split(1),
  "split by sizes": (x, n) => x.split([1, n - 2, 1]),
  chunk: (x, n) => x.chunk(n),
  "columns of the transpose": (x, n) => {
    const t = x.t();
    return Array.from({ length: n }, (_, i) => t.select(1, i));
  },
  diagonal: (x, n) => Array.from({ length: n }, (_, i) => x.diagonal(-i)),
  unfold: (x) => [x.unfold(0, 2, 2), x.unfold(0, 2, 1)],
};

describe("the gradients of views", () => {
  for (const [name, apart] of Object.entries(APART)) {
    it(
      `cost as much as their elements: ${name}`,
      clean(() => {
        const places = (n: number): number => {
          const { backend, visited } = counting();
          const x = ones([n, 4], { device: backend, requiresGrad: true });
          const parts = apart(x, n).map((part) => part.square().sum());
          while (parts.length > 1) {
            parts.push(parts.shift()!.add(parts.shift()!));
          }
          const before = visited();
          parts[0]!.backward();
          return visited() - before;
        };
        const [few, many] = [places(32), places(256)];
        // 8 times the rows; 64 times as much where each row takes a whole.
        assert(many < 12 * few, `${few} and ${many}`);
      }),
    );

    it(
      `are those of the elements that they show, to the second order: ${name}`,
      clean(async () => {
        manualSeed(6);
        const x = randn([4, 3], { dtype: "float64", requiresGrad: true });
        await gradcheck(
          (x) => {
            const parts = apart(x!, 4).map((part, i) =>
              part.pow(3).mul(i + 1).sum()
            );
            return parts.reduce((a, b) => a.add(b)).add(x!.square().sum());
          },
          [x],
          { secondOrder: true },
        );
      }),
    );
  }

  it(
    "add up where views overlap, and beside uses of the whole",
    clean(() => {
      for (const createGraph of [false, true]) {
        const x = arange(6, { dtype: "float32", requiresGrad: true });
        const parts = [
          x.narrow(0, 0, 4),
          x.narrow(0, 2, 4),
          x.slice(0, 5, 0, -2),
        ];
        const y = cat(parts, 0).sum().add(x.mul(10).sum())
          .add(parts[0]!.sum()).add(x.sum());
        const [g] = grad(y, x, { createGraph });
        assertEquals(g!.toArraySync(), [13, 14, 14, 15, 12, 13]);
      }
    }),
  );

  it(
    "do not hold more than the whole where views overlap",
    clean(() => {
      const backend = renamed("measured");
      let [live, most] = [0, 0];
      const sizes = new Map<unknown, number>();
      const measured: Backend = {
        ...backend,
        alloc: (dtype, size) => {
          const buffer = backend.alloc(dtype, size);
          sizes.set(buffer, size);
          most = Math.max(most, live += size);
          return buffer;
        },
        free: (buffer) => {
          live -= sizes.get(buffer)!;
          backend.free(buffer);
        },
      };
      const x = ones([1000], { device: measured, requiresGrad: true });
      const weight = zeros([], { device: measured });
      let y = weight;
      for (let i = 0; i < 100; i++) {
        y = y.add(x.narrow(0, i, 900).mul(weight).sum());
      }
      const before = most = live;
      y.backward();
      assert(most - before < 8000, `${most - before}`);
      assertEquals(x.grad!.toArraySync(), Array(1000).fill(0));
    }),
  );

  it(
    "reach retained and captured tensors whole",
    clean(() => {
      const x = ones([3, 2], { requiresGrad: true });
      const y = x.mul(2).retainGrad();
      const [a, , c] = y.split(1);
      const sum = a!.sum().add(c!.mul(3).sum());
      const [g] = grad(sum, y, { retainGraph: true });
      assertEquals(g!.toArraySync(), [[1, 1], [0, 0], [3, 3]]);
      sum.backward();
      assertEquals(y.grad!.toArraySync(), [[1, 1], [0, 0], [3, 3]]);
      assertEquals(x.grad!.toArraySync(), [[2, 2], [0, 0], [6, 6]]);
    }),
  );

  it(
    "leave nothing behind when backward fails",
    clean(() => {
      const x = ones([3, 2], { requiresGrad: true });
      const other = tensor([1, 2]);
      const y = x.select(0, 1).sum()
        .add(x.select(0, 2).mul(other).sum());
      const z = x.mul(other).select(0, 0).sum();
      other.add_(1);
      assertThrows(() => y.add(z).backward(), Error, "changed in place");
      assertEquals(x.grad, null);
    }),
  );
});
