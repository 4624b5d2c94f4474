/**
 * Functions with a gradient of the user's own.
 *
 * @module
 */
import { EDGE, VALUE } from "../members.ts";
import { isFloating } from "../dtype.ts";
import { GradientError, ShapeError, showShape } from "../errors.ts";
import { checkCount } from "../options.ts";
import { sameShape } from "../shape.ts";
import type { Several } from "../several.ts";
import { homeOf, Tensor, wrapValue } from "../tensor.ts";
import { isRecording, withRecording } from "./mode.ts";
import type { CustomNode } from "./backward.ts";
import { type Edge, Saved, type Signature, TapeNode } from "./node.ts";

/**
 * The context that forward passes to backward.
 *
 * @example What forward saves for backward
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   autogradFunction,
 *   type FunctionContext,
 *   tensor,
 * } from "@tenfold/tenfold";
 *
 * const square = autogradFunction({
 *   forward: (ctx: FunctionContext, x) => {
 *     ctx.save(x);
 *     return x.mul(x);
 *   },
 *   backward: ({ saved: [x] }, g) => g.mul(x).mul(2),
 * });
 * const x = tensor(3, { requiresGrad: true });
 * square(x).backward();
 * assertEquals(await x.grad?.item(), 6);
 * ```
 */
export interface FunctionContext {
  /** Saves tensors for backward; the tape holds them until then. */
  save(...tensors: Tensor[]): void;
  /** The saved tensors, in the order they were saved. */
  readonly saved: Several<Tensor>;
  /** Which inputs need a gradient. */
  readonly needsGrad: readonly boolean[];
}

/**
 * A result: one tensor, or several in an array.
 *
 * @example Two results
 * ```ts
 * import { type FunctionOutput, tensor } from "@tenfold/tenfold";
 *
 * const outputs: FunctionOutput = [tensor([1]), tensor([2])];
 * ```
 */
export type FunctionOutput = Tensor | readonly Tensor[];

/**
 * The gradients of the outputs: one for one tensor, else as many as there are.
 *
 * @example The gradients of two results
 * ```ts
 * import { type OutputGradients, Tensor } from "@tenfold/tenfold";
 *
 * type Both = readonly [Tensor, Tensor];
 * function add([g, h]: OutputGradients<Both>): Tensor {
 *   return g.add(h);
 * }
 * ```
 */
export type OutputGradients<Y extends FunctionOutput> = Y extends Tensor
  ? [gradient: Tensor]
  : Y extends readonly Tensor[]
    ? number extends Y["length"] ? Several<Tensor> : { [I in keyof Y]: Tensor }
  : never;

/**
 * A forward computation and its gradient.
 *
 * @example A gradient that is clipped
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   autogradFunction,
 *   type FunctionDefinition,
 *   tensor,
 *   Tensor,
 * } from "@tenfold/tenfold";
 *
 * const clipped: FunctionDefinition<Tensor> = {
 *   name: "clipped",
 *   forward: (_, x) => x.clone(),
 *   backward: (_, g) => g.clamp({ min: -1, max: 1 }),
 * };
 * const x = tensor(2, { requiresGrad: true });
 * autogradFunction(clipped)(x).mul(5).backward();
 * assertEquals(await x.grad?.item(), 1);
 * ```
 */
export interface FunctionDefinition<Y extends FunctionOutput> {
  /** Name used in error messages. @default {"autogradFunction"} */
  readonly name?: string;
  /** Computes the outputs; nothing inside is recorded. */
  readonly forward: (ctx: FunctionContext, ...inputs: Several<Tensor>) => Y;
  /**
   * The gradients of the inputs (null where there is none) from those of the
   * outputs (zeros where an output was not used). Written in tensor methods,
   * it can be differentiated again.
   */
  readonly backward: (
    ctx: FunctionContext,
    ...gradients: OutputGradients<Y>
  ) => Tensor | null | readonly (Tensor | null)[];
}

/** A list of which others take as many as they know to be there. */
const asSeveral = (tensors: readonly Tensor[]): Several<Tensor> =>
  tensors as Several<Tensor>;

/** What forward sees. */
class ForwardContext implements FunctionContext {
  readonly #saved: Tensor[] = [];
  readonly needsGrad: readonly boolean[];

  constructor(inputs: readonly Tensor[]) {
    this.needsGrad = inputs.map((x) => x.requiresGrad);
  }

  get saved(): Several<Tensor> {
    return asSeveral(this.#saved);
  }

  readonly save = (...tensors: Tensor[]): void => {
    this.#saved.push(...tensors);
  };
}

/** Backward for any number of outputs. */
type Backward = FunctionDefinition<readonly Tensor[]>["backward"];

/** The tape node of a custom function. */
class FunctionNode extends TapeNode implements CustomNode {
  readonly #backward: Backward;
  readonly #inputs: readonly Signature[];
  readonly #outputs: readonly Signature[];
  readonly #like: Tensor;
  /** Where each saved tensor came from: an input's edge, or an output. */
  readonly #origins: readonly (Edge | number | null)[];

  constructor(
    name: string,
    edges: readonly (Edge | null)[],
    saved: Saved[],
    origins: readonly (Edge | number | null)[],
    backward: Backward,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
  ) {
    super(name, edges, saved);
    this.#backward = backward;
    this.#origins = origins;
    this.#inputs = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
    this.#outputs = outputs.map(({ shape, dtype }) => ({ shape, dtype }));
    this.#like = inputs[0]!;
  }

  gradients(
    outputs: readonly (Tensor | null)[],
    needed: readonly boolean[],
  ): readonly (Tensor | null)[] {
    const device = (outputs.find((g) => g) ?? this.#like)!.device;
    const zeros = ({ shape, dtype }: Signature) =>
      wrapValue(
        device,
        device.apply({ name: "full", shape, value: 0, dtype }, [])[0]!,
      );
    const saved = this.saved.map((entry, i) => {
      const origin = this.#origins[i]!;
      const edge = typeof origin === "number"
        ? { node: this, output: origin }
        : origin;
      const value = entry!.unpack(this.name).alias();
      return wrapValue(homeOf(value, device), value, edge);
    });
    const context: FunctionContext = {
      save: () => {
        throw new GradientError(
          `Cannot save tensors in the backward of ${this.name}: save them in forward`,
        );
      },
      saved: asSeveral(saved),
      needsGrad: needed,
    };
    const result = this.#backward(
      context,
      ...asSeveral(
        this.#outputs.map((signature, i) => outputs[i] ?? zeros(signature)),
      ),
    );
    const list = result === null || result instanceof Tensor
      ? [result]
      : result;
    if (list.length !== needed.length) {
      throw new GradientError(
        `Cannot use the backward of ${this.name} as it gave ${list.length} gradients for ${needed.length} inputs: return one (or null) for each`,
      );
    }
    return list.map((gradient, i) => {
      const { shape, dtype } = this.#inputs[i]!;
      if (!gradient || !needed[i]) return gradient;
      if (!sameShape(gradient.shape, shape)) {
        throw new ShapeError(
          `Cannot use the backward of ${this.name} as gradient ${i} has shape ${
            showShape(gradient.shape)
          } for an input of ${showShape(shape)}`,
        );
      }
      return gradient.dtype === dtype ? gradient : gradient.cast(dtype);
    });
  }
}

/**
 * Makes a function whose gradient is given rather than derived.
 *
 * @returns A function of tensors that can be used like any operation.
 * @throws {GradientError} If its backward does not return one gradient for each
 * input.
 * @example A cube with its own gradient
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { autogradFunction, tensor } from "@tenfold/tenfold";
 *
 * const cube = autogradFunction({
 *   forward(ctx, x) {
 *     ctx.save(x);
 *     return x.pow(3);
 *   },
 *   backward(ctx, g) {
 *     const [x] = ctx.saved;
 *     return g.mul(x.square().mul(3));
 *   },
 * });
 * const x = tensor([1, 2], { requiresGrad: true });
 * cube(x).sum().backward();
 * assertEquals(x.grad?.toArraySync(), [3, 12]);
 * ```
 */
export function autogradFunction<
  Y extends Tensor | readonly [] | readonly Tensor[],
>(
  definition: FunctionDefinition<Y>,
): (...inputs: Tensor[]) => Y {
  checkCount("autogradFunction", arguments.length, 1);
  const name = definition.name ?? "autogradFunction";
  return (...inputs) => {
    const context = new ForwardContext(inputs);
    const { saved: kept, needsGrad } = context;
    const result = withRecording(
      false,
      () => definition.forward(context, ...asSeveral(inputs)),
    );
    if (!isRecording() || !needsGrad.includes(true)) return result;
    const outputs: readonly Tensor[] = result instanceof Tensor
      ? [result]
      : result;
    const origins = kept.map((tensor) => {
      const output = outputs.indexOf(tensor);
      if (output >= 0) return output;
      return tensor[EDGE];
    });
    const node = new FunctionNode(
      name,
      inputs.map((x) => x[EDGE]),
      kept.map((tensor) => new Saved(tensor[VALUE])),
      origins,
      definition.backward as unknown as Backward,
      inputs,
      outputs,
    );
    // The outputs as forward made them have no place on the tape.
    const tracked = outputs.map((output, i) => {
      if (!isFloating(output.dtype)) return output;
      const edge = { node, output: i };
      const out = wrapValue(output.device, output[VALUE].alias(), edge);
      if (!inputs.includes(output) && !kept.includes(output)) output.dispose();
      return out;
    });
    return (result instanceof Tensor ? tracked[0] : tracked) as Y;
  };
}
