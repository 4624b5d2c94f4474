/**
 * With its state in shards (ZeRO stage 1) an optimizer takes one part in as many
 * as there are ranks on each of them, and gives the same losses.
 *
 * @module
 */
import { launchersHere, runJob } from "../../distributed/_testing.ts";
import type { Row, Setting } from "./rows.ts";

/** How far losses may be apart, as a part of them. */
const WITHIN = 1e-9;
/** Optimizers with the most and with little state. */
const OPTIMIZERS = ["Adam", "SGD"];

/** What the job reports of an optimizer. */
interface Compared {
  readonly losses: number;
  readonly weights: number;
  /** Bytes of this rank's state, and of the whole. */
  readonly bytes: number;
  readonly whole: number;
}

/** Bytes and losses of each MPI, on two and on four ranks. */
export async function* shards({ quick }: Setting): AsyncGenerator<Row> {
  // `zero_redundancy_optimizer_test.ts` is part of the gate.
  if (quick) return;
  const folder = await Deno.makeTempDir();
  try {
    for (const launcher of launchersHere()) {
      for (const ranks of [2, 4]) {
        const args = [folder, "wasm-simd", OPTIMIZERS.join()];
        const { code, stderr, reports } = await runJob("zero.ts", args, {
          launcher,
          ranks,
        });
        if (code !== 0) throw new Error(`It ended with ${code}: ${stderr}`);
        for (const name of OPTIMIZERS) {
          const all = reports.map((report) => report[name] as Compared);
          yield rowOf(`${launcher}, ${ranks} ranks, ${name}, float64`, all);
        }
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function rowOf(what: string, all: readonly Compared[]): Row {
  const apart = Math.max(...all.flatMap((one) => [one.losses, one.weights]));
  const most = Math.max(...all.map(({ bytes }) => bytes));
  const sum = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const { whole } = all[0]!;
  // A piece is one element larger where they do not come out even.
  const holds = apart <= WITHIN && sum === whole &&
    most <= whole / all.length + 64;
  return {
    proof: "shards",
    what,
    found: `${most} of ${whole} bytes (1/${
      (whole / most).toFixed(2)
    }), losses ${apart.toExponential(1)} apart`,
    bound: `1/${all.length}, within ${WITHIN}`,
    holds,
    figures: { ranks: all },
  };
}
