import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "../dtype.ts";
import type { Storage } from "../storage.ts";
import { View } from "../view.ts";
import type { Place, RecordedLaunch } from "./launch.ts";
import { assignSlots } from "./slots.ts";

const memoryOf = (size: number, dtype: DType = "float32"): Storage =>
  ({ size, dtype }) as Storage;

const place = (storage: Storage): Place => ({
  storage,
  view: View.dense([storage.size]),
});

function launch(
  kind: "map" | "routine",
  outputs: readonly Storage[],
  inputs: readonly Storage[],
): RecordedLaunch {
  return {
    kind,
    outputs: outputs.map(place),
    inputs: inputs.map(place),
  } as unknown as RecordedLaunch;
}

/** The sizes of all slots, and the slot of each storage. */
function assigned(
  launches: readonly RecordedLaunch[],
  storages: readonly Storage[],
) {
  const { slots, of } = assignSlots(launches, (s) => storages.includes(s));
  const sizes = slots.map(({ size }) => size);
  return { sizes, of: storages.map((storage) => of.get(storage)) };
}

describe("memory of temporaries", () => {
  it("is shared by those whose lives do not meet", () => {
    const [a, b, c] = [memoryOf(4), memoryOf(4), memoryOf(4)];
    const { sizes, of } = assigned([
      launch("routine", [a], []),
      launch("routine", [b], [a]),
      launch("routine", [c], [b]),
      launch("routine", [], [c]),
    ], [a, b, c]);
    assertEquals(sizes, [4, 4]);
    assertEquals(of[0], of[2]);
  });

  it("is not taken by a small one from a larger one that comes later", () => {
    const [large, small, later] = [
      memoryOf(100),
      memoryOf(1),
      memoryOf(90),
    ];
    const { sizes } = assigned([
      launch("routine", [large], []),
      launch("routine", [], [large]),
      launch("routine", [small], []),
      launch("routine", [later], []),
      launch("routine", [], [later, small]),
    ], [large, small, later]);
    assertEquals(sizes, [100, 1]);
  });

  it("is kept by maps that write in place, of one dtype", () => {
    const [a, b, c] = [memoryOf(8), memoryOf(8), memoryOf(8, "int32")];
    const { sizes, of } = assigned([
      launch("routine", [a], []),
      launch("map", [b], [a]),
      launch("map", [c], [b]),
      launch("routine", [], [c]),
    ], [a, b, c]);
    assertEquals(sizes, [8, 8]);
    assertEquals(of, [0, 0, 1]);
  });

  it("is not given away while somebody still reads it", () => {
    const [a, b] = [memoryOf(8), memoryOf(8)];
    const { sizes } = assigned([
      launch("routine", [a], []),
      launch("map", [b], [a]),
      launch("routine", [], [a, b]),
    ], [a, b]);
    assertEquals(sizes, [8, 8]);
  });
});
