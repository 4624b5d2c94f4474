import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { launchersHere, runJob } from "./_testing.ts";

for (const launcher of launchersHere()) {
  describe(`a rank of ${launcher} that throws`, () => {
    it("ends the job, and both ranks name it and the cause", async () => {
      const options = JSON.stringify({ epochs: 1000, throwAt: 5 });
      const job = await runJob("train.ts", [options], { launcher, limit: 60 });
      assert(job.code !== 0);
      assertEquals(job.reports, []);
      for (
        const part of [
          "Rank 1 of 2 has failed: Error: a fault of the test",
          "Rank 0 of 2 has failed: RankError: Cannot average gradients as rank 1 of 2 has failed: Error: a fault of the test",
        ]
      ) assert(job.stderr.includes(part), job.stderr);
    });
  });

  describe(`an error of a rank of ${launcher} that nobody catches`, () => {
    for (const where of ["program", "timer", "promise"]) {
      it(`is named by both ranks: of a ${where}`, async () => {
        const job = await runJob("uncaught.ts", [where], {
          launcher,
          limit: 60,
        });
        assert(job.code !== 0);
        for (
          const part of [
            "Rank 1 of 2 has failed: Error: a fault of the test",
            "Rank 0 of 2 has failed: RankError: Cannot wait at a barrier as rank 1 of 2 has failed: Error: a fault of the test",
          ]
        ) assert(job.stderr.includes(part), job.stderr);
      });
    }
  });

  describe(`a rank of ${launcher} that has ended`, () => {
    const run = (...args: string[]) =>
      runJob("leaving.ts", args, { launcher, ranks: 4, limit: 60 });

    it("takes part in collectives that it has begun", async () => {
      const job = await run();
      assertEquals(job.code, 0, job.stderr);
      assertEquals(job.reports, Array(4).fill(Array(5).fill(299)));
      // MPI has nothing left that nobody has received.
      assert(!job.stderr.includes("was not matched"), job.stderr);
    });

    it("is named by whoever calls a further one", async () => {
      const job = await run("early");
      assert(job.code !== 0);
      assert(
        job.stderr.includes(
          "RankError: Cannot broadcast as rank 0 of 4 has ended: its program is over",
        ),
        job.stderr,
      );
    });
  });
}
