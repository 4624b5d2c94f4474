/**
 * The WGSL of convolutions.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { RoutineKernel } from "@tenfold/core/backend";
import type { ProgramSource } from "../device/program.ts";
import { gpuOf, loaded, stored } from "../wgsl/dtype.ts";
import { BY_STRIDES, hasBias } from "./epilogue.ts";
import type { ConvDim, ConvLayout, ConvOperand } from "./conv_layout.ts";
import { eachInvocation, range } from "./loop.ts";
import { renderSum, type SumForm } from "./sum_of_parts.ts";

/** The dtypes of what a shader writes and reads. */
export type ConvDTypes = Readonly<Record<ConvOperand, DType>>;

/** The variant of one shader. */
export interface ConvForm {
  /** The dtypes: float16 is computed in float32. */
  readonly dtypes: ConvDTypes;
  /** Rows of a tile. */
  readonly tm: number;
  /** Columns of a tile. */
  readonly tn: number;
  /** True where parts of the sum are written, to be summed up later. */
  readonly part: boolean;
  /**
   * True where the filter was copied so that four of its rows are read at once:
   * for each group and each term of the sum all rows, as many as fill tiles.
   */
  readonly copied: boolean;
  /**
   * The width of the window where a tile lies in a row of positions, and what
   * lies side by side in the input is read once for all that it goes into; 0
   * where tiles go over the ends of rows.
   */
  readonly window: number;
}

/** The dims of a column's number. */
export const COLUMN: readonly ConvDim[] = ["b", "y", "x"];
/** The dims of a term's number. */
export const WINDOW: readonly ConvDim[] = ["c", "i", "j"];

/** The widest window that is written out. */
export const MAX_WINDOW = 7;

/** The dtypes of a shader: partial sums and copies of filters are float32. */
export function convDTypes(
  kernel: RoutineKernel<DType>,
  { copied, part }: Pick<ConvForm, "copied" | "part">,
): ConvDTypes {
  const { inputs: [x, filter, bias], outputs: [out] } = kernel;
  return {
    out: part ? "float32" : out!,
    in: x!,
    filter: copied ? "float32" : filter!,
    bias: hasBias(kernel) ? bias! : out!,
  };
}

/** Renders the shader of tiles; tiles at the edges are moved back inside. */
export function renderConv(
  layout: ConvLayout,
  form: ConvForm,
  size: number,
): ProgramSource {
  const { copied, dtypes, part, tm, tn, window } = form;
  const operand = (name: ConvOperand) => ({
    type: gpuOf(dtypes[name]).memory,
  });
  const withBias = layout.bias && !part;
  const finishes = layout.epilogue !== null && !part;
  return {
    label: `conv2d ${tm}x${tn}${window > 0 ? ` by ${window}` : ""}`,
    operands: [
      { ...operand("out"), writes: true },
      operand("in"),
      copied ? { type: "vec4<f32>" } : operand("filter"),
      ...(withBias ? [operand("bias")] : []),
      ...finishes ? layout.epilogue!.operands(BY_STRIDES) : [],
    ],
    words: layout.words,
    code: ([out, x, filter, ...others]) => {
      const bias = others[0];
      const names = [out!, ...others.slice(withBias ? 1 : 0)];
      const at = (operand: "in" | "filter", dims: readonly ConvDim[]) =>
        dims.map((dim, d) => `k${d} * ${layout.stride(operand, dim)}`)
          .join(" + ");
      const weight = (i: number, tap: number) =>
        copied ? `w${tap}_${i >> 2}[${i & 3}]` : `w${tap}_${i}`;
      const place = (i: number, j: number) =>
        part
          ? partPlace(layout, `row + ${i}`, `column + ${j}`)
          : `out_row + ${i} * ${layout.stride("out", "m")} + ${
            window > 0
              ? `out0 + ${j} * ${layout.stride("out", "x")}`
              : `out${j}`
          }`;
      // Terms of the sum that are taken at once.
      const taps = Math.max(window, 1);
      const added = (i: number) =>
        withBias
          ? ` + ${
            loaded(
              dtypes.bias,
              `${bias}[${layout.offset("bias")} + channel_group * ${
                layout.stride("bias", "g")
              } + (row + ${i}) * ${layout.stride("bias", "m")}]`,
            )
          }`
          : "";
      const read = (at: string) => loaded(dtypes.in, `${x}[${at}]`);
      return [
        ...eachInvocation(size),
        `let tiles = ${layout.cut("tilesM")} * ${layout.cut("tilesN")};`,
        `let groups_of_tiles = bitcast<u32>(${layout.extent("g")});`,
        `if (t < tiles * groups_of_tiles * ${layout.cut("splits")}) {`,
        `let tile_n = i32(t % ${layout.cut("tilesN")});`,
        `let above = t / ${layout.cut("tilesN")};`,
        `let tile_m = i32(above % ${layout.cut("tilesM")});`,
        `let slice = above / ${layout.cut("tilesM")};`,
        "let channel_group = i32(slice % groups_of_tiles);",
        "let part = slice / groups_of_tiles;",
        copied
          ? `let row = tile_m * ${tm};`
          : `let row = min(tile_m * ${tm}, ${layout.extent("m")} - ${tm});`,
        ...window > 0
          ? [
            `let tile_x = tile_n % i32(${layout.cut("tilesX")});`,
            `let first_x = min(tile_x * ${tn}, ${layout.extent("x")} - ${tn});`,
            `let column = tile_n / i32(${layout.cut("tilesX")}) * ${
              layout.extent("x")
            } + first_x;`,
          ]
          : [
            `let column = min(tile_n * ${tn}, i32(${layout.columns}) - ${tn});`,
          ],
        `let begin = i32((${layout.cut("from")} + part) * ${
          layout.cut("chunk")
        });`,
        `let end = min(begin + i32(${layout.cut("chunk")}), ${layout.k});`,
        copied
          ? `let row_at = channel_group * ${layout.k} * i32(${
            layout.cut("rows")
          }) + row;`
          : `let row_at = ${layout.offset("filter")} + channel_group * ${
            layout.stride("filter", "g")
          } + row * ${layout.stride("filter", "m")};`,
        `let out_row = ${layout.offset("out")} + channel_group * ${
          layout.stride("out", "g")
        } + row * ${layout.stride("out", "m")};`,
        ...range(window > 0 && !finishes ? 1 : tn).flatMap((j) => [
          ...layout.split(COLUMN, `u32(column + ${j})`, `q${j}_`),
          `let in${j} = ${layout.offset("in")} + channel_group * ${
            layout.stride("in", "g")
          }${columnTerms(layout, "in", `q${j}_`)};`,
          ...(part
            ? []
            : [`let out${j} = 0${columnTerms(layout, "out", `q${j}_`)};`]),
        ]),
        ...range(tm).flatMap((i) =>
          range(tn).map((j) => `var c${i}_${j} = 0.0f;`)
        ),
        ...layout.split(WINDOW, "u32(begin)", "first"),
        ...WINDOW.map((_, d) => `var k${d} = first${d};`),
        `for (var k = begin; k < end; k += ${taps}) {`,
        `let in_at = ${at("in", WINDOW)};`,
        ...copied
          ? [
            `let filter_at = (row_at + k * i32(${layout.cut("rows")})) >> 2u;`,
            `let filter_step = i32(${layout.cut("rows")}) >> 2u;`,
          ]
          : [`let filter_at = row_at + ${at("filter", WINDOW)};`],
        ...window > 0
          ? range(tn + window - 1).map((i) =>
            `let x${i} = ${
              read(`in_at + in0 + ${i} * ${layout.stride("in", "j")}`)
            };`
          )
          : range(tn).map((j) => `let x${j} = ${read(`in_at + in${j}`)};`),
        ...range(taps).flatMap((tap) => [
          ...copied
            ? range(tm / 4).map((i) =>
              `let w${tap}_${i} = ${filter}[filter_at + ${tap} * filter_step + ${i}];`
            )
            : range(tm).map((i) =>
              `let w${tap}_${i} = ${
                loaded(
                  dtypes.filter,
                  `${filter}[filter_at + ${tap} * ${
                    layout.stride("filter", "j")
                  } + ${i} * ${layout.stride("filter", "m")}]`,
                )
              };`
            ),
          ...range(tn).flatMap((j) =>
            range(tm).map((i) =>
              `c${i}_${j} = fma(${weight(i, tap)}, x${j + tap}, c${i}_${j});`
            )
          ),
        ]),
        ...window > 0
          ? []
          : ["k2++;", `if (k2 == ${layout.extent("j")}) {`, "k2 = 0;"],
        "k1++;",
        `if (k1 == ${layout.extent("i")}) {`,
        "k1 = 0;",
        "k0++;",
        "}",
        ...window > 0 ? [] : ["}"],
        "}",
        ...range(tm).flatMap((i) => [
          copied
            ? `if (row + ${i} < ${layout.extent("m")}) {`
            : `if (row + ${i} >= tile_m * ${tm}) {`,
          ...range(tn).flatMap((j) => [
            window > 0
              ? `if (first_x + ${j} >= tile_x * ${tn}) {`
              : `if (column + ${j} >= tile_n * ${tn}) {`,
            ...finishes
              ? layout.finish(
                names,
                place(i, j),
                `(row + ${i})`,
                `q${j}_`,
                `c${i}_${j}${added(i)}`,
                `${i}_${j}`,
              )
              : [
                `${out}[${place(i, j)}] = ${
                  stored(dtypes.out, `c${i}_${j}${added(i)}`)
                };`,
              ],
            "}",
          ]),
          "}",
        ]),
        "}",
        "}",
      ].join("\n");
    },
  };
}

/** The terms of the index of a column whose positions are `name0` to `name2`. */
export function columnTerms(
  layout: ConvLayout,
  operand: "in" | "out",
  name: string,
): string {
  return COLUMN.map((dim, d) =>
    ` + ${name}${d} * ${layout.stride(operand, dim)}`
  ).join("");
}

/**
 * The index of a partial sum: partial sums are dense, `[g, m, column]` each.
 */
export function partPlace(
  layout: ConvLayout,
  row: string,
  column: string,
): string {
  const m = layout.extent("m");
  const columns = `i32(${layout.columns})`;
  return `((i32(part) * ${
    layout.extent("g")
  } + channel_group) * ${m} + ${row}) * ${columns} + ${column}`;
}

/** Renders the shader that sums parts up, and adds the bias or those before. */
export function renderConvSum(
  layout: ConvLayout,
  form: SumForm,
  dtypes: ConvDTypes,
): ProgramSource {
  const operand = (name: ConvOperand) => ({
    type: gpuOf(dtypes[name]).memory,
  });
  return {
    label: "conv2d sum of parts",
    operands: [
      { ...operand("out"), writes: true },
      { type: "f32" },
      ...(layout.bias ? [operand("bias")] : []),
      ...layout.epilogue?.operands(BY_STRIDES) ?? [],
    ],
    words: layout.words,
    code: ([out, parts, ...others]) => {
      const added = layout.bias
        ? [
          `sum += ${
            loaded(
              dtypes.bias,
              `${others[0]}[${layout.offset("bias")} + channel_group * ${
                layout.stride("bias", "g")
              } + row * ${layout.stride("bias", "m")}]`,
            )
          };`,
        ]
        : [];
      const g = `bitcast<u32>(${layout.extent("g")})`;
      const m = `bitcast<u32>(${layout.extent("m")})`;
      const place = `${layout.offset("out")} + channel_group * ${
        layout.stride("out", "g")
      } + row * ${layout.stride("out", "m")}${columnTerms(layout, "out", "q")}`;
      return renderSum(form, {
        type: "f32",
        outputs: `${g} * ${m} * ${layout.columns}`,
        count: layout.cut("splits"),
        part: (number) => `${parts}[${number} * outputs + t]`,
        store: [
          `let columns = ${layout.columns};`,
          ...layout.split(COLUMN, "t % columns", "q"),
          `let row = i32((t / columns) % ${m});`,
          `let channel_group = i32((t / columns) / ${m});`,
          ...layout.epilogue
            ? [
              ...added,
              ...layout.finish(
                [out!, ...others.slice(layout.bias ? 1 : 0)],
                place,
                "row",
                "q",
                "sum",
                "t",
              ),
            ]
            : [
              `if (${layout.cut("from")} > 0u) {`,
              `sum += ${loaded(dtypes.out, `${out}[${place}]`)};`,
              ...(added.length > 0 ? ["} else {", ...added] : []),
              "}",
              `${out}[${place}] = ${stored(dtypes.out, "sum")};`,
            ],
        ],
      });
    },
  };
}
