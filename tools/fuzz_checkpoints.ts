/**
 * Resumes from many damaged checkpoints: each must be refused with a
 * `CheckpointError` and change nothing, or be sound still:
 *
 *     deno run -A tools/fuzz_checkpoints.ts [cases] [seed]
 *
 * @module
 */
import "../train/_testing.ts";
import { resumeFromDamaged } from "../train/_testdata/damage.ts";

const [cases = "21000", seed = "1"] = Deno.args;
const began = performance.now();
const report = await resumeFromDamaged(Number(cases), Number(seed));
for (const fault of report.faults.slice(0, 20)) console.log(fault);
const reasons = [...report.reasons].sort(([, a], [, b]) => b - a);
for (const [reason, times] of reasons.slice(0, 30)) {
  console.log(`${times} times: ${reason}`);
}
console.log(
  `${report.refused} refused, ${report.taken} taken, ${report.faults.length} faults in ${
    ((performance.now() - began) / 1000).toFixed(0)
  } s`,
);
if (report.faults.length > 0) Deno.exit(1);
