/**
 * Copies of the operands of large products, for adapters on the processor.
 *
 * @module
 */
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
import { vectorAxisOf } from "./matmul_layout.ts";
import { denseStrides } from "./rows.ts";

/** The kernels that copy what lies anyhow, by dtype and number of dims. */
export type Copiers = Map<string, Launch>;

/**
 * The call with operands, in float32, that are read four rows or four columns at a time, as
 * copies where they lie otherwise: on the processor every read is made for each
 * invocation by itself, and such reads are half as many. The caller gives the
 * copies back.
 */
export function byColumns(
  gpu: Gpu,
  copiers: Copiers,
  call: KernelCall,
): { call: KernelCall; copies: Block[] } {
  const made: Block[] = [];
  const rank = call.shape.length;
  const buffers = [...call.buffers];
  const offsets = [...call.offsets];
  const strides = [...call.strides];
  for (const [operand, inner] of [[1, rank - 3], [2, rank - 2]] as const) {
    const lies = call.strides[operand]!;
    const side = operand === 1 ? "a" : "b";
    if (call.shape[inner]! % 4 !== 0) continue;
    if (vectorAxisOf(call, side) === "other") continue;
    // What is repeated along a dim is not written out.
    const dims = [...call.shape.keys()].slice(0, -3);
    if (dims.some((d) => lies[d] === 0 && call.shape[d]! > 1)) continue;
    const shape = [...dims, rank - 1, inner].map((d) => call.shape[d]!);
    const dense = denseStrides(shape);
    const size = shape.reduce((x, y) => x * y, 1);
    if (size * 4 > gpu.profile.maxBindingBytes) continue;
    const copy: Memory = {
      block: gpu.pool.take(size * 4),
      dtype: "float32",
      size,
    };
    made.push(copy.block);
    const { dtype } = call.buffers[operand] as Memory;
    copierOf(gpu, copiers, dtype, shape.length)({
      shape,
      buffers: [copy, call.buffers[operand]!],
      offsets: [0, call.offsets[operand]!],
      strides: [dense, [...dims, rank - 1, inner].map((d) => lies[d]!)],
      scalars: [],
    });
    buffers[operand] = copy;
    offsets[operand] = 0;
    const placed = new Array<number>(rank).fill(0);
    [...dims, rank - 1, inner].forEach((d, i) => placed[d] = dense[i]!);
    strides[operand] = placed;
  }
  return made.length === 0
    ? { call, copies: made }
    : { call: { ...call, buffers, offsets, strides }, copies: made };
}

/** The kernel that copies what lies anyhow to float32. */
function copierOf(
  gpu: Gpu,
  copiers: Copiers,
  dtype: Memory["dtype"],
  rank: number,
): Launch {
  const key = `${dtype} ${rank}`;
  let copy = copiers.get(key);
  if (!copy) {
    copy = prepareMap(gpu, {
      kind: "map",
      rank,
      outputs: [{ dtype: "float32", access: "dense" }],
      inputs: [{ dtype, access: "strided" }],
      exprs: [castExpr(arg(0, dtype), "float32")],
      scalars: 0,
    });
    copiers.set(key, copy);
  }
  return copy;
}
