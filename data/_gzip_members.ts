/**
 * Where the members of a gzip file begin and end. A file may hold several, one
 * after the other (RFC 1952), but `DecompressionStream` takes one only and does
 * not tell where it ends: so the codes are walked through here, without
 * writing anything. Deflate is RFC 1951.
 *
 * @module
 */

/** Thrown inside this file where the bits make no sense or come to an end. */
class Damaged extends Error {}

/** Extra bits of the length codes 257 to 285. */
const LENGTH_BITS = [
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
  ...[3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
];

/** The order in which the lengths of the code length codes are written. */
const ORDER = [
  16,
  17,
  18,
  0,
  8,
  7,
  9,
  6,
  10,
  5,
  11,
  4,
  12,
  3,
  13,
  2,
  14,
  1,
  15,
];

/** A prefix code: how many codes there are of each length, and the symbols. */
interface PrefixCode {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function prefixCode(lengths: ArrayLike<number>): PrefixCode {
  const counts = new Uint16Array(16);
  for (let i = 0; i < lengths.length; i++) counts[lengths[i]!]!++;
  counts[0] = 0;
  const next = new Uint16Array(16);
  for (let bits = 1; bits < 15; bits++) {
    next[bits + 1] = next[bits]! + counts[bits]!;
  }
  const symbols = new Uint16Array(lengths.length);
  for (let i = 0; i < lengths.length; i++) {
    if (lengths[i] !== 0) symbols[next[lengths[i]!]!++] = i;
  }
  return { counts, symbols };
}

const FIXED_LITERALS = prefixCode(
  Uint8Array.from(
    { length: 288 },
    (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8,
  ),
);
const FIXED_DISTANCES = prefixCode(new Uint8Array(30).fill(5));

/** Reads bits, the low one of each byte first. */
class Bits {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** The next bits as a number. */
  take(count: number): number {
    while (this.#count < count) {
      if (this.#at >= this.#bytes.length) throw new Damaged();
      this.#held |= this.#bytes[this.#at++]! << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  /** The next symbol of a code. */
  symbol({ counts, symbols }: PrefixCode): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= 15; length++) {
      code |= this.take(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Damaged();
  }

  /** Passes over the rest of a byte, and over whole bytes. */
  skipBytes(count: number): void {
    this.#held = this.#count = 0;
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new Damaged();
  }

  /** The position of the next whole byte. */
  get position(): number {
    return this.#at;
  }
}

/** The codes that a block brings along: of literals, and of distances. */
function readCodes(bits: Bits): [PrefixCode, PrefixCode] {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const codeLengths = new Uint8Array(19);
  const given = bits.take(4) + 4;
  for (let i = 0; i < given; i++) codeLengths[ORDER[i]!] = bits.take(3);
  const code = prefixCode(codeLengths);
  const lengths = new Uint8Array(literals + distances);
  for (let i = 0; i < lengths.length;) {
    const symbol = bits.symbol(code);
    if (symbol < 16) {
      lengths[i++] = symbol;
      continue;
    }
    if (symbol === 16 && i === 0) throw new Damaged();
    const value = symbol === 16 ? lengths[i - 1]! : 0;
    const times = symbol === 16
      ? 3 + bits.take(2)
      : symbol === 17
      ? 3 + bits.take(3)
      : 11 + bits.take(7);
    if (i + times > lengths.length) throw new Damaged();
    lengths.fill(value, i, i + times);
    i += times;
  }
  return [
    prefixCode(lengths.subarray(0, literals)),
    prefixCode(lengths.subarray(literals)),
  ];
}

/** The byte behind a deflate stream. */
function endOfDeflate(bytes: Uint8Array, start: number): number {
  const bits = new Bits(bytes, start);
  let last = 0;
  while (last === 0) {
    last = bits.take(1);
    const type = bits.take(2);
    if (type === 0) {
      // Bits that are held belong to the byte before: lengths follow it.
      bits.skipBytes(0);
      const length = bits.take(8) | bits.take(8) << 8;
      bits.skipBytes(2 + length);
      continue;
    }
    if (type === 3) throw new Damaged();
    const [literals, distances] = type === 1
      ? [FIXED_LITERALS, FIXED_DISTANCES]
      : readCodes(bits);
    for (;;) {
      const symbol = bits.symbol(literals);
      if (symbol === 256) break;
      if (symbol < 256) continue;
      const extra = LENGTH_BITS[symbol - 257];
      if (extra === undefined) throw new Damaged();
      bits.take(extra);
      const distance = bits.symbol(distances);
      if (distance > 29) throw new Damaged();
      if (distance > 3) bits.take((distance >> 1) - 1);
    }
  }
  return bits.position;
}

/** The byte behind the header of a member. */
function endOfHeader(bytes: Uint8Array, start: number): number {
  const flags = bytes[start + 3]!;
  let at = start + 10;
  if (flags & 4) at += 2 + bytes[at]! + 256 * bytes[at + 1]!;
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) throw new Damaged();
    at = zero + 1;
  }
  return flags & 2 ? at + 2 : at;
}

/**
 * The members of a gzip file. Zeros behind the last one, as tape archives have,
 * are left out.
 *
 * @returns A view of each member, or `null` where the bytes are not one member
 * after the other.
 */
export function gzipMembers(bytes: Uint8Array): Uint8Array[] | null {
  const members: Uint8Array[] = [];
  try {
    for (let at = 0; at < bytes.length;) {
      if (members.length > 0 && bytes[at] === 0) {
        return bytes.subarray(at).every((byte) => byte === 0) ? members : null;
      }
      if (bytes[at] !== 0x1f || bytes[at + 1] !== 0x8b) return null;
      const end = endOfDeflate(bytes, endOfHeader(bytes, at)) + 8;
      if (!(end <= bytes.length)) return null;
      members.push(bytes.subarray(at, end));
      at = end;
    }
    return members;
  } catch (error) {
    if (error instanceof Damaged) return null;
    throw error;
  }
}
