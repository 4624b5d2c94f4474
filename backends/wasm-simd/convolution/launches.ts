/**
 * What launches of convolutions share: a kernel for each algorithm, several
 * kernels in turn.
 *
 * @module
 */
import type { KernelCall, Launch } from "@tenfold/core/backend";
import type { Engine } from "../engine.ts";
import { type Compiled, launchOf, staged, stageOf } from "../launch.ts";

/** One launch for each way that calls take, compiled when one first takes it. */
export function perWay<W>(
  wayOf: (call: KernelCall) => W,
  compile: (way: W) => Launch,
): Launch {
  const compiled = new Map<W, Launch>();
  const launchFor = (call: KernelCall): Launch => {
    const way = wayOf(call);
    let launch = compiled.get(way);
    if (launch === undefined) compiled.set(way, launch = compile(way));
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
  return staged((call) => {
    for (const launch of launches) launch(call);
  }, (call, into) => {
    for (const launch of launches) stageOf(launch)!(call, into);
  });
}
