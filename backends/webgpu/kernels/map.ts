/**
 * Map kernels: each invocation computes one element of every output, then goes
 * on to the next one that falls to it.
 *
 * @module
 */
import type { Launch, MapKernel, Slot } from "@tenfold/core";
import { topological } from "@tenfold/core";
import type { Gpu } from "../device/gpu.ts";
import type { Memory } from "../device/buffer.ts";
import { renderExpressions, usedInputs } from "../wgsl/expression.ts";
import { Params, uint } from "../wgsl/params.ts";
import {
  fromMemory,
  type GpuDType,
  MEMORY_TYPE,
  toMemory,
} from "../wgsl/scalar.ts";
import {
  GRID,
  groupsFor,
  mainOf,
  needsPositions,
  place,
  splitPositions,
  takeExtents,
  takePlacement,
} from "./loop.ts";
import { ScalarWords } from "./scalars.ts";

/** Prepares a map. */
export function prepareMap(gpu: Gpu, kernel: MapKernel): Launch {
  const { exprs, outputs, rank } = kernel;
  const size = gpu.profile.workgroup;
  const used = usedInputs(exprs);
  const slots: Slot[] = [...outputs, ...used.map((i) => kernel.inputs[i]!)];
  // Where the operands of the program are among the kernel's.
  const taken = [
    ...outputs.map((_, i) => i),
    ...used.map((i) => outputs.length + i),
  ];
  const params = new Params();
  const count = params.take();
  const extents = takeExtents(params, rank);
  const placements = slots.map(({ access }) =>
    takePlacement(params, rank, access)
  );
  const scalars = new ScalarWords(params, exprs);
  const positions = slots.some(({ access }) => needsPositions(access)) ||
    topological(exprs).some(({ kind }) => kind === "index");

  const at = (slot: number) =>
    place(placements[slot]!, slots[slot]!.access, "i", "p");
  const code = (names: readonly string[]): string => {
    const { statements, values } = renderExpressions(exprs, {
      arg: (index) => `x${index}`,
      scalar: (index, dtype) => scalars.name(index, dtype),
      position: (dim) => `p${dim}`,
    });
    const loads = used.map((input, i) => {
      const slot = outputs.length + i;
      const dtype = slots[slot]!.dtype as GpuDType;
      const element = `${names[slot]}[${at(slot)}]`;
      return `let x${input} = ${fromMemory(dtype, element)};`;
    });
    const stores = outputs.map(({ dtype }, i) =>
      `${names[i]}[${at(i)}] = ${toMemory(dtype as GpuDType, values[i]!)};`
    );
    return [
      mainOf(size, GRID),
      `let step = groups.x * ${size}u;`,
      `for (var i = id.x; i < ${uint(count)}; i += step) {`,
      ...(positions ? splitPositions(extents, "i", "p") : []),
      ...loads,
      ...statements,
      ...stores,
      "}",
      "}",
    ].join("\n");
  };
  const program = gpu.newProgram({
    label: "map",
    operands: slots.map(({ dtype }, i) => ({
      type: MEMORY_TYPE[dtype as GpuDType],
      writes: i < outputs.length,
    })),
    words: params.words,
    code,
  });

  const { ints } = gpu.recorder;
  return ({ buffers, offsets, scalars: numbers, shape, strides }) => {
    let total = 1;
    for (let d = 0; d < rank; d++) total *= shape[d]!;
    const first = program.reserve();
    ints[first + count] = total;
    for (let d = 0; d < rank; d++) ints[first + extents.words[d]!] = shape[d]!;
    const blocks = new Array(taken.length);
    for (let k = 0; k < taken.length; k++) {
      const from = taken[k]!;
      const { offset, strides: words } = placements[k]!;
      blocks[k] = (buffers[from] as Memory).block;
      ints[first + offset] = offsets[from]!;
      for (let d = 0; d < rank; d++) {
        if (words[d]! >= 0) ints[first + words[d]!] = strides[from]![d]!;
      }
    }
    scalars.fill(gpu.recorder, first, numbers);
    program.dispatch(blocks, first, groupsFor(gpu.profile, total, size));
  };
}
