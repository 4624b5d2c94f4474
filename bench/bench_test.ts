import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { spawn } from "node:child_process";
import { runtimeCommand } from "./harness/channel.ts";
import { caseName } from "./harness/case.ts";
import { backendsHere } from "./harness/contender.ts";
import { openRun } from "./harness/open_run.ts";
import { loadSuite, SUITES } from "./harness/suites.ts";

const AGAINST = "./against.ts";

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(program: string, ...args: string[]): Promise<Ended> {
  const [command = "", ...rest] = runtimeCommand(
    new URL(program, import.meta.url),
    args,
  );
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (text) => out += text);
  child.stderr.on("data", (text) => err += text);
  return new Promise((resolve) =>
    child.on("close", (code) => resolve({ code: code ?? -1, out, err }))
  );
}

async function refuses(line: RegExp, program: string, ...args: string[]) {
  const { code, out, err } = await run(program, ...args);
  assertEquals(code, 2);
  assertEquals(out, "");
  assertMatch(err.trim(), line);
  assertEquals(err.trim().split("\n").length, 1);
}

describe("the suites", () => {
  it("have cases of different names, some of them for a quick run", async () => {
    for (const name of SUITES) {
      const suite = await loadSuite(name);
      const all = suite.kind === "probe" ? suite.probes : suite.cases();
      const names = suite.kind === "probe"
        ? suite.probes.map((probe) => probe.name)
        : suite.cases().map(caseName);
      assertEquals(new Set(names).size, names.length, name);
      assert(all.some(({ quick }) => quick), name);
    }
  });

  it("measure, compare and check on a backend", async () => {
    const run = await openRun({
      suite: "train",
      contenders: backendsHere(["cpu-typedarray", "wasm-simd"]),
      plan: {
        cases: "quick",
        passes: 1,
        rounds: 1,
        budgetMs: 1,
        minSamples: 1,
        warmUpMs: 1,
        watch: true,
      },
      progress: () => {},
    });
    await run.pass();
    const { results, failures } = run.outcome();
    assertEquals(failures, []);
    assertEquals(results.length, 8);
    for (const { median, p25, p75, kernels, peakBytes, busy } of results) {
      assertEquals(busy!.length, 1);
      assert(median > 0 && p25 <= median && median <= p75);
      assert(kernels!.includes("matmul"));
      assert(peakBytes! > 1000);
    }
  });
});

describe("deno task bench", () => {
  it("refuses what is unknown in one line", async () => {
    await refuses(
      /^Cannot find suite "nope": the known ones are dispatch, /,
      "./main.ts",
      "nope",
    );
    await refuses(
      /^Cannot find backend "nope": the known ones are .*wasm-simd/,
      "./main.ts",
      "--backend",
      "nope",
    );
    await refuses(
      /^Cannot read the command line: Unknown option '--nope'$/,
      "./main.ts",
      "--nope",
    );
    await refuses(
      /^Cannot write results to .*: there is no folder /,
      "./main.ts",
      "--json",
      "/no/such/folder/a.json",
    );
  });

  it("explains itself", async () => {
    const { code, out } = await run("./main.ts", "--help");
    assertEquals(code, 0);
    assertStringIncludes(out, "--quick");
  });
});

describe("deno task bench:compare and bench:report", () => {
  it("refuse files that are not there, and too few of them", async () => {
    await refuses(
      /^Cannot compare: give two files, BEFORE.json and AFTER.json, got 1/,
      "./compare.ts",
      "a.json",
    );
    await refuses(
      /^Cannot read results from no-such-a.json: there is no such file$/,
      "./compare.ts",
      "no-such-a.json",
      "no-such-b.json",
    );
    await refuses(/^Cannot report on 0 files/, "./report.ts");
  });
});

describe("deno task bench:against", () => {
  it("refuses what is unknown in one line, and no revision", async () => {
    await refuses(/^Cannot compare with nothing: give a revision/, AGAINST);
    await refuses(
      /^Cannot check out "no-such-revision": there is no such revision$/,
      AGAINST,
      "no-such-revision",
    );
    await refuses(
      /^Cannot find suite "nope": the known ones are dispatch, /,
      AGAINST,
      "HEAD",
      "nope",
    );
    await refuses(
      /^Cannot write results to .*: there is no folder /,
      AGAINST,
      "HEAD",
      "--json",
      "/no/such/folder/a.json",
    );
  });

  it("explains itself", async () => {
    const { code, out } = await run(AGAINST, "--help");
    assertEquals(code, 0);
    assertStringIncludes(out, "bench:against REV");
  });
});

describe("deno task bench:peers", () => {
  it("refuses what is unknown in one line", async () => {
    await refuses(
      "Deno" in globalThis
        ? /^Cannot find library "nope": the known ones are tfjs, /
        : /^Cannot install peers on this runtime: use Deno$/,
      "./peers.ts",
      "--library",
      "nope",
    );
  });

  it("refuses a part of a name that no work has, and says what there is", async () => {
    await refuses(
      "Deno" in globalThis
        ? /^Cannot find work whose name holds "GPT" in quick runs: .*GPT.*\(not quick\)/
        : /^Cannot install peers on this runtime: use Deno$/,
      "./peers.ts",
      "nets",
      "--quick",
      "--work",
      "GPT",
    );
  });
});
