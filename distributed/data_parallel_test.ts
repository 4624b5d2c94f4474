import { assert, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { type JobResult, launchersHere, runJob } from "./_testing.ts";

/** An event of a trace. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: { readonly name?: string; readonly bytes?: number };
}

const RANKS = 3;

if (launchersHere().length > 0) {
  describe("DistributedDataParallel on three ranks", () => {
    let job: JobResult;

    beforeAll(async () => {
      const launcher = launchersHere().at(-1)!;
      job = await runJob("loops.ts", [], { launcher, ranks: RANKS });
    });

    /** What each rank has found. */
    // deno-lint-ignore no-explicit-any
    const reports = (): any[] => {
      assertEquals([job.code, job.reports.length], [0, RANKS], job.stderr);
      return job.reports;
    };

    it("averages what a rank alone computes of all data", () => {
      for (const found of reports()) {
        for (const name of ["branches", "tinyBuckets", "thawed"] as const) {
          assert(found[name] < 1e-14, `${name}: ${found[name]}`);
        }
        // A layer of it is of float32.
        assert(found.mixed < 1e-6, `mixed: ${found.mixed}`);
      }
    });

    it("sends nothing of frozen parameters, and all once they are thawed", () => {
      // 35 elements of 8 bytes, and a count for each of 2 parameters.
      for (const found of reports()) {
        assertEquals(found.frozen, [true, 8 * (35 + 2)]);
      }
    });

    it("leaves gradients within noSync to each rank, and averages all after", () => {
      for (const { noSync: [far, values] } of reports()) {
        assert(far < 1e-14, String(far));
        assertEquals(values, RANKS);
      }
    });

    it("serves two models at once, and none that is disposed", () => {
      for (const { two } of reports()) {
        assert(Math.max(...two) < 1e-14, String(two));
      }
    });

    it("stands between compiled steps, with and without shards", () => {
      for (const { compiled } of reports()) {
        assert(Math.max(...compiled) < 1e-12, String(compiled));
      }
    });

    it("shards what has fewer elements than there are ranks", () => {
      for (const { small } of reports()) assert(small < 1e-12, String(small));
    });

    it("refuses to step shards by gradients that were not averaged", () => {
      for (const { refused } of reports()) {
        assertEquals(
          refused,
          "Cannot step as gradients were not averaged since they were cleared: call backward outside noSync(), or await synchronize() of the DistributedDataParallel before",
        );
      }
    });

    it("shows in a trace that buckets begin while backward goes on", () => {
      for (const found of reports()) {
        for (
          const [events, name] of [
            [found.trace as TraceEvent[], "allReduce"],
            [found.shardedTrace as TraceEvent[], "reduceScatter"],
          ] as const
        ) {
          // The last layer's bias first: 6 elements, and a count of each piece.
          const bytes = name === "allReduce" ? 8 * 7 : 8 * (6 + RANKS);
          const labels = events.filter(({ ph }) => ph === "M")
            .map(({ args }) => args.name);
          for (let rank = 0; rank < RANKS; rank++) {
            assert(labels.includes(`rank ${rank}`));
            const own = events.filter(({ pid, ph }) =>
              pid === rank && ph === "X"
            );
            const passes = own.filter(({ name }) => name === "backward");
            assertEquals(passes.length, 2);
            const first = own.filter((event) => event.name === `${name} 0`);
            assertEquals(first.map(({ args }) => args.bytes), [bytes, bytes]);
            for (const [i, pass] of passes.entries()) {
              assert(first[i]!.ts <= pass.ts + pass.dur);
            }
          }
        }
      }
    });

    it("leaves nothing behind", () => {
      for (const { left } of reports()) assertEquals(left, 0);
    });
  });
}
