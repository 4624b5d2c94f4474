/**
 * Copies of rank 0.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import type { HostArray } from "./_communicator.ts";
import { elementsOf, isDense, isOnHost, write } from "./_host.ts";
import type { World } from "./world.ts";

/** Copies the tensors of rank 0 to all ranks; a promise on `webgpu`. */
export function shareTensors(
  world: World,
  tensors: readonly Tensor[],
): void | Promise<void> {
  if (world.worldSize === 1 || tensors.length === 0) return;
  const odd = tensors.find((tensor) => !isDense(tensor));
  if (odd !== undefined) {
    throw new TypeError(
      "Cannot broadcast a parameter whose elements do not lie one after the other: make it contiguous before",
    );
  }
  if (!tensors.every(isOnHost)) {
    return Promise.all(tensors.map((tensor) => world.broadcastAsync(tensor)))
      .then(() => {});
  }
  world.begin("broadcast", `of ${tensors.length} tensors`);
  const { communicator } = world;
  // All at once: together they take little longer than one.
  const copies = tensors.map((tensor) => elementsOf(tensor) as HostArray);
  const pending = copies.map((data) => communicator.broadcast(data, 0));
  for (const one of pending) communicator.wait(one, "broadcast");
  tensors.forEach((tensor, i) => write(tensor, copies[i]!));
}
