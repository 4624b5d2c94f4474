/**
 * Allocates blocks of one growing linear memory.
 *
 * A two-level segregated fit (Masmano, Ripoll, Crespo and Real, "TLSF: a new
 * dynamic memory allocator for real-time systems", ECRTS 2004): free blocks
 * hang in lists by size, bitmaps find the first list that fits, neighbours
 * merge when they are freed. Small blocks wait in lists of exact size instead
 * and merge only when memory is short, since a training loop asks for the same
 * sizes over and over.
 *
 * What is known of a block lives in a JavaScript object, so that nothing that
 * a kernel writes can harm it.
 *
 * @module
 */

import type { DType } from "@tenfold/core";

/** Blocks are multiples of this and aligned to it: one cache line. */
const UNIT = 64;
/** Sizes below this many units have a list of their own. */
const QUICK = 1024;
/** Lists per power of two. */
const SPLIT_BITS = 4;
const SPLITS = 1 << SPLIT_BITS;
const CLASSES = 27;

const IN_USE = 0;
const FREE = 1;
/** Freed and kept for the next request of its size. */
const WAITING = 2;

/** A stretch of memory, in use or free. */
export class Block {
  /** Its first byte. */
  readonly pointer: number;
  /** The element type of what it holds. */
  dtype: DType = "float32";
  /** Its length in units. */
  units: number;
  /** In use, free or waiting. */
  state: number = IN_USE;
  /** The neighbour below. */
  below: Block | null = null;
  /** The neighbour above. */
  above: Block | null = null;
  /** The next block of the same list. */
  next: Block | null = null;
  /** The previous block of the same list. */
  previous: Block | null = null;

  /** Makes a block; who makes it links it. */
  constructor(pointer: number, units: number) {
    this.pointer = pointer;
    this.units = units;
  }
}

/** The memory that an allocator divides. */
export interface Growable {
  /** Bytes that there are. */
  readonly bytes: number;
  /** Bytes that there can be. */
  readonly maximum: number;
  /** Grows it by at least so many bytes; false if that fails. */
  grow(bytes: number): boolean;
}

/** Divides a growing memory into blocks. */
export class Allocator {
  readonly #memory: Growable;
  readonly #base: number;
  readonly #quick: (Block | null)[] = new Array(QUICK).fill(null);
  readonly #lists: (Block | null)[] = new Array(CLASSES * SPLITS).fill(null);
  readonly #maps: Int32Array = new Int32Array(CLASSES);
  #map = 0;
  #end: number;
  #top: Block | null = null;
  #held = 0;

  /**
   * Allocates between `base` and the end of the memory.
   *
   * @param memory The memory.
   * @param base The first byte that may be allocated.
   */
  constructor(memory: Growable, base: number) {
    this.#memory = memory;
    this.#base = Math.ceil(base / UNIT) * UNIT;
    this.#end = this.#base;
    this.#extend(memory.bytes);
  }

  /** Bytes in blocks that are in use. */
  get held(): number {
    return this.#held * UNIT;
  }

  /** Bytes that could be held at most. */
  get possible(): number {
    return this.#memory.maximum - this.#base;
  }

  /**
   * Allocates a block of at least so many bytes.
   *
   * @param bytes The number of bytes.
   * @returns The block, or `null` if there is no room for it.
   */
  allocate(bytes: number): Block | null {
    const units = bytes <= UNIT ? 1 : Math.ceil(bytes / UNIT);
    if (units < QUICK) {
      const block = this.#quick[units]!;
      if (block !== null) {
        this.#quick[units] = block.next;
        block.next = null;
        block.state = IN_USE;
        this.#held += units;
        return block;
      }
    }
    const block = this.#find(units) ?? this.#findLater(units);
    if (block !== null) this.#held += block.units;
    return block;
  }

  /**
   * Takes a block back.
   *
   * @param block A block that is in use.
   */
  free(block: Block): void {
    const { units } = block;
    this.#held -= units;
    if (units < QUICK) {
      block.state = WAITING;
      block.next = this.#quick[units]!;
      this.#quick[units] = block;
    } else this.#release(block);
  }

  /** Merges waiting blocks, then grows the memory. */
  #findLater(units: number): Block | null {
    for (let i = 0; i < QUICK; i++) {
      for (let block = this.#quick[i]!; block !== null;) {
        const next: Block | null = block.next;
        block.next = null;
        this.#release(block);
        block = next!;
      }
      this.#quick[i] = null;
    }
    const merged = this.#find(units);
    if (merged !== null) return merged;
    const { bytes, maximum } = this.#memory;
    const last = this.#top?.state === FREE ? this.#top.units : 0;
    const missing = (units - last) * UNIT;
    if (bytes + missing > maximum) return null;
    // By half of what there is, so that growing stays rare.
    const wanted = Math.min(Math.max(missing, bytes / 2), maximum - bytes);
    if (!this.#memory.grow(wanted) && !this.#memory.grow(missing)) return null;
    this.#extend(this.#memory.bytes);
    return this.#find(units);
  }

  /** Adds the bytes between the last block and `end`. */
  #extend(end: number): void {
    const units = Math.floor((end - this.#end) / UNIT);
    if (units === 0) return;
    const block = new Block(this.#end, units);
    block.below = this.#top;
    if (this.#top !== null) this.#top.above = block;
    this.#top = block;
    this.#end += units * UNIT;
    this.#release(block);
  }

  /** Merges a block with its free neighbours and puts it into its list. */
  #release(block: Block): void {
    const { above, below } = block;
    if (above !== null && above.state === FREE) {
      this.#unlink(above);
      this.#absorb(block, above);
    }
    if (below !== null && below.state === FREE) {
      this.#unlink(below);
      this.#absorb(below, block);
      block = below;
    }
    this.#link(block);
  }

  /** Makes `above` part of the block below it. */
  #absorb(block: Block, above: Block): void {
    block.units += above.units;
    block.above = above.above;
    if (above.above !== null) above.above.below = block;
    else this.#top = block;
  }

  /** The free list of blocks of so many units. */
  #listOf(units: number): number {
    const log = 31 - Math.clz32(units);
    if (log < SPLIT_BITS) return units;
    const split = (units >>> (log - SPLIT_BITS)) - SPLITS;
    return ((log - SPLIT_BITS + 1) << SPLIT_BITS) + split;
  }

  #link(block: Block): void {
    const list = this.#listOf(block.units);
    const first = this.#lists[list]!;
    block.state = FREE;
    block.previous = null;
    block.next = first;
    if (first !== null) first.previous = block;
    this.#lists[list] = block;
    this.#maps[list >> SPLIT_BITS]! |= 1 << (list & (SPLITS - 1));
    this.#map |= 1 << (list >> SPLIT_BITS);
  }

  #unlink(block: Block): void {
    const { next, previous } = block;
    if (next !== null) next.previous = previous;
    if (previous !== null) previous.next = next;
    else {
      const list = this.#listOf(block.units);
      this.#lists[list] = next;
      if (next === null) {
        const row = list >> SPLIT_BITS;
        this.#maps[row]! &= ~(1 << (list & (SPLITS - 1)));
        if (this.#maps[row] === 0) this.#map &= ~(1 << row);
      }
    }
    block.next = block.previous = null;
  }

  /** Allocates a block of this size from the lists, splitting a larger one. */
  #find(units: number): Block | null {
    // Every block of the next list is large enough.
    const log = 31 - Math.clz32(units);
    const rounded = log < SPLIT_BITS
      ? units
      : units + (1 << (log - SPLIT_BITS)) - 1;
    const list = this.#listOf(rounded);
    let row = list >> SPLIT_BITS;
    let map = this.#maps[row]! & (-1 << (list & (SPLITS - 1)));
    if (map === 0) {
      const rows = row === 31 ? 0 : this.#map & (-1 << (row + 1));
      if (rows === 0) return this.#findTight(units);
      row = 31 - Math.clz32(rows & -rows);
      map = this.#maps[row]!;
    }
    const column = 31 - Math.clz32(map & -map);
    const block = this.#lists[(row << SPLIT_BITS) + column]!;
    this.#unlink(block);
    this.#split(block, units);
    return block;
  }

  /** Looks through the list whose blocks may or may not be large enough. */
  #findTight(units: number): Block | null {
    let block = this.#lists[this.#listOf(units)]!;
    while (block !== null && block.units < units) block = block.next!;
    if (block === null) return null;
    this.#unlink(block);
    this.#split(block, units);
    return block;
  }

  /** Cuts a block to size; the rest becomes a free block. */
  #split(block: Block, units: number): void {
    block.state = IN_USE;
    if (block.units === units) return;
    const rest = new Block(block.pointer + units * UNIT, block.units - units);
    rest.below = block;
    rest.above = block.above;
    if (rest.above !== null) rest.above.below = rest;
    else this.#top = rest;
    block.above = rest;
    block.units = units;
    this.#link(rest);
  }
}
