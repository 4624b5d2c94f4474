import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { type Backend, memory, OutOfMemoryError } from "@tenfold/core";
import type { Kernel, Op, OpName, Value } from "@tenfold/core/backend";
import { EVERY } from "./ops/cases.ts";
import { NAMES, specOf } from "./ops/table.ts";
import { Random } from "./random.ts";
import { Session } from "./session.ts";

/** A way in which an operation can fail on the way. */
interface Failing {
  readonly what: string;
  /** The backend; `countdown` is called where it may fail, and throws once. */
  readonly wrap: (inner: Backend, countdown: () => void) => Backend;
}

function passedOn(inner: Backend, rest: Partial<Backend>): Backend {
  return {
    name: inner.name,
    dtypes: inner.dtypes,
    maxBufferBytes: inner.maxBufferBytes,
    alloc: (dtype, size) => inner.alloc(dtype, size),
    free: (buffer) => inner.free(buffer),
    write: (buffer, offset, data) => inner.write(buffer, offset, data),
    read: (buffer, offset, length) => inner.read(buffer, offset, length),
    readSync: (buffer, offset, length) =>
      inner.readSync!(buffer, offset, length),
    prepare: (kernel: Kernel) => inner.prepare(kernel),
    ...rest,
  };
}

const FAILING: readonly Failing[] = [
  {
    what: "a refused allocation",
    wrap: (inner, countdown) =>
      passedOn(inner, {
        alloc(dtype, size) {
          countdown();
          return inner.alloc(dtype, size);
        },
      }),
  },
  {
    what: "a kernel that throws",
    wrap: (inner, countdown) =>
      passedOn(inner, {
        prepare(kernel) {
          const launch = inner.prepare(kernel);
          return launch && ((call) => {
            countdown();
            launch(call);
          });
        },
      }),
  },
  {
    what: "a kernel that cannot be prepared",
    wrap: (inner, countdown) =>
      passedOn(inner, {
        prepare(kernel) {
          countdown();
          return inner.prepare(kernel);
        },
      }),
  },
  {
    what: "a refused allocation where there are no routines",
    wrap: (inner, countdown) =>
      passedOn(inner, {
        alloc(dtype, size) {
          countdown();
          return inner.alloc(dtype, size);
        },
        prepare: (kernel) =>
          kernel.kind === "routine" ? null : inner.prepare(kernel),
      }),
  },
];

/** Cases of each primitive and dtype that are tried. */
const CASES_EACH = 12;

const BACKENDS = {
  "cpu-typedarray": () => cpuTypedArray(),
  "wasm-simd": () => wasmSimd({ threads: 1 }),
};

for (const [name, open] of Object.entries(BACKENDS)) {
  for (const { what, wrap } of FAILING) {
    describe(`${what} on ${name} leaves nothing behind`, () => {
      for (const op of NAMES) {
        it(`in ${op}`, () => {
          let left = Infinity;
          const session = new Session(wrap(open(), () => {
            if (--left === 0) throw new OutOfMemoryError("No room here");
          }));
          for (const dtype of EVERY) {
            failEach(session, op, dtype, (n) => left = n);
          }
          session.backend.dispose?.();
        });
      }
    });
  }
}

/** Whether an operation runs: some dtypes and missing routines are refused. */
function runs(session: Session, op: Op, inputs: readonly Value[]): boolean {
  const { buffers } = memory();
  try {
    for (const out of session.device.apply(op, inputs)) out.release();
    return true;
  } catch (error) {
    assertInstanceOf(error, TypeError);
    return false;
  } finally {
    assertEquals(memory().buffers, buffers);
    assert(inputs.every(({ storage }) => storage.references === 1));
  }
}

/** Lets every step of some cases fail once. */
function failEach(
  session: Session,
  name: OpName,
  dtype: (typeof EVERY)[number],
  failAt: (step: number) => void,
): void {
  const row = specOf(name);
  if (!row.dtypes.includes(dtype)) return;
  const random = new Random(1, `${name} ${dtype}`);
  let tried = 0;
  for (const { op, inputs } of row.cases(dtype, random)) {
    if (tried++ === CASES_EACH) return;
    const placed = inputs.map((input) => session.place(input, random).value);
    if (!runs(session, op, placed)) {
      for (const value of placed) value.release();
      continue;
    }
    const { buffers, bytes } = memory();
    for (let step = 1; step < 20; step++) {
      failAt(step);
      let refused = false;
      try {
        for (const out of session.device.apply(op, placed)) out.release();
      } catch (error) {
        assertInstanceOf(error, OutOfMemoryError);
        refused = true;
      }
      failAt(Infinity);
      const where = `${name} of ${dtype}, step ${step}`;
      assertEquals([memory().buffers, memory().bytes], [buffers, bytes], where);
      for (const { storage } of placed) {
        assertEquals(storage.references, 1, `${where}: an input is held`);
      }
      if (!refused) break;
    }
    for (const value of placed) value.release();
  }
}
