/**
 * Compares what tensors of two backends say.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { manualSeed, randn, type Tensor, tensor } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import type { WebgpuBackend } from "../backend.ts";

const cpu = cpuTypedArray();

/** A computation over tensors of one device. */
export type Compute = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/**
 * Runs a computation on the GPU and, in float64 where that makes a difference,
 * on the processor; both must agree.
 */
export async function assertSame(
  gpu: WebgpuBackend,
  inputs: readonly Tensor[],
  compute: Compute,
  tolerance = 2e-6,
): Promise<void> {
  const exact = compute(
    ...inputs.map((x) => x.dtype === "float32" ? x.cast("float64") : x),
  );
  const there = await Promise.all(inputs.map((x) => x.to(gpu)));
  const got = compute(...there);
  const [wanted, found] = [exact, got].map((result) =>
    Array.isArray(result) ? result as Tensor[] : [result as Tensor]
  );
  for (let i = 0; i < wanted!.length; i++) {
    const want = await wanted![i]!.data();
    const have = await found![i]!.data();
    assertEquals(found![i]!.shape, wanted![i]!.shape);
    let largest = 0;
    for (const value of want) {
      if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    }
    for (let k = 0; k < want.length; k++) {
      const [w, h] = [want[k]!, have[k]!];
      const close = Object.is(w, h) || w === h ||
        Math.abs(w - h) <= tolerance * Math.max(Math.abs(w), largest);
      if (!close) {
        throw new Error(
          `Element ${k} of [${wanted![i]!.shape}] is ${h}, expected ${w}`,
        );
      }
    }
  }
}

/** Standard normal numbers on the processor, the same ones each time. */
export function normal(...shape: number[]): Tensor {
  manualSeed(shape.reduce((seed, extent) => seed * 31 + extent, 7));
  return randn(shape, { device: cpu });
}

/** A tensor on the processor. */
export function onCpu(
  data: Parameters<typeof tensor>[0],
  options: Parameters<typeof tensor>[1] = {},
): Tensor {
  return tensor(data, { ...options, device: cpu });
}
