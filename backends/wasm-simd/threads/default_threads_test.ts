import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import process from "node:process";
import { defaultThreads, threadsFor } from "./default_threads.ts";

describe("threads where nobody says how many", () => {
  it("are the cores, divided by the ranks that share them", () => {
    const table = [
      // Hardware threads, ranks, threads of each.
      [1, 1, 1],
      [2, 1, 2],
      [2, 2, 1],
      [2, 4, 1],
      [3, 1, 2],
      [4, 2, 1],
      [16, 1, 8],
      [16, 2, 4],
      [16, 3, 2],
      [16, 16, 1],
      [64, 1, 8],
      [64, 4, 8],
      [64, 8, 4],
    ] as const;
    for (const [all, ranks, threads] of table) {
      assertEquals([all, ranks, threadsFor(all, ranks)], [all, ranks, threads]);
    }
  });

  it("know the ranks of each launcher", () => {
    const all = globalThis.navigator.hardwareConcurrency;
    const names = [
      "OMPI_COMM_WORLD_LOCAL_SIZE",
      "MPI_LOCALNRANKS",
      "SLURM_STEP_TASKS_PER_NODE",
      "SLURM_CPUS_PER_TASK",
    ];
    const before = names.map((name) => process.env[name]);
    try {
      for (const name of names) delete process.env[name];
      assertEquals(defaultThreads(), threadsFor(all, 1));
      for (const [i, name] of names.slice(0, 3).entries()) {
        process.env[name] = i === 2 ? "64(x2),3" : "64";
        assertEquals([name, defaultThreads()], [name, threadsFor(all, 64)]);
        delete process.env[name];
      }
      // Cores that Slurm gives to each task are not divided any more, unless
      // mpirun runs several ranks within the task.
      process.env["SLURM_CPUS_PER_TASK"] = "2";
      process.env["SLURM_STEP_TASKS_PER_NODE"] = "64";
      assertEquals(defaultThreads(), threadsFor(Math.min(all, 2), 1));
      process.env["MPI_LOCALNRANKS"] = "64";
      assertEquals(defaultThreads(), threadsFor(all, 64));
    } finally {
      for (const [i, value] of before.entries()) {
        if (value === undefined) delete process.env[names[i]!];
        else process.env[names[i]!] = value;
      }
    }
  });
});
