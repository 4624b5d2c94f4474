/**
 * Launches of convolutions in tiles: the workspace of a call, and its kernels.
 *
 * @module
 */
import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Engine } from "../../engine.ts";
import type { Compiled } from "../../launch.ts";
import { type Arithmetic, arithmeticOf } from "../../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { C, G, M } from "../emit_context.ts";
import { inTurn, perWay } from "../launches.ts";
import type { ArgumentLayout } from "../../arguments.ts";
import type { ModuleBuilder } from "../../assembler.ts";
import { layoutOf } from "../call_reader.ts";
import type { Scheme } from "./scheme.ts";
import { defineForward } from "./forward.ts";
import {
  divideForward,
  divideWeight,
  type Division,
  forwardScheme,
  SCALARS,
  weightScheme,
} from "./plan.ts";
import { defineGather, defineSums } from "./weight_gradient.ts";
import { defineWeights } from "./weights.ts";

/** Nanoseconds that a multiplication and an addition of a sum take. */
const NANOSECONDS = 0.02;
/** Nanoseconds that the transform of a filter of a channel takes. */
const NANOSECONDS_OF_FILTER = 7;
/** Nanoseconds that adding up a sum of the parts takes. */
const NANOSECONDS_OF_SUM = 0.3;

function costOf({ shape }: KernelCall): number {
  return NANOSECONDS * shape.reduce((product, extent) => product * extent, 1);
}

/** How the calls of a direction are computed. */
interface Direction {
  readonly schemeOf: (call: KernelCall) => Scheme | null;
  readonly divide: (
    call: KernelCall,
    scheme: Scheme,
    threads: number,
  ) => Division;
  readonly define: (
    module: ModuleBuilder,
    arithmetic: Arithmetic,
    layout: ArgumentLayout,
    scheme: Scheme,
  ) => void;
  /** Its kernels in turn: the entry, the size, nanoseconds, the grain if not 1. */
  readonly kernels: readonly ((
    call: KernelCall,
    division: Division,
  ) => readonly [
    entry: string,
    size: number,
    nanoseconds: number,
    grain?: number,
  ])[];
}

function compile(
  engine: Engine,
  kernel: RoutineKernel,
  { schemeOf, divide, define, kernels }: Direction,
): Launch {
  const layout = layoutOf(kernel, SCALARS);
  return perWay((call) => schemeOf(call)!, (scheme) => {
    const draft = engine.draft();
    define(
      draft.module,
      arithmeticOf("float32", engine.fused),
      layout,
      scheme,
    );
    const program = engine.finish(draft);
    const division = (call: KernelCall) => divide(call, scheme, engine.threads);
    return inTurn(
      engine,
      ...kernels.map((kernel): Compiled => ({
        program,
        layout,
        scalars(call) {
          const { bytes, shared, scalars } = division(call);
          return [
            engine.work(bytes) | 0,
            bytes,
            engine.shared(shared) | 0,
            ...scalars,
          ];
        },
        work(call) {
          const [entry, size, nanoseconds, grain = 1] = kernel(
            call,
            division(call),
          );
          return { entry, size, grain, nanoseconds };
        },
      })),
    );
  });
}

/** Compiles the convolution and its gradient by the input. */
export function compileForward(engine: Engine, kernel: RoutineKernel): Launch {
  return compile(engine, kernel, {
    schemeOf: forwardScheme,
    divide: divideForward,
    define(module, arithmetic, layout, scheme) {
      const biased = kernel.inputs.length === 3;
      defineWeights(module, layout, scheme);
      defineForward(module, arithmetic, layout, scheme, biased);
    },
    kernels: [
      ({ shape }) => [
        "weights",
        shape[M]!,
        NANOSECONDS_OF_FILTER * shape[M]! * shape[G]! * shape[C]!,
        TILE_COLUMNS,
      ],
      (call, { units }) => ["forward", units, costOf(call)],
    ],
  });
}

/** Compiles the gradient by the weight. */
export function compileWeight(engine: Engine, kernel: RoutineKernel): Launch {
  return compile(engine, kernel, {
    schemeOf: weightScheme,
    divide: divideWeight,
    define(module, arithmetic, layout, scheme) {
      defineSums(module, arithmetic, layout, scheme);
      defineGather(module, layout, scheme);
    },
    kernels: [
      (call, { units }) => ["sums", units, costOf(call)],
      ({ shape }, { shared }) => [
        "gather",
        shape[G]! * shape[M]!,
        NANOSECONDS_OF_SUM / 4 * shared,
      ],
    ],
  });
}
