import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Backend, memory, setBackend, tensor } from "@tenfold/core";
import type { RoutineKernel } from "@tenfold/core/backend";
import { applyWindows } from "@tenfold/core/internal";
import { wasmSimd } from "./mod.ts";
import { wasmSimd as whole } from "./whole.ts";

const KERNELS: readonly RoutineKernel[] = [
  {
    kind: "routine",
    name: "conv2d",
    rank: 8,
    outputs: ["float32"],
    inputs: ["float32", "float32"],
  },
  {
    kind: "routine",
    name: "maxPool2d",
    rank: 5,
    outputs: ["float32", "int32"],
    inputs: ["float32"],
  },
];

const has = (backend: Backend) =>
  KERNELS.map((kernel) => backend.prepare(kernel) !== null);

/** A convolution of small integers, which is exact in any order. */
function convolve(
  device: Backend,
  dtype: "float32" | "int32" = "float32",
): number[] {
  const options = { device, dtype, shape: [1, 1, 3, 3] };
  using x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], options);
  using w = tensor([1, 0, 2, 1], { device, dtype, shape: [1, 1, 2, 2] });
  using y = applyWindows(
    {
      name: "conv2d",
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
    },
    x,
    w,
  );
  return [...y.dataSync()];
}

const RESULT = [14, 18, 26, 30];

describe("kernels over windows", () => {
  it("are loaded by setBackend, as this program imports windows", async () => {
    const backend = wasmSimd({ threads: 1 });
    assertEquals(has(backend), [false, false]);
    await setBackend(backend);
    assertEquals(has(backend), [true, true]);
    assertEquals(convolve(backend), RESULT);
  });

  it("are loaded by the first use of a backend that nobody waited for", async () => {
    const backend = wasmSimd({ threads: 1 });
    const before = memory();
    assertEquals(convolve(backend), RESULT);
    assertEquals(has(backend), [false, false]);
    await backend.load!("conv2d");
    assertEquals(has(backend), [true, true]);
    let taken = 0;
    const prepare = backend.prepare.bind(backend);
    backend.prepare = (kernel) => {
      const launch = prepare(kernel);
      if (kernel.kind === "routine" && kernel.name === "conv2d") {
        assert(launch !== null);
        taken++;
      }
      return launch;
    };
    assertEquals(convolve(backend), RESULT);
    assertEquals(convolve(backend), RESULT);
    // Once it is there, it is kept.
    assertEquals(taken, 1);
    assertEquals(memory().tensors, before.tensors);
  });

  it("are asked for once where there are none for a dtype", async () => {
    const backend = wasmSimd({ threads: 1 });
    await setBackend(backend);
    let asked = 0;
    const prepare = backend.prepare.bind(backend);
    backend.prepare = (kernel) => {
      if (kernel.kind === "routine" && kernel.name === "conv2d") asked++;
      return prepare(kernel);
    };
    for (let i = 0; i < 4; i++) {
      assertEquals(convolve(backend, "int32"), RESULT);
      await Promise.resolve();
    }
    // The second time, as the first cannot know that nothing more comes.
    assertEquals(asked, 2);
  });

  it("are there from the start in the whole backend", () => {
    const backend = whole({ threads: 1 });
    assertEquals(has(backend), [true, true]);
    assertEquals(convolve(backend), RESULT);
  });
});
