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
}
