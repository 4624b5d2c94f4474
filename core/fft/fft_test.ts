import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { gradcheck } from "../autograd/gradcheck.ts";
import { arange, ones, zeros } from "../creation.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { jvp, vmap } from "../func/mod.ts";
import { randn } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import type { Tensor } from "../tensor.ts";
import {
  fft,
  fft2,
  fftshift,
  ifft,
  ifft2,
  ifftshift,
  irfft,
  irfft2,
  rfft,
  rfft2,
} from "./mod.ts";

const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().itemSync();

describe("Fourier transforms", () => {
  for (const n of [1, 2, 31, 32, 37, 94, 96, 131, 1000, 1024, 1155, 2311]) {
    it(
      `come back, and keep the energy, at length ${n}`,
      clean(() => {
        manualSeed(n);
        const x = randn([2, n, 2], { dtype: "float64" });
        const y = fft(x);
        assert(apart(ifft(y), x) < 1e-12);
        const energy = y.square().sum().div(n).sub(x.square().sum());
        assert(Math.abs(energy.itemSync()) < 1e-9 * n);
        const real = x.select(-1, 0);
        assert(apart(irfft(rfft(real), { n }), real) < 1e-12);
        const half = rfft(real).narrow(1, 0, Math.floor(n / 2) + 1);
        const whole = fft(real.unsqueeze(-1).pad([0, 1]));
        assert(apart(half, whole.narrow(1, 0, half.shape[1]!)) < 1e-10);
      }),
    );
  }

  it(
    "keep the digits of float32 at large lengths",
    clean(() => {
      manualSeed(2);
      for (const n of [4096, 4099]) {
        const x = randn([n, 2]);
        const exact = fft(x.cast("float64"));
        const error = fft(x).cast("float64").sub(exact).square().sum();
        const share = error.div(exact.square().sum()).sqrt().itemSync();
        assert(share < 1e-6, `${n}: ${share}`);
      }
    }),
  );

  it(
    "have the gradients of differences, twice",
    clean(async () => {
      manualSeed(4);
      // Short ones are products, others algorithms along lines.
      for (const n of [1, 4, 5, 33, 34]) {
        const x = randn([n, 2], { dtype: "float64" }).requiresGrad_();
        const real = randn([n], { dtype: "float64" }).requiresGrad_();
        await gradcheck(
          (x, real) => [fft(x!), ifft(x!), rfft(real!), irfft(x!, { n })],
          [x, real],
          { secondOrder: true },
        );
      }
    }),
  );

  it(
    "run within vmap and jvp",
    clean(() => {
      for (const n of [5, 35, 36]) {
        const x = randn([3, n], { dtype: "float64" });
        assert(apart(vmap((x: Tensor) => rfft(x))(x), rfft(x)) < 1e-12);
        const t = randn([3, n], { dtype: "float64" });
        assert(apart(jvp((x) => rfft(x), x, t)[1], rfft(t)) < 1e-12);
        const y = rfft(x);
        const back = vmap((y: Tensor) => irfft(y, { n }))(y);
        assert(apart(back, x) < 1e-12);
      }
    }),
  );

  it(
    "take no lines, and any dim",
    clean(() => {
      for (const n of [4, 64, 65]) {
        assertEquals(rfft(zeros([0, n])).shape, [0, (n >> 1) + 1, 2]);
        assertEquals(fft(zeros([0, n, 2])).shape, [0, n, 2]);
        assertEquals(irfft(zeros([0, (n >> 1) + 1, 2]), { n }).shape, [0, n]);
        manualSeed(n);
        const x = randn([n, 3], { dtype: "float64" });
        const transposed = rfft(x.t()).transpose(0, 1);
        assert(apart(rfft(x, { dim: 0 }), transposed) < 1e-12);
        assert(apart(irfft(transposed, { n, dim: 0 }), x) < 1e-12);
      }
    }),
  );

  it(
    "are sums of numbers times roots of unity",
    clean(() => {
      manualSeed(6);
      for (const n of [32, 33, 40, 45, 63, 74, 77, 210]) {
        const x = randn([3, n], { dtype: "float64" });
        const turn = arange(n, { dtype: "float64" });
        const angle = turn.unsqueeze(1).mul(turn).remainder(n)
          .mul(-2 * Math.PI / n);
        const y = fft(x.unsqueeze(-1).pad([0, 1]));
        assert(apart(y.select(-1, 0), x.matmul(angle.cos())) < 1e-11);
        assert(apart(y.select(-1, 1), x.matmul(angle.sin())) < 1e-11);
      }
    }),
  );

  it(
    "refuse what they cannot take",
    clean(() => {
      assertThrows(() => fft(ones([3])), ShapeError, "pairs");
      assertThrows(() => fft(ones([3, 3])), ShapeError, "[..., n, 2]");
      assertThrows(() => rfft(ones([])), ShapeError, "1 dim");
      assertThrows(() => rfft(zeros([0])), RangeError, "positive");
      assertThrows(() => irfft(ones([1, 2])), RangeError, "got 0");
      assertThrows(() => fft(ones([2, 2]), { n: 1.5 }), RangeError, "1.5");
      assertThrows(
        () => fft(ones([2, 2]), { norm: "both" as never }),
        RangeError,
        "ortho",
      );
      assertThrows(
        () => rfft(ones([2], { dtype: "bool" })),
        DTypeError,
        "cast",
      );
      assertEquals(rfft(ones([2], { dtype: "int32" })).dtype, "float32");
    }),
  );
});

describe("Fourier transforms over two dims", () => {
  it(
    "come back, and refuse what they cannot take",
    clean(() => {
      manualSeed(8);
      const x = randn([2, 3, 5, 2], { dtype: "float64" });
      assert(apart(ifft2(fft2(x)), x) < 1e-12);
      assert(apart(ifftshift(fftshift(x)), x) === 0);
      const real = x.select(-1, 0);
      assert(apart(irfft2(rfft2(real), { s: [3, 5] }), real) < 1e-12);
      assertThrows(() => fft2(ones([3, 2])), ShapeError, "2 dims");
      assertThrows(
        () => fft2(x, { dim: [0] as never }),
        TypeError,
        "two numbers",
      );
      assertThrows(() => fft2(x, { dim: [0, 0] }), ShapeError, "differ");
      assertThrows(() => fftshift(x, { dim: 3 }), RangeError, "3");
    }),
  );
});
