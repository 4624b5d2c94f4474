/**
 * Launches of Winograd's algorithm: the workspace of a call, and its kernels.
 *
 * @module
 */
import type { KernelCall, RoutineKernel } from "@tenfold/core/backend";
import type { Block } from "../../allocator.ts";
import type { Engine } from "../../engine.ts";
import { type Compiled, launchOf, staged, stageFor } from "../../launch.ts";
import { type Arithmetic, arithmeticOf } from "../../matmul/arithmetic.ts";
import { elementBytes, TILE_COLUMNS } from "../../matmul/micro.ts";
import { B, C, G, I, J, M, X, Y } from "../emit_context.ts";
import type { Launch } from "@tenfold/core/backend";
import { layoutOf } from "./context.ts";
import { defineForward, defineWeights } from "./forward.ts";
import { APART, divide, type Division, VALUES } from "./plan.ts";
import { defineWeightGradient } from "./weight_gradient.ts";

/** Nanoseconds that a multiplication and an addition of a sum take. */
const NANOSECONDS = 0.02;

/** Bytes between planes, and at the end. */
const PADDING = 2 * VALUES * APART + 64;

/** Memory that calls use, larger when one needs more. */
class Room {
  readonly #engine: Engine;
  #block: Block | null = null;
  #bytes = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The address of so many bytes. Earlier ones stay, for sequences. */
  get(bytes: number): number {
    if (this.#block === null || bytes > this.#bytes) {
      this.#bytes = 2 ** Math.ceil(Math.log2(bytes));
      this.#block = this.#engine.allocate("bool", this.#bytes);
    }
    return this.#block.pointer;
  }
}

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

/** Compiles the convolution and its gradient by the input. */
export function compileForward(
  engine: Engine,
  kernel: RoutineKernel,
): Launch {
  const arithmetic = arithmeticOf("float32", engine.fused);
  const layout = layoutOf(kernel);
  const draft = engine.draft();
  defineWeights(draft.module, arithmetic, layout);
  defineForward(draft.module, arithmetic, layout, kernel.inputs.length === 3);
  const program = engine.finish(draft);
  const scalars = (call: KernelCall) => {
    const shape = extentsOf(call);
    const [m, c] = [shape[M]!, shape[C]!];
    const division = forwardDivision(call);
    const bytes = 4 * VALUES * (c + m) * division.pitch + PADDING;
    const plane = m * c * elementBytes(arithmetic) + APART;
    const weights = VALUES * shape[G]! * plane;
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
      const { count, segmentsPerBlock } = forwardDivision(call);
      return {
        entry: "forward",
        size: count,
        grain: segmentsPerBlock,
        nanoseconds: costOf(call),
      };
    },
  };
  return inTurn(engine, weights, tiles);
}

/** Compiles the gradient by the weight. */
export function compileWeight(engine: Engine, kernel: RoutineKernel): Launch {
  const arithmetic: Arithmetic = arithmeticOf("float32", engine.fused);
  const layout = layoutOf(kernel);
  const draft = engine.draft();
  defineWeightGradient(draft.module, arithmetic, layout);
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    scalars(call) {
      const shape = extentsOf(call);
      const [m, c] = [shape[M]!, shape[B]!];
      const division = weightDivision(call);
      const { pitch } = division;
      const filters = upTo(m, TILE_COLUMNS);
      const elements = VALUES * ((c + m) * pitch + filters * c) +
        filters * pitch;
      const packed = arithmetic.rows * pitch * elementBytes(arithmetic);
      const bytes = 4 * elements + packed + PADDING;
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
}

function forwardDivision(call: KernelCall): Division {
  const shape = extentsOf(call);
  return divide(shape[B]!, shape[Y]!, shape[X]!, shape[C]! + shape[M]!, 1);
}

function weightDivision(call: KernelCall): Division {
  const shape = extentsOf(call);
  return divide(shape[C]!, shape[I]!, shape[J]!, shape[B]! + shape[M]!, 4);
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
