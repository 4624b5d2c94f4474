/**
 * Compiled pipelines, by the text of their shaders: kernels that differ only
 * in what travels with the parameters have the same one.
 *
 * @module
 */
import { DeviceError } from "@tenfold/core";
import type { Counters } from "./counters.ts";
import type { Faults } from "./faults.ts";
import type { GroupLayout } from "./program.ts";

/** Compiles shaders once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #counters: Counters;
  readonly #known = new Map<string, GPUComputePipeline>();

  /** Compiles for one device. */
  constructor(device: GPUDevice, faults: Faults, counters: Counters) {
    this.#device = device;
    this.#faults = faults;
    this.#counters = counters;
  }

  /** The pipeline of a shader, compiled at once if it is new. */
  get(code: string, layout: GroupLayout, label: string): GPUComputePipeline {
    const known = this.#known.get(code);
    if (known) return known;
    const { operation } = this.#faults;
    const pipeline = this.#faults.watch(
      "validation",
      () =>
        this.#device.createComputePipeline(this.#describe(code, layout, label)),
      (message) =>
        new DeviceError(
          `Cannot ${operation} on webgpu as the kernel ${label} does not compile: ${message}`,
        ),
    );
    this.#known.set(code, pipeline);
    return pipeline;
  }

  /** Compiles in the background, unless somebody is faster. */
  async warm(code: string, layout: GroupLayout, label: string): Promise<void> {
    if (this.#known.has(code)) return;
    const pipeline = await this.#device.createComputePipelineAsync(
      this.#describe(code, layout, label),
    );
    if (!this.#known.has(code)) this.#known.set(code, pipeline);
  }

  #describe(
    code: string,
    layout: GroupLayout,
    label: string,
  ): GPUComputePipelineDescriptor {
    this.#counters.pipelines++;
    return {
      label,
      layout: layout.pipelineLayout,
      compute: {
        module: this.#device.createShaderModule({ label, code }),
        entryPoint: "main",
      },
    };
  }
}
