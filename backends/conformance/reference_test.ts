import type { DType, Shape } from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  constant,
  indexAlong,
  type Op,
  scalar,
  threefry,
} from "@tenfold/core/backend";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { evaluator } from "./ops/evaluate.ts";
import { fit, type Plain, positions } from "./ops/plain.ts";
import { reference } from "./ops/table.ts";

const plain = (
  data: readonly number[],
  shape: Shape = [data.length],
  dtype: DType = "float32",
): Plain => ({ data, shape, dtype });

const int = (data: readonly number[], shape?: Shape) =>
  plain(data, shape, "int32");

/** The numbers of the results of an op. */
const run = (op: Op, ...inputs: Plain[]): (readonly number[])[] =>
  reference(op, inputs).map(({ data }) => data);

const GRID = plain([1, 2, 3, 4, 5, 6], [2, 3]);

describe("fit", () => {
  it("casts as tensors do", () => {
    assertEquals(fit("float32", 0.1), Math.fround(0.1));
    assertEquals(fit("float64", 0.1), 0.1);
    assertEquals([0, -0, 0.1, NaN].map((x) => fit("bool", x)), [0, 0, 1, 1]);
    assertEquals(
      [1.9, -1.9, NaN, 3e9, -3e9, Infinity].map((x) => fit("int32", x)),
      [1, -1, 0, 2147483647, -2147483648, 2147483647],
    );
  });
});

describe("positions", () => {
  it("are in C order", () => {
    assertEquals(positions([2, 2]), [[0, 0], [0, 1], [1, 0], [1, 1]]);
    assertEquals(positions([]), [[]]);
    assertEquals(positions([2, 0]), []);
  });
});

describe("elementwise primitives", () => {
  it("broadcast and promote", () => {
    const [sum] = reference({ name: "add" }, [
      int([1, 2], [2, 1]),
      plain([0.5, 10]),
    ]);
    assertEquals(sum, plain([1.5, 11, 2.5, 12], [2, 2]));
  });

  it("take numbers among their operands", () => {
    assertEquals(
      run({ name: "sub", operands: [10, null] }, plain([1, 2])),
      [[9, 8]],
    );
    assertEquals(
      run({ name: "pow", operands: [null, 2] }, int([3, -4])),
      [[9, 16]],
    );
  });

  it("wrap integers to 32 bits", () => {
    const top = int([2147483647, -2147483648]);
    assertEquals(run({ name: "add", operands: [null, 1] }, top), [[
      -2147483648,
      -2147483647,
    ]]);
    assertEquals(run({ name: "square" }, int([65536, 65537])), [[0, 131073]]);
    assertEquals(run({ name: "abs" }, top), [[2147483647, -2147483648]]);
  });

  it("give the remainder the sign of the divisor", () => {
    const op = { name: "remainder" } as const;
    assertEquals(
      run(op, plain([5, -5, 5, -5, 5]), plain([3, 3, -3, -3, 0])),
      [[2, 1, -1, -2, NaN]],
    );
    assertEquals(run(op, int([5, -5, 5]), int([3, 3, 0])), [[2, 1, 0]]);
  });

  it("round halves to even and keep NaN", () => {
    assertEquals(
      run({ name: "round" }, plain([0.5, 1.5, 2.5, -0.5])),
      [[0, 2, 2, -0]],
    );
    assertEquals(
      run({ name: "maximum" }, plain([NaN, 1]), plain([1, NaN])),
      [[NaN, NaN]],
    );
    assertEquals(
      run({ name: "clamp", operands: [null, -1, 1] }, plain([-3, NaN, 3])),
      [[-1, NaN, 1]],
    );
  });

  it("know the values of tables", () => {
    const at = (name: "erf" | "gelu" | "sigmoid" | "softplus", x: number) =>
      run({ name }, plain([x], [1], "float64"))[0]![0]!;
    assertAlmostEquals(at("erf", 0.5), 0.5204998778130465, 1e-15);
    assertAlmostEquals(at("gelu", 1), 0.8413447460685429, 1e-15);
    assertAlmostEquals(at("sigmoid", 2), 0.8807970779778823, 1e-15);
    assertAlmostEquals(at("softplus", 3), 3.048587351573742, 1e-15);
  });
});

describe("reductions", () => {
  it("fold over dims", () => {
    assertEquals(run({ name: "sum", dims: [0], keepDim: false }, GRID), [[
      5,
      7,
      9,
    ]]);
    const [kept] = reference({ name: "mean", dims: [1], keepDim: true }, [
      GRID,
    ]);
    assertEquals(kept, plain([2, 5], [2, 1]));
    assertEquals(run({ name: "prod", dims: [], keepDim: false }, GRID), [
      GRID.data,
    ]);
  });

  it("have identities and refuse to divide by fewer than nothing", () => {
    const none = plain([], [0]);
    const over = { dims: [0], keepDim: false };
    assertEquals(run({ name: "sum", ...over }, none), [[0]]);
    assertEquals(run({ name: "prod", ...over }, none), [[1]]);
    assertEquals(run({ name: "all", ...over }, none), [[1]]);
    assertEquals(run({ name: "mean", ...over }, none), [[NaN]]);
    assertEquals(run({ name: "logsumexp", ...over }, none), [[-Infinity]]);
    const one = plain([3]);
    assertEquals(run({ name: "variance", ...over, correction: 1 }, one), [[
      NaN,
    ]]);
  });

  it("compute the variance with a correction", () => {
    const over = { dims: [0], keepDim: false };
    const x = plain([1, 2, 3, 4]);
    assertEquals(run({ name: "variance", ...over, correction: 0 }, x), [[
      1.25,
    ]]);
    assertEquals(run({ name: "variance", ...over, correction: 1 }, x), [[
      Math.fround(5 / 3),
    ]]);
  });

  it("find the first extreme; NaN wins", () => {
    const x = plain([1, 3, 3, NaN, 5, NaN], [2, 3]);
    const op = { dim: 1, keepDim: false };
    assertEquals(run({ name: "argmax", ...op }, x), [[1, 0]]);
    assertEquals(run({ name: "argmin", ...op }, x), [[0, 0]]);
  });
});

describe("operations along a dim", () => {
  it("sum up", () => {
    assertEquals(run({ name: "cumsum", dim: 0 }, GRID), [[1, 2, 3, 5, 7, 9]]);
    assertEquals(run({ name: "cumsum", dim: 1 }, GRID), [[1, 3, 6, 4, 9, 15]]);
  });

  it("normalise", () => {
    const [y] = run({ name: "softmax", dim: 0 }, plain([0, Math.log(3)]));
    assertAlmostEquals(y![0]!, 0.25, 1e-7);
    const [log] = run({ name: "logSoftmax", dim: 0 }, plain([1000, 1000]));
    assertAlmostEquals(log![0]!, -Math.LN2, 1e-7);
  });

  it("sort stably, NaN last, or first when descending", () => {
    const x = plain([2, NaN, 1, 2, NaN, -0, 0]);
    const op = { name: "sort", dim: 0 } as const;
    assertEquals(run({ ...op, descending: false }, x), [
      [-0, 0, 1, 2, 2, NaN, NaN],
      [5, 6, 2, 0, 3, 1, 4],
    ]);
    assertEquals(run({ ...op, descending: true }, x), [
      [NaN, NaN, 2, 2, 1, -0, 0],
      [1, 4, 0, 3, 2, 5, 6],
    ]);
  });
});

describe("movements", () => {
  it("place elements as they say", () => {
    assertEquals(run({ name: "permute", dims: [1, 0] }, GRID), [[
      1,
      4,
      2,
      5,
      3,
      6,
    ]]);
    assertEquals(
      run(
        { name: "slice", dim: 1, start: 2, length: 2, step: -2 },
        GRID,
      ),
      [[3, 1, 6, 4]],
    );
    assertEquals(
      run({ name: "unfold", dim: 1, size: 2, step: 1 }, GRID),
      [[1, 2, 2, 3, 4, 5, 5, 6]],
    );
    assertEquals(
      run({ name: "diagonal", shift: 1, dim1: 0, dim2: 1 }, GRID),
      [[2, 6]],
    );
    assertEquals(run({ name: "expand", shape: [2, 2] }, plain([7, 8])), [[
      7,
      8,
      7,
      8,
    ]]);
  });

  it("go backwards in place", () => {
    const windows = [
      { name: "slice", dim: 0, start: 3, length: 2, step: -2 },
    ] as const;
    assertEquals(
      run({ name: "place", shape: [5], value: -1, windows }, plain([7, 8])),
      [[-1, 8, -1, 7, -1]],
    );
  });

  it("put tensors behind each other and cut triangles", () => {
    assertEquals(
      run({ name: "cat", dim: 1 }, GRID, plain([9, 8], [2, 1])),
      [[1, 2, 3, 9, 4, 5, 6, 8]],
    );
    assertEquals(run({ name: "tril", diagonal: 0 }, GRID), [[
      1,
      0,
      0,
      4,
      5,
      0,
    ]]);
    assertEquals(run({ name: "triu", diagonal: 1 }, GRID), [[
      0,
      2,
      3,
      0,
      0,
      6,
    ]]);
  });
});

describe("what is made out of nothing", () => {
  it("counts, fills and marks", () => {
    const dtype = "int32";
    assertEquals(
      run({ name: "arange", start: 3, step: -2, length: 3, dtype }),
      [[3, 1, -1]],
    );
    assertEquals(run({ name: "eye", rows: 2, columns: 3, dtype }), [[
      1,
      0,
      0,
      0,
      1,
      0,
    ]]);
    assertEquals(run({ name: "full", shape: [2], value: 2.5, dtype: "bool" }), [
      [1, 1],
    ]);
  });

  it("draws from the bits of Threefry", () => {
    const key = [7, 8] as const;
    const bits = [0, 1, 2].map((i) => threefry(7, 8, i, 0) >>> 0);
    const op = { name: "random", key, shape: [3], dtype: "float32" } as const;
    assertEquals(
      run({ ...op, distribution: "uniform", low: 0, high: 1 }),
      [bits.map((b) => (b >>> 8) / 2 ** 24)],
    );
    assertEquals(
      run({ ...op, distribution: "integer", low: -5, high: 5 }),
      [bits.map((b) => (b >>> 1) % 10 - 5)],
    );
  });

  it("draws numbers that are as normal as they should be", () => {
    const [z] = run({
      name: "random",
      distribution: "normal",
      key: [1, 2],
      low: 1,
      high: 2,
      shape: [4000],
      dtype: "float64",
    });
    const mean = z!.reduce((a, b) => a + b, 0) / z!.length;
    // 95 % of them are less than 1.959964 standard deviations away.
    const within = z!.filter((x) => Math.abs(x - 1) < 2 * 1.959964).length;
    assertAlmostEquals(mean, 1, 0.1);
    assertAlmostEquals(within / z!.length, 0.95, 0.015);
  });
});

describe("products and picks", () => {
  it("multiply matrices of broadcast batches and add a bias", () => {
    const a = int([1, 2, 3, 4], [2, 2]);
    const b = int([1, 0, 0, 1, 0, 1, 1, 0], [2, 2, 2]);
    assertEquals(run({ name: "matmul" }, a, b, int([10, 20])), [[
      11,
      22,
      13,
      24,
      12,
      21,
      14,
      23,
    ]]);
    assertEquals(
      run({ name: "linear" }, GRID, plain([1, 0, -1], [1, 3]), plain([0.5])),
      [[-1.5, -1.5]],
    );
  });

  it("gather along a dim, and add back", () => {
    const index = int([2, 0, 0, 1], [2, 2]);
    assertEquals(run({ name: "gather", dim: 1 }, GRID, index), [[3, 1, 4, 5]]);
    const ones = plain([1, 1, 10, 10], [2, 2]);
    assertEquals(
      run(
        { name: "scatterAdd", dim: 1 },
        plain([0, 0, 0, 0, 0, 0], [2, 3]),
        int([2, 2, 0, 1], [2, 2]),
        ones,
      ),
      [[0, 0, 2, 10, 10, 0]],
    );
  });
});

describe("expressions", () => {
  const x = arg(0, "float32");

  it("are evaluated in float64, or rounded at every node", () => {
    const third = call("div", x, constant(3, "float32"));
    const environment = { args: [1], scalars: [] };
    assertEquals(evaluator(third)(environment), 1 / 3);
    assertEquals(evaluator(third, true)(environment), Math.fround(1 / 3));
  });

  it("see scalars, positions and the accumulator", () => {
    const expr = call(
      "add",
      call("mul", scalar(0, "float32"), castExpr(indexAlong(1), "float32")),
      { kind: "accumulator", dtype: "float32" },
    );
    const environment = {
      args: [],
      scalars: [2],
      position: [5, 7],
      accumulator: 100,
    };
    assertEquals(evaluator(expr)(environment), 114);
  });

  it("change targets as they were before", () => {
    const [a, b] = [arg(0, "int32"), arg(1, "int32")];
    const op: Op = {
      name: "update",
      targets: 2,
      program: {
        label: "swap and add",
        inputs: ["int32", "int32"],
        exprs: [b, call("add", a, scalar(0, "int32"))],
      },
      scalars: [10],
    };
    assertEquals(run(op, int([1, 2]), int([3, 4])), [[3, 4], [11, 12]]);
  });

  it("are summed", () => {
    const op: Op = {
      name: "mapSum",
      formula: {
        label: "square",
        inputs: ["float32"],
        scalars: 0,
        expr: call("mul", x, x),
      },
      scalars: [],
      dims: [0],
      keepDim: false,
      divisor: 2,
    };
    assertEquals(run(op, plain([1, 2, 3])), [[7]]);
  });
});
