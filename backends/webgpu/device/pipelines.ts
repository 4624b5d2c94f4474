/**
 * Compiled pipelines, by the text of their shaders: kernels that differ only
 * in what travels with the parameters have the same one.
 *
 * @module
 */
import { DeviceError } from "@tenfold/core";
import type { Counters } from "./counters.ts";
import { type DeferredErrors, oneLine } from "./deferred_errors.ts";
import { Outcome } from "./outcome.ts";
import type { GroupLayout } from "./program.ts";

/** A pipeline, and whether its shader has compiled. */
export interface Compiled {
  /** Of the device; invalid where the shader did not compile. */
  readonly pipeline: GPUComputePipeline;
  /** Whether its shader has compiled. */
  readonly outcome: Outcome;
}

/** Compiles shaders once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #errors: DeferredErrors;
  readonly #counters: Counters;
  readonly #known = new Map<string, Compiled>();

  /** Compiles for one device. */
  constructor(device: GPUDevice, errors: DeferredErrors, counters: Counters) {
    this.#device = device;
    this.#errors = errors;
    this.#counters = counters;
  }

  /** The pipeline of a shader, compiled at once if it is new. */
  get(code: string, layout: GroupLayout, label: string): Compiled {
    const known = this.#known.get(code);
    if (known) return known;
    const outcome = new Outcome();
    const pipeline = this.#errors.watch(
      () =>
        this.#device.createComputePipeline(this.#describe(code, layout, label)),
      outcome,
      ({ message }, operation) =>
        new DeviceError(
          `Cannot ${operation} on webgpu as the kernel ${label} does not compile: ${
            oneLine(message)
          }`,
        ),
    );
    const compiled = { pipeline, outcome };
    this.#known.set(code, compiled);
    return compiled;
  }

  /** Compiles in the background, unless the pipeline is needed before. */
  async warm(code: string, layout: GroupLayout, label: string): Promise<void> {
    if (this.#known.has(code)) return;
    const pipeline = await this.#device.createComputePipelineAsync(
      this.#describe(code, layout, label),
    );
    if (this.#known.has(code)) return;
    const outcome = new Outcome();
    outcome.settle(null);
    this.#known.set(code, { pipeline, outcome });
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
