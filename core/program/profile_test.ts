import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { ones } from "../creation.ts";
import { CompileError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";
import { Profile } from "./profile.ts";

describe("profile: true", () => {
  it(
    "gives the time of each kernel, and a trace of them",
    clean(() => {
      using f = compile((x: Tensor) => x.matmul(x).add(1).sum(), {
        profile: true,
      });
      for (let i = 0; i < 4; i++) f(ones([2, 2]));
      for (let i = 0; i < 3; i++) f(ones([3, 3]));
      assertMatch(f.inspect(), /1\. matmul over .* µs \(\d+\.\d %\)\n/);
      const { traceEvents } = JSON.parse(f.trace()) as {
        traceEvents: Record<string, unknown>[];
      };
      const kernels = traceEvents.filter(({ ph }) => ph === "X");
      const named = kernels.filter(({ name }) => name === "matmul");
      assertEquals(named.map(({ tid }) => tid), [1, 1, 2, 2, 2]);
      const ends = named.map(({ ts, dur }) => (ts as number) + (dur as number));
      assert(ends.every((end) => Number.isFinite(end) && end > 0));
      const rows = traceEvents.filter(({ name }) => name === "thread_name");
      assertEquals(rows.map(({ args }) => (args as { name: string }).name), [
        "f([3, 3])",
        "f([2, 2])",
      ]);
    }),
  );

  it(
    "is asked for beforehand",
    clean(() => {
      using f = compile((x: Tensor) => x.add(1));
      f(ones([1]));
      assertThrows(() => f.trace(), CompileError, "profile: true");
      assertEquals(/µs/.test(f.inspect()), false);
      for (const maxSignatures of [0, -1, 1.5, NaN]) {
        assertThrows(
          () => compile((x: Tensor) => x, { maxSignatures }),
          RangeError,
          `maxSignatures ${maxSignatures}`,
        );
      }
    }),
  );

  it("remembers the last runs of many", () => {
    const profile = new Profile(2);
    for (let i = 0; i < 65540; i++) profile.time(i % 2, () => {});
    const runs = [...profile.runs()];
    assertEquals(runs.length, 65536);
    assertEquals(runs[0]!.kernel, 0);
    assert(
      runs.every(({ begin }, i) => i === 0 || begin >= runs[i - 1]!.begin),
    );
    assertEquals(profile.kernels.map(({ runs }) => runs), [32770, 32770]);
  });
});
