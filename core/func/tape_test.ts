import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on, waiting } from "../_testing.ts";
import { grad } from "../autograd/grad.ts";
import { gradcheck } from "../autograd/gradcheck.ts";
import { ones, tensor } from "../creation.ts";
import { GradientError } from "../errors.ts";
import { compile } from "../program/compile.ts";
import { randn } from "../random.ts";
import { getRandomState, manualSeed } from "../random_state.ts";
import { tidy } from "../scope.ts";
import { memory } from "../storage.ts";
import type { Tensor } from "../tensor.ts";
import { checkpoint, detectAnomaly } from "./mod.ts";

describe("checkpoint", () => {
  it(
    "gives the same values and gradients, with the same random numbers",
    clean(() => {
      const w = randn([4, 4], { requiresGrad: true });
      const x = randn([3, 4], { requiresGrad: true });
      const layer = (x: Tensor) => x.matmul(w).tanh().dropout(0.5);
      const run = (step: (x: Tensor) => Tensor) => {
        manualSeed(3);
        const y = step(step(x.mul(2))).square().sum();
        const gradients = grad(y, [x, w]);
        return [y, ...gradients].map((t) => t.toArraySync())
          .concat([[getRandomState().draws]]);
      };
      assertEquals(run((x) => checkpoint(layer, x)), run(layer));
      // And within each other.
      const deep = (x: Tensor) => checkpoint((x) => checkpoint(layer, x), x);
      assertEquals(run(deep), run(layer));
    }),
  );

  it(
    "adds gradients of what the function uses besides to their leaves",
    clean(() => {
      const w = tensor([2, 3], { requiresGrad: true });
      const x = tensor([1, 1], { requiresGrad: true });
      const shared = w.mul(10);
      const [a, b] = checkpoint(
        (x) => [x.mul(shared).mul(w), x.exp()],
        x,
      );
      a!.sum().add(b!.sum()).add(shared.sum()).backward();
      assertEquals(w.grad!.toArraySync(), [50, 70]);
      assert(Math.abs(x.grad!.dataSync()[0]! - 40 - Math.E) < 1e-5);
    }),
  );

  it(
    "can be differentiated twice",
    clean(async () => {
      const x = randn([3], { dtype: "float64", requiresGrad: true });
      await gradcheck(
        (x) => checkpoint((x) => x.sin().mul(x.exp()), x!),
        [x],
        { secondOrder: true },
      );
    }),
  );

  it(
    "holds the memory of one part at a time",
    clean(() => {
      const peak = (step: (x: Tensor) => Tensor) =>
        tidy(() => {
          memory({ resetPeak: true });
          const before = memory().bytes;
          const x = ones([4096], { requiresGrad: true });
          let y = x as Tensor;
          for (let i = 0; i < 8; i++) y = step(y);
          y.sum().backward();
          return memory().peakBytes - before;
        });
      const part = (x: Tensor) =>
        tidy(() => {
          let y = x;
          for (let i = 0; i < 8; i++) y = y.sin();
          return y;
        });
      const [whole, less] = [peak(part), peak((x) => checkpoint(part, x))];
      assert(less < whole / 2, `${less} and ${whole} bytes`);
    }),
  );

  it(
    "draws new numbers in each replay of a compiled step, the same in both passes",
    clean(() => {
      const x = ones([64], { requiresGrad: true });
      const step = compile(() => {
        const y = checkpoint((x) => x.dropout(0.5), x);
        const [g] = grad(y.sum(), x);
        return [y, g] as const;
      });
      try {
        const seen = new Set<string>();
        for (let i = 0; i < 4; i++) {
          const [y, g] = step();
          assertEquals(g.toArraySync(), y.toArraySync());
          seen.add(String(y.toArraySync()));
        }
        assertEquals(seen.size, 4);
      } finally {
        step.dispose();
      }
    }),
  );

  it(
    "refuses inputs that were changed, and async functions",
    clean(() => {
      const x = ones([2]);
      const w = ones([2], { requiresGrad: true });
      const y = checkpoint((x) => x.mul(w), x).sum();
      x.add_(1);
      assertThrows(() => y.backward(), GradientError, "changed in place");
      assertThrows(
        () => checkpoint((x) => Promise.resolve(x) as never, x),
        TypeError,
        "async",
      );
    }),
  );
});

describe("detectAnomaly", () => {
  it(
    "names the operation whose gradient is the first NaN, and where it ran",
    clean(() => {
      const x = tensor([0, 4], { requiresGrad: true });
      const error = assertThrows(
        () =>
          detectAnomaly(() => {
            const root = x.sqrt(); // here
            root.mul(0).exp().sum().backward();
          }),
        GradientError,
        "sqrt gave NaN for 1 of 2 elements of the gradient of its input 0",
      ) as Error;
      assert(error.message.includes("tape_test.ts"), error.message);
      assert((error.cause as Error).stack!.includes("tape_test.ts"));
      assertEquals(x.grad, null);
      // Afterwards nothing is looked at.
      x.sqrt().mul(0).sum().backward();
      assert(Number.isNaN(x.grad!.dataSync()[0]));
    }),
  );

  it(
    "holds until a block ends, or a promise settles",
    clean(async () => {
      const x = tensor([0], { requiresGrad: true });
      const run = () => x.sqrt().mul(0).sum().backward();
      {
        using _ = detectAnomaly();
        assertThrows(run, GradientError, "sqrt");
      }
      let caught = "";
      await detectAnomaly(async () => {
        await Promise.resolve();
        run();
      }).catch((error: Error) => caught = error.message);
      assert(caught.includes("sqrt"), caught);
      run();
    }),
  );

  it(
    "comes out of the next read where reads are late",
    () =>
      on(
        waiting("far"),
        clean(async () => {
          const x = tensor([0, 4], { requiresGrad: true });
          let message = "";
          detectAnomaly(() => x.sqrt().mul(0).sum().backward());
          await x.grad!.data().catch((error: Error) => message = error.message);
          assert(message.includes("sqrt gave NaN"), message);
        }),
      ),
  );
});
