import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on, waiting } from "../_testing.ts";
import {
  DeviceError,
  DTypeError,
  grad,
  gradcheck,
  GradientError,
  IndexError,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import * as f from "./mod.ts";

const double = (data: number[] | number[][]) =>
  tensor(data, { dtype: "float64", requiresGrad: true });
const int = (data: number[] | number[][]) => tensor(data, { dtype: "int32" });
const bool = (data: boolean[] | boolean[][]) => tensor(data);

const MATRIX = [[0.3, -0.7, 0.45], [0.81, -0.2, -0.55]];
const OTHER = [[-0.5, 0.25, 0.9], [0.15, -0.4, 0.6]];
const DIVISOR = [[0.37, -0.71, 0.47], [0.83, -0.23, -0.57]];
const ABOVE = [[1.3, 2.7, 1.45], [3.81, 1.2, 4.55]];

/** A function, what it is differentiated by, and whether twice. */
type Smooth = readonly [
  name: string,
  fn: (...xs: Tensor[]) => Tensor,
  inputs: readonly number[][][],
  once?: boolean,
];

const SMOOTH: readonly Smooth[] = [
  ["diff", (x) => f.diff(x!, { n: 2 }), [MATRIX]],
  ["hstack", (x, y) => f.hstack([x!, y!]).square(), [MATRIX, OTHER]],
  ["vstack", (x, y) => f.vstack([x!, y!]).square(), [MATRIX, OTHER]],
  [
    "repeatInterleave",
    (x) => f.repeatInterleave(x!, [2, 0, 1], 1).square(),
    [MATRIX],
  ],
  ["tensordot", (x, y) => f.tensordot(x!, y!, [[1], [1]]), [MATRIX, OTHER]],
  ["kron", (x, y) => f.kron(x!, y!), [MATRIX, OTHER]],
  ["cross", (x, y) => f.cross(x!, y!), [MATRIX, OTHER]],
  ["asin", (x) => f.asin(x!), [MATRIX]],
  ["acos", (x) => f.acos(x!), [MATRIX]],
  ["atan", (x) => f.atan(x!), [MATRIX]],
  ["sinh", (x) => f.sinh(x!), [ABOVE]],
  ["cosh", (x) => f.cosh(x!), [MATRIX]],
  ["asinh", (x) => f.asinh(x!), [ABOVE]],
  ["acosh", (x) => f.acosh(x!), [ABOVE]],
  ["atanh", (x) => f.atanh(x!), [MATRIX]],
  ["log10", (x) => f.log10(x!), [ABOVE]],
  ["erfinv", (x) => f.erfinv(x!), [MATRIX]],
  ["lgamma", (x) => f.lgamma(x!), [ABOVE]],
  ["lgamma below 0", (x) => f.lgamma(x!), [MATRIX]],
  ["digamma", (x) => f.digamma(x!), [ABOVE]],
  ["digamma below 0", (x) => f.digamma(x!), [MATRIX]],
  ["sinc", (x) => f.sinc(x!), [ABOVE]],
  ["logaddexp", (a, b) => f.logaddexp(a!, b!), [MATRIX, OTHER]],
  ["fmod", (a, b) => f.fmod(a!, b!), [ABOVE, DIVISOR]],
  ["copysign", (a, b) => f.copysign(a!, b!.detach()), [MATRIX, OTHER], true],
  ["lerp", (a, b, w) => f.lerp(a!, b!, w!), [MATRIX, OTHER, ABOVE]],
  ["addcmul", (x, a, b) => f.addcmul(x!, a!, b!, { value: 2 }), [
    MATRIX,
    OTHER,
    ABOVE,
  ]],
  ["addcdiv", (x, a, b) => f.addcdiv(x!, a!, b!, { value: 2 }), [
    MATRIX,
    OTHER,
    ABOVE,
  ]],
  ["nanToNum", (x) => f.nanToNum(x!), [MATRIX]],
  ["nansum", (x) => f.nansum(x!.square(), 1), [MATRIX]],
  ["nanmean", (x) => f.nanmean(x!.square(), 0), [MATRIX]],
  ["scatter", (x, s) => f.scatter(x!.square(), 1, int([[2, 0], [1, 1]]), s!), [
    MATRIX,
    OTHER,
  ]],
  [
    "scatter of a number",
    (x) => f.scatter(x!.square(), 1, int([[2, 0], [1, 1]]), 3),
    [MATRIX],
  ],
  ...(["sum", "mean", "prod", "amax", "amin"] as const).flatMap((reduce) =>
    [true, false].map((includeSelf): Smooth => [
      `scatterReduce ${reduce} ${includeSelf ? "with" : "without"} itself`,
      (x, s) =>
        f.scatterReduce(
          x!.square(),
          1,
          int([[2, 0, 2], [1, 1, 1]]),
          s!.square(),
          reduce,
          { includeSelf },
        ),
      [MATRIX, OTHER],
    ])
  ),
  [
    "indexAdd",
    (x, s) =>
      f.indexAdd(x!.square(), 0, int([1, 1]), s!.square(), { alpha: 2 }),
    [
      MATRIX,
      OTHER,
    ],
  ],
  [
    "indexCopy",
    (x, s) => f.indexCopy(x!.square(), 0, int([1, 0]), s!.square()),
    [MATRIX, OTHER],
  ],
  ["indexFill", (x) => f.indexFill(x!.square(), 1, int([1]), 4), [MATRIX]],
  [
    "indexPut",
    (x, s) =>
      f.indexPut(
        x!.square(),
        [int([1, 0]), int([2, 2])],
        s!.square().select(1, 0),
      ),
    [
      MATRIX,
      OTHER,
    ],
  ],
  [
    "maskedFill",
    (x) => f.maskedFill(x!.square(), bool([true, false, true]), 3),
    [MATRIX],
  ],
  [
    "maskedSelect",
    (x) => f.maskedSelect(x!.square(), bool([true, false, true])),
    [MATRIX],
  ],
  ["cummax", (x) => f.cummax(x!.square(), 1).values, [MATRIX]],
  ["cummin", (x) => f.cummin(x!.square(), 0).values, [MATRIX]],
  ["logcumsumexp", (x) => f.logcumsumexp(x!, 1), [MATRIX]],
  ["logaddexp of equals", (a, b) => f.logaddexp(a!, b!), [MATRIX, MATRIX]],
  ["logcumsumexp of equals", (x) => f.logcumsumexp(x!, 0), [
    [MATRIX[0]!, MATRIX[0]!],
  ]],
  ...[0, 1, 2].flatMap((zeros) =>
    [true, false].map((includeSelf): Smooth => [
      `products of ${zeros} zeros by scatterReduce ${
        includeSelf ? "with" : "without"
      } itself`,
      (x, s) =>
        f.scatterReduce(x!, 1, int([[0, 0, 0, 2]]), s!, "prod", {
          includeSelf,
        }),
      [[[0, 3, 4]], [[1.5, zeros > 0 ? 0 : 2, zeros > 1 ? 0 : -3, 5]]],
    ])
  ),
  ["kthvalue", (x) => f.kthvalue(x!.square(), 2).values, [MATRIX]],
  ["median", (x) => f.median(x!.square()), [MATRIX]],
  ["median of lines", (x) => f.median(x!.square(), 1).values, [MATRIX]],
  ["nanmedian", (x) => f.nanmedian(x!.square(), 0).values, [MATRIX]],
  ["mode", (x) => f.mode(x!.square(), 0).values, [MATRIX]],
  ...(["linear", "lower", "higher", "midpoint", "nearest"] as const).map(
    (interpolation): Smooth => [
      `quantile, ${interpolation}`,
      (x) => f.quantile(x!.square(), [0.3, 0.8], 1, { interpolation }),
      [MATRIX],
    ],
  ),
  ["nanquantile", (x) => f.nanquantile(x!.square(), 0.3), [MATRIX]],
  ["roll", (x) => f.roll(x!.square(), 1), [MATRIX]],
  ["rot90", (x) => f.rot90(x!.square()), [MATRIX]],
  ["movedim", (x) => f.movedim(x!.square(), 0, 1), [MATRIX]],
  ["unflatten", (x) => f.unflatten(x!.square(), 1, [3, 1]), [MATRIX]],
  ["meshgrid", (x) => f.meshgrid([x!.select(0, 0), x!.select(0, 1)])[1]!, [
    MATRIX,
  ]],
  ["diag", (x) => f.diag(x!.square(), 1), [MATRIX]],
  ["diagEmbed", (x) => f.diagEmbed(x!.square()), [MATRIX]],
  ["mm", (a, b) => f.mm(a!, b!.t()), [MATRIX, OTHER]],
  ["bmm", (a, b) => f.bmm(a!.unsqueeze(1), b!.unsqueeze(2)), [MATRIX, OTHER]],
  [
    "addmm",
    (x, a) => f.addmm(x!, a!, x!.t().matmul(a!), { alpha: 2, beta: 3 }),
    [
      MATRIX,
      OTHER,
    ],
  ],
  [
    "baddbmm",
    (x, a) => f.baddbmm(x!, a!.unsqueeze(0), x!.t().matmul(a!).unsqueeze(0)),
    [
      MATRIX,
      OTHER,
    ],
  ],
  ["trace", (x) => f.trace(x!.square()), [MATRIX]],
  ...[0.5, 1, 2, 3].map((p): Smooth => [
    `cdist, p = ${p}`,
    (a, b) => f.cdist(a!, b!, { p }),
    [MATRIX, OTHER],
  ]),
  ["cov", (x) => f.cov(x!), [MATRIX]],
  ["corrcoef", (x) => f.corrcoef(x!), [[[1, 2, 4, 3], [2, -1, 0, 5]]]],
];

describe("gradients of functions", () => {
  for (const [name, fn, inputs, once] of SMOOTH) {
    it(
      `of ${name} are those of differences`,
      clean(async () => {
        assert(
          await gradcheck(fn, inputs.map(double), { secondOrder: !once }),
        );
      }),
    );
  }
});

/** What has no gradient, and what is tested elsewhere. */
const WITHOUT: ReadonlySet<string> = new Set([
  // Whole numbers and truth values.
  ..."bitwiseAnd bitwiseLeftShift bitwiseNot bitwiseOr bitwiseRightShift"
    .split(" "),
  ..."bitwiseXor floorDivide isClose isInf allClose bincount bucketize"
    .split(" "),
  ..."histogram searchsorted nonzero unique triuIndices trilIndices".split(" "),
  // Random numbers.
  ..."multinomial normal gumbelSoftmax".split(" "),
]);

describe("the table of gradients", () => {
  it("has every function that has one", () => {
    const names = SMOOTH.map(([name]) => /^\w+/.exec(name)![0]);
    const missing = Object.keys(f).filter((name) =>
      !name.endsWith("_") && !WITHOUT.has(name) && !names.includes(name)
    );
    assertEquals(missing, []);
  });
});

describe("special functions in float64", () => {
  /** Points, and values from arithmetic of 30 digits. */
  const check = (found: Tensor, expected: readonly number[]) => {
    const data = found.dataSync();
    expected.forEach((value, i) =>
      assertAlmostEquals(data[i]! / value, 1, 2e-14, `${value}`)
    );
  };

  it(
    "keep their digits, the derivatives of digamma too",
    clean(() => {
      const x = double([0.1, 0.6, 2, 5.5, 20.5, -0.5, -3.7]);
      const y = f.digamma(x).sum();
      const [first] = grad(y, [x], { createGraph: true });
      check(first!, [
        101.433299150793,
        3.63620967090236,
        0.644934066848226,
        0.199342386989628,
        0.049989592429961,
        8.93480220054468,
        14.8424218641243,
      ]);
      const [second] = grad(first!.sum(), [x]);
      check(second!, [
        -2001.86145737834,
        -9.96283153714346,
        -0.404113806319189,
        -0.039608947521302,
        -0.00249843977236773,
        -0.82879664423432,
        -68.8934546886735,
      ]);
    }),
  );

  it(
    "erfinv is right at the ends of its range",
    clean(() => {
      const x = double([1 - 2 ** -53, 1 - 2 ** -40, 1e-300]);
      check(f.erfinv(x), [
        5.86358474875516792720,
        5.05125408524940,
        8.86226925452758e-301,
      ]);
    }),
  );
});

describe("placing by an index", () => {
  it(
    "lets the last of several count, which alone has a gradient",
    clean(() => {
      const x = tensor([1, 2], { requiresGrad: true });
      const src = tensor([5, 6, 7], { requiresGrad: true });
      const y = f.scatter(x, 0, int([0, 0, 0]), src);
      assertEquals(y.toArraySync(), [7, 2]);
      y.sum().backward();
      assertEquals(x.grad!.toArraySync(), [0, 1]);
      assertEquals(src.grad!.toArraySync(), [0, 0, 1]);
    }),
  );

  it(
    "refuses what does not fit, by the name of the function",
    clean(() => {
      const x = tensor([1, 2, 3]);
      const cases: [() => unknown, new (message: string) => Error, string][] = [
        [() => f.scatter(x, 0, int([3]), 1), IndexError, "3"],
        [
          () => f.scatter(x, 0, int([0, 1]), tensor([1])),
          ShapeError,
          "scatter",
        ],
        [
          () => f.scatterReduce(x, 0, int([0]), x, "max" as "amax"),
          RangeError,
          'got "max", expected one of sum, mean, prod, amax, amin',
        ],
        [
          () => f.indexAdd(x, 0, int([0]), x),
          ShapeError,
          "Cannot indexAdd as the source must have shape [1]",
        ],
        [
          () => f.indexCopy(x, 0, int([[0]]), x),
          ShapeError,
          "Cannot indexCopy as the index must have 1 dim",
        ],
        [
          () => f.maskedFill(x, x, 1),
          DTypeError,
          "Cannot maskedFill as the mask must be bool: got float32",
        ],
        [() => f.maskedSelect(x, int([1, 0, 1])), DTypeError, "mask must be"],
        [() => f.indexPut(x, 1 as never, 1), TypeError, "must be an array"],
        [
          () => f.indexPut_(x.requiresGrad_(), [0], 1),
          GradientError,
          "in place",
        ],
        [
          () => f.bitwiseAnd(x, 1),
          DTypeError,
          "Cannot bitwiseAnd as it takes int32 and bool: got float32",
        ],
        [() => f.bitwiseNot(x), DTypeError, "bitwiseNot"],
        [
          () => f.scatterReduce(x.gt(0), 0, int([0]), x.gt(0), "mean"),
          DTypeError,
          "Cannot scatterReduce as bools have no mean: cast them",
        ],
        [() => f.bitwiseOr(int([1]), 0.5), DTypeError, "float32"],
        [() => f.isClose(x, x, { rtol: -1 }), RangeError, "rtol"],
      ];
      for (const [call, type, message] of cases) {
        assertThrows(call, type, message, String(call));
      }
    }),
  );

  it(
    "by values says what to do on a device that is read with await",
    () =>
      on(waiting("far away"), async () => {
        const x = tensor([1, 0]);
        assertThrows(
          () => f.nonzero(x),
          DeviceError,
          'bring it over with await x.to("cpu-typedarray")',
        );
        using near = await x.to("cpu-typedarray");
        using found = f.nonzero(near);
        assertEquals(await found.toArray(), [[0]]);
        x.dispose();
      }),
  );
});

describe("functions of order, counts and shape", () => {
  it(
    "refuse what does not fit",
    clean(() => {
      const x = tensor([[1, 2, 3], [4, 5, 6]]);
      const none = tensor([]);
      const cases: [() => unknown, new (message: string) => Error, string][] = [
        [() => f.kthvalue(x, 4), RangeError, "integer from 1 to 3"],
        [() => f.kthvalue(x, 0), RangeError, "integer from 1 to 3"],
        [() => f.median(none, 0), ShapeError, "has no elements"],
        [() => f.mode(none), ShapeError, "has no elements"],
        [() => f.quantile(x, 1.5), RangeError, "a number from 0 to 1"],
        [() => f.quantile(x, [0.5, NaN]), RangeError, "a number from 0 to 1"],
        [() => f.quantile(x, tensor([2])), RangeError, "from 0 to 1"],
        [() => f.quantile(none, 0.5), ShapeError, "no elements"],
        [
          () => f.quantile(x, 0.5, 0, { interpolation: "cubic" as "linear" }),
          RangeError,
          "expected one of linear",
        ],
        [() => f.bincount(int([1, -1])), RangeError, "negative: got -1"],
        [() => f.bincount(tensor([1])), DTypeError, "whole numbers"],
        [() => f.bincount(int([[1]])), ShapeError, "vector"],
        [() => f.histogram(x, 0), RangeError, "positive integer: got 0"],
        [() => f.histogram(x, tensor([1])), ShapeError, "edges"],
        [() => f.histogram(x, 2, { range: [2, 1] }), RangeError, "ascending"],
        [() => f.searchsorted(x, tensor([1])), ShapeError, "leading dims"],
        [() => f.bucketize(x, x), ShapeError, "must be a vector"],
        [() => f.roll(x, [1, 2], 0), ShapeError, "one integer shift"],
        [() => f.roll(x, [1, 2]), ShapeError, "for all elements"],
        [() => f.rot90(x, 1, [0, 0]), IndexError, "appears twice"],
        [() => f.rot90(x, 0.5), ShapeError, "an integer and two different"],
        [() => f.movedim(x, [0, 1], 0), ShapeError, "one place for each dim"],
        [() => f.unflatten(x, 1, [2, -1]), ShapeError, "multiply to it"],
        [() => f.meshgrid([x]), ShapeError, "other than vectors"],
        [
          () => f.meshgrid([none], { indexing: "no" as "ij" }),
          RangeError,
          '"ij" or "xy"',
        ],
        [() => f.diag(x.unsqueeze(0)), ShapeError, "use diagEmbed"],
        [() => f.diagEmbed(x, { dim1: 0, dim2: 0 }), ShapeError, "different"],
        [() => f.triuIndices(-1, 2), RangeError, "non-negative"],
        [() => f.mm(x, x.unsqueeze(0)), ShapeError, "use matmul for others"],
        [
          () => f.bmm(x.unsqueeze(0), x.t().expand([2, 3, 2])),
          ShapeError,
          "batches",
        ],
        [() => f.trace(none), ShapeError, "Cannot trace"],
        [() => f.cdist(x, x.t()), ShapeError, "rows of one length"],
        [() => f.cdist(x, x, { p: -1 }), RangeError, "negative: got -1"],
        [() => f.cov(x, { aweights: none }), ShapeError, "one weight"],
      ];
      for (const [call, type, message] of cases) {
        assertThrows(call, type, message, String(call));
      }
    }),
  );

  it(
    "count NaN as different from NaN",
    clean(() => {
      const { values, counts } = f.unique(tensor([NaN, 1, NaN]));
      assertEquals(values.toArraySync(), [1, NaN, NaN]);
      assertEquals(counts.toArraySync(), [1, 1, 1]);
    }),
  );

  it(
    "find the different elements of every dtype, the first of equal ones",
    clean(() => {
      const found = (x: Tensor) => {
        const { values, inverse, counts } = f.unique(x);
        return [values, inverse, counts].map((y) => y.toArraySync());
      };
      assertEquals(found(tensor([NaN, 1, 0, -0, NaN, 1])), [
        [0, 1, NaN, NaN],
        [2, 1, 0, 0, 3, 1],
        [2, 2, 1, 1],
      ]);
      assertEquals(found(tensor([-0, 0])), [[-0], [0, 0], [2]]);
      assertEquals(found(tensor([[true, false], [true, true]])), [
        [false, true],
        [[1, 0], [1, 1]],
        [1, 3],
      ]);
      for (const dtype of ["int32", "float16", "float64"] as const) {
        const x = tensor([5, 3, 5], { dtype });
        assertEquals(found(x), [[3, 5], [1, 0, 1], [1, 2]]);
      }
      assertEquals(found(tensor(3)), [[3], 0, [1]]);
      assertEquals(found(tensor([])), [[], [], []]);
    }),
  );

  it(
    "find the places of triangles, of masks and of indices",
    clean(() => {
      for (const [rows, columns] of [[0, 2], [2, 3], [4, 2]] as const) {
        for (const offset of [-9, -1, 0, 1, 0.5, 9]) {
          for (const upper of [true, false]) {
            const expected: number[][] = [[], []];
            for (let i = 0; i < rows; i++) {
              for (let j = 0; j < columns; j++) {
                if (upper ? j - i < offset : j - i > offset) continue;
                expected[0]!.push(i);
                expected[1]!.push(j);
              }
            }
            const of = upper ? f.triuIndices : f.trilIndices;
            const found = of(rows, columns, { offset });
            assertEquals(found.toArraySync(), expected);
          }
        }
      }
      const mask = tensor([[true, false, true], [false, false, true]]);
      assertEquals(f.nonzero(mask).toArraySync(), [[0, 0], [0, 2], [1, 2]]);
      const row = tensor([1, 2, 3]);
      assertEquals(f.maskedSelect(row, mask).toArraySync(), [1, 3, 3]);
      assertEquals(f.maskedSelect(tensor(4), tensor(true)).toArraySync(), [4]);
      const none = mask.logicalXor(mask);
      assertEquals(f.maskedSelect(row, none).toArraySync(), []);
      assertEquals(f.nonzero(none).shape, [0, 2]);
      assertEquals(row.index(tensor([true, false, true])).toArraySync(), [
        1,
        3,
      ]);
      const x = f.indexPut(
        zeros([2, 3]),
        [":", int([2, -3])],
        tensor([7, 8]),
      );
      assertEquals(x.toArraySync(), [[8, 0, 7], [8, 0, 7]]);
      const bools = tensor([true, true, false]);
      assertEquals(f.bincount(bools).toArraySync(), [1, 2]);
      assertEquals(f.bincount(int([]), { minLength: 2 }).toArraySync(), [0, 0]);
    }),
  );
});

describe("allClose", () => {
  it(
    "is what isClose is of all elements",
    clean(async () => {
      const x = tensor([1, 2]);
      assertEquals(await f.allClose(x, tensor([1, 2.000001])), true);
      assertEquals(await f.allClose(x, tensor([1, 2.1])), false);
      assertEquals(await f.allClose(x, tensor([1, 2.1]), { atol: 0.2 }), true);
      const nan = tensor([NaN]);
      assertEquals(await f.allClose(nan, nan), false);
      assertEquals(await f.allClose(nan, nan, { equalNan: true }), true);
    }),
  );
});

describe("functions that join and multiply", () => {
  it(
    "refuse what they cannot take",
    clean(() => {
      const x = tensor([[1, 2], [3, 4]]);
      assertThrows(() => f.diff(x, { n: -1 }), RangeError, "-1");
      assertThrows(() => f.diff(tensor(1)), ShapeError, "0-d");
      assertThrows(() => f.hstack([]), TypeError, "at least one");
      assertThrows(() => f.vstack(x as never), TypeError, "one array");
      assertThrows(() => f.repeatInterleave(x, -1), RangeError, "-1");
      assertThrows(() => f.repeatInterleave(x, [1, 2]), ShapeError, "4");
      assertThrows(
        () => f.repeatInterleave(x, int([1, 2]) as never),
        TypeError,
        "array",
      );
      assertThrows(() => f.tensordot(x, x, 3), ShapeError, "3 dims");
      assertThrows(() => f.tensordot(x, x, [[0], [0, 1]]), ShapeError, "match");
      assertThrows(
        () => f.tensordot(x, x, [[0, 0], [0, 1]]),
        ShapeError,
        "once",
      );
      assertThrows(() => f.tensordot(x, x, "ij" as never), TypeError, "lists");
      assertThrows(() => f.cross(x, x), ShapeError, "3 coordinates");
    }),
  );
});
