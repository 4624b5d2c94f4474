import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { constants, gzipSync } from "node:zlib";
import fc from "fast-check";
import { gunzip } from "./_gzip.ts";
import { gzipMembers } from "./_gzip_members.ts";

/** How zlib writes a member: each strategy makes blocks of another kind. */
const writing = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
    constants.Z_FILTERED,
  ),
});

/** Contents with more or fewer repetitions. */
const contents = fc.tuple(
  fc.integer({ min: 0, max: 70_000 }),
  fc.integer({ min: 1, max: 256 }),
  fc.integer(),
).map(([length, values, seed]) => {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return (state >>> 16) % values;
  });
});

const members = fc.array(fc.tuple(contents, writing), {
  minLength: 1,
  maxLength: 4,
});

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A member with every optional field of the header. */
function withFields(member: Uint8Array): Uint8Array {
  const header = member.slice(0, 10);
  header[3] = 4 | 8 | 16;
  const fields = [3, 0, 1, 2, 3, 0x61, 0, 0x62, 0x63, 0];
  return joined([header, new Uint8Array(fields), member.subarray(10)]);
}

describe("gzip of several members", () => {
  it("is taken apart where each member ends", async () => {
    await fc.assert(
      fc.asyncProperty(members, fc.nat(9), async (list, zeros) => {
        const files = list.map(([data, options]) =>
          new Uint8Array(gzipSync(data, options))
        );
        const file = joined([...files, new Uint8Array(zeros)]);
        assertEquals(
          gzipMembers(file)?.map(({ length }) => length),
          files.map(({ length }) => length),
        );
        const whole = joined(list.map(([data]) => data));
        const read = await gunzip(file, "a file", () => whole.length);
        assert(read.every((byte, i) => byte === whole[i]));
        assertEquals(read.length, whole.length);
      }),
      { numRuns: 60, seed: 20_240_904 },
    );
  });

  it("may have names, comments and extra fields", () => {
    const member = new Uint8Array(gzipSync(new Uint8Array(500)));
    const file = joined([withFields(member), member, withFields(member)]);
    assertEquals(gzipMembers(file)?.map(({ length }) => length), [
      member.length + 10,
      member.length,
      member.length + 10,
    ]);
  });

  it("that is damaged ends without an endless loop", () => {
    const file = joined(
      [1, 2, 3].map((n) =>
        new Uint8Array(gzipSync(new Uint8Array(3000).fill(n)))
      ),
    );
    const patch = fc.record({
      at: fc.nat(file.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
      cut: fc.nat(file.length),
    });
    fc.assert(
      fc.property(patch, ({ at, bytes, cut }) => {
        const damaged = file.slice();
        damaged.set(bytes.subarray(0, damaged.length - at), at);
        for (const piece of [damaged, damaged.subarray(0, cut)]) {
          const found = gzipMembers(piece) ?? [];
          const length = found.reduce((n, member) => n + member.length, 0);
          assert(length <= piece.length);
        }
      }),
      { numRuns: 500, seed: 20_240_905 },
    );
  });
});
