/**
 * What is done around the `forward` of one module.
 *
 * @module
 */
import type { AnyModule } from "./module.ts";

type Forward = (...inputs: unknown[]) => unknown;

/** Calls what comes next, within whatever it does before and after. */
export type Around = (
  module: AnyModule,
  inputs: readonly unknown[],
  next: Forward,
) => unknown;

/** Who stands around a `forward`, from the innermost outwards. */
export const LAYER = { lora: 0, norm: 1, hooks: 2 } as const;

const AROUND: unique symbol = Symbol("around");

interface Wrapped {
  /** A `forward` that was put into the field of this module alone. */
  readonly own: Forward | undefined;
  readonly layers: (Around | null)[];
}

/** A module with a `forward` of its own. */
interface Wrapping {
  [AROUND]?: Wrapped;
  forward?: unknown;
}

/** Takes the place of `forward`; it knows its module as methods do. */
function forward(this: AnyModule, ...inputs: unknown[]): unknown {
  const { own, layers } = (this as Wrapping)[AROUND]!;
  const base: Forward = own ?? Object.getPrototypeOf(this).forward;
  const call = (depth: number, inputs: readonly unknown[]): unknown => {
    if (depth < 0) return base.apply(this, inputs as unknown[]);
    const layer = layers[depth];
    return layer
      ? layer(this, inputs, (...xs) => call(depth - 1, xs))
      : call(depth - 1, inputs);
  };
  return call(layers.length - 1, inputs);
}

/** A `forward` in the field of a module that is none of ours, if any. */
export function ownForward(module: AnyModule): Forward | undefined {
  if (!Object.hasOwn(module, "forward")) return undefined;
  const fields = module as Wrapping;
  return fields.forward === forward
    ? fields[AROUND]!.own
    : fields.forward as Forward;
}

/** Puts something around a `forward`, or with null takes it away. */
export function setAround(
  module: AnyModule,
  depth: number,
  around: Around | null,
): void {
  const fields = module as Wrapping;
  const own = ownForward(module);
  const layers = [...fields[AROUND]?.layers ?? []];
  layers[depth] = around;
  delete fields.forward;
  delete fields[AROUND];
  if (layers.some((layer) => layer)) {
    const define = (key: PropertyKey, value: unknown) =>
      Object.defineProperty(module, key, {
        value,
        configurable: true,
        writable: true,
      });
    define(AROUND, { own, layers: Array.from(layers) });
    define("forward", forward);
  } else if (own) fields.forward = own;
}
