import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Allocator, type Block } from "./allocator.ts";
import { LinearMemory } from "./memory.ts";

const MEGABYTE = 1 << 20;

/** A memory that is only a number. */
class Imagined {
  bytes: number;
  readonly maximum: number;
  constructor(bytes: number, maximum: number) {
    this.bytes = bytes;
    this.maximum = maximum;
  }
  grow(bytes: number): boolean {
    if (this.bytes + bytes > this.maximum) return false;
    this.bytes += bytes;
    return true;
  }
}

let state = 7;
function random(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 0) % below;
}

function checkDisjoint(blocks: Iterable<Block>): void {
  const sorted = [...blocks].sort((a, b) => a.pointer - b.pointer);
  for (let i = 1; i < sorted.length; i++) {
    const { pointer, units } = sorted[i - 1]!;
    assert(pointer + units * 64 <= sorted[i]!.pointer);
  }
}

describe("Allocator", () => {
  it("gives aligned blocks that do not overlap", () => {
    const allocator = new Allocator(new Imagined(MEGABYTE, MEGABYTE), 100);
    const blocks = [1, 64, 65, 1000, 100_000].map((n) =>
      allocator.allocate(n)!
    );
    for (const block of blocks) assertEquals(block.pointer % 64, 0);
    assert(blocks[0]!.pointer >= 100);
    checkDisjoint(blocks);
  });

  it("hands a freed block out again", () => {
    const allocator = new Allocator(new Imagined(MEGABYTE, MEGABYTE), 0);
    const block = allocator.allocate(1000)!;
    allocator.free(block);
    assertEquals(allocator.allocate(970), block);
  });

  it("merges neighbours, small and large", () => {
    for (const size of [64, 200_000]) {
      const allocator = new Allocator(new Imagined(MEGABYTE, MEGABYTE), 0);
      const blocks: Block[] = [];
      for (;;) {
        const block = allocator.allocate(size);
        if (block === null) break;
        blocks.push(block);
      }
      // Every second one, then the others, so that both sides must merge.
      blocks.filter((_, i) => i % 2 === 0).forEach((b) => allocator.free(b));
      blocks.filter((_, i) => i % 2 === 1).forEach((b) => allocator.free(b));
      assertEquals(allocator.held, 0);
      const whole = allocator.allocate(MEGABYTE)!;
      assertEquals(whole.units * 64, MEGABYTE);
    }
  });

  it("grows the memory when it has to, up to its maximum", () => {
    const memory = new Imagined(MEGABYTE, 10 * MEGABYTE);
    const allocator = new Allocator(memory, 0);
    const first = allocator.allocate(3 * MEGABYTE)!;
    assert(memory.bytes >= 3 * MEGABYTE);
    assertEquals(allocator.allocate(8 * MEGABYTE), null);
    const second = allocator.allocate(7 * MEGABYTE)!;
    checkDisjoint([first, second]);
    allocator.free(first);
    allocator.free(second);
    assert(allocator.allocate(10 * MEGABYTE) !== null);
  });

  it("stays whole after a refusal", () => {
    const allocator = new Allocator(new Imagined(MEGABYTE, MEGABYTE), 0);
    const block = allocator.allocate(1000)!;
    assertEquals(allocator.allocate(2 * MEGABYTE), null);
    assertEquals(allocator.held, 1024);
    allocator.free(block);
    assert(allocator.allocate(MEGABYTE) !== null);
  });

  it("keeps its books over many random requests", () => {
    const memory = new Imagined(MEGABYTE, 64 * MEGABYTE);
    const allocator = new Allocator(memory, 64);
    const live = new Map<Block, number>();
    let held = 0;
    for (let step = 0; step < 50_000; step++) {
      if (live.size > 0 && random(100) < (step % 10_000 < 5000 ? 45 : 55)) {
        const [block, bytes] = [...live][random(Math.min(live.size, 50))]!;
        allocator.free(block);
        live.delete(block);
        held -= bytes;
      } else {
        const size = random(10) === 0 ? random(MEGABYTE) : random(5000);
        const block = allocator.allocate(size);
        if (block === null) continue;
        assert(!live.has(block));
        assert(block.units * 64 >= size);
        live.set(block, block.units * 64);
        held += block.units * 64;
      }
      assertEquals(allocator.held, held);
      if (step % 5000 === 0) checkDisjoint(live.keys());
    }
    checkDisjoint(live.keys());
    for (const block of live.keys()) allocator.free(block);
    assertEquals(allocator.allocate(memory.bytes - 128) !== null, true);
  });
});

describe("LinearMemory", () => {
  for (const shared of [false, true]) {
    it(`grows and keeps its contents (${shared ? "" : "not "}shared)`, () => {
      const memory = new LinearMemory(shared, 64 * MEGABYTE);
      memory.f32[10] = 1.5;
      const before = memory.bytes;
      assertEquals(memory.grow(MEGABYTE), true);
      assertEquals(memory.bytes, before + MEGABYTE);
      assertEquals(memory.f32[10], 1.5);
      assert(memory.u8.length >= memory.bytes + 64);
      assertEquals(memory.grow(64 * MEGABYTE), false);
      assertEquals(memory.bytes, before + MEGABYTE);
    });
  }

  it("reaches four gigabytes of addresses", () => {
    assertEquals(new LinearMemory(true).maximum, 2 ** 32 - 64);
  });
});
