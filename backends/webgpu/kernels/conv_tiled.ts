/**
 * Convolutions in tiles that a workgroup computes: rows are the channels of the
 * output, columns its positions, and the terms of the sum are gathered.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import { gpuOf, loaded, stored } from "../wgsl/dtype.ts";
import {
  COLUMN,
  columnTerms,
  type ConvDTypes,
  partPlace,
  WINDOW,
} from "./conv_code.ts";
import type { ConvLayout, ConvOperand } from "./conv_layout.ts";
import { BY_STRIDES } from "./epilogue.ts";
import { renderTiles, type TileForm, type TileReader } from "./tiled_core.ts";
import { range } from "./loop.ts";

/** Renders the shader. */
export function renderConvTiles(
  layout: ConvLayout,
  form: TileForm,
  dtypes: ConvDTypes,
  part: boolean,
): ProgramSource {
  const operand = (name: ConvOperand) => ({
    type: gpuOf(dtypes[name]).memory,
  });
  const withBias = layout.bias && !part;
  const finishes = layout.epilogue !== null && !part;
  return {
    label: `conv2d in tiles of ${form.side * form.each}`,
    operands: [
      { ...operand("out"), writes: true },
      operand("in"),
      operand("filter"),
      ...(withBias ? [operand("bias")] : []),
      ...finishes ? layout.epilogue!.operands(BY_STRIDES) : [],
    ],
    words: layout.words,
    code: ([out, x, filter, ...others]) => {
      const bias = others[0];
      const names = [out!, ...others.slice(withBias ? 1 : 0)];
      const rowStride = layout.stride("filter", "m");
      const rows = layout.extent("m");
      const a: TileReader = {
        alongK: true,
        before: [],
        block: gather(layout, "filter", (i, at) => [
          `if (at_inner + ${i} < ${rows}) {`,
          `value[${i}] = ${
            loaded(
              dtypes.filter,
              `${filter}[${at} + (at_inner + ${i}) * ${rowStride}]`,
            )
          };`,
          "}",
        ]),
      };
      const b: TileReader = {
        alongK: false,
        // A column beyond the last is read as the last, and not stored.
        before: range(4).flatMap((i) => [
          ...layout.split(
            COLUMN,
            `min(u32(at_inner) + ${i}u, ${layout.columns} - 1u)`,
            `r${i}_`,
          ),
          `let in${i} = 0${columnTerms(layout, "in", `r${i}_`)};`,
        ]),
        block: gather(layout, "in", (i, at) => [
          `value[${i}] = ${loaded(dtypes.in, `${x}[${at} + in${i}]`)};`,
        ]),
      };
      const outAt = `${layout.offset("out")} + channel_group * ${
        layout.stride("out", "g")
      }`;
      return renderTiles({
        form,
        tiles: `${layout.cut("tilesM")} * ${
          layout.cut("tilesN")
        } * bitcast<u32>(${layout.extent("g")}) * ${layout.cut("splits")}`,
        begin: [
          `let groups_of_tiles = bitcast<u32>(${layout.extent("g")});`,
          `let tile_n = i32(t % ${layout.cut("tilesN")});`,
          `let above = t / ${layout.cut("tilesN")};`,
          `let tile_m = i32(above % ${layout.cut("tilesM")});`,
          `let slice = above / ${layout.cut("tilesM")};`,
          "let channel_group = i32(slice % groups_of_tiles);",
          "let part = slice / groups_of_tiles;",
          `let begin = i32((${layout.cut("from")} + part) * ${
            layout.cut("chunk")
          });`,
          `let end = min(begin + i32(${layout.cut("chunk")}), ${layout.k});`,
        ],
        read: { a, b },
        extents: [rows, `i32(${layout.columns})`],
        column: (column, j) =>
          part ? [] : [
            ...layout.split(
              COLUMN,
              `min(u32${column}, ${layout.columns} - 1u)`,
              `s${j}_`,
            ),
            `let out${j} = ${outAt}${columnTerms(layout, "out", `s${j}_`)};`,
          ],
        store(row, column, value, key, j) {
          if (part) {
            return `${out}[${partPlace(layout, row, column)}] = ${value};`;
          }
          const added = withBias
            ? ` + ${
              loaded(
                dtypes.bias,
                `${bias}[${layout.offset("bias")} + channel_group * ${
                  layout.stride("bias", "g")
                } + ${row} * ${layout.stride("bias", "m")}]`,
              )
            }`
            : "";
          const at = `out${j} + ${row} * ${layout.stride("out", "m")}`;
          const result = `${value}${added}`;
          return finishes
            ? layout.finish(names, at, row, `s${j}_`, result, key).join("\n")
            : `${out}[${at}] = ${stored(dtypes.out, result)};`;
        },
      });
    },
  };
}

/** Reads four terms of an operand from `at_k` on, counting positions up. */
function gather(
  layout: ConvLayout,
  operand: ConvOperand & ("in" | "filter"),
  read: (i: number, at: string) => string[],
): string[] {
  const at = [
    `${layout.offset(operand)} + channel_group * ${
      layout.stride(operand, "g")
    }`,
    ...WINDOW.map((dim, d) => `w${d} * ${layout.stride(operand, dim)}`),
  ].join(" + ");
  return [
    ...range(4).map((kk) => `var v${kk} = vec4<f32>();`),
    "if (at_k < end) {",
    ...layout.split(WINDOW, "u32(at_k)", "first"),
    ...WINDOW.map((_, d) => `var w${d} = first${d};`),
    ...range(4).flatMap((kk) => [
      `if (at_k + ${kk} < end) {`,
      `let at = ${at};`,
      "var value = vec4<f32>();",
      ...range(4).flatMap((i) => read(i, "at")),
      `v${kk} = value;`,
      "}",
      ...kk === 3 ? [] : [
        "w2++;",
        `if (w2 == ${layout.extent("j")}) {`,
        "w2 = 0;",
        "w1++;",
        `if (w1 == ${layout.extent("i")}) {`,
        "w1 = 0;",
        "w0++;",
        "}",
        "}",
      ],
    ]),
    "}",
  ];
}
