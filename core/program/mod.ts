/**
 * Programs: functions that are recorded, fused, planned and replayed. For the
 * suite that tests it on every backend; programs call `compile`.
 *
 * @module
 */
export { launcherOf } from "../device.ts";
export { describe } from "./describe.ts";
export { Plan, type PlanFacts, type Recorded } from "./plan.ts";
export { Recording, recordInto } from "./recording.ts";
