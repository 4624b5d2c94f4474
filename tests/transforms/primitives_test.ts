/**
 * Every primitive within transforms: forward mode agrees with reverse mode, and
 * a batch with a loop over it, on the cases of the conformance suite.
 */
import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { type DType, grad, type Tensor, tensor, tidy } from "@tenfold/core";
import type { Op } from "@tenfold/core/backend";
import { jvp, vmap } from "@tenfold/core/func";
import { applyWindows, wrapValue } from "@tenfold/core/internal";
import { showOp } from "../../backends/conformance/check.ts";
import type { Case } from "../../backends/conformance/ops/spec.ts";
import { NAMES, specOf } from "../../backends/conformance/ops/table.ts";
import { Random } from "../../backends/conformance/random.ts";
import { sessionOf } from "../../backends/conformance/session.ts";

const open = sessionOf(cpuTypedArray);

/** The most cases of one primitive. */
const MOST = 14;

const isFloat = (x: Tensor): boolean =>
  x.dtype === "float32" || x.dtype === "float64";

/** Fixed numbers of different sizes beside `x`. */
const waves = (x: Tensor, phase: number): Tensor =>
  x.mul(0).add(
    tensor(
      Float64Array.from(
        { length: x.size },
        (_, i) => Math.cos(phase + 2.3 * i),
      ),
      { shape: [...x.shape], dtype: "float64", device: x.device },
    ).cast(x.dtype),
  );

/** The numbers of a result; only of the values where there are positions. */
const first = (op: Op, xs: readonly Tensor[]): Tensor =>
  applyWindows(op, xs[0]!, ...xs.slice(1));

/** Calls `check` with the operands of some cases. */
async function withCases(
  cases: Iterable<Case>,
  check: (op: Op, xs: Tensor[]) => void,
): Promise<void> {
  const session = await open();
  const random = new Random(1, "transforms");
  let count = 0;
  for (const { op, inputs } of cases) {
    if (inputs.length === 0 || op.name === "update") continue;
    if (inputs.some(({ shape }) => shape.includes(0))) continue;
    if (count++ >= MOST) return;
    tidy(() => {
      const xs = inputs.map((input) =>
        wrapValue(session.device, session.place(input, random).value)
      );
      try {
        check(op, xs);
      } catch (error) {
        const shapes = xs.map((x) => `${x.dtype} [${x.shape}]`).join(", ");
        throw new Error(`${showOp(op)} of ${shapes}`, { cause: error });
      }
    });
  }
}

/** The largest difference, where numbers that are alike count as equal. */
function farthest(a: Tensor, b: Tensor): number {
  const [x, y] = [a.dataSync(), b.dataSync()];
  let most = x.length === y.length ? 0 : Infinity;
  for (let i = 0; i < x.length; i++) {
    if (Object.is(x[i], y[i])) continue;
    const scale = Math.max(1, Math.abs(y[i]!));
    const apart = Math.abs(x[i]! - y[i]!) / scale;
    most = Math.max(most, Number.isNaN(apart) ? Infinity : apart);
  }
  return most;
}

function checkForward(op: Op, xs: Tensor[]): void {
  const at = xs.map((_, i) => i).filter((i) => isFloat(xs[i]!));
  const floats = at.map((i) => xs[i]!.detach());
  const f = (...given: Tensor[]): Tensor => {
    const all = xs.slice();
    at.forEach((i, k) => all[i] = given[k]!);
    return first(op, all);
  };
  const tangents = floats.map((x, i) => waves(x, i));
  const leaves = floats.map((x) => x.detach().requiresGrad_());
  const y = f(...leaves);
  const c = waves(y.detach(), 7);
  const forward = jvp(f, floats, tangents)[1].mul(c).sum().itemSync();
  const reverse = grad(y, leaves, { gradOutputs: [c] })
    .map((g, i) => g.mul(tangents[i]!).sum().itemSync())
    .reduce((a, b) => a + b, 0);
  const scale = Math.max(1, Math.abs(reverse));
  const bound = [...xs, y].some((x) => x.dtype === "float32") ? 1e-6 : 1e-9;
  assert(
    Math.abs(forward - reverse) <= bound * scale,
    `forward ${forward}, reverse ${reverse}`,
  );
}

function checkBatch(op: Op, xs: Tensor[]): void {
  const alone = xs.map((_, i) => xs.map((_, k) => k === i));
  const choices = [xs.map(() => true), ...xs.length > 1 ? alone : []];
  for (const varies of choices) {
    const batch = (x: Tensor): Tensor[] =>
      isFloat(x) ? [x, x.mul(0.9), x.mul(1.05)] : [x, x, x];
    const examples = xs.map((x, i) => varies[i] ? batch(x) : [x, x, x]);
    const loop = [0, 1, 2].map((e) =>
      first(op, examples.map((list) => list[e]!))
    );
    const together = xs.map((x, i) => {
      if (!varies[i]) return x;
      const [a, b, c] = examples[i]!.map((e) => e.unsqueeze(0));
      return applyWindows({ name: "cat", dim: 0 }, a!, b!, c!);
    });
    const inDims = varies.map((v) => v ? 0 : null);
    const f = (...given: Tensor[]) => first(op, given);
    const options = { inDims, randomness: "same" } as const;
    const y = vmap(f, options)(...together);
    loop.forEach((expected, e) => {
      const apart = farthest(y.select(0, e), expected);
      const bound = expected.dtype === "float32" ? 1e-4 : 1e-10;
      assert(apart <= bound, `example ${e}, ${inDims}: ${apart} apart`);
      assert(y.dtype === expected.dtype, `${y.dtype}`);
    });
  }
}

describe("each primitive within transforms", () => {
  for (const name of NAMES) {
    const { smooth, cases, dtypes } = specOf(name);
    if (smooth !== null) {
      it(`has a tangent that agrees with its gradient: ${name}`, () =>
        withCases(smooth("float64"), checkForward));
    }
    const dtype: DType = ["float32", "float64", "int32", "bool"]
      .find((d) => dtypes.includes(d as DType)) as DType;
    it(`gives for a batch what it gives for each example: ${name}`, () =>
      withCases(
        smooth ? smooth("float64") : cases(dtype, new Random(2, name)),
        checkBatch,
      ));
  }
});
