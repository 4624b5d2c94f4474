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

/**
 * Pipelines that are kept for whoever asks for the same shader again. Programs
 * hold theirs beside: what goes here are those of compiled steps, whose shaders
 * have extents in their text, once many others came after them.
 */
const MAX_KEPT = 512;

/** Compiles shaders once, as long as they are kept. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #errors: DeferredErrors;
  readonly #counters: Counters;
  /** By the text of the shader; what was asked for last stands last. */
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
    if (known) {
      this.#keep(code, known);
      return known;
    }
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
    this.#keep(code, compiled);
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
    this.#keep(code, { pipeline, outcome });
  }

  /** The number of pipelines that are kept. */
  get kept(): number {
    return this.#known.size;
  }

  #keep(code: string, compiled: Compiled): void {
    this.#known.delete(code);
    this.#known.set(code, compiled);
    if (this.#known.size <= MAX_KEPT) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest!);
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
