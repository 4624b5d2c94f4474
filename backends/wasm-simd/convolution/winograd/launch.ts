/**
 * Launches of convolutions in tiles: the workspace of a call, and its kernels.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Engine } from "../../engine.ts";
import { type Compiled, launchOf } from "../../launch.ts";
import { arithmeticOf } from "../../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { B, C, G, M } from "../emit_context.ts";
import { inTurn, perScheme, roomsOf } from "../launches.ts";
import { layoutOf } from "../call_reader.ts";
import { defineForward } from "./forward.ts";
import {
  APART,
  BY_WEIGHT,
  divide,
  type Division,
  FORWARD,
  forwardScheme,
  SCALARS,
  upTo,
  weightScheme,
} from "./plan.ts";
import { defineWeightGradient } from "./weight_gradient.ts";
import { defineWeights } from "./weights.ts";

/** Nanoseconds that a multiplication and an addition of a sum take. */
const NANOSECONDS = 0.02;

function costOf({ shape }: KernelCall): number {
  return NANOSECONDS * shape.reduce((product, extent) => product * extent, 1);
}

/** The integers of a call, in the order of the layout. */
function scalarsOf(
  engine: Engine,
  { bytes, scalars }: Division,
  weightBytes: number,
): number[] {
  const { work, weights } = roomsOf(engine);
  const threads = engine.threads;
  return [
    work.get(bytes * threads) | 0,
    bytes,
    weightBytes === 0 ? 0 : weights.get(weightBytes) | 0,
    ...scalars,
  ];
}

/** Compiles the convolution and its gradient by the input. */
export function compileForward(engine: Engine, kernel: RoutineKernel): Launch {
  const arithmetic = arithmeticOf("float32", engine.fused);
  const layout = layoutOf(kernel, SCALARS);
  return perScheme((call) => forwardScheme(call)!, (scheme) => {
    const draft = engine.draft();
    const biased = kernel.inputs.length === 3;
    defineWeights(draft.module, layout, scheme);
    defineForward(draft.module, arithmetic, layout, scheme, biased);
    const program = engine.finish(draft);
    const division = (call: KernelCall) =>
      divide(call, scheme, FORWARD, call.shape[C]!, false);
    const scalars = (call: KernelCall) => {
      const { shape } = call;
      const depth = upTo(shape[C]!, 4) * scheme.step ** 2;
      const plane = 4 * upTo(shape[M]!, TILE_COLUMNS) * depth + APART;
      const weights = scheme.points ** 2 * shape[G]! * plane;
      return scalarsOf(engine, division(call), weights);
    };
    const common = { program, layout, scalars };
    const weights: Compiled = {
      ...common,
      work: () => ({ entry: "weights", size: 1, grain: 1, nanoseconds: 0 }),
    };
    const tiles: Compiled = {
      ...common,
      work: (call) => ({
        entry: "forward",
        size: division(call).units,
        grain: 1,
        nanoseconds: costOf(call),
      }),
    };
    return inTurn(engine, weights, tiles);
  });
}

/** Compiles the gradient by the weight. */
export function compileWeight(engine: Engine, kernel: RoutineKernel): Launch {
  const arithmetic = arithmeticOf("float32", engine.fused);
  const layout = layoutOf(kernel, SCALARS);
  return perScheme((call) => weightScheme(call)!, (scheme) => {
    const draft = engine.draft();
    defineWeightGradient(draft.module, arithmetic, layout, scheme);
    const program = engine.finish(draft);
    // Each part transforms all gradients, so there is one for each thread.
    const grainOf = ({ shape }: KernelCall) =>
      upTo(Math.ceil(shape[B]! / engine.threads), 8);
    return launchOf(engine, {
      program,
      layout,
      scalars: (call) =>
        scalarsOf(
          engine,
          divide(call, scheme, BY_WEIGHT, call.shape[B]!, true),
          0,
        ),
      work: (call) => ({
        entry: "weight",
        size: call.shape[B]!,
        grain: grainOf(call),
        nanoseconds: costOf(call),
      }),
    });
  });
}
