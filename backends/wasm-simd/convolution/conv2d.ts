/**
 * The routine `conv2d`: chooses the way that suits a call.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Engine } from "../engine.ts";
import { compileDepthwise, suitsDepthwise } from "./depthwise.ts";
import {
  compileDepthwiseWeight,
  suitsDepthwiseWeight,
} from "./depthwise_weight.ts";
import { compileFew, suitsFew } from "./few_filters.ts";
import { compileGeneral } from "./general.ts";
import { perWay } from "./launches.ts";
import { compileForward, compileWeight } from "./winograd/launch.ts";
import { forwardScheme, weightScheme } from "./winograd/plan.ts";

/** A way to compute calls, compiled when one first takes it. */
interface Way {
  readonly suits: (call: KernelCall) => boolean;
  readonly compile: (engine: Engine, kernel: RoutineKernel) => Launch;
}

/** The first way that suits a call is taken. */
const WAYS: readonly Way[] = [
  { suits: (call) => forwardScheme(call) !== null, compile: compileForward },
  {
    suits: (call) => weightScheme(call) !== null,
    compile: compileWeight,
  },
  { suits: suitsDepthwise, compile: compileDepthwise },
  { suits: suitsDepthwiseWeight, compile: compileDepthwiseWeight },
  { suits: suitsFew, compile: compileFew },
  { suits: () => true, compile: compileGeneral },
];

/** Compiles the routine; null for dtypes that it does not have. */
export function compileConv2d(
  engine: Engine,
  kernel: RoutineKernel,
): Launch | null {
  if (kernel.inputs[0] !== "float32") return null;
  return perWay(
    (call) => WAYS.find(({ suits }) => suits(call))!,
    (way) => way.compile(engine, kernel),
  );
}
