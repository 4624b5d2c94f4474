import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync, readFileSync } from "node:fs";
import { output } from "./channel.ts";
import { checkOut } from "./checkout.ts";
import { BENCH } from "./contender.ts";
import { openRun } from "./open_run.ts";
import { AFTER, BEFORE, ratiosOf } from "./ratios.ts";

const worktrees = () => output(["git", "-C", ".", "worktree", "list"]);

describe("checkOut()", () => {
  it("gives a revision with this tree's benchmarks, and takes it away", async () => {
    const before = await worktrees();
    const { commit, bench, remove } = await checkOut("HEAD");
    try {
      assert((await worktrees()).includes(commit));
      assert(existsSync(new URL("../core/mod.ts", bench)));
      const file = "harness/checkout_test.ts";
      assertEquals(
        readFileSync(new URL(file, bench), "utf8"),
        readFileSync(new URL(file, BENCH), "utf8"),
      );
    } finally {
      await remove();
    }
    assert(!existsSync(bench));
    assertEquals(await worktrees(), before);
  });

  it("lets both builds run a suite in turns", async () => {
    const checkout = await checkOut("HEAD");
    try {
      const run = await openRun({
        suite: "train",
        contenders: [
          { name: BEFORE, backend: "wasm-simd", bench: checkout.bench },
          { name: AFTER, backend: "wasm-simd", bench: BENCH },
        ],
        plan: {
          cases: "essential",
          passes: 1,
          rounds: 2,
          budgetMs: 1,
          minSamples: 1,
          warmUpMs: 1,
          watch: false,
        },
        progress: () => {},
      });
      await run.pass();
      const { results, failures } = run.outcome();
      assertEquals(failures, []);
      const ratios = ratiosOf(results, "wasm-simd");
      assertEquals(ratios.map((each) => each.case), [
        "4-16-3, batch 16, SGD",
        "784-50-10, batch 64, SGD",
      ]);
      for (const { ratios: pairs, disturbed } of ratios) {
        assertEquals(pairs.length + disturbed, 2);
      }
    } finally {
      await checkout.remove();
    }
  });
});
