/**
 * Launches of Winograd's algorithm: the workspace of a call, and its kernels.
 *
 * @module
 */
import type { KernelCall, RoutineKernel } from "@tenfold/core/backend";
import type { Engine } from "../../engine.ts";
import {
  type Compiled,
  launchOf,
  staged,
  stageFor,
  stageOf,
} from "../../launch.ts";
import { type Arithmetic, arithmeticOf } from "../../matmul/arithmetic.ts";
import { elementBytes, TILE_COLUMNS } from "../../matmul/micro.ts";
import { Room } from "../../room.ts";
import { B, C, G, I, J, M, X, Y } from "../emit_context.ts";
import type { Launch } from "@tenfold/core/backend";
import { layoutOf } from "./context.ts";
import { defineForward, defineWeights } from "./forward.ts";
import {
  APART,
  divide,
  type Division,
  forwardScheme,
  weightScheme,
} from "./plan.ts";
import type { Scheme } from "./scheme.ts";
import { defineWeightGradient } from "./weight_gradient.ts";

/** Nanoseconds that a multiplication and an addition of a sum take. */
const NANOSECONDS = 0.02;

/** Bytes between planes, and at the end. */
const paddingOf = ({ values }: Scheme): number => 2 * values * APART + 64;

const rooms: WeakMap<Engine, { work: Room; weights: Room }> = new WeakMap();

function roomsOf(engine: Engine): { work: Room; weights: Room } {
  let own = rooms.get(engine);
  if (own === undefined) {
    own = { work: new Room(engine), weights: new Room(engine) };
    rooms.set(engine, own);
  }
  return own;
}

const upTo = (count: number, by: number) => Math.ceil(count / by) * by;
const extentsOf = ({ shape }: KernelCall) => shape as number[] & { length: 8 };

/** One launch for each scheme, compiled when a call first takes it. */
function perScheme(
  schemeOf: (call: KernelCall) => Scheme,
  compile: (scheme: Scheme) => Launch,
): Launch {
  const compiled = new Map<Scheme, Launch>();
  const launchFor = (call: KernelCall): Launch => {
    const scheme = schemeOf(call);
    let launch = compiled.get(scheme);
    if (launch === undefined) compiled.set(scheme, launch = compile(scheme));
    return launch;
  };
  return staged(
    (call) => launchFor(call)(call),
    (call, stages) => stageOf(launchFor(call))!(call, stages),
  );
}

/** Compiles the convolution and its gradient by the input. */
export function compileForward(
  engine: Engine,
  kernel: RoutineKernel,
): Launch {
  const arithmetic = arithmeticOf("float32", engine.fused);
  const layout = layoutOf(kernel);
  return perScheme(forwardScheme, (scheme) => {
    const draft = engine.draft();
    const biased = kernel.inputs.length === 3;
    defineWeights(draft.module, arithmetic, layout, scheme);
    defineForward(draft.module, arithmetic, layout, scheme, biased);
    const program = engine.finish(draft);
    const { values } = scheme;
    const scalars = (call: KernelCall) => {
      const shape = extentsOf(call);
      const [m, c] = [shape[M]!, shape[C]!];
      const division = forwardDivision(scheme, call);
      const bytes = 4 * values * (c + m) * division.pitch + paddingOf(scheme);
      const plane = m * c * elementBytes(arithmetic) + APART;
      const weights = values * shape[G]! * plane;
      return scalarsOf(engine, division, bytes, weights);
    };
    const common = { program, layout, scalars };
    const weights: Compiled = {
      ...common,
      work: () => ({ entry: "weights", size: 1, grain: 1, nanoseconds: 0 }),
    };
    const tiles: Compiled = {
      ...common,
      work(call) {
        const { count, segmentsPerBlock } = forwardDivision(scheme, call);
        return {
          entry: "forward",
          size: count,
          grain: segmentsPerBlock,
          nanoseconds: costOf(call),
        };
      },
    };
    return inTurn(engine, weights, tiles);
  });
}

/** Compiles the gradient by the weight. */
export function compileWeight(engine: Engine, kernel: RoutineKernel): Launch {
  const arithmetic: Arithmetic = arithmeticOf("float32", engine.fused);
  const layout = layoutOf(kernel);
  return perScheme(weightScheme, (scheme) => {
    const draft = engine.draft();
    defineWeightGradient(draft.module, arithmetic, layout, scheme);
    const program = engine.finish(draft);
    const { values } = scheme;
    return launchOf(engine, {
      program,
      layout,
      scalars(call) {
        const shape = extentsOf(call);
        const [m, c] = [shape[M]!, shape[B]!];
        const division = weightDivision(scheme, call);
        const { pitch } = division;
        const filters = upTo(m, TILE_COLUMNS);
        const elements = values * ((c + m) * pitch + filters * c) +
          filters * pitch;
        const packed = arithmetic.rows * pitch * elementBytes(arithmetic);
        const bytes = 4 * elements + packed + paddingOf(scheme);
        return scalarsOf(engine, division, bytes, 0);
      },
      work(call) {
        const size = extentsOf(call)[B]!;
        // Each part transforms all gradients, so there is one for each thread.
        const grain = upTo(Math.ceil(size / (engine.pool?.size ?? 1)), 3);
        const nanoseconds = costOf(call);
        return { entry: "weight", size, grain, nanoseconds };
      },
    });
  });
}

function forwardDivision(scheme: Scheme, call: KernelCall): Division {
  const shape = extentsOf(call);
  const lines = shape[C]! + shape[M]!;
  return divide(scheme, shape[B]!, shape[Y]!, shape[X]!, lines);
}

function weightDivision(scheme: Scheme, call: KernelCall): Division {
  const shape = extentsOf(call);
  const lines = shape[B]! + shape[M]!;
  return divide(scheme, shape[C]!, shape[I]!, shape[J]!, lines);
}

function costOf({ shape }: KernelCall): number {
  return NANOSECONDS * shape.reduce((product, extent) => product * extent, 1);
}

/** The integers of a call, in the order of the layout. */
function scalarsOf(
  engine: Engine,
  division: Division,
  bytes: number,
  weightBytes: number,
): number[] {
  const { work, weights } = roomsOf(engine);
  const threads = engine.pool?.size ?? 1;
  return [
    work.get(bytes * threads) | 0,
    bytes,
    weightBytes === 0 ? 0 : weights.get(weightBytes) | 0,
    division.segmentTiles,
    division.segments,
    division.segmentsPerBlock,
    division.pitch,
  ];
}

/** A launch of one kernel after another. */
function inTurn(engine: Engine, ...kernels: readonly Compiled[]): Launch {
  const launches = kernels.map((kernel) => launchOf(engine, kernel));
  const stages = kernels.map((kernel) => stageFor(engine, kernel));
  return staged((call) => {
    for (const launch of launches) launch(call);
  }, (call, into) => {
    for (const stage of stages) stage(call, into);
  });
}
