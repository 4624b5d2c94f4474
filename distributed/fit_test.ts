import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type JobResult, launchersHere, runJob } from "./_testing.ts";

/** What all numbers of ranks learn alike. */
const SAME = {
  "of the same batches: Adam, clipped gradients": {
    optimizer: "Adam",
    clip: 0.5,
  },
  "in compiled steps": { compile: true },
  "with gradients of several batches, the last of them alone": {
    accumulate: 3,
  },
  "with the state of Adam in shards": {
    optimizer: "Adam",
    clip: 0.5,
    options: { shardOptimizer: true, bucketBytes: 4096 },
  },
  "with shards, in compiled steps": {
    optimizer: "Adam",
    compile: true,
    clip: 0.5,
    options: { shardOptimizer: true },
  },
  "with shards, looking whether all is finite": {
    optimizer: "Adam",
    clip: 0.5,
    onNonFinite: "skip",
    options: { shardOptimizer: true },
  },
  "until there is no gain, as early stopping finds by the data of all ranks": {
    epochs: 9,
    patience: 2,
    validates: true,
  },
} as const;

/** What ranks agree on, though one process would have other figures. */
const ALIKE = {
  uneven: { uneven: true, epochs: 3 },
  unevenCompiled: { uneven: true, epochs: 3, compile: true },
  unevenShards: {
    uneven: true,
    epochs: 3,
    clip: 0.5,
    optimizer: "Adam",
    options: { shardOptimizer: true },
  },
  stopped: { epochs: 5, stopAt: 2 },
  buffersOfFirst: { norm: true },
  buffersOfEach: { norm: true, options: { broadcastBuffers: false } },
  shown: { progress: true, epochs: 1 },
} as const;

const LONG = { optimizer: "Adam", epochs: 3 };
const SHARDS = { options: { shardOptimizer: true } };

const names = Object.keys(SAME) as (keyof typeof SAME)[];
const alike = Object.keys(ALIKE) as (keyof typeof ALIKE)[];

if (launchersHere().length > 0) {
  describe("fit on several ranks", () => {
    let folder = "";
    let [alone, two, four]: JobResult[] = [];
    let saved: string[] = [];

    // All cases of a number of ranks are one job, as each takes a while to begin.
    beforeAll(async () => {
      folder = await mkdtemp(`${tmpdir()}/tenfold-`);
      const run = (cases: readonly object[], ranks: number) =>
        runJob("train.ts", [JSON.stringify(cases)], {
          ranks,
          launcher: launchersHere().at(ranks === 4 ? -1 : 0)!,
          limit: 300,
        });
      const same = names.map((name) => SAME[name]);
      const save = {
        ...LONG,
        ...SHARDS,
        checkpoint: `${folder}/two-RANK.safetensors`,
      };
      two = await run(
        [...same, save, ...alike.map((name) => ALIKE[name])],
        2,
      );
      saved = await readdir(folder);
      // Step 6 lies within the second epoch.
      const from = `${folder}/two-0-step6.safetensors`;
      const resumed = (name: string) => ({
        ...LONG,
        from,
        checkpoint: `${folder}/${name}.safetensors`,
      });
      [alone, four] = await Promise.all([
        run([...same, LONG, resumed("alone")], 0),
        run([...same, { ...resumed("four"), ...SHARDS }], 4),
      ]);
      await rm(folder, { recursive: true });
    });

    /** The reports of the ranks of a job about a case. */
    function of(job: JobResult | undefined, number: number) {
      assertEquals(job!.code, 0, job!.stderr);
      return job!.reports.map((report) => report[number]);
    }

    for (const [i, name] of names.entries()) {
      it(`learns what one rank learns ${name}`, () => {
        const [expected] = of(alone, i);
        for (const job of [two, four]) {
          const reports = of(job, i);
          assertEquals(reports.length, job === two ? 2 : 4);
          for (const found of reports) {
            assertEquals(found.steps, expected.steps);
            assertEquals(found.epochs, expected.epochs);
            for (const figure of ["losses", "validation"] as const) {
              for (const [epoch, value] of expected[figure].entries()) {
                assertAlmostEquals(found[figure][epoch], value, 1e-9 * value);
              }
            }
            assertEquals(found.accuracy, expected.accuracy);
            assertAlmostEquals(found.weights, expected.weights, 1e-9);
            // Bit for bit the same on all ranks.
            assertEquals(found.bits, reports[0].bits);
            // The optimizer has its whole state again.
            assertEquals(found.states, expected.states);
          }
        }
      });
    }

    it("stops before the last epoch where early stopping asks for it", () => {
      const [expected] = of(alone, names.length - 1);
      assert(expected.epochs < 9, `${expected.epochs} epochs`);
    });

    it("goes on from the checkpoint of another number of ranks", () => {
      const [whole, resumed] = [0, 1].map((i) => of(alone, names.length + i));
      const uninterrupted = of(two, names.length)[0];
      const onFour = of(four, names.length);
      const [expected] = whole!;
      assertEquals(expected.steps, 12);
      assertAlmostEquals(uninterrupted.weights, expected.weights, 1e-9);
      for (const found of [...resumed!, ...onFour]) {
        assertEquals(found.steps, 6);
        assertEquals(found.losses.length, 3);
        assertEquals(found.states, expected.states);
        for (const [epoch, loss] of expected.losses.entries()) {
          assertAlmostEquals(found.losses[epoch], loss, 1e-9 * loss);
        }
        assertAlmostEquals(found.weights, expected.weights, 1e-9);
      }
    });

    it("writes checkpoints on rank 0 alone", () => {
      assert(saved.includes("two-0.safetensors"), String(saved));
      assertEquals(saved.filter((name) => name.includes("two-1")), []);
    });

    /** Reports about a case that ranks agree on. */
    const agreed = (name: keyof typeof ALIKE) =>
      of(two, names.length + 1 + alike.indexOf(name));

    it("goes on with zeros where a rank has no batch left", () => {
      for (
        const name of ["uneven", "unevenCompiled", "unevenShards"] as const
      ) {
        const [a, b] = agreed(name);
        // 20 and 37 samples in batches of 8.
        assertEquals([a.steps, b.steps], [15, 15]);
        assertEquals([a.bits, a.losses], [b.bits, b.losses]);
        assert(a.losses[2] < a.losses[0]);
      }
    });

    it("stops on all ranks where one of them asks for it", () => {
      assertEquals(agreed("stopped").map(({ epochs }) => epochs), [2, 2]);
    });

    it("has the buffers of rank 0 on all ranks, or its own where asked", () => {
      const [a, b] = agreed("buffersOfFirst");
      assertEquals(a.mean.length, 32);
      assertEquals(a.mean, b.mean);
      assertEquals([a.bits, a.validation], [b.bits, b.validation]);
      const [c, d] = agreed("buffersOfEach");
      assert(c.mean.join() !== d.mean.join());
    });

    it("shows progress on rank 0 alone", () => {
      const lines = two!.stdout.split("\n").concat(two!.stderr.split("\n"))
        .filter((line) => /epoch/i.test(line) && !line.startsWith("RANK"));
      assertEquals(lines.length, 1, lines.join("\n"));
    });
  });
}
