import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { launchersHere, runJob } from "./_testing.ts";

const run = (options: object, ranks: number) =>
  runJob("train.ts", [JSON.stringify(options)], {
    ranks,
    launcher: launchersHere()[ranks % launchersHere().length]!,
  });

/** Fits on one rank and on several, and compares all that they report. */
async function compare(options: object, ranks: number): Promise<void> {
  const [alone, together] = await Promise.all([
    run(options, 0),
    run(options, ranks),
  ]);
  assertEquals(together.code, 0, together.stderr);
  assertEquals(together.reports.length, ranks);
  const [expected] = alone.reports;
  for (const found of together.reports) {
    assertEquals(found.steps, expected.steps);
    for (const [epoch, loss] of expected.losses.entries()) {
      assertAlmostEquals(found.losses[epoch], loss, 1e-9 * loss);
    }
    assertEquals(found.accuracy, expected.accuracy);
    assertAlmostEquals(found.weights, expected.weights, 1e-9);
    // Bit for bit the same on all ranks.
    assertEquals(found.bits, together.reports[0].bits);
  }
}

if (launchersHere().length > 0) {
  describe("fit on several ranks learns what one rank learns", () => {
    it("of the same batches: Adam, clipped gradients", () =>
      compare({ optimizer: "Adam", clip: 0.5 }, 2));

    it("in compiled steps", () => compare({ compile: true }, 2));

    it("with gradients of several batches, the last of them alone", () =>
      compare({ accumulate: 3 }, 2));

    it("on four ranks", () => compare({ optimizer: "Adam" }, 4));

    it("with the state of Adam in shards, clipped by the norm of all", () =>
      compare({ optimizer: "Adam", clip: 0.5, zero: true }, 2));

    it("with shards on four ranks, in compiled steps", () =>
      compare({ optimizer: "Adam", clip: 0.5, zero: true, compile: true }, 4));
  });

  describe("ranks with other numbers of batches", () => {
    it("go on with zeros where they have none, and end alike", async () => {
      for (const compile of [false, true]) {
        const job = await run({ uneven: true, compile, epochs: 3 }, 2);
        assertEquals(job.code, 0, job.stderr);
        const [a, b] = job.reports;
        // 20 and 37 samples in batches of 8.
        assertEquals([a.steps, b.steps], [15, 15]);
        assertEquals([a.bits, a.losses], [b.bits, b.losses]);
        assert(a.losses[2] < a.losses[0]);
      }
    });
  });
}
