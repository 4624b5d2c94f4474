import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on } from "../_testing.ts";
import type { Backend } from "../backend.ts";
import { ones, zeros } from "../creation.ts";
import { memory } from "../storage.ts";
import { rand } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import type { Tensor } from "../tensor.ts";
import { compile } from "./compile.ts";

const BACKENDS: readonly (() => Backend)[] = [cpuTypedArray, wasmSimd];

/** The launches of a listing in which something is computed. */
const launchesWith = (listing: string, what: string) =>
  listing.split(/^\d+\. /m).filter((text) => text.includes(what)).length;

/** What dropouts and their gradient give, one after the other. */
function dropped(times: number): (x: Tensor) => Tensor[] {
  return (x) => {
    const leaf = x.detach().requiresGrad_();
    let y = leaf;
    for (let i = 0; i < times; i++) y = y.dropout(0.25).mul(1.5);
    y.backward(y.detach().sum(1, { keepDim: true }).expand(x.shape));
    return [y.detach(), leaf.grad!.clone()];
  };
}

describe("masks of a compiled function", () => {
  for (const open of BACKENDS) {
    it(
      `are computed once, and are those of the function, on ${open().name}`,
      clean(() =>
        on(open(), () => {
          for (const times of [1, 2]) {
            const fn = dropped(times);
            const x = rand([5, 7]);
            using compiled = compile(fn);
            const runs = [fn, compiled].map((f) => {
              manualSeed(3);
              return [0, 1, 2].map(() => f(x).map((t) => t.dataSync()));
            });
            assertEquals(runs[1], runs[0]);
            assertEquals(compiled.stats.replayed, 2);
            const listing = compiled.inspect();
            assertEquals(launchesWith(listing, "threefry"), times, listing);
          }
        })
      ),
    );
  }

  it(
    "are apart where draws are apart",
    clean(() => {
      const fn = (x: Tensor) => [x.dropout(0.5), x.dropout(0.5)];
      const x = ones([50]);
      using compiled = compile(fn);
      manualSeed(1);
      const expected = [0, 1].map(() => fn(x).map((t) => t.dataSync()));
      manualSeed(1);
      const got = [0, 1].map(() => compiled(x).map((t) => t.dataSync()));
      assertEquals(got, expected);
    }),
  );

  it(
    "take no memory that stays",
    clean(() => {
      const before = memory().bytes;
      const compiled = compile(dropped(2));
      const x = zeros([10, 10]);
      for (let i = 0; i < 3; i++) compiled(x).forEach((t) => t.dispose());
      compiled.dispose();
      x.dispose();
      assertEquals(memory().bytes, before);
    }),
  );
});
