/**
 * Matrix products in which a workgroup computes a tile of the result: the
 * operands pass through workgroup memory a slice at a time, and every
 * invocation keeps its part of the tile in registers.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import { mainOf, workgroupNumber, WORKGROUPS } from "./loop.ts";
import type { MatmulForm, MatmulLayout, VectorAxis } from "./matmul_layout.ts";

/** Invocations along each side of a workgroup. */
const SIDE = 16;
/** Invocations of a workgroup. */
export const TILED_SIZE: number = SIDE * SIDE;
/** Bytes of workgroup memory that both slices take. */
export const TILED_BYTES = 16384;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/**
 * Renders the shader for float32; `tm` and `tn` of the form are equal and a
 * multiple of four.
 */
export function renderTiled(
  layout: MatmulLayout,
  form: MatmulForm,
): ProgramSource {
  const vector = (axis: VectorAxis) => axis === "none" ? "f32" : "vec4<f32>";
  return {
    label: `matmul in tiles of ${form.tm * SIDE}`,
    operands: [
      { type: "f32", writes: true },
      { type: vector(form.a) },
      { type: vector(form.b) },
      ...(form.bias && !form.part ? [{ type: "f32" }] : []),
    ],
    words: layout.words,
    code: (names) => codeOf(layout, form, names),
  };
}

/** Length of the slices: a quarter of the invocations' reads is 4 by 4. */
function depthOf(form: MatmulForm): number {
  return TILED_BYTES / 8 / (form.tm * SIDE);
}

function codeOf(
  layout: MatmulLayout,
  form: MatmulForm,
  [out, a, b, bias]: readonly string[],
): string {
  const { tm, tn } = form;
  const tile = tm * SIDE;
  const depth = depthOf(form);
  const quads = tile / 4;
  const slice = depth * quads;
  const vectors = tm / 4;
  // Invocation (ty, tx) has rows 4 ty .. 4 ty + 3, then those 64 further on.
  const rowOf = (i: number) =>
    `(origin_m + 4 * ty + ${64 * (i >> 2) + (i & 3)})`;
  const columnOf = (j: number) =>
    `(origin_n + 4 * tx + ${64 * (j >> 2) + (j & 3)})`;
  const stores = range(tm).flatMap((i) => [
    `if (${rowOf(i)} < ${layout.m}) {`,
    ...range(tn).flatMap((j) => {
      const index = layout.outAt(rowOf(i), columnOf(j), form.part);
      const added = form.bias && !form.part
        ? ` + ${bias}[${layout.biasAt(rowOf(i), columnOf(j))}]`
        : "";
      return [
        `if (${columnOf(j)} < ${layout.n}) {`,
        `${out}[${index}] = c${i}_${j >> 2}[${j & 3}]${added};`,
        "}",
      ];
    }),
    "}",
  ]);
  const load = (operand: "a" | "b", from: number) => {
    const inner = operand === "a" ? "m" : "n";
    const axis = form[operand];
    // Neighbouring invocations read neighbouring memory.
    const alongK = axis === "k";
    return [
      `let own = lane - ${from}u;`,
      alongK
        ? `let quad_k = i32(own % ${depth / 4}u); let quad = i32(own / ${
          depth / 4
        }u);`
        : `let quad = i32(own % ${quads}u); let quad_k = i32(own / ${quads}u);`,
      `let at_inner = origin_${inner} + 4 * quad;`,
      "let at_k = k + 4 * quad_k;",
      ...readBlock(layout, operand, operand === "a" ? a! : b!, axis),
      ...range(4).map((kk) =>
        `slice_${operand}[(4 * quad_k + ${kk}) * ${quads} + quad] = v${kk};`
      ),
    ];
  };
  const readers = slice / 4;
  return [
    `var<workgroup> slice_a: array<vec4<f32>, ${slice}>;`,
    `var<workgroup> slice_b: array<vec4<f32>, ${slice}>;`,
    mainOf(TILED_SIZE, WORKGROUPS),
    `let t = ${workgroupNumber()};`,
    `if (t >= ${layout.tiles}) {`,
    "return;",
    "}",
    ...layout.begin("t"),
    `let origin_m = tile_m * ${tile};`,
    `let origin_n = tile_n * ${tile};`,
    `let ty = i32(lane / ${SIDE}u);`,
    `let tx = i32(lane % ${SIDE}u);`,
    ...layout.range(),
    ...range(tm).flatMap((i) =>
      range(vectors).map((j) => `var c${i}_${j} = vec4<f32>();`)
    ),
    `for (var k = begin; k < end; k += ${depth}) {`,
    `if (lane < ${readers}u) {`,
    ...load("a", 0),
    "}",
    `if ((lane >= ${TILED_SIZE - readers}u)) {`,
    ...load("b", TILED_SIZE - readers),
    "}",
    "workgroupBarrier();",
    `for (var kk = 0; kk < ${depth}; kk++) {`,
    ...range(vectors).flatMap((v) => [
      `let x${v} = slice_a[kk * ${quads} + ty + ${v * SIDE}];`,
      `let y${v} = slice_b[kk * ${quads} + tx + ${v * SIDE}];`,
    ]),
    ...range(tm).flatMap((i) =>
      range(vectors).map((j) =>
        `c${i}_${j} = fma(vec4<f32>(x${i >> 2}[${i & 3}]), y${j}, c${i}_${j});`
      )
    ),
    "}",
    "workgroupBarrier();",
    "}",
    ...stores,
    "}",
  ].join("\n");
}

/** Reads a block of 4 by 4: `v0` to `v3`, one for each `k`; 0 outside. */
function readBlock(
  layout: MatmulLayout,
  operand: "a" | "b",
  buffer: string,
  axis: VectorAxis,
): string[] {
  const inner = layout.stride(operand, "inner");
  const k = layout.stride(operand, "k");
  const extent = operand === "a" ? layout.m : layout.n;
  const at = (i: string, kk: string) =>
    `at_${operand} + (at_inner + ${i}) * ${inner} + (at_k + ${kk}) * ${k}`;
  const zeros = range(4).map((i) => `var v${i} = vec4<f32>();`);
  if (axis === "other") {
    return [
      ...zeros,
      `if (at_inner < ${extent}) {`,
      ...range(4).flatMap((kk) => [
        `if (at_k + ${kk} < end) {`,
        `v${kk} = ${buffer}[(${at("0", `${kk}`)}) >> 2u];`,
        "}",
      ]),
      "}",
    ];
  }
  if (axis === "k") {
    return [
      ...range(4).map((i) => `var r${i} = vec4<f32>();`),
      "if (at_k < end) {",
      ...range(4).flatMap((i) => [
        `if (at_inner + ${i} < ${extent}) {`,
        `r${i} = ${buffer}[(${at(`${i}`, "0")}) >> 2u];`,
        "}",
      ]),
      "}",
      ...range(4).map((kk) =>
        `let v${kk} = vec4<f32>(${
          range(4).map((i) => `r${i}[${kk}]`).join(", ")
        });`
      ),
    ];
  }
  return [
    ...zeros,
    ...range(4).flatMap((kk) =>
      range(4).flatMap((i) => [
        `if ((at_inner + ${i} < ${extent}) & (at_k + ${kk} < end)) {`,
        `v${kk}[${i}] = ${buffer}[${at(`${i}`, `${kk}`)}];`,
        "}",
      ])
    ),
  ];
}
