import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { SCALAR_FUNCTIONS } from "@tenfold/core/backend";
import { probeFeatures } from "../features.ts";
import { expBelow } from "./exponential.ts";
import { onArrays, ulpError } from "./testing.ts";
import { VECTOR_MATH, type VectorMath } from "./table.ts";

type Name = keyof typeof VECTOR_MATH;

const POINTS = 1 << 20;
const SMALLEST_NORMAL = 2 ** -126;

/** Where points are taken besides arbitrary bit patterns. */
const RANGES: Record<Name, readonly [number, number]> = {
  exp: [-90, 90],
  expm1: [-3, 3],
  log: [0.5, 2],
  log1p: [-1, 3],
  log2: [0.5, 2],
  sin: [-1e5, 1e5],
  cos: [-1e5, 1e5],
  tan: [-1e5, 1e5],
  tanh: [-4, 4],
  sigmoid: [-20, 20],
  softplus: [-20, 20],
  erf: [-4, 4],
  gelu: [-14, 6],
  geluSlope: [-6, 6],
  atan2: [-30, 30],
  pow: [0, 30],
  remainder: [-30, 30],
};

const SPECIAL = [
  ...[0, 1e-45, 1e-40, 2 ** -126, 1e-8, 0.5, 1, 2, 3, 10, 87.5, 88.5, 89, 104],
  ...[1e5, 1.0001e5, 16777217, 1e10, 1.7e38, 3.4028234663852886e38, Infinity],
].flatMap((x) => [x, -x]).concat(NaN);

let state = 1;
function randomBits(): number {
  state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
  return state ^ (state >>> 13);
}

/** Half arbitrary bit patterns, half from a range and its middle. */
function points([low, high]: readonly [number, number]): Float32Array {
  const floats = new Float32Array(POINTS);
  const bits = new Int32Array(floats.buffer);
  for (let i = 0; i < POINTS; i++) {
    if (i % 2 === 0) bits[i] = randomBits();
    else {
      const width = (high - low) / (i % 4 === 1 ? 1 : 50);
      floats[i] = low + (high - low - width) / 2 +
        width * (randomBits() / 2 ** 32 + 0.5);
    }
  }
  return floats;
}

/** Some library functions of the engine are off by more than ours. */
function exactly(name: Name, operands: number[]): number {
  return (SCALAR_FUNCTIONS[name].evaluate as (...a: unknown[]) => number)(
    "float32",
    ...operands,
  );
}

/**
 * What kernels may be written with here: an engine that rounds relaxed products
 * twice, as Bun 1.4.5's does, gets plain ones.
 */
const WAYS = probeFeatures().fusedMultiplyAdd ? [true, false] : [false];

for (const fused of WAYS) {
  describe(`vector math with ${fused ? "fused" : "plain"} products`, () => {
    for (const name of Object.keys(VECTOR_MATH) as Name[]) {
      const { emit, ulps, least = 0 }: VectorMath = VECTOR_MATH[name];
      const { arity } = SCALAR_FUNCTIONS[name];
      const run = onArrays(emit, arity, fused);

      it(`${name} is off by at most ${ulps} ulp`, () => {
        const operands = Array.from(
          { length: arity },
          () => points(RANGES[name]),
        );
        const got = run(...operands);
        let worst = 0;
        let at = "";
        for (let i = 0; i < POINTS; i++) {
          const x = operands.map((operand) => operand[i]!);
          const exact = exactly(name, x);
          if (Math.abs(exact) < SMALLEST_NORMAL) {
            assert(
              Math.abs(got[i]! - exact) <= 2 ** -147,
              `${name}(${x}) is ${got[i]}, not ${exact}`,
            );
            continue;
          }
          const error = ulpError(got[i]!, exact, least);
          if (!(error <= worst)) {
            worst = error;
            at = `${name}(${x}) is ${got[i]}, not ${exact}`;
          }
        }
        assert(worst <= ulps, `${at}: ${worst} ulp`);
      });

      it(`${name} of an element does not depend on those beside it`, () => {
        const operands = Array.from(
          { length: arity },
          () => points(RANGES[name]).subarray(0, 4096),
        );
        const alone = run(
          ...operands.map((operand) =>
            Float32Array.from(
              { length: 4 * operand.length },
              (_, i) => operand[i >> 2]!,
            )
          ),
        );
        const differ = Array.from(run(...operands)).filter((value, i) =>
          !Object.is(value, alone[4 * i])
        );
        assertEquals(differ, []);
      });

      it(`${name} is right at zeros, infinities, NaN and subnormals`, () => {
        const rows = arity === 1
          ? SPECIAL.map((x) => [x])
          : SPECIAL.flatMap((x) => SPECIAL.map((y) => [x, y]));
        while (rows.length % 4 !== 0) rows.push(rows[0]!);
        const operands = Array.from(
          { length: arity },
          (_, k) => Float32Array.from(rows, (row) => row[k]!),
        );
        run(...operands).forEach((got, i) => {
          const x = operands.map((operand) => operand[i]!);
          const exact = exactly(name, x);
          const message = `${name}(${x}) is ${got}, not ${exact}`;
          assert(
            Math.abs(exact) < SMALLEST_NORMAL
              ? Math.abs(got - exact) <= 2 ** -147
              : ulpError(got, exact, least) <= Math.max(ulps, 0.5),
            message,
          );
          // GELU of large negative numbers is -0 in theory, 0 in ours.
          if (exact === 0 && name !== "gelu") {
            assertEquals(Object.is(got, exact), true, message);
          }
        });
      });
    }

    it("the powers of a softmax are off by at most 1.1 ulp, and 0 below e^-87.25", () => {
      const x = points([-90, 0]).map((value) => -Math.abs(value));
      x.set([0, -0, -87.25, -87.34, -104, -1e10, -Infinity, NaN]);
      onArrays(expBelow, 1, fused)(x).forEach((got, i) => {
        const exact = Math.exp(x[i]!);
        const message = `e^${x[i]} is ${got}, not ${exact}`;
        if (x[i]! < -87.25) assertEquals(got, 0, message);
        else assert(ulpError(got, exact) <= 1.1, message);
      });
    });
  });
}
