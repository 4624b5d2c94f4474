/**
 * The WGSL of running sums: by one invocation for a part of a row, or by a
 * workgroup that takes sixteen elements of each invocation at a time.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import {
  type GpuDType,
  gpuOf,
  loaded,
  loadedFour,
  stored,
} from "../wgsl/dtype.ts";
import { int, uint } from "../wgsl/params.ts";
import {
  type AccumulatorDType,
  reduceShared,
  sharedMemory,
  sharedTotal,
  type Together,
} from "./accumulator.ts";
import {
  eachInvocation,
  mainTogether,
  range,
  workgroupNumber,
} from "./loop.ts";
import { RowLayout } from "./rows.ts";

/** Values of a running sum: a longer one loses digits. */
const RUN = 128;
/** Groups of four elements that an invocation of a workgroup has at a time. */
const QUADS = 4;
/** Sums of parts that are read at a time. */
const AHEAD = 8;

/** Elements that a workgroup takes at a time. */
export function blockOf(size: number): number {
  return 4 * QUADS * size;
}

/** The parameters of running sums whose rows are cut into parts. */
export class CumsumLayout extends RowLayout {
  /** Word of the number of parts of a row. */
  readonly parts: number = this.params.take();
  /** Word of the elements of a part. */
  readonly chunk: number = this.params.take();

  /** Statements that find the part `t` names: `row`, `part`, `begin` to `end`. */
  part(neighbours: "rows" | "parts"): string[] {
    const parts = uint(this.parts);
    const [row, part] = neighbours === "rows"
      ? [`t % ${this.rows}`, `t / ${this.rows}`]
      : [`t / ${parts}`, `t % ${parts}`];
    return [
      `let row = ${row};`,
      `let part = i32(${part});`,
      ...this.begin("row"),
      `let begin = part * ${int(this.chunk)};`,
      `let end = min(begin + ${int(this.chunk)}, ${this.n});`,
      `let kept_at = row * ${parts} + u32(part);`,
    ];
  }

  /** The number of parts of all rows, a `u32` in WGSL. */
  get allParts(): string {
    return `${this.rows} * ${uint(this.parts)}`;
  }
}

/** What a pass does with the sums of parts. */
export type PartSums = "none" | "writes" | "reads";

/** One invocation sums a part of a row up; neighbours have neighbouring rows. */
export function renderSerial(
  layout: CumsumLayout,
  dtype: GpuDType,
  size: number,
  sums: PartSums,
): ProgramSource {
  const zero = zeroOf(dtype);
  const step = (j: string, x: string, out: string | undefined) => [
    `run += ${x};`,
    ...(out
      ? [`${out}[${layout.at(0, j)}] = ${stored(dtype, "sum + run")};`]
      : []),
  ];
  const load = (x: string, j: string) =>
    loaded(dtype, `${x}[${layout.at(1, j)}]`);
  return {
    label: labelOf(sums),
    operands: operandsOf(dtype, sums, false),
    words: layout.params.words,
    code(names) {
      const [out, x, kept] = buffersOf(names, sums);
      return [
        ...eachInvocation(size),
        `if (t < ${layout.allParts}) {`,
        ...layout.part("rows"),
        `var sum = ${sums === "reads" ? `${kept}[kept_at]` : zero};`,
        `var run = ${zero};`,
        "var j = begin;",
        "for (; j + 3 < end; j += 4) {",
        ...range(4).map((i) => `let x${i} = ${load(x!, `(j + ${i})`)};`),
        ...range(4).flatMap((i) => step(`(j + ${i})`, `x${i}`, out)),
        `if ((j & ${RUN - 1}) == ${RUN - 4}) {`,
        "sum += run;",
        `run = ${zero};`,
        "}",
        "}",
        "for (; j < end; j++) {",
        ...step("j", load(x!, "j"), out),
        "}",
        ...(sums === "writes" ? [`${kept}[kept_at] = sum + run;`] : []),
        "}",
        "}",
      ].join("\n");
    },
  };
}

/** Turns the sums of parts into those of all parts before, one row each. */
export function renderBefore(
  layout: CumsumLayout,
  dtype: GpuDType,
  size: number,
): ProgramSource {
  const zero = zeroOf(dtype);
  return {
    label: "cumsum of sums",
    operands: [{ type: sumOf(dtype), writes: true }],
    words: layout.params.words,
    code: ([sums]) =>
      [
        ...eachInvocation(size),
        `if (t < ${layout.rows}) {`,
        `var sum = ${zero};`,
        `var run = ${zero};`,
        `let parts = ${uint(layout.parts)};`,
        `for (var part = 0u; part < parts; part += ${AHEAD}u) {`,
        "let at = t * parts + part;",
        // Read ahead of what is written, so that reads do not wait for it.
        ...range(AHEAD).flatMap((i) => [
          `var own${i} = ${zero};`,
          `if (part + ${i}u < parts) {`,
          `own${i} = ${sums}[at + ${i}u];`,
          "}",
        ]),
        ...range(AHEAD).flatMap((i) => [
          `if (part + ${i}u < parts) {`,
          `${sums}[at + ${i}u] = sum + run;`,
          "}",
          `run += own${i};`,
        ]),
        `if ((part & ${RUN - 1}u) == ${RUN - AHEAD}u) {`,
        "sum += run;",
        `run = ${zero};`,
        "}",
        "}",
        "}",
        "}",
      ].join("\n"),
  };
}

/** A workgroup sums a part of a row up; `four` where rows allow such access. */
export function renderBlocks(
  layout: CumsumLayout,
  dtype: GpuDType,
  together: Together,
  sums: PartSums,
  four: boolean,
): ProgramSource {
  const { size, subgroups } = together;
  const type = sumOf(dtype);
  const zero = zeroOf(dtype);
  const place = (i: number) => `(block + 4 * (i32(rank) + ${i * size}))`;
  const load = (x: string) =>
    range(QUADS).flatMap((i) => [
      `var v${i} = vec4<${type}>();`,
      ...(four
        ? [
          `if (${place(i)} < end) {`,
          `v${i} = ${loadedFour(dtype, `${x}[(at1 + ${place(i)}) >> 2u]`)};`,
          "}",
        ]
        : range(4).flatMap((e) => [
          `if (${place(i)} + ${e} < end) {`,
          `v${i}[${e}] = ${
            loaded(dtype, `${x}[${layout.at(1, `(${place(i)} + ${e})`)}]`)
          };`,
          "}",
        ])),
    ]);
  const own = `vec4<${type}>(${
    range(QUADS).map((i) => `(v${i}[0] + v${i}[1]) + (v${i}[2] + v${i}[3])`)
      .join(", ")
  })`;
  const loop = [
    `for (var block = begin; block < end; block += ${blockOf(size)}) {`,
  ];
  const scans = subgroups && sums !== "writes";
  const head = [
    mainTogether(together),
    `let t = ${workgroupNumber()};`,
    `if (t >= ${layout.allParts}) {`,
    "return;",
    "}",
    ...layout.part("parts"),
    ...(scans ? rankInSubgroups() : ["let rank = lane;"]),
  ];
  const source = (code: ProgramSource["code"]): ProgramSource => ({
    label: labelOf(sums),
    operands: operandsOf(dtype, sums, four),
    words: layout.params.words,
    code,
  });
  if (sums === "writes") {
    const accumulated: AccumulatorDType = dtype === "int32"
      ? "int32"
      : "float32";
    return source((names) => {
      const [, x, kept] = buffersOf(names, sums);
      return [
        sharedMemory("sums", accumulated, together),
        ...head,
        `var all = vec4<${type}>();`,
        ...loop,
        ...load(x!),
        `all += ${own};`,
        "}",
        "let mine = (all[0] + all[1]) + (all[2] + all[3]);",
        ...reduceShared("sums", "mine", "sum", accumulated, together),
        "if (lane == 0u) {",
        ...sharedTotal("sums", "total", "sum", accumulated, together),
        `${kept}[kept_at] = total;`,
        "}",
        "}",
      ].join("\n");
    });
  }
  // Every other step writes the second half, so that one barrier is enough.
  const scan: string[] = [];
  let half = 0;
  for (let reach = 1; reach < size; reach *= 2) {
    const [from, to] = [half * size, (1 - half) * size];
    scan.push(
      `if (lane >= ${reach}u) {`,
      `known += sums[${from}u + lane - ${reach}u];`,
      "}",
      `sums[${to}u + lane] = known;`,
      "workgroupBarrier();",
    );
    half = 1 - half;
  }
  /** The sums of all invocations before, and of all. */
  const known = subgroups
    ? [
      "var before = subgroupExclusiveAdd(known);",
      "let own_sums = subgroupAdd(known);",
      "if (sub_lane == 0u) {",
      "sums[subgroup] = own_sums;",
      "}",
      "workgroupBarrier();",
      `var total = vec4<${type}>();`,
      "for (var i = 0u; i < subgroups; i++) {",
      "if (i == subgroup) {",
      "before += total;",
      "}",
      "total += sums[i];",
      "}",
    ]
    : [
      "sums[lane] = known;",
      "workgroupBarrier();",
      ...scan,
      `var before = vec4<${type}>();`,
      "if (lane > 0u) {",
      `before = sums[${half * size}u + lane - 1u];`,
      "}",
      `let total = sums[${half * size + size - 1}u];`,
    ];
  return source((names) => {
    const [out, x, kept] = buffersOf(names, sums);
    return [
      `var<workgroup> sums: array<vec4<${type}>, ${
        subgroups ? size : 2 * size
      }>;`,
      ...(scans ? [`var<workgroup> members: array<u32, ${size}>;`] : []),
      ...head,
      `var carry = ${sums === "reads" ? `${kept}[kept_at]` : zero};`,
      ...loop,
      ...load(x!),
      `var known = ${own};`,
      ...known,
      ...range(QUADS).flatMap((i) => [
        "{",
        `let start = carry + before[${i}];`,
        `let pair = v${i}[0] + v${i}[1];`,
        `let y = vec4<${type}>(start + v${i}[0], start + pair, start + (pair + v${i}[2]), start + (pair + (v${i}[2] + v${i}[3])));`,
        ...(four
          ? [
            `if (${place(i)} < end) {`,
            `${out}[(at0 + ${place(i)}) >> 2u] = ${quadOf(dtype, "y")};`,
            "}",
          ]
          : range(4).flatMap((e) => [
            `if (${place(i)} + ${e} < end) {`,
            `${out}[${layout.at(0, `(${place(i)} + ${e})`)}] = ${
              stored(dtype, `y[${e}]`)
            };`,
            "}",
          ])),
        "}",
        `carry += total[${i}];`,
      ]),
      // The sums are read before the next block writes its own.
      "workgroupBarrier();",
      "}",
      "}",
    ].join("\n");
  });
}

/**
 * Statements that number the invocations of a workgroup as `rank` in the order
 * in which subgroups add: WGSL does not say how they lie among the lanes, nor
 * that all are equally large.
 */
function rankInSubgroups(): string[] {
  return [
    "let own_members = subgroupAdd(1u);",
    "if (sub_lane == 0u) {",
    "members[subgroup] = own_members;",
    "}",
    "var rank = subgroupExclusiveAdd(1u);",
    "workgroupBarrier();",
    "for (var i = 0u; i < subgroup; i++) {",
    "rank += members[i];",
    "}",
  ];
}

/** What sums are computed in. */
const sumOf = (dtype: GpuDType) => dtype === "int32" ? "i32" : "f32";

const zeroOf = (dtype: GpuDType) => dtype === "int32" ? "0i" : "0.0f";

/** Four elements in memory out of four sums. */
const quadOf = (dtype: GpuDType, sums: string) =>
  dtype === "float16"
    ? `vec4<Half>(${
      range(4).map((i) => stored(dtype, `${sums}[${i}]`)).join(", ")
    })`
    : sums;

const labelOf = (sums: PartSums) =>
  sums === "writes" ? "cumsum of parts" : "cumsum";

/** The output unless sums are written, the input, and the sums. */
function operandsOf(
  dtype: GpuDType,
  sums: PartSums,
  four: boolean,
): ProgramSource["operands"] {
  const { memory } = gpuOf(dtype);
  const type = sumOf(dtype);
  const rows = four ? `vec4<${memory}>` : memory;
  if (sums === "writes") return [{ type: rows }, { type, writes: true }];
  return [
    { type: rows, writes: true },
    { type: rows },
    ...(sums === "reads" ? [{ type }] : []),
  ];
}

/** Names of the output, the input and the sums. */
function buffersOf(names: readonly string[], sums: PartSums) {
  return sums === "writes" ? [undefined, ...names] : [...names];
}
