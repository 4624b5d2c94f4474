/**
 * Programs: a WGSL shader with its operands, and the pipelines for each way in
 * which operands share buffers.
 *
 * @module
 */
import { DeviceError } from "@tenfold/core";
import { halfHeader } from "../wgsl/half.ts";
import { libraryFor } from "../wgsl/library.ts";
import { SUBGROUP_HEADER } from "../wgsl/subgroup.ts";
import type { Gpu } from "./gpu.ts";
import type { Block } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
import type { Compiled } from "./pipelines.ts";
import { COMPUTE_STAGE } from "./usage.ts";

/** One operand of a program. */
export interface Operand {
  /** The WGSL type of its elements in memory. */
  readonly type: string;
  /** True where the program writes to it. */
  readonly writes?: boolean;
}

/** The source of a program. */
export interface ProgramSource {
  /** The label, for error messages and tools. */
  readonly label: string;
  /** Its operands. */
  readonly operands: readonly Operand[];
  /** Words of parameters that it takes. */
  readonly words: number;
  /**
   * The shader without declarations of its operands, given their names.
   * Operands that share a buffer have the same name.
   */
  readonly code: (names: readonly string[]) => string;
}

/** One way in which operands share buffers. */
interface Variant {
  readonly compiled: Compiled;
  readonly layout: GroupLayout;
  /** For each binding the operand whose buffer it takes. */
  readonly operands: readonly number[];
}

/** A layout of bindings, and the groups made for it. */
export interface GroupLayout {
  /** The device's layout. */
  readonly layout: GPUBindGroupLayout;
  /** Layout of pipelines that have this one group. */
  readonly pipelineLayout: GPUPipelineLayout;
  /** Groups by the blocks that they bind. */
  readonly groups: Map<number | string, GPUBindGroup>;
  /** Bytes of parameters that it binds. */
  readonly parameterBytes: number;
}

/** A shader that can be dispatched. */
export class Program {
  readonly #gpu: Gpu;
  readonly #source: ProgramSource;
  readonly #parameterBytes: number;
  readonly #writes: boolean;
  #plain: Variant | null = null;
  readonly #shared = new Map<string, Variant>();

  /** Compiles nothing yet. */
  constructor(gpu: Gpu, source: ProgramSource) {
    this.#gpu = gpu;
    this.#source = source;
    this.#parameterBytes = Math.max(
      256,
      2 ** Math.ceil(Math.log2(source.words * 4)),
    );
    this.#writes = source.operands.some(({ writes }) => writes);
  }

  /** Reserves parameters; gives the first word's place in the recorder. */
  reserve(): number {
    return this.#gpu.recorder.reserve(this.#parameterBytes);
  }

  /**
   * Records a dispatch over these blocks. As long as it is not known whether the
   * shader compiles, or whether there was room for a large block, the dispatch
   * is submitted alone: an error voids all that is submitted with it. Programs
   * that never wait get to know nothing; after a thousand such dispatches they
   * are batched again.
   */
  dispatch(
    blocks: readonly Block[],
    first: number,
    x: number,
    y = 1,
  ): void {
    const { errors, reader, recorder } = this.#gpu;
    if (reader.streaming) reader.secure(...this.#written(blocks));
    const { compiled, layout, operands } = this.#variantFor(blocks);
    let alone = !compiled.outcome.good;
    let failed = compiled.outcome.error !== null;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      if (block.outcome === null) continue;
      block.look();
      if (block.risky) alone = true;
      if (block.made?.error) failed = true;
    }
    if (failed || errors.crowded) alone = false;
    if (alone) recorder.split();
    this.#follow(blocks, compiled.outcome, recorder.outcome);
    // Nothing would come of it but further errors.
    if (failed) return;
    const group = this.#groupFor(layout, operands, blocks);
    // The batch may only be read now: reserving parameters can submit.
    const { batch } = recorder;
    for (let i = 0; i < blocks.length; i++) blocks[i]!.batch = batch;
    recorder.dispatch(compiled.pipeline, group, first, x, y);
    if (alone) recorder.split();
  }

  #written(blocks: readonly Block[]): Block[] {
    return blocks.filter((_, i) => this.#source.operands[i]!.writes);
  }

  /** What is written fails with what it is computed from. */
  #follow(blocks: readonly Block[], compiled: Outcome, work: Outcome): void {
    // The cause comes before what followed from it.
    let outcome = compiled;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i]!;
      if (block.outcome !== null) outcome = outcome.and(block.outcome);
    }
    outcome = outcome.and(work);
    const { operands } = this.#source;
    for (let i = 0; i < blocks.length; i++) {
      if (operands[i]!.writes) blocks[i]!.outcome = outcome;
    }
  }

  #groupFor(
    layout: GroupLayout,
    operands: readonly number[],
    blocks: readonly Block[],
  ): GPUBindGroup {
    let key: number | string;
    const count = operands.length;
    const a = blocks[operands[0]!]!.id;
    const b = count > 1 ? blocks[operands[1]!]!.id : 0;
    const c = count > 2 ? blocks[operands[2]!]!.id : 0;
    if (count <= 3 && a < 131072 && b < 131072 && c < 131072) {
      key = a + b * 131072 + c * 17179869184;
    } else {
      key = "";
      for (let i = 0; i < count; i++) key += blocks[operands[i]!]!.id + ",";
    }
    return layout.groups.get(key) ?? this.#gpu.makeGroup(
      layout,
      operands.map((i) => blocks[i]!),
      key,
    );
  }

  /** Compiles ahead of the first dispatch, in the background. */
  async warm(): Promise<void> {
    const made = this.#describe(this.#source.operands.map((_, i) => i));
    await this.#gpu.pipelines.warm(made.code, made.layout, made.label);
  }

  #variantFor(blocks: readonly Block[]): Variant {
    const { operands } = this.#source;
    let shares = false;
    if (this.#writes) {
      for (let i = 0; i < blocks.length && !shares; i++) {
        if (!operands[i]!.writes) continue;
        for (let j = 0; j < blocks.length; j++) {
          if (j !== i && blocks[j] === blocks[i]) shares = true;
        }
      }
    }
    if (!shares) {
      return this.#plain ??= this.#compile(operands.map((_, i) => i));
    }
    const bindings = blocks.map((block) => blocks.indexOf(block));
    const key = bindings.join();
    let variant = this.#shared.get(key);
    if (!variant) this.#shared.set(key, variant = this.#compile(bindings));
    return variant;
  }

  #compile(bindings: readonly number[]): Variant {
    const { code, label, layout, operands } = this.#describe(bindings);
    const compiled = this.#gpu.pipelines.get(code, layout, label);
    return { compiled, layout, operands };
  }

  /** `bindings` gives for each operand the first one with its buffer. */
  #describe(bindings: readonly number[]) {
    const gpu = this.#gpu;
    const { code, label, operands, words } = this.#source;
    const distinct = [...new Set(bindings)];
    if (distinct.length > gpu.profile.maxBindings) {
      throw new DeviceError(
        `Cannot ${gpu.errors.operation} on webgpu as it takes ${distinct.length} buffers at once: the adapter allows ${gpu.profile.maxBindings}`,
      );
    }
    const writes = distinct.map((first) =>
      operands.some(({ writes }, i) => writes && bindings[i] === first)
    );
    const declarations = distinct.map((first, i) => {
      const access = writes[i] ? "read_write" : "read";
      const { type } = operands[first]!;
      return `@group(0) @binding(${
        i + 1
      }) var<storage, ${access}> b${first}: array<${type}>;`;
    });
    const body = code(bindings.map((first) => `b${first}`));
    const rest = [
      `@group(0) @binding(0) var<uniform> P: array<vec4<i32>, ${
        Math.ceil(words / 4)
      }>;`,
      ...declarations,
      libraryFor(body),
      body,
    ].join("\n");
    const halves = /\bHalf\b/.test(rest);
    const whole = halves
      ? `${halfHeader(gpu.profile.nativeHalf)}\n${rest}`
      : rest;
    return {
      // Extensions come before everything else.
      code: /\bsubgroup[A-Z]/.test(rest) ? SUBGROUP_HEADER + whole : whole,
      label,
      layout: gpu.groupLayout(writes, this.#parameterBytes),
      operands: distinct,
    };
  }
}

/** Describes the layout of bindings to the device. */
export function makeGroupLayout(
  device: GPUDevice,
  writes: readonly boolean[],
  parameterBytes: number,
): GroupLayout {
  const layout = device.createBindGroupLayout({
    entries: [
      {
        binding: 0,
        visibility: COMPUTE_STAGE,
        buffer: {
          type: "uniform",
          hasDynamicOffset: true,
          minBindingSize: parameterBytes,
        },
      },
      ...writes.map((written, i): GPUBindGroupLayoutEntry => ({
        binding: i + 1,
        visibility: COMPUTE_STAGE,
        buffer: { type: written ? "storage" : "read-only-storage" },
      })),
    ],
  });
  return {
    layout,
    pipelineLayout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    groups: new Map(),
    parameterBytes,
  };
}
