/**
 * What launches of convolutions share: memory of their own, a kernel for each
 * algorithm, several kernels in turn.
 *
 * @module
 */
import type { KernelCall, Launch } from "@tenfold/core/backend";
import type { Engine } from "../engine.ts";
import {
  type Compiled,
  launchOf,
  staged,
  stageFor,
  stageOf,
} from "../launch.ts";
import { Room } from "../room.ts";

const rooms: WeakMap<Engine, { work: Room; weights: Room }> = new WeakMap();

/** The memory of an engine's convolutions. */
export function roomsOf(engine: Engine): { work: Room; weights: Room } {
  let own = rooms.get(engine);
  if (own === undefined) {
    own = { work: new Room(engine), weights: new Room(engine) };
    rooms.set(engine, own);
  }
  return own;
}

/** One launch for each scheme, compiled when a call first takes it. */
export function perScheme<S>(
  schemeOf: (call: KernelCall) => S,
  compile: (scheme: S) => Launch,
): Launch {
  const compiled = new Map<S, Launch>();
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

/** A launch of one kernel after another. */
export function inTurn(
  engine: Engine,
  ...kernels: readonly Compiled[]
): Launch {
  const launches = kernels.map((kernel) => launchOf(engine, kernel));
  const stages = kernels.map((kernel) => stageFor(engine, kernel));
  return staged((call) => {
    for (const launch of launches) launch(call);
  }, (call, into) => {
    for (const stage of stages) stage(call, into);
  });
}
