/**
 * Launches of compiled kernels: arguments are written to memory, and a function
 * runs on them. The same kernel can run with arguments at an address of its own,
 * which is how sequences of many are made.
 *
 * @module
 */

import type { KernelCall, Launch } from "@tenfold/core/backend";
import type { ArgumentLayout } from "./arguments.ts";
import { ARGUMENTS } from "./addresses.ts";
import type { Engine, Program } from "./engine.ts";

/** What a call does. */
export interface Work {
  /** The function. */
  readonly entry: string;
  /** The size of the loop that threads divide. */
  readonly size: number;
  /** Parts for threads are multiples of this. */
  readonly grain: number;
  /** An estimate of the time on one thread. */
  readonly nanoseconds: number;
  /**
   * The loop dim that is divided, where a part touches no more memory than its
   * extents and strides say, and how many of the buffers are written.
   */
  readonly rows?: { readonly dim: number; readonly outputs: number };
}

/**
 * A reduction in parts: a function that goes on with what the parts before have
 * left behind the arguments, and writes the results after the last one.
 */
export interface Parts {
  /** The module with `run`, compiled when it is first asked for. */
  readonly program: () => Program;
  /** The loop dim that is divided. */
  readonly dim: number;
  /** Its extent. */
  readonly size: number;
  /** Buffers that are read after the last part alone. */
  readonly late: readonly number[];
  /** Bytes behind the arguments. */
  readonly bytes: number;
}

/** Where the calls of a sequence go, in order. */
export interface Stages {
  /**
   * True where the calls are there already, and only addresses and scalars
   * change.
   */
  readonly again: boolean;
  /** The address of room for the arguments of the next call. */
  room(bytes: number): number;
  /** Adds that call. */
  add(program: Program, args: number, work: Work, parts?: Parts | null): void;
  /** Has the sequence end where that call has left a status. */
  check(refuse: () => never): void;
}

/** Puts what a launch does into a sequence. */
export type Stage = (call: KernelCall, stages: Stages) => void;

/** A kernel with the layout of its arguments. */
export interface Compiled {
  /** Its module. */
  readonly program: Program;
  /** Where its arguments are. */
  readonly layout: ArgumentLayout;
  /** What a call does. */
  readonly work: (call: KernelCall) => Work;
  /** Whether it reads neither extents nor strides; left out: false. */
  readonly flat?: boolean;
  /** How it is done in parts of what it reduces; left out: it is not. */
  readonly parts?: (call: KernelCall) => Parts | null;
  /** The scalars, if not those of the call. */
  readonly scalars?: (call: KernelCall) => readonly number[];
}

const STAGES = new WeakMap<Launch, Stage>();

/** How a launch goes into a sequence; undefined where it cannot. */
export function stageOf(launch: Launch): Stage | undefined {
  return STAGES.get(launch);
}

/** Says how a launch goes into a sequence. */
export function staged(launch: Launch, stage: Stage): Launch {
  STAGES.set(launch, stage);
  return launch;
}

/** The launch of a kernel. */
export function launchOf(engine: Engine, compiled: Compiled): Launch {
  const { program, layout, work, flat = false, scalars } = compiled;
  const { memory } = engine;
  const launch = (call: KernelCall) => {
    layout.write(memory, call, flat, ARGUMENTS, scalars?.(call));
    const { entry, size, grain, nanoseconds } = work(call);
    engine.run(program, entry, size, grain, nanoseconds);
  };
  return staged(launch, stageFor(engine, compiled));
}

/** How a kernel goes into a sequence. */
export function stageFor(
  { memory }: Engine,
  { program, layout, work, flat = false, parts, scalars }: Compiled,
): Stage {
  return (call, stages) => {
    const divided = parts?.(call) ?? null;
    const at = stages.room(layout.bytes + (divided?.bytes ?? 0));
    layout.write(memory, call, flat || stages.again, at, scalars?.(call));
    if (!stages.again) stages.add(program, at, work(call), divided);
  };
}
