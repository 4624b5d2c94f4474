import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "../cpu-typedarray/mod.ts";
import { type Backend, scope } from "@tenfold/core";
import { conformance } from "./conformance.ts";
import { FAULTY_BACKENDS } from "./faulty_backends.ts";
import { flushingBackend } from "./flushing_backend.ts";

interface Declared {
  readonly name: string;
  readonly body: () => void | Promise<void>;
}

/** The tests that the suite declares for a backend, as a list. */
function declared(backend: Backend, programs?: number): Declared[] {
  const tests: Declared[] = [];
  const path: string[] = [];
  conformance({
    backend: () => backend,
    describe(name, body) {
      path.push(name);
      body();
      path.pop();
    },
    it: (name, body) => tests.push({ name: [...path, name].join(" > "), body }),
    ...(programs === undefined ? {} : { programs }),
  });
  return tests;
}

/**
 * What the tests whose names match say, one message for each that fails. What a
 * failing one leaves behind is released: it would be collected, and counted,
 * in the middle of a later test.
 */
async function failures(
  tests: readonly Declared[],
  which: RegExp,
): Promise<string[]> {
  const chosen = tests.filter(({ name }) => which.test(name));
  assert(chosen.length > 0, `no test is called ${which}`);
  const found: string[] = [];
  for (const { body } of chosen) {
    try {
      using _ = scope();
      await body();
    } catch (error) {
      found.push((error as Error).message);
    }
  }
  return found;
}

/** What every backend has at the least. */
function bare(): Backend {
  const inner = cpuTypedArray();
  return {
    name: "bare",
    dtypes: ["bool", "int32", "float32"],
    maxBufferBytes: inner.maxBufferBytes,
    collected: true,
    alloc: (dtype, size) => inner.alloc(dtype, size),
    free: (buffer) => inner.free(buffer),
    write: (buffer, offset, data) => inner.write(buffer, offset, data),
    read: (buffer, offset, length) => inner.read(buffer, offset, length),
    prepare: (kernel) =>
      kernel.kind === "routine" ? null : inner.prepare(kernel),
  };
}

describe("a backend without float64 and without routines", () => {
  conformance({ backend: bare, describe, it });
});

describe("the suite", () => {
  for (const { what, tests, make } of FAULTY_BACKENDS) {
    it(`finds ${what}`, async () => {
      assertEquals(await failures(declared(cpuTypedArray()), tests), []);
      const wrong = await failures(declared(make(cpuTypedArray())), tests);
      assert(wrong.length > 0, "no test has failed");
    });
  }

  it("takes subnormal numbers that are flushed where that is declared", async () => {
    const tests = /reference > (add|mul|div|remainder|atan2|sqrt) of float32$/;
    const suite = (declares: boolean) =>
      declared(flushingBackend(cpuTypedArray(), !declares));
    assertEquals(await failures(suite(true), tests), []);
    assert((await failures(suite(false), tests)).length >= 4);
  });

  it("tells everything about a case that fails", async () => {
    const { make, tests } = FAULTY_BACKENDS[0]!;
    const [message] = await failures(declared(make(cpuTypedArray())), tests);
    assertMatch(
      message!,
      /^\{"name":"exp"\} on cpu-typedarray with a fault: of result 0, element \[.*\] is .*, expected .* within .*\n {2}computed from input 0: \[.*\] \S+\n {2}input 0: float32 \[.*\] .* \(strides \[.*\], offset \d+\) \[.*\]$/,
    );
  });

  it("declares the same tests in the same order each time", () => {
    const names = () => declared(cpuTypedArray()).map(({ name }) => name);
    assertEquals(names(), names());
    assertEquals(new Set(names()).size, names().length);
  });

  it("runs as many programs as it is asked to", async () => {
    const tests = declared(cpuTypedArray(), 10);
    assertEquals(await failures(tests, /> 10 programs$/), []);
    assertEquals(await failures(tests, /> gradients of 2 programs$/), []);
  });
});
