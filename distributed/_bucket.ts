/**
 * Gradients of some parameters in one array, which is reduced at once.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, unscopedNow, UPLOAD_LIKE } from "@tenfold/core/internal";
import type { Communicator, HostArray, Pending } from "./_communicator.ts";
import {
  changed,
  elementsOf,
  isDense,
  isOnHost,
  write,
  writeAt,
} from "./_host.ts";
import type { Layout, Piece } from "./_partition.ts";
import type { Shard } from "./_shard.ts";

/** What a trace tells of a bucket in one backward. */
export interface BucketEvent {
  readonly bucket: number;
  /** The collective. */
  readonly name: "allReduce" | "reduceScatter";
  readonly bytes: number;
  readonly begun: number;
  readonly done: number;
}

/** Where a piece lies in the array. */
interface Placed extends Piece {
  readonly at: number;
}

/** The pieces of one rank, or of all, and what follows them. */
interface Block {
  readonly start: number;
  readonly length: number;
  readonly placed: readonly Placed[];
  /** Where the counts of its pieces begin. */
  readonly counts: number;
}

type Floats = Float32Array | Float64Array;

/**
 * Parameters of one dtype, whose gradients lie one after the other. Behind the
 * pieces of a block one element for each counts the ranks that have a gradient
 * of it.
 */
export class Bucket {
  readonly params: readonly Tensor[];
  readonly #blocks: readonly Block[];
  readonly #lengths: readonly number[];
  readonly #data: Floats;
  /** Sums of the own block, where each rank has its own; else those of all. */
  readonly #own: Floats;
  readonly #block: Block;
  /** Which tensors get the gradients of the own block. */
  readonly #targets: readonly Tensor[];
  readonly #places = new Map<Tensor, Placed[]>();
  readonly #there = new Set<Tensor>();
  #pending: Pending | null = null;
  begun = 0;
  done = 0;

  /**
   * Lays out a bucket.
   *
   * @param params The parameters.
   * @param layout Their pieces, by rank or of all ranks.
   * @param shards Those of this rank, where each has its own.
   */
  constructor(
    params: readonly Tensor[],
    layout: Layout,
    shards: readonly Shard[] | null,
    rank: number,
  ) {
    this.params = params;
    let at = 0;
    this.#blocks = layout.map((pieces) => {
      const start = at;
      const placed = pieces.map((piece) => {
        const found = { ...piece, at };
        const places = this.#places.get(piece.param);
        if (places) places.push(found);
        else this.#places.set(piece.param, [found]);
        at += piece.size;
        return found;
      });
      const counts = at;
      at += pieces.length;
      return { start, length: at - start, placed, counts };
    });
    this.#lengths = this.#blocks.map(({ length }) => length);
    const Floats = params[0]!.dtype === "float64" ? Float64Array : Float32Array;
    this.#data = new Floats(at);
    if (shards === null) {
      this.#block = this.#blocks[0]!;
      this.#own = this.#data;
      this.#targets = params;
    } else {
      this.#block = this.#blocks[rank]!;
      this.#own = new Floats(this.#block.length);
      this.#targets = shards.map(({ tensor }) => tensor);
    }
  }

  get #isSharded(): boolean {
    return this.#own !== this.#data;
  }

  /** The collective that reduces. */
  get collective(): BucketEvent["name"] {
    return this.#isSharded ? "reduceScatter" : "allReduce";
  }

  /** Bytes of the gradients of all ranks. */
  get bytes(): number {
    return this.#data.byteLength;
  }

  /** Bytes of parameters that this rank hands to the others. */
  get gatheredBytes(): number {
    return this.#isSharded ? this.#own.byteLength : 0;
  }

  /** Whether all gradients are there. */
  get complete(): boolean {
    return this.#there.size === this.params.length;
  }

  /** Takes a copy of the gradient of a parameter. */
  take(param: Tensor): void {
    const { grad } = param;
    if (grad === null) return;
    const dense = isDense(grad) ? grad : noGradNow(() => grad.contiguous());
    this.put(param, elementsOf(dense) as Floats);
    if (dense !== grad) dense.dispose();
  }

  /** Takes the elements of a gradient. */
  put(param: Tensor, elements: Floats): void {
    for (const { from, size, at } of this.#places.get(param) ?? []) {
      const all = size === elements.length;
      this.#data.set(
        all ? elements : elements.subarray(from, from + size),
        at,
      );
    }
    this.#there.add(param);
  }

  /** Begins to add up; what is not there counts as 0. */
  begin(ranks: Communicator): void {
    for (const { placed, counts } of this.#blocks) {
      placed.forEach(({ param, at, size }, i) => {
        const there = this.#there.has(param);
        if (!there) this.#data.fill(0, at, at + size);
        this.#data[counts + i] = there ? 1 : 0;
      });
    }
    this.begun = performance.now();
    this.#pending = this.#isSharded
      ? ranks.reduceScatter(this.#data, this.#own, "sum", this.#lengths)
      : ranks.allReduce(this.#data, "sum");
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
    const base = this.#base;
    this.#block.placed.forEach(({ at, size }, i) => {
      const target = this.#targets[i]!;
      // A parameter that no rank used has no gradient, as on one rank.
      if (this.#own[this.#block.counts + i - base] === 0) {
        if (this.#isSharded) target.grad = null;
        return;
      }
      const sums = this.#own.subarray(at - base, at - base + size);
      setGradient(target, sums, factor);
    });
  }

  /** Where the own block begins in the array of the own sums' rank. */
  get #base(): number {
    return this.#isSharded ? this.#block.start : 0;
  }

  /** The sum of squares of the gradients of this rank's own pieces. */
  sumOfSquares(factor: number): number {
    const base = this.#base;
    let sum = 0;
    this.#block.placed.forEach(({ at, size }, i) => {
      const { grad } = this.#targets[i]!;
      if (grad === null) return;
      const known = isOnHost(grad) && isDense(grad);
      const values = known
        ? elementsOf(grad)
        : this.#own.subarray(at - base, at - base + size);
      const scale = known ? 1 : factor;
      for (let j = 0; j < values.length; j++) {
        sum += (values[j]! * scale) ** 2;
      }
    });
    return sum;
  }

  /**
   * Begins to collect the elements of all ranks.
   *
   * @param elements Those of a tensor of this rank.
   */
  beginGather(
    ranks: Communicator,
    elements: (target: Tensor) => HostArray,
  ): void {
    this.#block.placed.forEach(({ at }, i) => {
      this.#own.set(elements(this.#targets[i]!), at - this.#block.start);
    });
    this.#pending = ranks.allGather(this.#own, this.#data, this.#lengths);
  }

  /** Waits for them, and makes them the parameters. */
  finishGather(ranks: Communicator): void {
    ranks.wait(this.#pending!, "gather parameters");
    this.#pending = null;
    for (const block of this.#blocks) {
      if (block === this.#block) continue;
      for (const { param, from, size, at } of block.placed) {
        writeAt(param, from, this.#data.subarray(at, at + size));
      }
    }
  }

  /** Begins anew. */
  reset(): void {
    this.#there.clear();
    this.#pending = null;
    this.begun = this.done = 0;
  }
}

function setGradient(target: Tensor, sums: Floats, factor: number): void {
  const { grad } = target;
  if (grad !== null && isOnHost(grad) && isDense(grad)) {
    scaleInto(elementsOf(grad) as Floats, sums, factor);
    changed(grad);
    return;
  }
  const scaled = sums.slice();
  scaleInto(scaled, sums, factor);
  if (grad !== null && isDense(grad)) write(grad, scaled);
  else {
    target.grad = unscopedNow(() =>
      target[UPLOAD_LIKE](scaled, target.shape, target.dtype)
    );
  }
}

function scaleInto(to: Floats, from: Floats, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = from[i]! * factor;
}
