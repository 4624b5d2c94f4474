/**
 * Reads many damaged files of PyTorch, NumPy and other formats: each must be
 * refused with a `DataFormatError`, or be sound still, in time and memory in
 * proportion to its size:
 *
 *     deno run -A tools/fuzz_files.ts [cases]
 *
 * @module
 */
import "../data/_testing.ts";
import { fuzz } from "../data/_testdata/bytes.ts";
import { DAMAGED } from "../data/_testdata/damaged.ts";

const [cases = "20000"] = Deno.args;
for (const [name, { files, read }] of Object.entries(DAMAGED)) {
  const began = performance.now();
  let slowest = 0;
  const report = await fuzz(files, async (bytes) => {
    const start = performance.now();
    try {
      return await read(bytes);
    } finally {
      slowest = Math.max(slowest, performance.now() - start);
    }
  }, Number(cases));
  console.log(
    `${name}: ${report.refused} refused, ${report.read} sound still, in ${
      ((performance.now() - began) / 1000).toFixed(0)
    } s, the slowest in ${slowest.toFixed(0)} ms`,
  );
}
