/**
 * Opens a suite for running.
 *
 * @module
 */
import type { SuiteRun, Task } from "./plan.ts";
import { ProbeRun } from "./probe_run.ts";
import { loadSuite } from "./suites.ts";
import { TimedRun } from "./timed_run.ts";

/** A run of a suite, with nothing started yet. */
export async function openRun(task: Task): Promise<SuiteRun> {
  const suite = await loadSuite(task.suite);
  return suite.kind === "probe"
    ? new ProbeRun(suite, task)
    : new TimedRun(suite.question, task);
}
