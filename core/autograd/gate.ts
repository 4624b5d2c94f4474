/**
 * A place on the tape that the gradients of several tensors pass at once.
 *
 * @module
 */
import { EDGE, VALUE } from "../members.ts";
import type { Device } from "../device.ts";
import { type Tensor, wrapValue } from "../tensor.ts";
import type { CustomNode } from "./backward.ts";
import { type Signature, TapeNode } from "./node.ts";
import { besideWalk, taken } from "./tensor_hooks.ts";

/**
 * Maps the gradients of tensors to those that are propagated instead.
 *
 * @example Gradients as they are
 * ```ts
 * import type { GradientRule } from "@tenfold/core/internal";
 *
 * const pass: GradientRule = (gradients) => gradients;
 * ```
 */
export type GradientRule = (
  gradients: readonly (Tensor | null)[],
) => readonly (Tensor | null)[];

class Gate extends TapeNode implements CustomNode {
  readonly #tensors: readonly Signature[];
  readonly #device: Device;
  readonly #rule: GradientRule;
  readonly #zeros: boolean;

  constructor(tensors: readonly Tensor[], rule: GradientRule, zeros: boolean) {
    super("a hook", tensors.map((x) => x[EDGE]), []);
    this.#tensors = tensors.map(({ shape, dtype }) => ({ shape, dtype }));
    this.#device = tensors[0]!.device;
    this.#rule = rule;
    this.#zeros = zeros;
  }

  gradients(
    gradients: readonly (Tensor | null)[],
  ): readonly (Tensor | null)[] {
    const found = besideWalk(() =>
      this.#rule(
        this.#tensors.map((facts, i) =>
          gradients[i]?.alias() ??
            (this.#zeros ? zerosOf(facts, this.#device) : null)
        ),
      )
    );
    return this.#tensors.map((facts, i) => {
      const gradient = found[i];
      return gradient ? taken(gradient, facts) : null;
    });
  }
}

function zerosOf({ shape, dtype }: Signature, device: Device): Tensor {
  const op = { name: "full", shape, value: 0, dtype } as const;
  return wrapValue(device, device.apply(op, [])[0]!);
}

/**
 * The same tensors behind a gate: backward calls a function with the gradients
 * of all of them before it continues.
 *
 * @param tensors Tensors that require a gradient, of one device.
 * @param rule The function.
 * @param zeros Whether it is called with zeros instead of null where a tensor
 * was not used.
 *
 * @example Gradients that are halved on their way
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { gated } from "@tenfold/core/internal";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * const [y] = gated([x], ([g]) => [g?.div(2) ?? null], false);
 * y?.sum().backward();
 * assertEquals(await x.grad?.toArray(), [0.5, 0.5]);
 * ```
 */
export function gated(
  tensors: readonly Tensor[],
  rule: GradientRule,
  zeros: boolean,
): Tensor[] {
  const node = new Gate(tensors, rule, zeros);
  return tensors.map((x, output) =>
    wrapValue(x.device, x[VALUE].alias(), { node, output })
  );
}
