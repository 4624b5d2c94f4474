/**
 * What every layer keeps to. Not part of the package.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  gradcheck,
  manualSeed,
  noGrad,
  randn,
  scope,
  Tensor,
  type TensorOptions,
} from "@tenfold/core";
import { clean } from "./_testing.ts";
import { functionalCall } from "./functional_call.ts";
import type { AnyModule, Module } from "./module.ts";

type Shape = readonly number[];

/** A layer, what it is given, and what it gives and holds. */
export interface LayerFacts {
  make(): AnyModule;
  /** Inputs: a shape stands for normally distributed numbers. */
  readonly inputs: readonly (Shape | (() => unknown))[];
  /** The shapes of its outputs. */
  readonly outputs: readonly Shape[];
  /** The shapes of what it holds, by the names of its state dict. */
  readonly state?: Readonly<Record<string, Shape>>;
  /** What it is printed as, of which the parts of a container are left out. */
  readonly shown: string;
  /** Calls that it refuses, and a part of the message. */
  readonly refuses?: Readonly<Record<string, () => unknown>>;
}

const list = (x: Tensor) => [...x.dataSync()];

/** The tensors of an output, however it is nested. */
const flat = (output: unknown): Tensor[] =>
  Array.isArray(output)
    ? output.flatMap(flat)
    : output === null
    ? []
    : [output as Tensor];

/** States what holds for every layer. */
export function describeLayer(
  name: string,
  { make, inputs, outputs, state = {}, shown, refuses = {} }: LayerFacts,
): void {
  const layerOf = () => make() as unknown as Module<unknown[], unknown>;
  const draw = (options: TensorOptions = {}) =>
    inputs.map((input) =>
      typeof input === "function" ? input() : randn(input, options)
    );

  describe(name, () => {
    it(
      "gives what it should, and a gradient to all that asks for one",
      clean(() => {
        manualSeed(1);
        using layer = layerOf();
        using _ = scope();
        const args = draw({ requiresGrad: true });
        const found = flat(layer.forward(...args));
        assertEquals(found.map((y) => y.shape), outputs);
        const ends = found.filter((y) => y.requiresGrad);
        ends.map((y) => y.square().sum()).reduce((a, b) => a.add(b)).backward();
        const asking = [...args, ...layer.parameters()].filter((p) =>
          p instanceof Tensor && p.requiresGrad
        ) as Tensor[];
        for (const p of asking) {
          assertEquals(p.grad?.shape, p.shape);
          assert(list(p.grad!).every(Number.isFinite));
        }
        layer.zeroGrad();
      }),
    );

    it(
      "has gradients of what it is given and holds that differences agree with",
      clean(async () => {
        manualSeed(3);
        using layer = layerOf();
        await layer.to({ dtype: "float64" });
        using _ = scope();
        const args = draw({ requiresGrad: true, dtype: "float64" });
        const own = layer.namedParameters().filter(([, p]) => p.requiresGrad);
        const given = args.filter((x) => x instanceof Tensor && x.requiresGrad);
        const checked = [...given, ...own.map(([, p]) => p)] as Tensor[];
        if (checked.length === 0) return;
        await gradcheck((...xs) => {
          manualSeed(4);
          const rest = xs.slice(given.length);
          const named = own.map(([key], i) => [key, rest[i]!] as const);
          const inputs = xs.slice(0, given.length).values();
          const all = args.map((x) =>
            given.includes(x) ? inputs.next().value : x
          );
          const found = flat(
            functionalCall(layer, Object.fromEntries(named), ...all),
          );
          const ends = found.filter((y) => y.requiresGrad);
          return ends.map((y) => y.square().sum()).reduce((a, b) => a.add(b));
        }, checked);
      }),
    );

    it(
      "is printed with its options, and holds what its state dict lists",
      clean(() => {
        using layer = layerOf();
        assertEquals(String(layer).split("\n")[0], shown);
        const dict = layer.stateDict();
        assertEquals(
          Object.fromEntries(
            Object.entries(dict).map(([key, { shape }]) => [key, shape]),
          ),
          state,
        );
        using other = layerOf();
        other.loadStateDict(dict);
        layer.eval();
        other.eval();
        using _ = scope();
        const args = draw();
        const run = (each: typeof layer) => {
          manualSeed(2);
          return noGrad(() => flat(each.forward(...args)).map(list));
        };
        assertEquals(run(other), run(layer));
      }),
    );

    it(
      "gives a copy of its own that does the same",
      clean(() => {
        manualSeed(1);
        using layer = layerOf();
        using copy = layer.copy();
        assert(copy instanceof layer.constructor);
        assertEquals(String(copy), String(layer));
        const own = layer.stateDict();
        for (const [key, value] of Object.entries(copy.stateDict())) {
          assertNotStrictEquals(value, own[key]);
          assertEquals(list(value), list(own[key]!));
        }
        const args = draw();
        const run = (each: typeof layer) => {
          manualSeed(2);
          return flat(each.forward(...args)).map(list);
        };
        const before = run(layer);
        // Nothing that the original does changes the copy.
        noGrad(() => {
          for (const p of layer.parameters()) p.fill_(7);
          for (const b of layer.buffers()) b.fill_(3);
        });
        assertEquals(run(copy), before);
        assertEquals(copy.training, layer.training);
      }),
    );

    for (const [message, call] of Object.entries(refuses)) {
      it(
        `refuses what it cannot take: ${message}`,
        clean(() => void assertThrows(call, Error, message)),
      );
    }
  });
}
