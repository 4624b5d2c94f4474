/**
 * Finds the layers of a model that can be quantised, and replaces them.
 *
 * @module
 */
import { addLinearInt8 } from "@tenfold/core/int8";
import { showValue, structureChanged } from "@tenfold/core/internal";
import { type MemberPlace, placesOf } from "../_members.ts";
import { matcher, type NamePattern } from "../_names.ts";
import { Conv2d } from "../conv2d.ts";
import { Linear } from "../linear.ts";
import { type AnyModule, Module } from "../module.ts";
import { QuantizedConv2d, QuantizedLinear } from "./layers.ts";
import { fits, pack, type Packed } from "./weights.ts";

function isModule(value: object): value is AnyModule {
  return value instanceof Module;
}

/** The layer, if it is one that can be quantised. */
function layerOf(module: AnyModule): Linear | Conv2d | null {
  const kind = [Linear, Conv2d].find(({ prototype }) =>
    Object.getPrototypeOf(module) === prototype &&
    module.forward === prototype.forward
  );
  if (kind === undefined) return null;
  const layer = module as Linear | Conv2d;
  const { dtype, shape, size } = layer.weight;
  const whole = !(layer instanceof Conv2d) ||
    (layer.groups === 1 && layer.paddingMode === "zeros");
  return dtype === "float32" && whole && fits(size / shape[0]!) ? layer : null;
}

/** Replaces layers by quantised ones; gives their names. */
export async function quantizeLayers(
  model: AnyModule,
  pattern: NamePattern,
): Promise<string[]> {
  const chooses = matcher(pattern, "quantize");
  const chosen: [name: string, layer: Linear | Conv2d, packed: Packed][] = [];
  addLinearInt8();
  for (const [name, module] of model.namedModules()) {
    const layer = layerOf(module);
    if (layer === null || !chooses(name)) continue;
    if (module === model) {
      throw new RangeError(
        "Cannot quantize the model itself as only layers within one can be replaced: put it into a Sequential",
      );
    }
    await layer.weight.device.backend.load?.("linearInt8");
    const packed = await pack(layer.weight);
    if (packed === null) {
      throw new RangeError(
        `Cannot quantize ${name} as its weight holds NaN or an infinity`,
      );
    }
    chosen.push([name, layer, packed]);
  }
  if (chosen.length === 0) {
    throw new RangeError(
      `Cannot quantize the model as it has no Linear and no Conv2d of float32 that ${
        typeof pattern === "function" ? "fits" : `fits ${showValue(pattern)}`
      }: its modules are ${
        model.namedModules().map(([name]) => name).filter(Boolean).join(", ") ||
        "none"
      }`,
    );
  }
  replace(model, chosen);
  return chosen.map(([name]) => name);
}

function replace(
  model: AnyModule,
  chosen: readonly [string, Linear | Conv2d, Packed][],
): void {
  const places = new Map<unknown, MemberPlace[]>();
  for (const module of model.modules()) {
    for (const place of placesOf(module, isModule)) {
      places.set(place.member, [...places.get(place.member) ?? [], place]);
    }
  }
  for (const [, layer, packed] of chosen) {
    const quantized = layer instanceof Linear
      ? new QuantizedLinear(layer, packed)
      : new QuantizedConv2d(layer, packed);
    for (const { container, key } of places.get(layer)!) {
      (container as { [key: string]: unknown })[key] = quantized;
    }
  }
  // Weights that other layers have, too, stay.
  const used = new Set(model.parameters());
  for (const [, { weight, bias }] of chosen) {
    for (const parameter of [weight, bias]) {
      if (parameter && !used.has(parameter)) parameter.dispose();
    }
  }
  structureChanged();
}
