/**
 * Stable sorting of rows by Batcher's bitonic network. What is sorted are keys
 * that order like the elements, each with its position, which makes equal keys
 * distinct; the elements follow at the end.
 *
 * Rows that fit into the memory of a workgroup are sorted there at once. Longer
 * ones go through buffers: a workgroup sorts or merges a tile, and the wider
 * steps of the network are dispatches of their own.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  type KernelCall,
  type Launch,
  parameterOf,
  type RoutineKernel,
} from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Program } from "../device/program.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { uint } from "../wgsl/params.ts";
import {
  eachInvocation,
  gridFor,
  mainOf,
  spread,
  workgroupNumber,
  WORKGROUPS,
} from "./loop.ts";
import { sortKey } from "./sort_key.ts";
import {
  blocksOf,
  lengthOf,
  powerOfTwoAbove,
  powerOfTwoBelow,
  RowLayout,
  rowsOf,
} from "./rows.ts";

/** Elements of a tile, where workgroups can share that much. */
const TILE = 2048;

/** The source and the destination of a tile. */
type Ends = "elements" | "keys";

/** Prepares `sort`. */
export function prepareSort(gpu: Gpu, kernel: RoutineKernel<DType>): Launch {
  const dtype = kernel.inputs[0] as GpuDType;
  const type = gpuOf(dtype).memory;
  const size = gpu.profile.workgroup;
  const tile = Math.min(TILE, powerOfTwoBelow(gpu.profile.sharedBytes / 8));
  const layout = new RowLayout(kernel.rank, 3);
  const descending = layout.params.take();
  const padded = layout.params.take();
  const tiles = layout.params.take();
  const width = layout.params.take();
  const fromRun = layout.params.take();
  const toRun = layout.params.take();
  const { words } = layout.params;
  const out = { type, writes: true };
  const indices = { type: "i32", writes: true };
  const keys = { type: "u32", writes: true };

  /** Sorts or merges the tiles that `width` cuts a row into. */
  const tileProgram = (from: Ends, to: Ends): Program =>
    gpu.newProgram({
      label: "sort",
      operands: [
        ...(to === "elements" ? [out, indices] : []),
        ...(from === "elements" || to === "elements" ? [{ type }] : []),
        ...(from === "keys" || to === "keys" ? [keys, indices] : []),
      ],
      words,
      code: (names) => {
        const [values, places] = names;
        const x = names[to === "elements" ? 2 : 0];
        const [allKeys, allPlaces] = names.slice(-2);
        const load = from === "keys"
          ? [
            `keys[i] = ${allKeys}[base + g];`,
            `places[i] = ${allPlaces}[base + g];`,
          ]
          : [
            "var key = 0xffffffffu;",
            `if (g < bitcast<u32>(${layout.n})) {`,
            `key = ${sortKey(dtype, `${x}[${layout.at(2, "i32(g)")}]`)};`,
            `key = select(key, ~key, ${uint(descending)} == 1u);`,
            "}",
            "keys[i] = key;",
            "places[i] = i32(g);",
          ];
        const store = to === "keys"
          ? [
            `${allKeys}[base + g] = keys[i];`,
            `${allPlaces}[base + g] = places[i];`,
          ]
          : [
            `if (g < bitcast<u32>(${layout.n})) {`,
            "let place = places[i];",
            `${values}[${layout.at(0, "i32(g)")}] = ${x}[${
              layout.at(2, "place")
            }];`,
            `${places}[${layout.at(1, "i32(g)")}] = place;`,
            "}",
          ];
        return [
          `var<workgroup> keys: array<u32, ${tile}>;`,
          `var<workgroup> places: array<i32, ${tile}>;`,
          mainOf(size, WORKGROUPS),
          `let t = ${workgroupNumber()};`,
          `if (t >= ${layout.rows} * ${uint(tiles)}) {`,
          "return;",
          "}",
          `let row = t / ${uint(tiles)};`,
          `let start = (t % ${uint(tiles)}) * ${uint(width)};`,
          `let base = row * ${uint(padded)};`,
          ...(from === "elements" || to === "elements"
            ? layout.begin("row")
            : []),
          `for (var i = lane; i < ${uint(width)}; i += ${size}u) {`,
          "let g = start + i;",
          ...load,
          "}",
          "workgroupBarrier();",
          `for (var run = ${uint(fromRun)}; run <= ${
            uint(toRun)
          }; run <<= 1u) {`,
          `for (var reach = min(run, ${
            uint(width)
          }) >> 1u; reach > 0u; reach >>= 1u) {`,
          `for (var p = lane; p < ${uint(width)} / 2u; p += ${size}u) {`,
          "let i = 2u * p - (p & (reach - 1u));",
          "let k = i + reach;",
          ...exchange("keys", "places", "i", "k", "((start + i) & run) == 0u"),
          "}",
          "workgroupBarrier();",
          "}",
          "}",
          `for (var i = lane; i < ${uint(width)}; i += ${size}u) {`,
          "let g = start + i;",
          ...store,
          "}",
          "}",
        ].join("\n");
      },
    });
  const whole = tileProgram("elements", "elements");
  const begin = tileProgram("elements", "keys");
  const merge = tileProgram("keys", "keys");
  const finish = tileProgram("keys", "elements");
  // One step of the network, too wide for a tile: run and reach.
  const wide = gpu.newProgram({
    label: "sort",
    operands: [keys, indices],
    words,
    code: ([allKeys, allPlaces]) =>
      [
        ...eachInvocation(size),
        `let pairs = ${uint(padded)} / 2u;`,
        `let reach = ${uint(width)};`,
        `if (t < ${layout.rows} * pairs) {`,
        "let p = t % pairs;",
        "let g = 2u * p - (p & (reach - 1u));",
        `let i = (t / pairs) * ${uint(padded)} + g;`,
        "let k = i + reach;",
        ...exchange(
          allKeys!,
          allPlaces!,
          "i",
          "k",
          `(g & ${uint(fromRun)}) == 0u`,
        ),
        "}",
        "}",
      ].join("\n"),
  });

  const run = (
    program: Program,
    call: KernelCall,
    blocks: readonly Block[],
    steps: { padded: number; width: number; from: number; to: number },
  ): void => {
    const rows = rowsOf(call);
    const first = program.reserve();
    layout.fill(gpu, first, call);
    const { ints } = gpu.recorder;
    const count = steps.padded / steps.width;
    ints[first + descending] = parameterOf("sort", "descending", call);
    ints[first + padded] = steps.padded;
    ints[first + tiles] = count;
    ints[first + width] = steps.width;
    ints[first + fromRun] = steps.from;
    ints[first + toRun] = steps.to;
    const groups = program === wide
      ? gridFor(gpu.profile, rows * steps.padded / 2, size)
      : spread(gpu.profile, rows * count);
    program.dispatch(blocks, first, ...groups);
  };

  return (call) => {
    const [values, places, x] = blocksOf(call) as [Block, Block, Block];
    const length = Math.max(2, powerOfTwoAbove(lengthOf(call)));
    if (length <= tile) {
      run(whole, call, [values, places, x], {
        padded: length,
        width: length,
        from: 2,
        to: length,
      });
      return;
    }
    const bytes = rowsOf(call) * length * 4;
    const pair = [gpu.pool.take(bytes), gpu.pool.take(bytes)];
    const steps = { padded: length, width: tile };
    run(begin, call, [x, ...pair], { ...steps, from: 2, to: tile });
    for (let wanted = tile * 2; wanted <= length; wanted *= 2) {
      for (let reach = wanted / 2; reach >= tile; reach /= 2) {
        run(wide, call, pair, {
          padded: length,
          width: reach,
          from: wanted,
          to: wanted,
        });
      }
      const last = wanted === length;
      run(
        last ? finish : merge,
        call,
        last ? [values, places, x, ...pair] : pair,
        {
          ...steps,
          from: wanted,
          to: wanted,
        },
      );
    }
    for (const block of pair) gpu.pool.give(block);
  };
}

/** Statements that bring two elements of the network into order. */
function exchange(
  keys: string,
  places: string,
  i: string,
  k: string,
  ascending: string,
): string[] {
  return [
    `let key_i = ${keys}[${i}];`,
    `let key_k = ${keys}[${k}];`,
    `let place_i = ${places}[${i}];`,
    `let place_k = ${places}[${k}];`,
    "let above = (key_i > key_k) | ((key_i == key_k) & (place_i > place_k));",
    `if (above == (${ascending})) {`,
    `${keys}[${i}] = key_k;`,
    `${keys}[${k}] = key_i;`,
    `${places}[${i}] = place_k;`,
    `${places}[${k}] = place_i;`,
    "}",
  ];
}
