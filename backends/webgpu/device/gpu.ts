/**
 * A device with everything that kernels need of it.
 *
 * @module
 */
import { DeviceError } from "@tenfold/core";
import { newCounters } from "./counters.ts";
import type { WordArray } from "../wgsl/dtype.ts";
import { DeferredErrors, oneLine, REPORT_WORDS } from "./deferred_errors.ts";
import { Block, Pool } from "./memory.ts";
import { Outcome } from "./outcome.ts";
import { Pipelines } from "./pipelines.ts";
import type { Profile } from "./profile.ts";
import {
  type GroupLayout,
  makeGroupLayout,
  Program,
  type ProgramSource,
} from "./program.ts";
import { MAX_UNSTREAMED_BYTES, Reader, type Reading } from "./reader.ts";
import { Recorder } from "./recorder.ts";
import { USAGE } from "./usage.ts";
import type { Tuning } from "../tuning.ts";

/** Bind groups that are kept before all are made anew. */
const MAX_KEPT_GROUPS = 8192;

/** A device, its memory, its record of work, and its programs. */
export class Gpu {
  /** The device. */
  readonly device: GPUDevice;
  /** Its limits, and how to divide work for it. */
  readonly profile: Profile;
  /** Tile sizes in place of the usual ones. */
  tuning: Tuning | null = null;
  /** Counters of its memory and its work. */
  readonly counters = newCounters();
  /** Its deferred errors. */
  readonly errors: DeferredErrors;
  /** Work that has not been submitted yet. */
  readonly recorder: Recorder;
  /** Its compiled shaders. */
  readonly pipelines: Pipelines;
  /** Its buffers. */
  readonly pool: Pool;
  /** Reads buffers back. */
  readonly reader: Reader;
  readonly #layouts = new Map<string, GroupLayout>();
  #groups = 0;
  #report: Block | null = null;
  /** True while an index may have been out of range unnoticed. */
  #reported = false;

  /** Wraps a device, which it owns from then on. */
  constructor(device: GPUDevice, profile: Profile) {
    this.device = device;
    this.profile = profile;
    this.errors = new DeferredErrors(device);
    this.pipelines = new Pipelines(device, this.errors, this.counters);
    this.recorder = new Recorder(device, profile, this.errors, this.counters);
    this.pool = new Pool(
      device,
      profile,
      this.recorder,
      this.errors,
      this.counters,
    );
    // Groups keep destroyed buffers alive.
    this.pool.onDestroy = () => this.#forgetGroups();
    this.reader = new Reader(device, this.recorder);
    this.pool.beforeDestroy = (block) => {
      if (this.reader.streaming) this.reader.secure(block);
    };
  }

  /** Creates a program, which the caller keeps. */
  newProgram(source: ProgramSource): Program {
    return new Program(this, source);
  }

  /** The layout for operands that are written or only read. */
  groupLayout(
    writes: readonly boolean[],
    parameterBytes: number,
  ): GroupLayout {
    const key = `${parameterBytes}:${writes.map(Number).join("")}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = makeGroupLayout(this.device, writes, parameterBytes);
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** Binds buffers, and keeps the group under `key`. */
  makeGroup(
    layout: GroupLayout,
    blocks: readonly Block[],
    key: number | string,
  ): GPUBindGroup {
    const most = this.profile.maxBindingBytes;
    const large = blocks.find(({ bytes }) => bytes > most);
    if (large) {
      throw new DeviceError(
        `Cannot ${this.errors.operation} on webgpu as it takes a buffer of ${large.bytes} bytes at once: the adapter binds at most ${most} bytes`,
      );
    }
    if (this.#groups >= MAX_KEPT_GROUPS) this.#forgetGroups();
    const make = () =>
      this.device.createBindGroup({
        layout: layout.layout,
        entries: [
          {
            binding: 0,
            resource: {
              buffer: this.recorder.uniforms,
              size: layout.parameterBytes,
            },
          },
          ...blocks.map(({ buffer, byte, bytes }, i) => ({
            binding: i + 1,
            resource: { buffer, offset: byte, size: bytes },
          })),
        ],
      });
    // A block that there was no room for tells of itself.
    const group = blocks.some(({ made }) => made !== null)
      ? this.errors.watch(make, new Outcome())
      : make();
    layout.groups.set(key, group);
    this.#groups++;
    return group;
  }

  /** The block in which shaders report an index that is out of range. */
  reportBlock(): Block {
    this.#reported = true;
    if (!this.#report) {
      const bytes = REPORT_WORDS * 4;
      this.#report = new Block(
        this.device.createBuffer({
          label: "report",
          size: bytes,
          usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget,
        }),
        bytes,
        0,
      );
    }
    // It belongs to no tensor, whatever becomes of the work that writes to it.
    this.#report.forget();
    return this.#report;
  }

  /** Writes words after all work before; `whole` if nothing else is there. */
  write(
    block: Block,
    byte: number,
    words: WordArray,
    whole: boolean,
  ): void {
    const { device, errors, recorder } = this;
    block.look();
    if (this.reader.streaming) this.reader.secure(block);
    // It tells of itself that there was no room for it.
    if (block.made?.error) return;
    if (whole) block.forget();
    // The queue writes at once, recorded work comes later.
    if (block.batch === recorder.batch) {
      const { outcome } = recorder;
      if (!block.risky && recorder.writeBetween(block.buffer, byte, words)) {
        block.outcome = block.outcome?.and(outcome) ?? outcome;
        return;
      }
      recorder.flush();
    }
    const write = () =>
      device.queue.writeBuffer(
        block.buffer,
        byte,
        words.buffer as ArrayBuffer,
        words.byteOffset,
        words.byteLength,
      );
    if (block.made) errors.watch(write, new Outcome());
    else write();
  }

  /**
   * Reads the words of a block after all work before, and throws the error of
   * that work, or another deferred error.
   */
  async read(block: Block, byte: number, bytes: number): Promise<ArrayBuffer> {
    const part = { buffer: block.buffer, byte, bytes };
    block.look();
    if (block.made?.error) throw block.made.error;
    // Whoever gets the block next must not write before it has been read.
    block.batch = this.recorder.batch;
    const { reader } = this;
    const report = this.#reported && this.#report
      ? [{ buffer: this.#report.buffer, byte: 0, bytes: REPORT_WORDS * 4 }]
      : [];
    this.#reported = false;
    const held = block.outcome;
    const outcomeWith = (own: Outcome | null) =>
      held && own ? held.and(own) : held ?? own;
    let reading: Reading | null = null;
    let data: ArrayBuffer;
    let found: ArrayBuffer | null = null;
    try {
      const streamed = bytes > MAX_UNSTREAMED_BYTES;
      reading = streamed
        ? reader.stream(part)
        : reader.read([part, ...report], block.risky);
      const alone = streamed && report.length > 0 ? reader.read(report) : null;
      // The report belongs to the first that reads it.
      for (const { buffer, bytes } of report) {
        this.recorder.clear(buffer, bytes);
      }
      [data, found] = await Promise.all([reading.data, alone?.data ?? null]);
    } catch (error) {
      await this.#checkLost();
      // What kept the buffer from being mapped may have been found before.
      await this.errors.check(outcomeWith(reading?.outcome ?? null), null);
      throw new DeviceError(
        `Cannot read from webgpu: ${oneLine(String(error))}`,
        { cause: error },
      );
    }
    this.counters.reads++;
    const reported = report.length > 0
      ? found ? new Int32Array(found) : new Int32Array(data, bytes)
      : null;
    await this.errors.check(outcomeWith(reading.outcome), reported);
    return data.byteLength > bytes ? data.slice(0, bytes) : data;
  }

  /** Destroys everything. */
  dispose(): void {
    this.recorder.flush();
    this.pool.beforeDestroy = null;
    this.pool.trim();
    this.reader.dispose();
    this.recorder.dispose();
    this.#report?.buffer.destroy();
    this.device.destroy();
  }

  /** A failed read may know of the loss before the promise that tells it. */
  async #checkLost(): Promise<void> {
    const soon = new Promise<void>((resolve) => setTimeout(resolve, 20));
    await Promise.race([this.device.lost, soon]);
    await Promise.resolve();
    this.errors.checkLost();
  }

  #forgetGroups(): void {
    for (const { groups } of this.#layouts.values()) groups.clear();
    this.#groups = 0;
  }
}
