/**
 * Whether all ranks train the same model.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { showShape } from "@tenfold/core/internal";
import type { Module } from "@tenfold/nn";
import { exchange } from "./_exchange.ts";
import { CollectiveError } from "./errors.ts";
import type { World } from "./world.ts";

/**
 * Compares names, shapes and dtypes.
 *
 * @throws {CollectiveError} If they differ; on every rank, naming the first.
 */
export function checkSameModel(
  world: World,
  module: Module<never[], Tensor>,
): void {
  if (world.worldSize === 1) return;
  world.begin("make a DistributedDataParallel", "");
  const own = Object.entries(module.stateDict()).map(([name, tensor]) =>
    `${name} ${showShape(tensor.shape)} of ${tensor.dtype}`
  );
  const lists = exchange(world.communicator, own);
  const [first] = lists;
  for (const [rank, list] of lists.entries()) {
    const most = Math.max(list.length, first!.length);
    for (let i = 0; i < most; i++) {
      if (list[i] === first![i]) continue;
      throw new CollectiveError(
        `Cannot make a DistributedDataParallel as the ranks have other models: rank 0 has ${
          first![i] ?? "nothing"
        } where rank ${rank} has ${list[i] ?? "nothing"}`,
      );
    }
  }
}
