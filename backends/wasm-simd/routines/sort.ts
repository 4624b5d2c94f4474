/**
 * `sort`: stable, by radix.
 *
 * Each element becomes an unsigned key whose order is the one that is asked
 * for (inverted where it descends, so that equal elements keep their order),
 * and keys are distributed by one byte after the other, the lowest first.
 *
 * @module
 */

import type { ComputeDType } from "@tenfold/core/backend";
import {
  type Launch,
  parameterOf,
  type RoutineKernel,
} from "@tenfold/core/backend";
import {
  type Code,
  type FunctionBuilder,
  i32,
  i64,
  type Local,
  memoryFill,
  select,
  type ValueType,
} from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { ELEMENTS } from "../elements.ts";
import { compileRows, type RowEmitContext, times } from "./rows.ts";

/** Counters of a byte's values, as many bytes. */
const HISTOGRAM = 256 * 4;
/** Up to this many elements insertion sort is faster. */
const MAX_INSERTION = 48;

/** Unsigned keys of 32 or 64 bits. */
interface Keys {
  readonly type: "i32" | "i64";
  readonly bytes: 4 | 8;
  readonly load: (address: Code<"i32">) => Code<ValueType>;
  readonly store: (address: Code<"i32">, key: Code) => Code<"none">;
  /** Whether a > b. */
  readonly above: (a: Code, b: Code) => Code<"i32">;
  /** One byte of a key, times four. */
  readonly digit: (key: Code, byte: number) => Code<"i32">;
  /** The key of an element's bits in ascending order. */
  readonly ofElement: (f: FunctionBuilder, address: Code<"i32">) => Local;
  /** All bits the other way round where the mask is -1. */
  readonly invert: (key: Code, mask: Code<"i32">) => Code;
}

/** A key whose type a row of the table fixes. */
// deno-lint-ignore no-explicit-any
type Untyped = any;

const SIGN = i32.const(-0x80000000);
const SIGN_64 = i64.const(-0x8000000000000000n);

const keys32 = (ofElement: Keys["ofElement"]): Keys => ({
  type: "i32",
  bytes: 4,
  load: (address) => i32.load(address),
  store: (address, key: Untyped) => i32.store(address, key),
  above: (a: Untyped, b: Untyped) => i32.gt_u(a, b),
  digit: (key: Untyped, byte) =>
    i32.shl(
      i32.and(i32.shr_u(key, i32.const(8 * byte)), i32.const(255)),
      i32.const(2),
    ),
  ofElement,
  invert: (key: Untyped, mask) => i32.xor(key, mask),
});

/** Floats with the sign set count down from the middle, others up. */
function floatKey(f: FunctionBuilder, address: Code<"i32">): Local {
  const bits = f.let(i32.load(address));
  const magnitude = f.let(i32.and(bits, i32.const(0x7fffffff)));
  // -0 is 0; every NaN is the largest key.
  f.if(i32.eqz(magnitude), () => f.set(bits, i32.const(0)));
  const flip = i32.or(i32.shr_s(bits, i32.const(31)), SIGN);
  const isNan = i32.gt_u(magnitude, i32.const(0x7f800000));
  return f.let(select(isNan, i32.const(-1), i32.xor(bits, flip)));
}

function doubleKey(f: FunctionBuilder, address: Code<"i32">): Local {
  const bits = f.let(i64.load(address));
  const magnitude = f.let(i64.and(bits, i64.const(0x7fffffffffffffffn)));
  f.if(i64.eqz(magnitude), () => f.set(bits, i64.const(0n)));
  const flip = i64.or(i64.shr_s(bits, i64.const(63n)), SIGN_64);
  // As signed numbers: magnitudes have no sign.
  const isNan = i64.gt_s(magnitude, i64.const(0x7ff0000000000000n));
  return f.let(select(isNan, i64.const(-1n), i64.xor(bits, flip)));
}

const KEYS: { readonly [D in ComputeDType]: Keys } = {
  bool: keys32((f, address) => f.let(i32.load8_u(address))),
  int32: keys32((f, address) => f.let(i32.xor(i32.load(address), SIGN))),
  float32: keys32(floatKey),
  float64: {
    type: "i64",
    bytes: 8,
    load: (address) => i64.load(address),
    store: (address, key: Untyped) => i64.store(address, key),
    above: (a: Untyped, b: Untyped) => i64.gt_u(a, b),
    digit: (key: Untyped, byte) =>
      i32.shl(
        i32.and(
          i32.wrap_i64(i64.shr_u(key, i64.const(BigInt(8 * byte)))),
          i32.const(255),
        ),
        i32.const(2),
      ),
    ofElement: doubleKey,
    invert: (key: Untyped, mask) => i64.xor(key, i64.extend_i32_s(mask)),
  },
};

/** Two arrays of keys and of indices, and the counters, contiguous. */
function workspaceBytes(n: number, { bytes }: Keys): number {
  return HISTOGRAM + 2 * n * (bytes + 4) + 64;
}

/** Compiles the routine. Scalars: 1 to descend, then the workspace. */
export function compileSort(
  engine: Engine,
  { rank, inputs }: RoutineKernel,
): Launch {
  const dtype = inputs[0]!;
  const keys = KEYS[dtype];
  const launch = compileRows(
    engine,
    [dtype, "int32", dtype],
    rank,
    (row) => sortRow(row, dtype, keys),
    2,
    false, // They would share the workspace.
  );
  return (call) => {
    const n = call.shape[call.shape.length - 1]!;
    const block = engine.allocate("bool", workspaceBytes(n, keys));
    try {
      // As an int32 scalar, so that addresses above 2 GB keep their bits.
      launch({
        ...call,
        scalars: [parameterOf("sort", "descending", call), block.pointer | 0],
      });
    } finally {
      engine.allocator.free(block);
    }
  };
}

function sortRow(row: RowEmitContext, dtype: ComputeDType, keys: Keys): void {
  const { f, pointers, steps, length, scalar } = row;
  const [values, indices, x] = pointers as [
    Local<"i32">,
    Local<"i32">,
    Local<"i32">,
  ];
  const counters = scalar(1);
  const keyBytes = f.let(i32.mul(length, i32.const(keys.bytes)));
  const placeBytes = f.let(i32.shl(length, i32.const(2)));
  // Keys first: they need the stricter alignment.
  const from = f.let(i32.add(counters, i32.const(HISTOGRAM)));
  const to = f.let(i32.add(from, keyBytes));
  const fromPlaces = f.let(i32.add(to, keyBytes));
  const toPlaces = f.let(i32.add(fromPlaces, placeBytes));

  const descends = f.let(i32.sub(i32.const(0), scalar(0)));
  const read = f.let(x);
  const key = f.let(from);
  const place = f.let(fromPlaces);
  times(f, length, (position) => {
    const ordered = keys.ofElement(f, read);
    f.do(keys.store(key, keys.invert(ordered, descends)));
    f.do(i32.store(place, position));
    f.increase(read, steps[2]!);
    f.increase(key, keys.bytes);
    f.increase(place, 4);
  });

  f.if(
    i32.le_s(length, i32.const(MAX_INSERTION)),
    () => insertAll(row, keys, from, fromPlaces),
    () => {
      for (let byte = 0; byte < keys.bytes; byte++) {
        distribute(row, keys, byte, counters, {
          from,
          fromPlaces,
          to,
          toPlaces,
        });
      }
    },
  );

  const { load, store } = ELEMENTS[dtype];
  f.set(place, fromPlaces);
  times(f, length, () => {
    const source = f.let(i32.load(place));
    f.do(i32.store(indices, source));
    const element = load(i32.add(x, i32.mul(source, steps[2]!)));
    f.do(store(values, element));
    f.increase(values, steps[0]!);
    f.increase(indices, steps[1]!);
    f.increase(place, 4);
  });
}

/** Sorts a few keys in place. */
function insertAll(
  { f, length }: RowEmitContext,
  keys: Keys,
  all: Local<"i32">,
  places: Local<"i32">,
): void {
  const i = f.let(i32.const(1));
  f.for(i, length, 1, () => {
    const at = f.let(i32.add(all, i32.mul(i, i32.const(keys.bytes))));
    const placeAt = f.let(i32.add(places, i32.shl(i, i32.const(2))));
    const key = f.let(keys.load(at) as Code<"i32">);
    const place = f.let(i32.load(placeAt));
    f.block((done) => {
      f.loop((again) => {
        f.branchIf(done, i32.eq(at, all));
        const below = i32.sub(at, i32.const(keys.bytes));
        f.branchIf(done, i32.eqz(keys.above(keys.load(below), key)));
        f.do(keys.store(at, keys.load(below)));
        f.do(i32.store(placeAt, i32.load(i32.sub(placeAt, i32.const(4)))));
        f.increase(at, -keys.bytes);
        f.increase(placeAt, -4);
        f.branch(again);
      });
    });
    f.do(keys.store(at, key));
    f.do(i32.store(placeAt, place));
  });
}

/** Moves keys and places to where one byte puts them, and swaps the arrays. */
function distribute(
  { f, length }: RowEmitContext,
  keys: Keys,
  byte: number,
  counters: Local<"i32">,
  { from, fromPlaces, to, toPlaces }: {
    from: Local<"i32">;
    fromPlaces: Local<"i32">;
    to: Local<"i32">;
    toPlaces: Local<"i32">;
  },
): void {
  f.do(memoryFill(counters, i32.const(0), i32.const(HISTOGRAM)));
  const key = f.let(from);
  const counterOf = (value: Code) => i32.add(counters, keys.digit(value, byte));
  times(f, length, () => {
    const counter = f.let(counterOf(keys.load(key)));
    f.do(i32.store(counter, i32.add(i32.load(counter), i32.const(1))));
    f.increase(key, keys.bytes);
  });
  // Where all keys share the byte there is nothing to move.
  const shared = i32.eq(i32.load(counterOf(keys.load(from))), length);
  f.if(i32.eqz(shared), () => {
    const before = f.let(i32.const(0));
    const counter = f.let(counters);
    times(f, i32.const(256), () => {
      const count = f.let(i32.load(counter));
      f.do(i32.store(counter, before));
      f.increase(before, count);
      f.increase(counter, 4);
    });
    f.set(key, from);
    const place = f.let(fromPlaces);
    times(f, length, () => {
      const value = f.let(keys.load(key) as Code<"i32">);
      f.set(counter, counterOf(value));
      const rank = f.let(i32.load(counter));
      f.do(i32.store(counter, i32.add(rank, i32.const(1))));
      f.do(
        keys.store(
          i32.add(to, i32.mul(rank, i32.const(keys.bytes))),
          value,
        ),
      );
      f.do(
        i32.store(
          i32.add(toPlaces, i32.shl(rank, i32.const(2))),
          i32.load(place),
        ),
      );
      f.increase(key, keys.bytes);
      f.increase(place, 4);
    });
    for (const [a, b] of [[from, to], [fromPlaces, toPlaces]] as const) {
      const kept = f.let(a);
      f.set(a, b);
      f.set(b, kept);
    }
  });
}
