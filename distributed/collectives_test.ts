import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import process from "node:process";
import "@tenfold/tenfold";
import { arange, memory, setBackend, tensor } from "@tenfold/core";
import { threadsFor } from "../backends/wasm-simd/threads/default_threads.ts";
import { launchersHere, runJob } from "./_testing.ts";
import { init } from "./init.ts";
import { MpiError } from "./errors.ts";
import { launcher } from "./_mpi/launcher.ts";
import { hangsInFinalize, openLibrary } from "./_mpi/library.ts";

/** The beginning of what MPICH says of itself. */
function mpich(version: string, device: string): string {
  return `MPICH Version:\t${version}\nMPICH Release date:\tThu Apr  7\nMPICH ABI:\t14:2:2\nMPICH Device:\t${device}\n`;
}

/** What each rank of two gets. */
const EXPECTED = {
  sum: [3, -6, 9],
  mean: [1.5, -3, 4.5],
  max: [2, -2, 6],
  min: [1, -4, 3],
};

describe("a world without a launcher", () => {
  it("has one rank, whose collectives give what they get", async () => {
    await setBackend("cpu-typedarray");
    const before = memory().tensors;
    const world = await init();
    assertEquals([world.rank, world.worldSize, world.library], [0, 1, "none"]);
    using x = tensor([1, NaN, 3]);
    for (const op of ["sum", "mean", "max", "min"] as const) {
      assertEquals(world.allReduce(x, { op }), x);
      assertEquals(await world.allReduceAsync(x, { op }), x);
    }
    world.broadcast(x);
    assertEquals([...x.dataSync()], [1, NaN, 3]);
    using all = world.allGather(x);
    assertEquals(all.shape, [1, 3]);
    using part = world.reduceScatter(x);
    assertEquals(part.shape, [3]);
    world.barrier();
    await world.barrierAsync();
    assertEquals(memory().tensors - before, 3);
    assertEquals(await init(), world);
  });

  it("refuses what no world can do", async () => {
    const world = await init();
    using ints = arange(3);
    using flags = tensor([true]);
    assertThrows(
      () => world.allReduce(ints, { op: "mean" }),
      TypeError,
      "Cannot allReduce the mean of int32: only floats have one, cast it before",
    );
    assertThrows(() => world.allReduce(flags), TypeError, "allReduce bool");
    assertThrows(
      () => world.broadcast(ints, { from: 1 }),
      RangeError,
      "Cannot broadcast from rank 1: there are ranks 0 to 0",
    );
    assertThrows(
      () => world.allReduce(ints, { op: "prod" as never }),
      RangeError,
      'op must be "sum", "mean", "max" or "min"',
    );
    assertThrows(
      () => world.allGather(3 as never),
      TypeError,
      "must be a tensor",
    );
    await assertRejects(
      async () => await init({ timeout: -1 }),
      RangeError,
      "timeout must be a positive number",
    );
  });

  it("is refused to the tasks of srun that was told of no MPI", () => {
    const name = "SLURM_STEP_NUM_TASKS";
    const before = process.env[name];
    try {
      process.env[name] = "1";
      assertEquals(launcher(), null);
      process.env[name] = "2";
      assertThrows(
        launcher,
        MpiError,
        "Cannot init as srun has started 2 tasks without MPI, each of which would be a world of one: run it with srun --mpi=pmix for Open MPI, --mpi=pmi2 for MPICH",
      );
      process.env["PMIX_RANK"] = "1";
      assertEquals(launcher(), { flavour: null, size: 2 });
    } finally {
      delete process.env["PMIX_RANK"];
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    }
  });

  it("says what to install where there is no MPI", () => {
    assertThrows(
      () => openLibrary(null, "/nowhere/libmpi.so"),
      MpiError,
      "Cannot init as no MPI library was found: install one, such as openmpi-bin and libopenmpi3 or mpich (Debian), or give its path: init({ library }); tried /nowhere/libmpi.so",
    );
  });
});

describe("what MPI says of itself", () => {
  it("tells whether ranks of several machines may hang at their end", () => {
    for (const version of ["3.4.2", "4.0.2", "4.1.2"]) {
      assertEquals(hangsInFinalize(mpich(version, "ch4:ucx")), true);
      assertEquals(hangsInFinalize(mpich(version, "ch4:ofi")), false);
    }
    for (const version of ["4.2.0", "4.3.1", "5.0.0"]) {
      assertEquals(hangsInFinalize(mpich(version, "ch4:ucx")), false);
    }
    assertEquals(hangsInFinalize("Open MPI v4.1.4, package: Debian"), false);
  });
});

for (const launcher of launchersHere()) {
  describe(`two ranks of ${launcher}`, () => {
    it("reduce, copy, gather and scatter tensors, now and later", async () => {
      const job = await runJob("collectives.ts", ["wasm-simd"], { launcher });
      assertEquals([job.code, job.reports.length], [0, 2], job.stderr);
      for (const [rank, found] of job.reports.entries()) {
        for (const [op, expected] of Object.entries(EXPECTED)) {
          assertEquals([op, found[op]], [op, expected]);
          assertEquals([op, found[`${op} now`]], [op, expected]);
        }
        assertEquals(found["max with NaN"], ["1", "NaN", "3"]);
        assertEquals(found.float64, [2 ** 21 + 1, 1]);
        assertEquals(found.int32, [2 ** 21 + 1, 1]);
        assertEquals(found.large, true);
        assertEquals(found.view, [2, 4, 6, 8]);
        assertEquals(found.broadcast, [14, 16]);
        assertEquals(found["broadcast of bools"], [1, 0]);
        assertEquals(found.allGather, [[1, 2], [2, 4]]);
        assertEquals(found["allGather later"], [[1, 2], [2, 4]]);
        const part = rank === 0 ? [0, 3] : [6, 9];
        assertEquals(found.reduceScatter, [[1, 2], ...part]);
        assertEquals(found["reduceScatter later"], part.map((x) => x / 2));
        assertEquals(found["at once"], [3, 6, 9]);
        assertEquals(found.library, launcher === "mpich" ? "MPICH" : "Open");
        // Two ranks do not take twice the cores.
        const { hardwareConcurrency } = globalThis.navigator;
        assertEquals(found.threads, threadsFor(hardwareConcurrency, 2));
        assertEquals(found.left, 0);
      }
    });
  });
}

if (launchersHere().length > 0) {
  describe("ranks that compare signatures", () => {
    it("give the same on the typed-array backend", async () => {
      const job = await runJob("collectives.ts", ["cpu-typedarray", "debug"], {
        ranks: 3,
      });
      assertEquals([job.code, job.reports.length], [0, 3], job.stderr);
      assertEquals(job.reports[2].sum, [6, -12, 18]);
      assertEquals(job.reports[2].large, true);
      assertEquals(job.reports[2].left, 0);
    });

    it("name collectives that differ, on every rank", async () => {
      const job = await runJob("mismatch.ts", []);
      const first =
        "rank 0 calls allReduce sum of float32 [3] as its collective 2";
      const shape =
        "rank 1 calls allReduce sum of float32 [4] as its collective 2";
      const order =
        "rank 1 calls broadcast from 0 of float32 [3] as its collective 3";
      for (const report of job.reports) {
        assertEquals(
          report[0],
          `Cannot allReduce as the ranks do not agree: ${first}, and ${shape}`,
        );
        assertEquals(report[1].endsWith(order), true);
      }
      assertEquals([job.code, job.reports.length], [0, 2], job.stderr);
    });
  });
}

if (launchersHere().length === 2) {
  describe("the library of another MPI than the launcher's", () => {
    it("is refused, and not taken for a world of one", async () => {
      const job = await runJob("collectives.ts", [], {
        launcher: "mpich",
        env: { TENFOLD_MPI: "libmpi.so.40" },
      });
      assertEquals(job.code === 0, false);
      assertEquals(
        job.stderr.includes("Cannot init as no MPI library was found") &&
          job.stderr.includes(
            "it is Open MPI v4.1.4, and the launcher is of MPICH",
          ),
        true,
        job.stderr,
      );
    });
  });
}
