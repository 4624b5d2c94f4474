/**
 * Derivatives along directions, forward through a function.
 *
 * @module
 */
import { isFloating } from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import type { Op } from "../op.ts";
import { checkCount } from "../options.ts";
import { tidyNow } from "../scope.ts";
import { sameShape } from "../shape.ts";
import { apply, checkTensor, Tensor, wrapValue } from "../tensor.ts";
import { tangentOf } from "./forward.ts";
import { Layer, outside, type Part, partOf } from "./layer.ts";
import { mapTensors, refusePromise } from "./structure.ts";

/** A value and its tangent. */
interface DualPart extends Part {
  readonly tangent: Tensor | null;
}

/** Values with tangents. */
class DualLayer extends Layer<DualPart> {
  readonly transform = "jvp";

  constant(inner: Tensor): DualPart {
    return { inner, shape: inner.shape, tangent: null };
  }

  dual(x: Tensor, tangent: Tensor): Tensor {
    const inner = outside(x.alias());
    const part = { ...this.constant(inner), tangent: outside(tangent.alias()) };
    return wrapValue(this, this.value(part));
  }

  protected tensorsOf({ inner, tangent }: DualPart): Tensor[] {
    return tangent ? [inner, tangent] : [inner];
  }

  protected run(op: Op, parts: readonly DualPart[]): readonly DualPart[] {
    const inputs = parts.map(({ inner }) => inner);
    const taken = new Set(
      parts.flatMap(({ inner, tangent }) => tangent ? [inner, tangent] : inner),
    );
    const fresh = (found: Tensor) => taken.has(found) ? found.alias() : found;
    const device = inputs[0]?.device ?? this.base;
    if (op.name === "update") tangentOf(op, parts, []);
    const outputs = apply(op, inputs, device);
    if (outputs.length === 0) return [];
    const tangent = tangentOf(op, parts, outputs);
    return outputs.map((output, i) => ({
      ...this.constant(fresh(output)),
      tangent: i === 0 && tangent ? fresh(tangent) : null,
    }));
  }

  /** The value of a tensor, and its tangent: zeros where it has none. */
  leave(x: Tensor): [Tensor, Tensor] {
    const { inner, tangent } = partOf<DualPart>(x, this) ?? this.constant(x);
    const { shape, dtype, device } = inner;
    return [
      inner.alias(),
      tangent?.alias() ??
        apply({ name: "full", shape, value: 0, dtype }, [], device)[0]!,
    ];
  }
}

function checkTangents(
  primals: readonly unknown[],
  tangents: readonly unknown[],
): void {
  if (primals.length !== tangents.length) {
    throw new TypeError(
      `Cannot jvp as there must be one tangent for each input: got ${tangents.length} for ${primals.length}`,
    );
  }
  primals.forEach((x, i) => {
    const t = tangents[i];
    checkTensor(x, `input ${i}`, "jvp");
    checkTensor(t, `tangent ${i}`, "jvp");
    if (!sameShape(x.shape, t.shape)) {
      throw new ShapeError(
        `Cannot jvp as tangent ${i} must have the shape of its input: got ${
          showShape(t.shape)
        } for ${showShape(x.shape)}`,
      );
    }
    if (!isFloating(x.dtype) || t.dtype !== x.dtype) {
      throw new DTypeError(
        `Cannot jvp as input ${i} and its tangent must be floats of one dtype: got ${x.dtype} and ${t.dtype}`,
      );
    }
  });
}

/**
 * One tensor, or several as the arguments of a function.
 *
 * @example One tensor or several
 * ```ts
 * import { type Inputs, zeros } from "@tenfold/tenfold";
 *
 * const inputs: Inputs = [zeros([2]), zeros([3])];
 * ```
 */
export type Inputs = Tensor | readonly Tensor[];

/**
 * The arguments of a function of some inputs.
 *
 * @example The arguments of a function of two tensors
 * ```ts
 * import { type Arguments, Tensor, zeros } from "@tenfold/tenfold";
 *
 * const arguments_: Arguments<[Tensor, Tensor]> = [zeros([2]), zeros([3])];
 * ```
 */
export type Arguments<X extends Inputs> = X extends Tensor ? [X]
  : X extends readonly Tensor[] ? [...X]
  : never;

/** Inputs as a list. */
export const listOf = (inputs: Inputs): readonly Tensor[] =>
  inputs instanceof Tensor ? [inputs] : inputs;

/**
 * The value of a function, and how it changes where its inputs move along
 * tangents: the product of its Jacobian and the tangents, by forward mode. Each
 * operation computes both at once, so that memory does not grow with the number
 * of operations, and one pass costs about two or three of the function.
 *
 * Results can be differentiated, in either mode.
 *
 * @param fn A function of the inputs that gives a tensor, or arrays and plain
 * objects of tensors. It may not be async.
 * @param inputs One tensor, or one for each argument, of floats.
 * @param tangents Directions of the shapes and dtypes of the inputs.
 * @returns The results, and their tangents in the same structure.
 * @throws {TypeError} If there is not one tangent for each input.
 * @throws {ShapeError} If a tangent has another shape than its input.
 * @throws {DTypeError} If they are not floats of one dtype.
 * @example The slope of a square
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jvp } from "@tenfold/core/func";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const [y, dy] = jvp((x) => x.square(), tensor([1, 2]), tensor([1, 10]));
 * assertEquals(await y.toArray(), [1, 4]);
 * assertEquals(await dy.toArray(), [2, 40]);
 * ```
 */
export function jvp<X extends Inputs, R>(
  fn: (...inputs: Arguments<X>) => R,
  inputs: X,
  tangents: X,
): [output: R, tangent: R] {
  checkCount("jvp", arguments.length, 3);
  const primals = listOf(inputs);
  const directions = listOf(tangents);
  checkTangents(primals, directions);
  return tidyNow(() => {
    const layer = new DualLayer(primals[0]!.device);
    try {
      const duals = primals.map((x, i) => layer.dual(x, directions[i]!));
      const result = fn(...duals as unknown as Arguments<X>);
      refusePromise("jvp", result);
      const pairs = new Map<Tensor, [Tensor, Tensor]>();
      const part = (which: 0 | 1) =>
        mapTensors(result, (x) => {
          if (!pairs.has(x)) pairs.set(x, layer.leave(x));
          return pairs.get(x)![which];
        }) as R;
      return [part(0), part(1)];
    } finally {
      layer.end();
    }
  });
}
