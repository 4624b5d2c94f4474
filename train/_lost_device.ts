/**
 * What to say when the device of a run is lost.
 *
 * @module
 */
import { DeviceError } from "@tenfold/core";
import type { Callback, Run } from "./callback.ts";

/**
 * The error of a run whose device was lost, such as a GPU that was reset: the
 * parameters and the batches that lay on it are gone, so that the run cannot go
 * on by itself. It says from which saved state a new run can.
 *
 * @returns `null` where the device is there still, and something else failed.
 */
export function lostDevice(
  cause: unknown,
  { model, step, epoch }: Run,
  callbacks: readonly Callback[],
): DeviceError | null {
  const lost = model.parameters()
    .find(({ device }) => device.backend.lost)?.device;
  if (lost === undefined) return null;
  const saved = callbacks.map((callback) => callback.lastSave?.())
    .find((place) => place !== undefined);
  const reopen = `call await setBackend("${lost.name}")`;
  return new DeviceError(
    `Cannot go on with fit as the device of ${lost.name} was lost after step ${step} (epoch ${epoch}), and the parameters with it: ${
      saved === undefined
        ? `${reopen} and begin anew, with train.checkpoint(path) among the callbacks, so that a run can go on from its last state`
        : `${reopen}, make the model and the data anew and call fit with train.checkpoint("${saved.path}", { resume: true }), which goes on from step ${saved.step}`
    }`,
    { cause },
  );
}
