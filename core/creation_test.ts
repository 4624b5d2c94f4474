import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "./_testing.ts";
import {
  arange,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  tensor,
  zeros,
  zerosLike,
} from "./creation.ts";
import { bernoulli, rand, randint, randn, randperm } from "./random.ts";
import { DTypeError, OutOfMemoryError, ShapeError } from "./errors.ts";
import {
  getRandomState,
  manualSeed,
  nextKey,
  setRandomState,
} from "./random_state.ts";
import { memory } from "./storage.ts";
import { threefry } from "./expr/threefry.ts";

describe("tensor", () => {
  it(
    "takes numbers, nested arrays and typed arrays",
    clean(() => {
      assertEquals(tensor(3).shape, []);
      assertEquals(tensor([[1, 2, 3]]).shape, [1, 3]);
      assertEquals(tensor([]).shape, [0]);
      assertEquals(tensor([[], []]).shape, [2, 0]);
      assertEquals(tensor([true, false]).dtype, "bool");
      assertEquals(tensor([1, 2]).dtype, "float32");
      assertEquals(tensor(new Float64Array(2)).dtype, "float64");
      assertEquals(tensor(new Int16Array([1, -2])).toArraySync(), [1, -2]);
      const typed = new Float32Array([1, 2, 3, 4]);
      const x = tensor(typed, { shape: [2, 2] });
      typed[0] = 9;
      assertEquals(x.toArraySync(), [[1, 2], [3, 4]]);
    }),
  );

  it(
    "takes the dtype asked for, and as int32 whole numbers alone",
    clean(() => {
      assertEquals(
        tensor([0, 2, -1], { dtype: "bool" }).toArraySync(),
        [false, true, true],
      );
      assertEquals(
        tensor([[2, -2]], { dtype: "int32" }).toArraySync(),
        [[2, -2]],
      );
      assertThrows(
        () => tensor([[1, 1.9]], { dtype: "int32" }),
        RangeError,
        "got 1.9 at [0, 1], round it first",
      );
    }),
  );

  it("says where nested arrays are ragged", () => {
    assertThrows(
      () => tensor([[1, 2], [3]]),
      ShapeError,
      "an array of 2 at [1]",
    );
    assertThrows(() => tensor([[1, 2], 3]), ShapeError, "got number 3");
    assertThrows(() => tensor([1, [2]]), ShapeError, "a number at [1]");
  });

  it("refuses shapes that do not fit the data", () => {
    assertThrows(
      () => tensor([1, 2, 3], { shape: [2, 2] }),
      ShapeError,
      "it has 4 elements: got 3 values",
    );
  });

  it("refuses unknown dtypes and options by name", () => {
    assertThrows(
      () => tensor([1], { dtype: "float8" as "float32" }),
      DTypeError,
      "float8",
    );
    assertThrows(
      () =>
        tensor([1], { requireGrad: true } as unknown as { shape: number[] }),
      TypeError,
      "requireGrad",
    );
  });

  it("refuses unknown backends and lists the known ones", () => {
    assertThrows(
      () => tensor([1], { device: "cuda" }),
      TypeError,
      'Cannot find backend "cuda": the known ones are cpu-typedarray',
    );
  });
});

describe("creation", () => {
  it(
    "fills shapes",
    clean(() => {
      assertEquals(zeros([2]).toArraySync(), [0, 0]);
      assertEquals(ones([1, 2], { dtype: "bool" }).toArraySync(), [[
        true,
        true,
      ]]);
      assertEquals(full([], 2.5).itemSync(), 2.5);
      assertEquals(zeros([0, 3]).size, 0);
      const x = full([2], 7, { dtype: "int32" });
      assertEquals(zerosLike(x).dtype, "int32");
      assertEquals(fullLike(x, 4).toArraySync(), [4, 4]);
      assertEquals(eye(2, 3).toArraySync(), [[1, 0, 0], [0, 1, 0]]);
    }),
  );

  it(
    "refuses impossible shapes before any allocation",
    clean(() => {
      const { peakBytes, buffers } = memory();
      assertThrows(() => zeros([-1]), ShapeError, "[-1]");
      assertThrows(() => zeros([1.5]), ShapeError, "[1.5]");
      assertThrows(() => zeros([2 ** 30, 2 ** 30]), RangeError, "2^53 - 1");
      assertThrows(() => zeros([2 ** 40]), OutOfMemoryError, "4398046511104");
      assertEquals([memory().peakBytes, memory().buffers], [
        peakBytes,
        buffers,
      ]);
    }),
  );

  it(
    "counts as PyTorch's arange does",
    clean(() => {
      assertEquals(arange(3).dtype, "int32");
      assertEquals(arange(1, 7, 2).toArraySync(), [1, 3, 5]);
      assertEquals(arange(1, 0, -0.5).toArraySync(), [1, 0.5]);
      assertEquals(arange(2, { dtype: "float32" }).dtype, "float32");
      assertEquals(arange(0).size, 0);
      assertThrows(() => arange(0, 3, -1), RangeError, "steps of -1");
      assertThrows(() => arange(0, 3, 0), RangeError, "steps of 0");
    }),
  );

  it(
    "spaces evenly with exact ends",
    clean(() => {
      const x = linspace(-1, 0.3, 7).dataSync();
      assertEquals([x[0], x[6]], [-1, Math.fround(0.3)]);
      assertAlmostEquals(x[3]!, -0.35, 1e-6);
      assertEquals(linspace(2, 5, 1).toArraySync(), [2]);
      assertEquals(linspace(2, 5, 0).size, 0);
    }),
  );
});

describe("random numbers", () => {
  it(
    "follow from the seed",
    clean(() => {
      manualSeed(42);
      const first = rand([4]).toArraySync();
      const second = rand([4]).toArraySync();
      manualSeed(42);
      assertEquals(rand([4]).toArraySync(), first);
      const state = getRandomState();
      assertEquals(rand([4]).toArraySync(), second);
      setRandomState(state);
      assertEquals(rand([4]).toArraySync(), second);
    }),
  );

  it(
    "are the bits of Threefry at each position",
    clean(() => {
      manualSeed(7);
      const [k0, k1] = nextKey();
      manualSeed(7);
      const expected = Array.from(
        { length: 5 },
        (_, i) => (threefry(k0, k1, i, 0) >>> 8) * 2 ** -24,
      );
      assertEquals(rand([5]).toArraySync(), expected);
    }),
  );

  it(
    "have the moments of their distributions",
    clean(() => {
      manualSeed(1);
      const n = 100_000;
      const uniform = rand([n]);
      assertAlmostEquals(uniform.mean().itemSync(), 0.5, 0.005);
      assertAlmostEquals(uniform.variance().itemSync(), 1 / 12, 0.002);
      assert(uniform.min().itemSync() >= 0 && uniform.max().itemSync() < 1);
      const normal = randn([n]);
      assertAlmostEquals(normal.mean().itemSync(), 0, 0.015);
      assertAlmostEquals(normal.std().itemSync(), 1, 0.01);
      // The kurtosis of a normal distribution is 3.
      assertAlmostEquals(normal.square().square().mean().itemSync(), 3, 0.1);
      const whole = randint(-2, 3, [n]);
      assertEquals([whole.min().itemSync(), whole.max().itemSync()], [-2, 2]);
      assertAlmostEquals(whole.mean().itemSync(), 0, 0.02);
      const coins = bernoulli(full([n], 0.3));
      assertAlmostEquals(coins.mean().itemSync(), 0.3, 0.01);
    }),
  );

  it(
    "permute",
    clean(() => {
      manualSeed(3);
      const order = randperm(100);
      assertEquals(order.dtype, "int32");
      assertEquals(
        order.sort().values.toArraySync(),
        arange(100).toArraySync(),
      );
      assert(String(order.toArraySync()) !== String(arange(100).toArraySync()));
    }),
  );

  it("refuse empty ranges, integers and odd seeds", () => {
    assertThrows(() => randint(3, 3, [1]), RangeError, "from 3 to 3");
    assertThrows(() => randn([1], { dtype: "int32" }), DTypeError, "int32");
    assertThrows(() => manualSeed(0.5), RangeError, "0.5");
  });
});
