/**
 * Records work into one command buffer until it is worth submitting.
 *
 * @module
 */
import type { Counters } from "./counters.ts";
import type { DeferredErrors } from "./deferred_errors.ts";
import { Outcome } from "./outcome.ts";
import type { Profile } from "./profile.ts";
import { USAGE } from "./usage.ts";
import type { WordArray } from "../wgsl/dtype.ts";
import { RESERVED } from "../wgsl/params.ts";

/** Dispatches after which a command buffer is submitted on its own. */
const MAX_DISPATCHES = 256;
/** Bytes of the uniform buffer: parameters of all dispatches of one batch. */
const UNIFORM_BYTES = 256 * 1024;
/** Bytes of the buffer for writes amid recorded work. */
const UPLOAD_BYTES = 1024 * 1024;

/** Records dispatches and copies in order. */
export class Recorder {
  /** The uniform buffer with the parameters. */
  readonly uniforms: GPUBuffer;
  /** The parameters as integers. */
  readonly ints: Int32Array;
  /** The parameters as floats. */
  readonly floats: Float32Array;
  /** The number of the batch that is being recorded. */
  batch = 1;
  /** The outcome of the work that is being recorded. */
  outcome: Outcome = new Outcome();
  readonly #device: GPUDevice;
  readonly #counters: Counters;
  readonly #errors: DeferredErrors;
  readonly #alignment: number;
  readonly #staged: ArrayBuffer;
  #used = 0;
  /** Bytes of the parameters that the device has, from the front on. */
  #sent = 0;
  #upload: GPUBuffer | null = null;
  #uploaded = 0;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #pipeline: GPUComputePipeline | null = null;
  #dispatches = 0;
  /** True where what is recorded may be invalid. */
  #fallible = false;
  #afterwards: (() => void)[] = [];

  /** Records for one device. */
  constructor(
    device: GPUDevice,
    profile: Profile,
    errors: DeferredErrors,
    counters: Counters,
  ) {
    this.#device = device;
    this.#errors = errors;
    this.#counters = counters;
    this.#alignment = profile.uniformAlignment;
    this.#staged = new ArrayBuffer(UNIFORM_BYTES);
    this.ints = new Int32Array(this.#staged);
    this.floats = new Float32Array(this.#staged);
    this.uniforms = device.createBuffer({
      label: "parameters",
      size: UNIFORM_BYTES,
      usage: USAGE.uniform | USAGE.copyTarget,
    });
  }

  /** Reserves parameters of `bytes`; the constants in front are filled in. */
  reserve(bytes: number): number {
    let at = Math.ceil(this.#used / this.#alignment) * this.#alignment;
    if (at + bytes > UNIFORM_BYTES) {
      this.flush();
      at = 0;
    }
    this.#used = at + bytes;
    const first = at >> 2;
    for (let i = 0; i < RESERVED.length; i++) {
      this.ints[first + i] = RESERVED[i]!;
    }
    return first;
  }

  /** Records one dispatch with parameters that begin at word `first`. */
  dispatch(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    first: number,
    x: number,
    y: number,
  ): void {
    const pass = this.#pass ??= this.#commands().beginComputePass();
    if (pipeline !== this.#pipeline) {
      pass.setPipeline(pipeline);
      this.#pipeline = pipeline;
    }
    pass.setBindGroup(0, group, [first * 4]);
    pass.dispatchWorkgroups(x, y);
    this.#counters.dispatches++;
    this.#fallible = true;
    if (++this.#dispatches >= MAX_DISPATCHES) this.flush();
  }

  /**
   * Records a copy from one buffer to another; `fallible` where a buffer may
   * have had no room.
   */
  copy(
    from: GPUBuffer,
    fromByte: number,
    to: GPUBuffer,
    toByte: number,
    bytes: number,
    fallible = false,
  ): void {
    if (fallible) this.#fallible = true;
    this.#between().copyBufferToBuffer(from, fromByte, to, toByte, bytes);
  }

  /** Records that bytes become zero. */
  clear(buffer: GPUBuffer, bytes: number): void {
    this.#between().clearBuffer(buffer, 0, bytes);
  }

  /**
   * Writes into a buffer that recorded work uses, in its order. False where
   * the data is too much for that; nothing has happened then.
   */
  writeBetween(
    buffer: GPUBuffer,
    byte: number,
    data: WordArray,
  ): boolean {
    if (this.#uploaded + data.byteLength > UPLOAD_BYTES) return false;
    this.#upload ??= this.#device.createBuffer({
      label: "upload",
      size: UPLOAD_BYTES,
      usage: USAGE.copySource | USAGE.copyTarget,
    });
    const at = this.#uploaded;
    this.#uploaded += data.byteLength;
    this.#device.queue.writeBuffer(
      this.#upload,
      at,
      data.buffer as ArrayBuffer,
      data.byteOffset,
      data.byteLength,
    );
    this.copy(this.#upload, at, buffer, byte, data.byteLength);
    return true;
  }

  /** Calls `act` once the work recorded so far has been submitted. */
  afterwards(act: () => void): void {
    if (this.#encoder) this.#afterwards.push(act);
    else {
      act();
      this.#release();
    }
  }

  /** Dawn frees what was destroyed with the next submit, and not before. */
  #release(): void {
    if (!this.#errors.lost) this.#device.queue.submit([]);
  }

  /**
   * Submits what has been recorded, and lets the batch go on with the same
   * parameters: an error in what comes next harms nothing of this.
   */
  split(): void {
    const encoder = this.#encoder;
    if (!encoder) return;
    this.#encoder = null;
    this.#endPass();
    const { outcome } = this;
    this.outcome = new Outcome();
    const submit = () => {
      const { queue } = this.#device;
      const [from, to] = [this.#sent, this.#used];
      if (to > from) {
        queue.writeBuffer(this.uniforms, from, this.#staged, from, to - from);
      }
      queue.submit([encoder.finish()]);
    };
    if (this.#fallible) {
      const { describe } = this.#errors;
      this.#errors.watch(submit, outcome, describe, ["validation"]);
    } else {
      // To ask whether copies alone are valid took an eighth of a small read.
      submit();
      outcome.settle(null);
    }
    this.#fallible = false;
    this.#sent = this.#used;
    this.#counters.submits++;
  }

  /** Submits what has been recorded. */
  flush(): void {
    this.split();
    this.batch++;
    this.#used = 0;
    this.#sent = 0;
    this.#uploaded = 0;
    this.#dispatches = 0;
    const acts = this.#afterwards;
    this.#afterwards = [];
    for (const act of acts) act();
    if (acts.length > 0) this.#release();
  }

  /** Destroys the buffers. */
  dispose(): void {
    this.uniforms.destroy();
    this.#upload?.destroy();
  }

  #commands(): GPUCommandEncoder {
    return this.#encoder ??= this.#device.createCommandEncoder();
  }

  #between(): GPUCommandEncoder {
    this.#endPass();
    return this.#commands();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
    this.#pipeline = null;
  }
}
