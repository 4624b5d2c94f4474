/**
 * Copies of filters of which four rows are read at once, for adapters on the
 * processor: every read is made there for each invocation by itself.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  arg,
  castExpr,
  type KernelCall,
  type Launch,
} from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import { prepareMap } from "./map.ts";
import { denseStrides } from "./rows.ts";

/** Copies the filter of a call. */
export type FilterCopier = (call: KernelCall, rows: number) => Block;

/**
 * Prepares copies as `[g, c, i, j, rows]` of float32; there may be more rows
 * than `m`.
 */
export function prepareFilterCopies(gpu: Gpu, given: DType): FilterCopier {
  const dtype = "float32";
  const prepare = (access: "dense" | "strided"): Launch =>
    prepareMap(gpu, {
      kind: "map",
      rank: 5,
      outputs: [{ dtype, access }],
      inputs: [{ dtype: given, access: "strided" }],
      exprs: [castExpr(arg(0, given), dtype)],
      scalars: 0,
    });
  const whole = prepare("dense");
  const window = prepare("strided");
  return ({ buffers, offsets, shape, strides }, rows) => {
    const [, g, m, , , c, i, j] = shape as number[];
    const dims = [g!, c!, i!, j!];
    const size = dims.reduce((x, y) => x * y, rows);
    const block = gpu.pool.take(size * 4);
    const copy: Memory = { block, dtype, size };
    const lies = strides[2]!;
    (rows === m ? whole : window)({
      shape: [...dims, m!],
      buffers: [copy, buffers[2]!],
      offsets: [0, offsets[2]!],
      strides: [
        denseStrides([...dims, rows]),
        [lies[1]!, lies[5]!, lies[6]!, lies[7]!, lies[2]!],
      ],
      scalars: [],
    });
    return block;
  };
}
