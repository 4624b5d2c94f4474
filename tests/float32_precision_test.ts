import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  compile,
  float32Precision,
  grad,
  manualSeed,
  memory,
  nn,
  randn,
  scope,
  setBackend,
  setFloat32Precision,
  type Tensor,
} from "@tenfold/tenfold";

/** Runs at a precision, and sets it back. */
function at<T>(precision: "highest" | "high", run: () => T): T {
  setFloat32Precision(precision);
  try {
    return run();
  } finally {
    setFloat32Precision("highest");
  }
}

/** On wasm-simd, in a scope that leaves nothing behind. */
const clean = (test: () => void | Promise<void>) => async () => {
  await setBackend("wasm-simd");
  manualSeed(7);
  const { tensors } = memory();
  {
    using _ = scope();
    await test();
  }
  assertEquals(memory().tensors, tensors);
};

const EPSILON = 2 ** -23;

/** The largest error in epsilons of the sizes of the terms. */
function errorOf(found: Tensor, expected: Tensor, sizes: Tensor): number {
  return found.cast("float64").sub(expected).abs().div(sizes).max().div(EPSILON)
    .itemSync();
}

/** A convolution and both of its gradients. */
function convolve(x: Tensor, w: Tensor, g: Tensor): Tensor[] {
  const [input, weight] = [x, w].map((each) => each.detach().requiresGrad_());
  const y = nn.functional.conv2d(input!, weight!, null, { padding: 1 });
  return [y.detach(), ...grad(y, [input!, weight!], { gradOutputs: [g] })];
}

/** Batch, channels, height, width and filters. */
const SETTINGS = [
  [4, 16, 28, 28, 16],
  [3, 64, 7, 7, 64],
  [2, 9, 13, 30, 11],
  [4, 8, 7, 6, 8],
] as const;

describe("setFloat32Precision", () => {
  for (const [n, c, h, w, m] of SETTINGS) {
    it(
      `errs by few epsilons of the terms: ${c} to ${m} on ${h} by ${w}`,
      clean(() => {
        const operands = [
          randn([n, c, h, w]),
          randn([m, c, 3, 3]),
          randn([n, m, h, w]),
        ] as const;
        const run = (of: (x: Tensor) => Tensor) =>
          convolve(of(operands[0]), of(operands[1]), of(operands[2]));
        const expected = run((x) => x.cast("float64"));
        const sizes = run((x) => x.abs().cast("float64"));
        const exact = run((x) => x);
        const loose = at("high", () => run((x) => x));
        for (const [i, found] of exact.entries()) {
          const error = errorOf(found, expected[i]!, sizes[i]!);
          assert(error < 5, `highest: ${error}`);
        }
        for (const [i, found] of loose.entries()) {
          const error = errorOf(found, expected[i]!, sizes[i]!);
          assert(error < 24, `high: ${error}`);
          assertNotEquals(found.dataSync(), exact[i]!.dataSync());
        }
        // What is not asked for stays as it was.
        assertEquals(
          run((x) => x).map((x) => x.dataSync()),
          exact.map((x) => x.dataSync()),
        );
      }),
    );
  }

  it(
    "records compiled functions anew",
    clean(() => {
      using x = randn([2, 16, 12, 12]);
      using w = randn([16, 16, 3, 3]);
      const run = (x: Tensor) => nn.functional.conv2d(x, w);
      const exact = run(x).dataSync();
      const loose = at("high", () => run(x).dataSync());
      const compiled = compile(run);
      for (
        const [precision, expected] of [
          ["highest", exact],
          ["highest", exact],
          ["high", loose],
          ["high", loose],
          ["highest", exact],
        ] as const
      ) {
        using y = at(precision, () => compiled(x));
        assertEquals(y.dataSync(), expected);
      }
      compiled.dispose();
    }),
  );

  it(
    "spreads an infinity over a tile alone",
    clean(() => {
      const x = randn([1, 8, 16, 16]);
      x.select(1, 0).narrow(1, 5, 1).narrow(2, 6, 1).fill_(Infinity);
      const w = randn([8, 8, 3, 3]);
      const y = at(
        "high",
        () => nn.functional.conv2d(x, w, null, { padding: 1 }),
      );
      const finite = y.isFinite().select(1, 0).squeeze(0).cast("int32");
      // Windows that meet it lie in rows 4 to 6 and columns 5 to 7.
      assertEquals(finite.sum().itemSync(), 256 - 16);
      assertEquals(finite.narrow(0, 4, 4).narrow(1, 4, 4).sum().itemSync(), 0);
    }),
  );

  it("is the highest one, and refuses what there is not", () => {
    assertEquals(float32Precision(), "highest");
    assertThrows(
      () => setFloat32Precision("medium" as "high"),
      RangeError,
      'Cannot set the precision of float32 as it must be "highest" or "high": got "medium"',
    );
    assertThrows(
      () => setFloat32Precision(true as unknown as "high"),
      TypeError,
      "got true",
    );
    assertEquals(float32Precision(), "highest");
    assertEquals(at("high", float32Precision), "high");
  });
});
