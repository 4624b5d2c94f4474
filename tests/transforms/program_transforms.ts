/**
 * Random programs within transforms: forward mode against reverse mode, and a
 * batch against a loop over it.
 *
 * @module
 */
import { grad, noGrad, stack, type Tensor, tensor, tidy } from "@tenfold/core";
import { jvp, vmap } from "@tenfold/core/func";
import { perform, type ProgramCase } from "../goldens/program.ts";
import { decode } from "../goldens/read.ts";

/** Fixed numbers of different sizes, of the shape and dtype of `x`. */
const waves = (x: Tensor, phase: number): Tensor =>
  tensor(
    Float64Array.from({ length: x.size }, (_, i) => Math.cos(phase + 2.3 * i)),
    { shape: [...x.shape], dtype: "float64" },
  ).cast(x.dtype);

const isFloat = (x: Tensor): boolean => x.dtype.startsWith("float");

/** The difference between two numbers of float32 or better. */
function farthest(a: Tensor, b: Tensor): number {
  const [x, y] = [a.dataSync(), b.dataSync()];
  let most = x.length === y.length ? 0 : Infinity;
  for (let i = 0; i < x.length; i++) {
    if (Object.is(x[i], y[i])) continue;
    const off = Math.abs(x[i]! - y[i]!) / Math.max(1, Math.abs(y[i]!));
    most = Math.max(most, Number.isNaN(off) ? Infinity : off);
  }
  return most;
}

/** What a program gives for its inputs of floats. */
type Run = (...floats: Tensor[]) => Tensor[];

/** How a program differs within transforms from what it is outside. */
export function transformProblems(program: ProgramCase): string[] {
  const problems: string[] = [];
  const attempt = (name: string, check: () => string | null): void => {
    try {
      const problem = tidy(check);
      if (problem !== null) problems.push(`${name}: ${problem}`);
    } catch (error) {
      problems.push(`${name}: ${error}`);
    }
  };
  tidy(() => {
    const inputs = program.in.map((figure) => {
      const { data, shape, dtype } = decode(figure);
      return tensor(data, { shape: [...shape], dtype });
    });
    const masks = new Set(program.masks);
    const at = inputs.flatMap((x, i) => isFloat(x) && !masks.has(i) ? [i] : []);
    if (at.length === 0) return;
    const run: Run = (...floats) => {
      const all = [...inputs];
      at.forEach((i, k) => all[i] = floats[k]!);
      const values = perform(program, all);
      return program.out.map((k) => values[k]!);
    };
    const floats = at.map((i) => inputs[i]!);
    const wide = !JSON.stringify(program).includes('"float32"');
    attempt("jvp", () => forward(run, floats, wide));
    attempt("vmap", () => batch(run, floats, wide));
  });
  return problems;
}

function forward(
  run: Run,
  floats: readonly Tensor[],
  wide: boolean,
): string | null {
  const leaves = floats.map((x) => x.clone().requiresGrad_());
  const outs = run(...leaves);
  const smooth = outs.map((y, i) => [y, i] as const)
    .filter(([y]) => isFloat(y) && y.requiresGrad);
  const tangents = floats.map((x, i) => waves(x, i));
  const cotangents = smooth.map(([y], i) => waves(y, 7 + i));
  const [, found] = jvp(
    (...xs: Tensor[]) => {
      const all = run(...xs);
      return smooth.map(([, i]) => all[i]!);
    },
    [...floats],
    tangents,
  );
  if (smooth.length === 0) return null;
  const gradients = grad(smooth.map(([y]) => y), leaves, {
    gradOutputs: cotangents,
  });
  let [reverse, size] = [0, 1];
  gradients.forEach((g, i) => {
    const product = g.mul(tangents[i]!);
    reverse += product.sum().itemSync();
    size += product.abs().sum().itemSync();
  });
  let ahead = 0;
  (found as Tensor[]).forEach((t, i) => {
    const product = t.mul(cotangents[i]!);
    ahead += product.sum().itemSync();
    size += product.abs().sum().itemSync();
  });
  // Zeros that are multiplied by NaN on one way alone.
  if (Number.isNaN(reverse)) return null;
  const off = Math.abs(ahead - reverse) / size;
  return off <= (wide ? 1e-11 : 2e-5)
    ? null
    : `forward ${ahead}, reverse ${reverse}`;
}

function batch(
  run: Run,
  floats: readonly Tensor[],
  wide: boolean,
): string | null {
  const examples = [0, 1].map((e) =>
    floats.map((x) => e === 0 ? x : x.mul(0.75))
  );
  const loop = examples.map((xs) => noGrad(() => run(...xs)));
  const together = floats.map((_, i) => stack(examples.map((xs) => xs[i]!)));
  const found = vmap((...xs: Tensor[]) => run(...xs), { randomness: "same" })(
    ...together,
  ) as Tensor[];
  for (const [k, y] of found.entries()) {
    for (const [e, outs] of loop.entries()) {
      const one = outs[k]!;
      const mine = y.select(0, e);
      if (`${mine.shape}` !== `${one.shape}` || mine.dtype !== one.dtype) {
        return `output ${k} is ${mine.dtype} [${mine.shape}], not ${one.dtype} [${one.shape}]`;
      }
      const off = farthest(mine, one);
      if (!(off <= (wide ? 1e-12 : 1e-5))) {
        return `output ${k} of example ${e} is off by ${off}`;
      }
    }
  }
  return null;
}
