/**
 * Operators that draw random numbers, from the seed of `manualSeed`.
 *
 * @module
 */
import { bernoulli, rand, randn, type Tensor } from "@tenfold/core";
import type { Call, Operator, Operators } from "../_call.ts";
import { isFloat, Type } from "../_element.ts";
import { ofTensor } from "../_value.ts";
import { castTensor } from "./unary.ts";

/** Random numbers in a shape. */
function random(
  draw: (call: Call, shape: readonly number[]) => Tensor,
  like: boolean,
): Operator {
  return {
    random: true,
    shapesOnly: like,
    run: (call) => {
      const shape = like ? call.value(0).shape : call.list("shape")!;
      const own = like && isFloat(call.value(0).type)
        ? call.value(0).type
        : Type.FLOAT;
      const type = call.attribute("dtype", own);
      return ofTensor(castTensor(draw(call, shape), type), type);
    },
  };
}

const normal = (call: Call, shape: readonly number[]) =>
  randn(shape.slice(), { device: call.run.device })
    .mul(call.attribute("scale", 1)).add(call.attribute("mean", 0));

const uniform = (call: Call, shape: readonly number[]) => {
  const [low, high] = [call.attribute("low", 0), call.attribute("high", 1)];
  return rand(shape.slice(), { device: call.run.device })
    .mul(high - low).add(low);
};

/** The operators of this file. */
export const RANDOM: Operators = {
  RandomNormal: random(normal, false),
  RandomNormalLike: random(normal, true),
  RandomUniform: random(uniform, false),
  RandomUniformLike: random(uniform, true),
  Bernoulli: {
    since: 15,
    random: true,
    run: (call) => {
      const type = call.attribute("dtype", call.value(0).type);
      return ofTensor(castTensor(bernoulli(call.floats(0)), type), type);
    },
  },
};
