/**
 * `allReduce` takes as long as `MPI_Allreduce` in C, on the same machine and the
 * same MPI, in turns.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type LauncherName,
  launchersHere,
  runJob,
} from "../../distributed/_testing.ts";
import { median, notTried, type Row, type Setting } from "./rows.ts";

const JOB = new URL("./all_reduce_job.ts", import.meta.url);
const SOURCE = new URL("./all_reduce.c", import.meta.url);
/** How many times as long as C it may take. */
const WITHIN = 1.3;

/** Times all-reduces by C and by each runtime, in turns. */
export async function* reduce(
  { quick, runtimes }: Setting,
): AsyncGenerator<Row> {
  const bytes = quick ? 2 ** 20 : 2 ** 26;
  const size = `${bytes / 2 ** 20} MiB`;
  const [turns, runs] = quick ? [1, 2] : [3, 5];
  const folder = await Deno.makeTempDir();
  try {
    for (const launcher of launchersHere()) {
      const program = join(folder, launcher);
      const why = await build(launcher, program);
      if (why !== null) {
        yield notTried("reduce", `${launcher}, ${size}`, why);
        continue;
      }
      const scripts = { c: { command: [program] }, deno: JOB, bun: JOB };
      const times = { c: [] as number[], deno: [], bun: [] };
      for (let turn = 0; turn < turns; turn++) {
        for (const who of ["c", ...runtimes] as const) {
          const job = await runJob(scripts[who], [`${bytes}`, `${runs}`], {
            launcher,
            ...(who === "c" ? {} : { runtime: who }),
          });
          if (job.code !== 0) {
            throw new Error(`${who} ended with ${job.code}: ${job.stderr}`);
          }
          (times[who] as number[]).push(...job.reports[0]);
        }
      }
      const c = median(times.c);
      for (const runtime of runtimes) {
        const own = median(times[runtime]);
        yield {
          proof: "reduce",
          what: `${launcher}, ${runtime}, 2 ranks, ${size}`,
          found: `${own.toFixed(1)} ms, C ${c.toFixed(1)} ms: ${
            (own / c).toFixed(2)
          }×`,
          bound: quick ? "" : `within ${WITHIN}×`,
          // The short form shows that both run.
          holds: quick || own / c <= WITHIN,
          figures: { bytes, times: times[runtime], c: times.c },
        };
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Builds the program in C; why it cannot, where it cannot. */
async function build(
  launcher: LauncherName,
  program: string,
): Promise<string | null> {
  const compiler = `mpicc.${launcher}`;
  try {
    const { success, stderr } = await new Deno.Command(compiler, {
      args: ["-O2", "-Wall", "-o", program, fileURLToPath(SOURCE)],
    }).output();
    return success ? null : new TextDecoder().decode(stderr);
  } catch {
    return `there is no ${compiler}, of libopenmpi-dev or libmpich-dev`;
  }
}
