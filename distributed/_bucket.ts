/**
 * Gradients of some parameters in one array, which is reduced at once.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, unscopedNow, UPLOAD_LIKE } from "@tenfold/core/internal";
import type { Communicator, Pending } from "./_communicator.ts";
import { changed, elementsOf, isDense, isOnHost, write } from "./_host.ts";

/** What a trace tells of a bucket in one backward. */
export interface BucketEvent {
  readonly bucket: number;
  readonly bytes: number;
  readonly begun: number;
  readonly done: number;
}

/**
 * Parameters of one dtype, whose gradients lie one after the other; behind them
 * one element for each, which counts the ranks that have a gradient of it.
 */
export class Bucket {
  readonly params: readonly Tensor[];
  readonly #offsets: number[] = [];
  readonly #size: number;
  readonly #data: Float32Array | Float64Array;
  readonly #there: boolean[];
  #ready = 0;
  #pending: Pending | null = null;
  begun = 0;
  done = 0;

  constructor(params: readonly Tensor[]) {
    this.params = params;
    let size = 0;
    for (const param of params) {
      this.#offsets.push(size);
      size += param.size;
    }
    this.#size = size;
    const length = size + params.length;
    this.#data = params[0]!.dtype === "float64"
      ? new Float64Array(length)
      : new Float32Array(length);
    this.#there = params.map(() => false);
  }

  /** Bytes that are reduced. */
  get bytes(): number {
    return this.#data.byteLength;
  }

  /** Whether all gradients are there. */
  get complete(): boolean {
    return this.#ready === this.params.length;
  }

  /** Takes a copy of a gradient, of `param` number `i`. */
  take(i: number): void {
    const { grad } = this.params[i]!;
    if (grad === null) return;
    const dense = isDense(grad) ? grad : noGradNow(() => grad.contiguous());
    this.put(i, elementsOf(dense) as Float32Array);
    if (dense !== grad) dense.dispose();
  }

  /** Takes the elements of a gradient. */
  put(i: number, elements: Float32Array | Float64Array): void {
    this.#data.set(elements, this.#offsets[i]!);
    if (this.#there[i]) return;
    this.#there[i] = true;
    this.#ready++;
  }

  /** Begins to add up; what is not there counts as 0. */
  begin(ranks: Communicator): void {
    this.params.forEach((param, i) => {
      const there = this.#there[i]!;
      const at = this.#offsets[i]!;
      if (!there) this.#data.fill(0, at, at + param.size);
      this.#data[this.#size + i] = there ? 1 : 0;
    });
    this.begun = performance.now();
    this.#pending = ranks.allReduce(this.#data, "sum");
  }

  /** Goes on with what was begun. */
  progress(): void {
    if (this.#pending === null || this.done > 0) return;
    if (this.#pending.done()) this.done = performance.now();
  }

  /** Waits for the sums, and makes them the gradients, times `factor`. */
  finish(ranks: Communicator, factor: number): void {
    ranks.wait(this.#pending!, "average gradients");
    if (this.done === 0) this.done = performance.now();
    this.params.forEach((param, i) => {
      // A parameter that no rank used has no gradient, as on one rank.
      if (this.#data[this.#size + i] === 0) return;
      const at = this.#offsets[i]!;
      const sums = this.#data.subarray(at, at + param.size);
      const { grad } = param;
      if (grad !== null && isOnHost(grad) && isDense(grad)) {
        scaleInto(elementsOf(grad) as Float32Array, sums, factor);
        changed(grad);
        return;
      }
      for (let j = 0; j < sums.length; j++) sums[j]! *= factor;
      if (grad !== null && isDense(grad)) write(grad, sums);
      else {
        param.grad = unscopedNow(() =>
          param[UPLOAD_LIKE](sums.slice(), param.shape, param.dtype)
        );
      }
    });
  }

  /** Begins anew. */
  reset(): void {
    this.#there.fill(false);
    this.#ready = 0;
    this.#pending = null;
    this.begun = this.done = 0;
  }
}

function scaleInto(
  to: Float32Array | Float64Array,
  from: Float32Array | Float64Array,
  factor: number,
): void {
  for (let i = 0; i < to.length; i++) to[i] = from[i]! * factor;
}
