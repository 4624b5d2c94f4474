/**
 * Gradients against finite differences.
 *
 * @module
 */
import { UPLOAD_LIKE } from "../members.ts";
import { DTYPES, type TypedArray } from "../dtype.ts";
import { GradientError, showShape } from "../errors.ts";
import { checkCount } from "../options.ts";
import { tidy } from "../scope.ts";
import type { Several } from "../several.ts";
import { grad } from "./grad.ts";
import { Tensor } from "../tensor.ts";
import { withRecording } from "./mode.ts";

/**
 * Options of {@linkcode gradcheck}.
 *
 * @example Second order too
 * ```ts
 * import { gradcheck, type GradcheckOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: GradcheckOptions = { secondOrder: true };
 * const x = tensor([0.5, 2], { dtype: "float64", requiresGrad: true });
 * await gradcheck((x) => x.tanh(), [x], options);
 * ```
 */
export interface GradcheckOptions {
  /**
   * Step of the central differences.
   *
   * @default {1e-6 for float64, 1e-2 for float32}
   */
  readonly step?: number;
  /** Absolute tolerance. @default {1e-5 for float64, 1e-2 for float32} */
  readonly atol?: number;
  /** Relative tolerance. @default {1e-3 for float64, 1e-2 for float32} */
  readonly rtol?: number;
  /** Whether to check second-order gradients too. @default {false} */
  readonly secondOrder?: boolean;
}

/** Fixed weights of different sizes, so that no error cancels. */
function weightsFor(y: Tensor): Tensor {
  const weights = DTYPES[y.dtype].allocate(y.size);
  for (let i = 0; i < weights.length; i++) weights[i] = Math.cos(1 + 2.3 * i);
  return y[UPLOAD_LIKE](weights, y.shape, y.dtype);
}

/** The weighted sum of all outputs, as one number. */
function total(outputs: readonly Tensor[]): Tensor {
  return outputs
    .map((y) => y.mul(weightsFor(y)).sum())
    .reduce((a, b) => a.add(b));
}

/**
 * Compares the gradients of a function with central differences.
 *
 * @param fn A function of the inputs that returns one tensor or several.
 * @param inputs The inputs; the gradients of those that require one are
 * checked. Use float64, as the check is coarse in float32.
 * @returns True.
 * @throws {GradientError} If an element differs; the message says which.
 * @example A custom function
 * ```ts
 * import { assert } from "@std/assert";
 * import { gradcheck, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([0.5, -1], { requiresGrad: true });
 * assert(await gradcheck((x) => x.square().exp(), [x]));
 * ```
 */
export async function gradcheck(
  fn: (...inputs: Several<Tensor>) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): Promise<true> {
  checkCount("gradcheck", arguments.length, 3);
  const call = (xs: readonly Tensor[]) => {
    const y = fn(...xs as Several<Tensor>);
    return y instanceof Tensor ? [y] : y;
  };
  await compare(call, inputs, options);
  if (options.secondOrder) {
    const gradients = (xs: readonly Tensor[]) => {
      const wanted = xs.filter((x) => x.requiresGrad);
      const found = grad(total(call(xs)), wanted, { createGraph: true });
      // A gradient that does not depend on the inputs has no derivative.
      const dependent = found.filter((g) => g.requiresGrad);
      return dependent.length > 0 ? dependent : [wanted[0]!.mul(0)];
    };
    await compare(gradients, inputs, options);
  }
  return true;
}

/** Compares in a scope that nothing else uses while it waits. */
async function compare(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradcheckOptions,
): Promise<void> {
  await tidy(() => compareAll(fn, inputs, options));
}

async function compareAll(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradcheckOptions,
): Promise<void> {
  const wanted = inputs.filter((x) => x.requiresGrad);
  if (wanted.length === 0) {
    throw new GradientError(
      "Cannot check gradients as no input requires one: make one with { requiresGrad: true }",
    );
  }
  const analytic = grad(total(fn(inputs)), wanted);
  for (const [w, x] of wanted.entries()) {
    const double = x.dtype === "float64";
    const step = options.step ?? (double ? 1e-6 : 1e-2);
    const atol = options.atol ?? (double ? 1e-5 : 1e-2);
    const rtol = options.rtol ?? (double ? 1e-3 : 1e-2);
    const gradient = await analytic[w]!.data();
    const values = await x.data();
    for (let i = 0; i < values.length; i++) {
      const numeric = await difference(fn, inputs, x, values, i, step);
      const got = gradient[i]!;
      if (!(Math.abs(got - numeric) <= atol + rtol * Math.abs(numeric))) {
        throw new GradientError(
          `Cannot confirm the gradient of input ${inputs.indexOf(x)} of shape ${
            showShape(x.shape)
          } at element ${i}: got ${got}, finite differences give ${numeric}`,
        );
      }
    }
  }
}

/** The central difference by one element of one input. */
async function difference(
  fn: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  x: Tensor,
  values: TypedArray,
  i: number,
  step: number,
): Promise<number> {
  const at = (sign: number) => tidy(() => sumAt(sign));
  const sumAt = async (sign: number): Promise<[number, number]> => {
    const moved = values.slice();
    moved[i] = moved[i]! + sign * step;
    const replaced = inputs.map((input) => {
      if (input !== x) return input;
      return input[UPLOAD_LIKE](moved, x.shape, x.dtype).requiresGrad_();
    });
    const outputs = withRecording(true, () => fn(replaced));
    // Summed in double precision, so that float32 checks lose less.
    let sum = 0;
    for (const y of outputs) {
      const data = await y.data();
      for (let k = 0; k < data.length; k++) {
        sum += data[k]! * Math.cos(1 + 2.3 * k);
      }
    }
    return [sum, moved[i]!];
  };
  const [high, above] = await at(1);
  const [low, below] = await at(-1);
  return (high - low) / (above - below);
}
