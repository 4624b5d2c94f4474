import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  arg,
  call,
  constant,
  type Expr,
  indexAlong,
  scalar,
  SCALAR_FUNCTIONS,
  type ScalarFunction,
  threefry,
} from "@tenfold/core/backend";
import type { WebgpuBackend } from "../backend.ts";
import { describeWithAdapter, openWith } from "../testing.ts";

const { fround } = Math;

/** Zeros, infinities, NaN, and numbers on the borders of formulas. */
const EDGES = Float32Array.of(
  ...[0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3, -3, 10, -10],
  ...[Infinity, -Infinity, NaN, 1e-30, -1e-30, 1e30, -1e30],
  ...[2 ** -126, -(2 ** -126), 3.4e38, -3.4e38, 2 ** 24, 2 ** 24 + 2],
  ...[8388609, -8388609, 8388607.5, 0.49999997, -0.49999997, 88.5, -103],
);

/** The distance of two neighbouring floats at x. */
function ulpOf(x: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  return 2 ** (Math.max(exponent, -126) - 23);
}

function range(low: number, high: number, count = 4000): number[] {
  return Array.from(
    { length: count },
    (_, i) => fround(low + (high - low) * i / (count - 1)),
  );
}

/** Both signs, evenly over the exponents. */
function scales(low: number, high: number, count = 2000): number[] {
  const exponents = range(Math.log2(low), Math.log2(high), count);
  return exponents.flatMap((e) => [fround(2 ** e), -fround(2 ** e)]);
}

const WIDE = [
  ...EDGES,
  ...range(-110, 110),
  ...range(-2, 2),
  ...scales(1e-37, 3e38),
];

/** Errors in units in the last place, as measured on a software adapter. */
const UNARY: Partial<Record<ScalarFunction, number>> = {
  exp: 1.5,
  expm1: 1.6,
  log: 1,
  log1p: 1.6,
  log2: 2.5,
  sqrt: 1,
  rsqrt: 1.6,
  reciprocal: 1,
  tanh: 3,
  sigmoid: 3,
  erf: 3,
  gelu: 8,
  softplus: 2.5,
  floor: 0,
  ceil: 0,
  round: 0,
  trunc: 0,
  neg: 0,
  abs: 0,
  sign: 0,
};

const BINARY: Partial<Record<ScalarFunction, number>> = {
  add: 0.5,
  sub: 0.5,
  mul: 0.5,
  div: 2.5,
  remainder: 0.5,
  pow: 2,
  max: 0,
  min: 0,
  atan2: 3.5,
};

describeWithAdapter("WGSL scalar functions", () => {
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openWith();
  });
  afterAll(() => gpu.dispose());

  /** Computes an expression over inputs, all of `dtype`. */
  async function run(
    expr: Expr,
    inputs: readonly (Float32Array | Int32Array)[],
    size = inputs[0]!.length,
    scalars: readonly number[] = [],
  ): Promise<Float32Array | Int32Array | Uint8Array> {
    const dtypes = inputs.map((input) =>
      input instanceof Int32Array ? "int32" as const : "float32" as const
    );
    const launch = gpu.prepare({
      kind: "map",
      rank: 1,
      outputs: [{ dtype: expr.dtype, access: "dense" }],
      inputs: dtypes.map((dtype) => ({ dtype, access: "dense" })),
      exprs: [expr],
      scalars: scalars.length,
    })!;
    const out = gpu.alloc(expr.dtype, size);
    const buffers = inputs.map((input, i) => {
      const buffer = gpu.alloc(dtypes[i]!, size);
      gpu.write(buffer, 0, input);
      return buffer;
    });
    launch({
      shape: [size],
      buffers: [out, ...buffers],
      offsets: new Array(buffers.length + 1).fill(0),
      strides: new Array(buffers.length + 1).fill([1]),
      scalars,
    });
    const result = await gpu.read(out, 0, size);
    for (const buffer of [out, ...buffers]) gpu.free(buffer);
    return result as Float32Array;
  }

  async function worstOf(
    fn: ScalarFunction,
    inputs: readonly Float32Array[],
  ): Promise<{ ulps: number; at: string }> {
    const expr = call(fn, ...inputs.map((_, i) => arg(i, "float32")));
    const results = await run(expr, inputs);
    const worst = { ulps: 0, at: "" };
    const evaluate = SCALAR_FUNCTIONS[fn].evaluate as (
      dtype: "float32",
      ...operands: number[]
    ) => number;
    results.forEach((got, i) => {
      const operands = inputs.map((input) => input[i]!);
      const exact = evaluate("float32", ...operands);
      let ulps = Math.abs(got - exact) / ulpOf(exact);
      if (Object.is(got, fround(exact))) ulps = 0;
      else if (Math.abs(exact) < 2 ** -126 && Math.abs(got) <= 2 ** -126) {
        // Subnormal results may count as zero, but keep their sign.
        ulps = Object.is(Math.sign(got) || got, Math.sign(exact) || exact) ||
            exact !== 0 && got === 0
          ? 0
          : 1;
      } else if (!Number.isFinite(fround(exact)) || !Number.isFinite(got)) {
        // The largest float and infinity are neighbours.
        ulps = Math.abs(exact) > 3.3e38 && Math.abs(got) > 3.3e38 &&
            Math.sign(got) === Math.sign(exact)
          ? 0
          : Infinity;
      }
      if (ulps > worst.ulps) {
        Object.assign(worst, {
          ulps,
          at: `${fn}(${operands.join(", ")}) is ${got}, expected ${exact}`,
        });
      }
    });
    return worst;
  }

  for (const [fn, limit] of Object.entries(UNARY)) {
    it(`computes ${fn} within ${limit} units in the last place`, async () => {
      const { ulps, at } = await worstOf(
        fn as ScalarFunction,
        [Float32Array.from(WIDE)],
      );
      assert(ulps <= limit, `${ulps} units: ${at}`);
    });
  }

  it("computes the slope of GELU within 2^-21", async () => {
    const x = Float32Array.from([...EDGES, ...range(-14, 14)]);
    const got = await run(call("geluSlope", arg(0, "float32")), [x]);
    x.forEach((at, i) => {
      const exact = SCALAR_FUNCTIONS.geluSlope.evaluate("float32", at);
      const close = Number.isNaN(exact)
        ? Number.isNaN(got[i])
        : Math.abs(got[i]! - exact) <= 2 ** -21;
      assert(close, `the slope at ${at} is ${got[i]}, expected ${exact}`);
    });
  });

  for (const fn of ["sin", "cos", "tan"] as const) {
    it(`computes ${fn} of small and of huge angles`, async () => {
      const x = Float32Array.from(
        [...EDGES, ...range(-30, 30), ...scales(1e-30, 3e38)],
      );
      const got = await run(call(fn, arg(0, "float32")), [x]);
      x.forEach((angle, i) => {
        const exact = Math[fn](angle);
        const close = Number.isNaN(exact)
          ? Number.isNaN(got[i])
          : Math.abs(got[i]! - exact) <=
              2 ** -21 * Math.max(1, Math.abs(exact)) ||
            Math.abs(got[i]! - exact) <= 2 ** -21 * Math.abs(exact);
        assert(close, `${fn}(${angle}) is ${got[i]}, expected ${exact}`);
        if (angle === 0 && fn !== "cos") assert(Object.is(got[i], angle));
      });
    });
  }

  for (const [fn, limit] of Object.entries(BINARY)) {
    it(`computes ${fn} within ${limit} units, at every pair of edges`, async () => {
      const pairs: [number, number][] = [];
      for (const x of EDGES) for (const y of EDGES) pairs.push([x, y]);
      const [xs, ys] = [range(-9, 9, 3000), range(7.1, -6.3, 2999)];
      xs.forEach((x, i) => pairs.push([x, ys[i % ys.length]!]));
      scales(1e-18, 1e18, 1500).forEach((x, i) =>
        pairs.push([Math.abs(x), ys[(i * 7) % ys.length]!])
      );
      const { ulps, at } = await worstOf(fn as ScalarFunction, [
        Float32Array.from(pairs, ([x]) => x),
        Float32Array.from(pairs, ([, y]) => y),
      ]);
      assert(ulps <= limit, `${ulps} units: ${at}`);
    });
  }

  for (const fn of ["eq", "ne", "lt", "le", "gt", "ge"] as const) {
    it(`compares by ${fn} with NaN, infinities and zeros`, async () => {
      const pairs: [number, number][] = [];
      for (const x of EDGES) for (const y of EDGES) pairs.push([x, y]);
      const [x, y] = [0, 1].map((k) => Float32Array.from(pairs, (p) => p[k]!));
      const got = await run(
        call(fn, arg(0, "float32"), arg(1, "float32")),
        [x!, y!],
      );
      pairs.forEach(([a, b], i) => {
        const wanted = SCALAR_FUNCTIONS[fn].evaluate(
          "float32",
          fround(a),
          fround(b),
        );
        assertEquals(got[i], wanted, `${fn}(${a}, ${b})`);
      });
    });
  }

  it("lets nothing fold what NaN, infinities and signed zeros keep apart", async () => {
    const x = arg(0, "float32");
    const zero = constant(0, "float32");
    const rules: [string, Expr, (x: number) => number][] = [
      ["x - x", call("sub", x, x), (x) => x - x],
      ["x / x", call("div", x, x), (x) => x / x],
      ["x * 0", call("mul", x, zero), (x) => x * 0],
      ["x + 0", call("add", x, zero), (x) => x + 0],
      ["0 - x", call("sub", zero, x), (x) => 0 - x],
      ["x * -0", call("mul", x, constant(-0, "float32")), (x) => x * -0],
      [
        "x > 0 ? x : 0",
        call("select", call("gt", x, zero), x, zero),
        (x) => x > 0 ? x : 0,
      ],
      [
        "x <= 0 ? 0 : x",
        call("select", call("le", x, zero), zero, x),
        (x) => x <= 0 ? 0 : x,
      ],
      [
        "(x + 1) - x",
        call("sub", call("add", x, constant(1, "float32")), x),
        (x) => fround(fround(x + 1) - x),
      ],
    ];
    for (const [name, expr, exact] of rules) {
      const got = await run(expr, [EDGES]);
      EDGES.forEach((x, i) =>
        assert(
          Object.is(got[i], fround(exact(x))),
          `${name} at ${x} is ${got[i]}`,
        )
      );
    }
  });

  const SMALL = Float32Array.of(
    ...[0, -0, 2 ** -149, -(2 ** -149), 1e-45, 3e-45, 1e-40, -1e-40, 5e-41],
    ...[-5e-41, 1.1e-38, -1.1e-38, 2 ** -126, -(2 ** -126), 1, -1],
  );

  it("chooses among numbers that a comparison may take for 0", async () => {
    const pairs = [...SMALL].flatMap((a) => [...SMALL].map((b) => [a, b]));
    const [a, b] = [0, 1].map((k) => Float32Array.from(pairs, (p) => p[k]!));
    const [x, y] = [arg(0, "float32"), arg(1, "float32")];
    const cases: [string, Expr, (a: number, b: number) => number][] = [
      ["max", call("max", x, y), Math.max],
      ["min", call("min", x, y), Math.min],
      [
        "max(max(x, -x), y)",
        call("max", call("max", x, call("neg", x)), y),
        (a, b) => Math.max(a, -a, b),
      ],
    ];
    for (const [name, expr, meaning] of cases) {
      const got = await run(expr, [a!, b!]);
      pairs.forEach(([a, b], i) => {
        const right = meaning(a!, b!);
        // The operand itself, or 0 for a subnormal one: nothing else.
        const flushed = Math.abs(right) < 2 ** -126 && got[i] === 0;
        assert(
          got[i] === right || flushed,
          `${name} of ${a} and ${b} is ${got[i]}`,
        );
      });
    }
  });

  it("divides by numbers whose reciprocal is subnormal", async () => {
    const large = [2 ** 126, 2 ** 126 * 1.5, 2 ** 127, 3e38, 3.4028235e38];
    const pairs = large.flatMap((b) =>
      [b, -b].flatMap((b) =>
        [1e38, 3e38, -3.4028235e38, 2 ** 127, 1, 0, -0, 1e-30, Infinity, NaN]
          .map((a) => [fround(a), fround(b)] as const)
      )
    );
    const inputs = [0, 1].map((k) => Float32Array.from(pairs, (p) => p[k]!));
    for (const fn of ["div", "atan2"] as const) {
      const got = await run(
        call(fn, arg(0, "float32"), arg(1, "float32")),
        inputs,
      );
      pairs.forEach(([a, b], i) => {
        const right = SCALAR_FUNCTIONS[fn].evaluate("float32", a, b);
        const close = Object.is(got[i], fround(right)) ||
          Math.abs(right) < 2 ** -126 && Math.abs(got[i]!) < 2 ** -126 ||
          Math.abs(got[i]! - right) <= 4 * ulpOf(right);
        assert(close, `${fn}(${a}, ${b}) is ${got[i]}, expected ${right}`);
      });
    }
  });

  it("raises negative bases to subnormal exponents", async () => {
    const exponents = [...SMALL].filter((y) =>
      y !== 0 && Math.abs(y) < 2 ** -126
    );
    const bases = [-2, -1, -0.5, -Infinity, 2, 0];
    const pairs = bases.flatMap((x) => exponents.map((y) => [x, y] as const));
    const inputs = [0, 1].map((k) => Float32Array.from(pairs, (p) => p[k]!));
    const got = await run(
      call("pow", arg(0, "float32"), arg(1, "float32")),
      inputs,
    );
    pairs.forEach(([x, y], i) => {
      const right = SCALAR_FUNCTIONS.pow.evaluate("float32", x, y);
      // As it is, or with 0 for the exponent.
      const close = Object.is(got[i], fround(right)) || got[i] === 1;
      assert(close, `${x} ** ${y} is ${got[i]}, expected ${right}`);
    });
  });

  it("takes integer remainders of every sign", async () => {
    const numbers = [7, -7, 1, -1, 3, -3, 100, -100, 2147483647, -2147483648];
    const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));
    const inputs = [0, 1].map((k) => Int32Array.from(pairs, (p) => p[k]!));
    const got = await run(
      call("remainder", arg(0, "int32"), arg(1, "int32")),
      inputs,
    );
    pairs.forEach(([a, b], i) =>
      assertEquals(
        got[i],
        SCALAR_FUNCTIONS.remainder.evaluate("int32", a, b),
        `${a} % ${b}`,
      )
    );
  });

  it("computes integers that wrap, and divisors of 0", async () => {
    const numbers = [0, 1, -1, 2, 3, -7, 46341, 2147483647, -2147483648];
    const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));
    const inputs = [0, 1].map((k) => Int32Array.from(pairs, (p) => p[k]!));
    for (
      const fn of ["add", "sub", "mul", "remainder", "max", "min"] as const
    ) {
      const got = await run(call(fn, arg(0, "int32"), arg(1, "int32")), inputs);
      pairs.forEach(([a, b], i) =>
        assertEquals(
          got[i],
          SCALAR_FUNCTIONS[fn].evaluate("int32", a, b),
          `${fn}(${a}, ${b})`,
        )
      );
    }
  });

  it("draws the random bits that the host draws", async () => {
    const got = await run(
      call(
        "threefry",
        scalar(0, "int32"),
        scalar(1, "int32"),
        indexAlong(0),
        constant(5, "int32"),
      ),
      [],
      1000,
      [0x12345678, -99],
    );
    got.forEach((bits, i) =>
      assertEquals(bits, threefry(0x12345678, -99, i, 5))
    );
  });
});
