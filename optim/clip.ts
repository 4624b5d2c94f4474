/**
 * Gradient clipping.
 *
 * @module
 */
import {
  type DType,
  fused,
  type FusedFunction,
  type Tensor,
  zeros,
} from "@tenfold/core";
import {
  arg,
  call,
  constant,
  scalar,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";
import {
  checkCount,
  checkTensor,
  lateGradients,
  noGradNow,
  parseArguments,
  parseOptions,
  refuseValues,
  showValue,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { finite, flag, nonNegative } from "./_options.ts";

/**
 * Options of {@linkcode clipGradNorm_}.
 *
 * @example The largest element as the norm
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([3, 4], { requiresGrad: true });
 * weight.sum().mul(2).backward();
 * const options: optim.ClipGradNormOptions = { normType: Infinity };
 * const norm = optim.clipGradNorm_([weight], 1, options);
 * assertEquals(await norm.item(), 2);
 * ```
 */
export interface ClipGradNormOptions {
  /** Order of the norm; may be infinite. @default {2} */
  readonly normType?: number;
  /**
   * Whether to throw where the norm is infinite or NaN, and leave the gradients
   * as they are. On webgpu the next read throws.
   *
   * @default {false}
   */
  readonly errorIfNonFinite?: boolean;
}

const schema = () =>
  z.strictObject({
    normType: z._default(
      z.union([
        finite,
        z.literal(Infinity),
      ], "must be a number"),
      2,
    ),
    errorIfNonFinite: z._default(flag, false),
  });

const limitSchema = () =>
  z.strictObject({
    limit: z.union([nonNegative, z.literal(Infinity)], {
      error: ({ input }) =>
        typeof input === "number" && input < 0
          ? "must not be negative"
          : "must be a number",
    }),
  });

/** The gradients that there are. */
function gradientsOf(params: Iterable<Tensor>): Tensor[] {
  if (typeof Object(params)[Symbol.iterator] !== "function") {
    throw new TypeError(
      `Cannot clip gradients as params must be an array of parameters: got ${
        showValue(params)
      }, write model.parameters()`,
    );
  }
  const grads: Tensor[] = [];
  for (const each of params) {
    checkTensor(each, "each parameter", "clip gradients");
    // Of a sparse gradient its rows, whose sum stays sparse.
    const grad = lateGradients?.rowsOf(each)?.values ?? each.grad;
    if (grad) grads.push(grad);
  }
  return grads;
}

/** As many values as one kernel joins; some devices bind no more buffers. */
const WIDTH = 7;

/** Joins the values of several tensors element by element. */
function joins(combine: "add" | "max"): FusedFunction {
  return fused(
    "clipGradNorm_",
    (values) => values.reduce((a, b) => call(combine, a, b)),
  );
}

const total = /* @__PURE__ */ joins("add");
const largest = /* @__PURE__ */ joins("max");

/** The root of the sum of squares, which does not overflow on its way. */
const length = /* @__PURE__ */ fused("clipGradNorm_", (values) => {
  const top = values.reduce((a, b) => call("max", a, b));
  const number = (value: number) => constant(value, top.dtype);
  const unit = call("select", call("eq", top, number(0)), number(1), top);
  const shares = values.map((value) => call("div", value, unit));
  const squares = shares.map((share) => call("mul", share, share));
  const sum = squares.reduce((a, b) => call("add", a, b));
  const root = call("mul", unit, call("sqrt", sum));
  return call("select", call("isFinite", top), root, top);
});

/** One value of all, in as few kernels as the width allows. */
function joinAll(join: FusedFunction, values: readonly Tensor[]): Tensor {
  let left = [...values];
  while (left.length > 1) {
    const next: Tensor[] = [];
    for (let i = 0; i < left.length; i += WIDTH) {
      next.push(join.map(left.slice(i, i + WIDTH)));
    }
    left = next;
  }
  return left[0]!;
}

/** The p-norm of all elements of all gradients, 0-d, without waiting. */
function totalNorm(grads: readonly Tensor[], p: number): Tensor {
  if (p === Infinity) {
    const some = grads.filter(({ size }) => size > 0);
    if (some.length === 0) return zeros([], { device: grads[0]!.device });
    return joinAll(largest, some.map((g) => g.abs().max()));
  }
  if (p === 2) return joinAll(length, grads.map((g) => g.norm()));
  if (p === 0) {
    return joinAll(total, grads.map((g) => g.ne(0).cast(g.dtype).sum()));
  }
  return joinAll(total, grads.map((g) => g.abs().pow(p).sum())).pow(1 / p);
}

/** By dtypes of gradient and norm; number: the largest norm. */
const scalePrograms = new Map<string, UpdateProgram>();

/** Scales by the norm; where `strict`, not by one that is infinite or NaN. */
function scaleProgram(
  dtype: DType,
  norm: DType,
  strict: boolean,
): UpdateProgram {
  const key = `${dtype},${norm},${strict}`;
  let program = scalePrograms.get(key);
  if (program === undefined) {
    const total = arg(1, norm);
    const number = (value: number) => constant(value, norm);
    const share = call(
      "div",
      scalar(0, norm),
      call("add", total, number(1e-6)),
    );
    const least = call("min", share, number(1));
    const factor = strict
      ? call("select", call("isFinite", total), least, number(1))
      : least;
    const scale = norm === dtype
      ? factor
      : { kind: "cast" as const, value: factor, dtype };
    program = {
      label: "clip",
      inputs: [dtype, norm],
      exprs: [call("mul", arg(0, dtype), scale)],
    };
    scalePrograms.set(key, program);
  }
  return program;
}

/**
 * Clips the gradient norm of some parameters, in place: gradients are scaled so
 * that the norm of all of them together is at most `maxNorm` (Pascanu and
 * others, 2012). Nothing is read from the device.
 *
 * @param params The parameters; those without a gradient are left out.
 * @param maxNorm The largest norm; with Infinity gradients stay as they are.
 * @param options `normType` and `errorIfNonFinite`.
 * @returns The norm of all gradients before clipping, a 0-d tensor.
 * @throws {RangeError} If `maxNorm` is negative, or if the norm is infinite or
 * NaN and `errorIfNonFinite` is set.
 * @example A gradient of length 5
 * ```ts
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { clipGradNorm_ } from "@tenfold/optim";
 *
 * const p = tensor([0, 0], { requiresGrad: true });
 * p.mul(tensor([3, 4])).sum().backward();
 * const norm = clipGradNorm_([p], 1);
 * assertEquals(await norm.item(), 5);
 * assertEquals(await p.grad?.mul(5).round().toArray(), [3, 4]); // of norm 1
 * ```
 */
export function clipGradNorm_(
  params: Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  const { normType, errorIfNonFinite: strict } = parseArguments(
    schema,
    { params, maxNorm },
    options,
    arguments,
    "clip gradients",
  );
  parseOptions(limitSchema, { limit: maxNorm }, "clip gradients");
  const grads = gradientsOf(params);
  return noGradNow(() => {
    if (grads.length === 0) return zeros([]);
    const norm = tidyNow(() => totalNorm(grads, normType));
    if (strict) {
      refuseValues(
        "clipGradNorm_",
        () => norm.isFinite().logicalNot().cast("int32"),
        () =>
          new RangeError(
            `Cannot clip gradients as their norm of order ${normType} is infinite or NaN: lower the learning rate, or pass { errorIfNonFinite: false } to clip all the same`,
          ),
      );
    }
    // An infinite limit only measures.
    if (maxNorm === Infinity) return norm;
    for (const grad of grads) {
      const program = scaleProgram(grad.dtype, norm.dtype, strict);
      updateInPlace(program, [grad], [norm], [maxNorm]);
    }
    return norm;
  });
}

const clampPrograms = new Map<DType, UpdateProgram>();

function clampProgram(dtype: DType): UpdateProgram {
  let program = clampPrograms.get(dtype);
  if (program === undefined) {
    const limit = scalar(0, dtype);
    const capped = call("min", arg(0, dtype), limit);
    program = {
      label: "clip",
      inputs: [dtype],
      exprs: [call("max", capped, call("neg", limit))],
    };
    clampPrograms.set(dtype, program);
  }
  return program;
}

/**
 * Clips each element of the gradients to the range from `-limit` to `limit`, in
 * place.
 *
 * @param params The parameters; those without a gradient are left out.
 * @param limit The largest absolute value.
 * @throws {RangeError} If `limit` is negative.
 * @example One element is too large
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { clipGradValue_ } from "@tenfold/optim";
 *
 * const p = tensor([0, 0], { requiresGrad: true });
 * p.mul(tensor([3, -0.5])).sum().backward();
 * clipGradValue_([p], 1);
 * assertEquals(await p.grad?.toArray(), [1, -0.5]);
 * ```
 */
export function clipGradValue_(params: Iterable<Tensor>, limit: number): void {
  checkCount("clipGradValue_", arguments.length, 2);
  parseOptions(limitSchema, { limit }, "clip gradients");
  if (limit === Infinity) return;
  noGradNow(() => {
    for (const grad of gradientsOf(params)) {
      updateInPlace(clampProgram(grad.dtype), [grad], [], [limit]);
    }
  });
}
