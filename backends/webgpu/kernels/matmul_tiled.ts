/**
 * Matrix products in tiles that a workgroup computes.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import type { DType } from "@tenfold/core";
import { gpuOf, loaded, loadedFour, stored } from "../wgsl/dtype.ts";
import type { MatmulForm, MatmulLayout, VectorAxis } from "./matmul_layout.ts";
import { renderTiles } from "./tiled_core.ts";
import { range } from "./loop.ts";

/** Invocations along each side of a workgroup. */
export const SIDE = 16;

/**
 * Renders the shader for floats; `tm` and `tn` of the form are equal and a
 * multiple of four.
 */
export function renderTiled(
  layout: MatmulLayout,
  form: MatmulForm,
): ProgramSource {
  const { dtypes } = form;
  const type = (dtype: DType) => gpuOf(dtype).memory;
  const vector = (operand: "a" | "b") =>
    form[operand] === "none"
      ? type(dtypes[operand])
      : `vec4<${type(dtypes[operand])}>`;
  const read = (operand: "a" | "b", buffer: string) => ({
    alongK: form[operand] === "k",
    before: [],
    block: readBlock(layout, operand, buffer, form[operand], dtypes[operand]),
  });
  return {
    label: `matmul in tiles of ${form.tm * SIDE}`,
    operands: [
      { type: type(dtypes.out), writes: true },
      { type: vector("a") },
      { type: vector("b") },
      ...(form.bias && !form.part ? [{ type: type(dtypes.bias) }] : []),
      ...(form.epilogue ? layout.epilogue!.operands(form.epilogue) : []),
    ],
    words: layout.words,
    code: ([out, a, b, ...others]) =>
      renderTiles({
        form: { side: SIDE, each: form.tm },
        tiles: layout.tiles,
        begin: [...layout.begin("t"), ...layout.range()],
        read: { a: read("a", a!), b: read("b", b!) },
        extents: [layout.m, layout.n],
        store: (row, column, value, key) =>
          storeOne(layout, form, [out!, ...others], row, column, value, key),
      }),
  };
}

/**
 * Stores one result; `names` has the output, the bias where there is one, and
 * what an epilogue reads and writes.
 */
export function storeOne(
  layout: MatmulLayout,
  { bias, dtypes, epilogue, part }: MatmulForm,
  names: readonly string[],
  row: string,
  column: string,
  value: string,
  key: string,
): string {
  const [out, first] = names as [string, string];
  const added = bias && !part
    ? `${value} + ${
      loaded(dtypes.bias, `${first}[${layout.biasAt(row, column)}]`)
    }`
    : value;
  if (epilogue === null) {
    const index = layout.outAt(row, column, part);
    return `${out}[${index}] = ${stored(dtypes.out, added)};`;
  }
  const spots = [layout.spot(row, column, added)];
  const rest = names.slice(bias ? 2 : 1);
  return layout.finish(out, rest, epilogue, row, column, spots, key)
    .join("\n");
}

/** Reads a block of 4 by 4: `v0` to `v3`, one for each `k`; 0 outside. */
function readBlock(
  layout: MatmulLayout,
  operand: "a" | "b",
  buffer: string,
  axis: VectorAxis,
  dtype: DType,
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
        `v${kk} = ${
          loadedFour(dtype, `${buffer}[(${at("0", `${kk}`)}) >> 2u]`)
        };`,
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
        `r${i} = ${
          loadedFour(dtype, `${buffer}[(${at(`${i}`, "0")}) >> 2u]`)
        };`,
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
        `v${kk}[${i}] = ${loaded(dtype, `${buffer}[${at(`${i}`, `${kk}`)}]`)};`,
        "}",
      ])
    ),
  ];
}
