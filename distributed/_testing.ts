/**
 * Runs scripts on several ranks. Not part of the package.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import process from "node:process";

/** The launchers of Debian, which stand side by side. */
export const LAUNCHERS = ["openmpi", "mpich"] as const;

/** One of them. */
export type LauncherName = typeof LAUNCHERS[number];

/** The launchers of this machine. */
export function launchersHere(): LauncherName[] {
  return LAUNCHERS.filter((name) => existsSync(`/usr/bin/mpirun.${name}`));
}

/** What a job has printed, and how it ended. */
export interface JobResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What each rank has reported by {@linkcode report}, by rank. */
  // deno-lint-ignore no-explicit-any
  readonly reports: any[];
  readonly seconds: number;
}

/** The runtimes that call MPI. */
export type RuntimeName = "deno" | "bun";

/** Options of a job. */
export interface JobOptions {
  readonly launcher?: LauncherName;
  /** The runtime of the script, by default this one. */
  readonly runtime?: RuntimeName;
  readonly ranks?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of the output. */
  readonly onLine?: (line: string) => void;
  /** What runs the launcher, or the program, such as `ip netns exec`. */
  readonly through?: readonly string[];
  /** Whether each rank has a core of its own; by default it has all. */
  readonly boundToCores?: boolean;
  /** Arguments of the launcher. */
  readonly flags?: readonly string[];
  /** Seconds after which it is ended. */
  readonly limit?: number;
}

/** The variable that names the folder of what ranks report. */
const REPORTS = "TENFOLD_REPORTS";

/** This runtime. */
const HERE: RuntimeName = process.versions["bun"] === undefined
  ? "deno"
  : "bun";

/** The command that runs a script, one of `_testdata` where it is a name. */
export function runtimeCommand(
  script: string | URL,
  runtime: RuntimeName = HERE,
): string[] {
  const url = typeof script === "string"
    ? new URL(`./_testdata/${script}`, import.meta.url)
    : script;
  const program = runtime === HERE ? process.execPath : runtime;
  return runtime === "deno"
    ? [program, "run", "-A", "--no-check", "--quiet", fileURLToPath(url)]
    : [program, fileURLToPath(url)];
}

/**
 * Runs a script, one of `_testdata` where it is a name, or the command that is
 * given; without a launcher where `ranks` is 0.
 */
export async function runJob(
  script: string | URL | { readonly command: readonly string[] },
  args: readonly string[],
  options: JobOptions = {},
): Promise<JobResult> {
  const { launcher = launchersHere()[0], ranks = 2, env = {}, flags = [] } =
    options;
  const program = typeof script === "string" || script instanceof URL
    ? runtimeCommand(script, options.runtime)
    : script.command;
  const own = [...program, ...args];
  const through = options.through ?? [];
  const bound = options.boundToCores ? "core" : "none";
  const command = ranks === 0 ? [...through, ...own] : [
    ...through,
    `mpirun.${launcher}`,
    ...(launcher === "openmpi"
      ? ["--oversubscribe", "--bind-to", bound]
      : ["-bind-to", bound]),
    ...flags,
    "-n",
    String(ranks),
    ...own,
  ];
  const began = performance.now();
  const folder = mkdtempSync(`${tmpdir()}/tenfold-ranks-`);
  const child = spawn(command[0]!, command.slice(1), {
    env: {
      ...process.env,
      NO_COLOR: "1",
      // As root, which Open MPI refuses otherwise.
      OMPI_ALLOW_RUN_AS_ROOT: "1",
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
      [REPORTS]: folder,
      ...env,
    },
  });
  let [stdout, stderr, line] = ["", "", ""];
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
    const lines = (line + bytes).split("\n");
    line = lines.pop()!;
    for (const whole of lines) options.onLine?.(whole);
  });
  child.stderr.on("data", (bytes) => stderr += bytes);
  const limit = setTimeout(
    () => child.kill("SIGKILL"),
    (options.limit ?? 120) * 1000,
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearTimeout(limit);
  const reports: unknown[] = [];
  for (const [, rank, json] of stdout.matchAll(/^RANK (\d+) (.*)$/gm)) {
    reports[Number(rank)] = JSON.parse(json!);
  }
  for (const name of await readdir(folder)) {
    reports[Number(name)] = JSON.parse(
      await readFile(`${folder}/${name}`, "utf8"),
    );
  }
  await rm(folder, { recursive: true });
  const seconds = (performance.now() - began) / 1000;
  return { code, stdout, stderr, reports, seconds };
}

/**
 * In a script: reports a value to the test, by a file: launchers may cut lines of
 * several ranks into one another.
 */
export function report(rank: number, value: unknown): void {
  const json = JSON.stringify(value);
  const folder = process.env[REPORTS];
  if (folder === undefined) console.log(`RANK ${rank} ${json}`);
  else writeFileSync(`${folder}/${rank}`, json);
}
