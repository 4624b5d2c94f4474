/**
 * Batch norm folded into the convolutions before it.
 *
 * @module
 */
import {
  noGradNow,
  parseArguments,
  showValue,
  structureChanged,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { emptyParameter } from "./_empty.ts";
import { type MemberPlace, placesOf } from "./_members.ts";
import { BatchNorm2d } from "./batch_norm.ts";
import { Conv2d } from "./conv2d.ts";
import { Identity } from "./identity.ts";
import { type AnyModule, Module } from "./module.ts";
import { Sequential } from "./sequential.ts";

/**
 * Options of {@linkcode fuseForInference}.
 *
 * @example A convolution and its norm, by name
 * ```ts
 * import { nn, Tensor } from "@tenfold/tenfold";
 *
 * class Block extends nn.Module<[Tensor], Tensor> {
 *   conv = new nn.Conv2d(3, 4, 3);
 *   norm = new nn.BatchNorm2d(4);
 *   override forward(x: Tensor): Tensor {
 *     return this.norm.forward(this.conv.forward(x)).relu();
 *   }
 * }
 * const options: nn.FuseOptions = { pairs: [["conv", "norm"]] };
 * const fused = nn.fuseForInference(new Block().eval(), options);
 * ```
 */
export interface FuseOptions {
  /**
   * Names of a convolution and of the batch norm that is applied to its result,
   * and to nothing else: those that are not next to one another in a
   * `Sequential`.
   *
   * @default {[]}
   */
  readonly pairs?: readonly (readonly [convolution: string, norm: string])[];
}

const schema = () =>
  z.strictObject({
    pairs: z._default(
      z.array(
        z.tuple([z.string(), z.string()], "must be two names"),
        "must be an array of pairs of names",
      ),
      [],
    ),
  });

/** Where a module is, how often the model has it, and under which name. */
interface Site {
  readonly name: string;
  readonly module: AnyModule;
  readonly places: MemberPlace[];
}

/**
 * Folds batch norms into the convolutions before them, for inference: the
 * weight and bias of a `Conv2d` absorb the `BatchNorm2d` that follows it in a
 * `Sequential`, with its running statistics, and an `Identity` replaces the
 * norm. The model is changed in place; its outputs stay the same up to
 * rounding.
 *
 * A module that is used in several places, or whose `forward` was replaced, is
 * left alone, and so is a norm without running statistics.
 *
 * @param model A model in `eval` mode.
 * @param options Pairs in models whose order only their `forward` knows.
 * @returns The names of the convolutions that were changed.
 * @throws {TypeError} If `model` is not a module, or an option is unknown.
 * @throws {RangeError} If a norm is in training, or a pair cannot be folded;
 * nothing has changed then.
 *
 * @example Fold a norm
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(
 *   new nn.Conv2d(3, 8, 3),
 *   new nn.BatchNorm2d(8),
 * );
 * model.eval();
 * assertEquals(nn.fuseForInference(model), ["0"]);
 * ```
 */
export function fuseForInference(
  model: AnyModule,
  options: FuseOptions = {},
): string[] {
  const operation = "fuse for inference";
  const { pairs } = parseArguments(
    schema,
    { model },
    options,
    arguments,
    operation,
  );
  if (!(model instanceof Module)) {
    throw new TypeError(
      `Cannot ${operation} what is not a module: got ${showValue(model)}`,
    );
  }
  const twice = pairs.flat().find((name, i, all) => all.indexOf(name) < i);
  if (twice !== undefined) {
    throw new RangeError(
      `Cannot ${operation} as ${twice} stands twice in the pairs`,
    );
  }
  const sites = sitesOf(model);
  const chosen: [Site, Site][] = pairs.map(([first, second]) => {
    const [conv, norm] = [first, second].map((name) => {
      const site = sites.find((each) => each.name === name);
      if (site) return site;
      throw new RangeError(
        `Cannot ${operation} as the model has no module ${
          showValue(name)
        }: its modules are ${
          sites.map((each) => each.name).filter(Boolean).join(", ")
        }`,
      );
    }) as [Site, Site];
    const why = whyNot(conv, norm);
    if (why === null) return [conv, norm];
    throw new RangeError(
      `Cannot fold ${second} into ${first} for inference as ${why}`,
    );
  });
  for (const { module } of sites) {
    if (!(module instanceof Sequential)) continue;
    const row = [...module].map((each) =>
      sites.find((site) => site.module === each)!
    );
    row.slice(1).forEach((norm, i) => {
      const conv = row[i]!;
      const taken = chosen.some((pair) =>
        pair.includes(norm) || pair.includes(conv)
      );
      if (!taken && whyNot(conv, norm) === null) chosen.push([conv, norm]);
    });
  }
  for (const [, { name, module }] of chosen) {
    if (!module.training) continue;
    throw new RangeError(
      `Cannot ${operation} as ${name} is in training: call model.eval() before`,
    );
  }
  for (const [conv, norm] of chosen) fold(conv, norm);
  if (chosen.length > 0) structureChanged();
  return chosen.map(([{ name }]) => name);
}

/** All modules of a model, with all places that hold them. */
function sitesOf(model: AnyModule): Site[] {
  const sites = model.namedModules()
    .map(([name, module]): Site => ({ name, module, places: [] }));
  const byModule = new Map<unknown, Site>(sites.map((s) => [s.module, s]));
  for (const { module } of sites) {
    for (const place of placesOf(module, isModule)) {
      byModule.get(place.member)?.places.push(place);
    }
  }
  return sites;
}

function isModule(value: object): value is AnyModule {
  return value instanceof Module;
}

/** Why a norm cannot be folded into a convolution, or null. */
function whyNot(conv: Site, norm: Site): string | null {
  const [first, second] = [conv.module, norm.module];
  if (!(first instanceof Conv2d)) return `${conv.name} is not a Conv2d`;
  if (!(second instanceof BatchNorm2d)) {
    return `${norm.name} is not a BatchNorm2d`;
  }
  for (
    const [{ name, module, places }, { forward }] of [
      [conv, Conv2d.prototype],
      [norm, BatchNorm2d.prototype],
    ] as const
  ) {
    if (module.forward !== forward) return `the forward of ${name} is its own`;
    if (places.length !== 1) return `${name} is used in several places`;
  }
  if (!second.running_mean || !second.running_var) {
    return `${norm.name} has no running figures`;
  }
  return first.outChannels === second.numFeatures
    ? null
    : `${conv.name} has ${first.outChannels} channels and ${norm.name} ${second.numFeatures}`;
}

function fold(conv: Site, norm: Site): void {
  const layer = conv.module as Conv2d;
  const { weight, bias, running_mean, running_var, eps } = norm
    .module as BatchNorm2d;
  const added = layer.bias ?? emptyParameter([layer.outChannels], {
    dtype: layer.weight.dtype,
    device: layer.weight.device,
  });
  noGradNow(() =>
    tidyNow(() => {
      const scale = running_var!.add(eps).rsqrt().mul(weight ?? 1);
      layer.weight.copy_(layer.weight.mul(scale.reshape([-1, 1, 1, 1])));
      added.copy_(added.sub(running_mean!).mul(scale).add(bias ?? 0));
    })
  );
  added.requiresGrad_(layer.weight.requiresGrad);
  layer.bias = added;
  const { container, key } = norm.places[0]!;
  const identity = new Identity();
  identity.training = false;
  (container as { [key: string]: unknown })[key] = identity;
  norm.module.dispose();
}
