/**
 * Programs: functions that are recorded, fused, planned and replayed. For the
 * suite that tests it on every backend, with the algorithms of Fourier
 * transforms, which it tests by themselves; programs call `compile`.
 *
 * @module
 */
export { launcherOf } from "../device.ts";
export { addFourier } from "../ops/fourier.ts";
export { describe } from "./describe.ts";
export { Plan, type PlanFacts, type Recorded } from "./plan.ts";
export { Recording, recordInto } from "./recording.ts";
