/**
 * Tensors that belong to modules.
 *
 * @module
 */
import { DTypeError, isFloating, Tensor } from "@tenfold/core";
import type { Value } from "@tenfold/core/backend";
import {
  checkTensor,
  noGradNow,
  OWNER,
  parseArguments,
  structureChanged,
  VALUE,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { flag } from "./_options.ts";

const parameterSchema = () =>
  z.strictObject({
    requiresGrad: z._default(flag, true),
  });
const bufferSchema = () =>
  z.strictObject({ persistent: z._default(flag, true) });

/** The memory of a tensor, or of a dense copy where it is a scattered view. */
function denseValue(data: Tensor): Value {
  const { [VALUE]: value } = data;
  if (value.view.dense) return value.alias();
  const copy = noGradNow(() => data.clone());
  const own = copy[VALUE].alias();
  copy.dispose();
  return own;
}

/** Checks before anything is made. */
function checkTrainable(data: Tensor, requiresGrad: boolean): Tensor {
  if (requiresGrad && !isFloating(data.dtype)) {
    throw new DTypeError(
      `Cannot make a parameter of ${data.dtype} that requires a gradient: cast it to float32, pass { requiresGrad: false }, or make a Buffer`,
    );
  }
  return data;
}

/**
 * Options of {@linkcode Parameter}.
 *
 * @example A parameter that is not trained
 * ```ts
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const options: nn.ParameterOptions = { requiresGrad: false };
 * const scale = new nn.Parameter(ones([4]), options);
 * ```
 */
export interface ParameterOptions {
  /**
   * Whether operations on it are recorded for backward.
   *
   * @default {true}
   */
  readonly requiresGrad?: boolean;
}

/**
 * A learnable tensor of a module: a leaf that requires a gradient and belongs
 * to its module, never to a scope. Modules find it in their public fields.
 *
 * @example A custom parameter
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { ones, scope, type Tensor } from "@tenfold/tenfold";
 * import { Module, Parameter } from "@tenfold/nn";
 *
 * class Scale extends Module {
 *   factor = new Parameter(ones([3]));
 *   forward(x: Tensor): Tensor {
 *     return x.mul(this.factor);
 *   }
 * }
 * const scale = new Scale();
 * assert(scale.factor.requiresGrad);
 * assertEquals(Object.keys(scale.stateDict()), ["factor"]);
 * ```
 */
export class Parameter extends Tensor {
  /**
   * Wraps the memory of a tensor, detached from its tape and its scope.
   *
   * @param data The initial value; copied only if it is not dense.
   * @param options `requiresGrad`.
   * @throws {DTypeError} If it requires a gradient and its dtype is not a float
   * dtype.
   */
  constructor(data: Tensor, options: ParameterOptions = {}) {
    const { requiresGrad = true } = parseArguments(
      parameterSchema,
      { data },
      options,
      arguments,
      "make a Parameter",
    );
    checkTensor(data, "the data", "make a Parameter");
    super(data.device, denseValue(checkTrainable(data, requiresGrad)));
    this[OWNER] = null;
    structureChanged();
    if (requiresGrad) this.requiresGrad_();
  }
}

/**
 * Options of {@linkcode Buffer}.
 *
 * @example A buffer that is not saved
 * ```ts
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const options: nn.BufferOptions = { persistent: false };
 * const mask = new nn.Buffer(ones([4, 4]).tril(), options);
 * ```
 */
export interface BufferOptions {
  /**
   * Whether it is part of the state dict.
   *
   * @default {true}
   */
  readonly persistent?: boolean;
}

/**
 * A tensor that is part of a module's state but is not learned, such as a
 * running mean. It belongs to its module, never to a scope; it moves with the
 * module and is saved in its state dict.
 *
 * @example A count of calls
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Tensor, zeros } from "@tenfold/tenfold";
 * import { Buffer, Module } from "@tenfold/nn";
 *
 * class Counting extends Module {
 *   calls = new Buffer(zeros([], { dtype: "int32" }));
 *   forward(x: Tensor): Tensor {
 *     this.calls.add_(1);
 *     return x;
 *   }
 * }
 * const counting = new Counting();
 * counting.forward(zeros([1]));
 * assertEquals(await counting.calls.item(), 1);
 * assertEquals(counting.parameters(), []);
 * ```
 */
export class Buffer extends Tensor {
  /** Whether it is part of the state dict. */
  readonly persistent: boolean;

  /**
   * Wraps the memory of a tensor, detached from its tape and its scope.
   *
   * @param data The initial value; copied only if it is not dense.
   * @param options `persistent`.
   */
  constructor(data: Tensor, options: BufferOptions = {}) {
    const { persistent } = parseArguments(
      bufferSchema,
      { data },
      options,
      arguments,
      "make a Buffer",
    );
    checkTensor(data, "the data", "make a Buffer");
    super(data.device, denseValue(data));
    this[OWNER] = null;
    structureChanged();
    this.persistent = persistent;
  }
}
