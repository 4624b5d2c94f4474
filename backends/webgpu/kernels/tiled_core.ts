/**
 * The core of products in tiles, of matrices and of convolutions: a workgroup
 * computes a tile of the result. The operands pass through workgroup memory a
 * slice at a time, and every invocation keeps its part of the tile in registers.
 *
 * @module
 */
import { mainOf, range, workgroupNumber, WORKGROUPS } from "./loop.ts";

/** Invocations of a workgroup. */
export const TILED_SIZE = 256;
/** Bytes of workgroup memory that both slices take at most. */
export const TILED_BYTES = 16384;

/** The rows and columns of a tile. */
export interface TileForm {
  /** Invocations along its rows; the others lie along its columns. */
  readonly side: number;
  /** Rows, and columns, of one invocation: a multiple of four. */
  readonly each: number;
}

/** Rows of a tile. */
export function tileRows({ side, each }: TileForm): number {
  return side * each;
}

/** Columns of a tile. */
export function tileColumns({ side, each }: TileForm): number {
  return TILED_SIZE / side * each;
}

/** What a product puts around the core, as WGSL. */
export interface TiledProduct {
  /** The tile. */
  readonly form: TileForm;
  /** The number of tiles, a `u32`. */
  readonly tiles: string;
  /**
   * Statements that find tile number `t`, a `u32`: `tile_m`, `tile_n`, and the
   * terms of the sum, `begin` to `end`, all `i32`.
   */
  readonly begin: readonly string[];
  /** How each operand is read. */
  readonly read: Readonly<Record<"a" | "b", TileReader>>;
  /** The number of rows and of columns, each an `i32`. */
  readonly extents: readonly [rows: string, columns: string];
  /** Statements for column `j` of an invocation, ahead of what it stores. */
  readonly column?: (column: string, j: number) => readonly string[];
  /**
   * What stores a value of column `j`; names there may have the key, which no
   * other value has.
   */
  readonly store: (
    row: string,
    column: string,
    value: string,
    key: string,
    j: number,
  ) => string;
}

/** How an operand is read, four by four. */
export interface TileReader {
  /** True where neighbouring terms of the sum lie side by side. */
  readonly alongK: boolean;
  /** Statements ahead of the loop, at `at_inner`. */
  readonly before: readonly string[];
  /**
   * Statements that read four rows, or columns, from `at_inner` on, of the four
   * terms from `at_k` on: `v0` to `v3`, one for each term; 0 outside.
   */
  readonly block: readonly string[];
}

/** The body of the shader. */
export function renderTiles(product: TiledProduct): string {
  const { form, extents: [rows, columns], read } = product;
  const { each, side } = form;
  const across = TILED_SIZE / side;
  const vectors = each / 4;
  const quads = { a: side * vectors, b: across * vectors };
  const depth = 4 * Math.floor(TILED_BYTES / 64 / (quads.a + quads.b));
  const rowOf = (i: number) =>
    `(origin_m + 4 * ty + ${4 * side * (i >> 2) + (i & 3)})`;
  const columnOf = (j: number) =>
    `(origin_n + 4 * tx + ${4 * across * (j >> 2) + (j & 3)})`;
  /** Invocations at either end read one operand each. */
  const reader = (operand: "a" | "b") => {
    const { alongK, before, block } = read[operand];
    const wide = quads[operand];
    const readers = wide * depth / 4;
    const from = operand === "a" ? 0 : TILED_SIZE - readers;
    const name = (what: string) => `${what}_${operand}`;
    // Neighbouring invocations read neighbouring memory.
    const [k, inner] = alongK
      ? [`own % ${depth / 4}u`, `own / ${depth / 4}u`]
      : [`own / ${wide}u`, `own % ${wide}u`];
    const origin = operand === "a" ? "origin_m" : "origin_n";
    return {
      declare: [
        `var ${name("quad")} = 0;`,
        `var ${name("quad_k")} = 0;`,
        `let ${name("reads")} = ${
          operand === "a" ? `lane < ${readers}u` : `lane >= ${from}u`
        };`,
        `if (${name("reads")}) {`,
        `let own = lane - ${from}u;`,
        `${name("quad")} = i32(${inner});`,
        `${name("quad_k")} = i32(${k});`,
        "}",
        ...before.length > 0
          ? [
            `let ${name("inner")} = ${origin} + 4 * ${name("quad")};`,
            ...before.map((line) => line.replaceAll("at_inner", name("inner"))),
          ]
          : [],
      ],
      load: [
        `if (${name("reads")}) {`,
        `let at_inner = ${origin} + 4 * ${name("quad")};`,
        `let at_k = k + 4 * ${name("quad_k")};`,
        ...block,
        ...range(4).map((kk) =>
          `slice_${operand}[4 * ${name("quad_k")} + ${kk}][${
            name("quad")
          }] = v${kk};`
        ),
        "}",
      ],
    };
  };
  const [a, b] = [reader("a"), reader("b")];
  return [
    `var<workgroup> slice_a: array<array<vec4<f32>, ${quads.a}>, ${depth}>;`,
    `var<workgroup> slice_b: array<array<vec4<f32>, ${quads.b}>, ${depth}>;`,
    mainOf(TILED_SIZE, WORKGROUPS),
    `let t = ${workgroupNumber()};`,
    `if (t >= ${product.tiles}) {`,
    "return;",
    "}",
    ...product.begin,
    `let origin_m = tile_m * ${tileRows(form)};`,
    `let origin_n = tile_n * ${tileColumns(form)};`,
    `let ty = i32(lane / ${across}u);`,
    `let tx = i32(lane % ${across}u);`,
    ...a.declare,
    ...b.declare,
    ...range(each).flatMap((i) =>
      range(vectors).map((j) => `var c${i}_${j} = vec4<f32>();`)
    ),
    `for (var k = begin; k < end; k += ${depth}) {`,
    ...a.load,
    ...b.load,
    "workgroupBarrier();",
    // Written out: with nested arrays, all offsets are constants then.
    ...range(depth).flatMap((kk) => [
      "{",
      ...range(vectors).flatMap((v) => [
        `let x${v} = slice_a[${kk}][ty + ${v * side}];`,
        `let y${v} = slice_b[${kk}][tx + ${v * across}];`,
      ]),
      ...range(each).flatMap((i) =>
        range(vectors).map((j) =>
          `c${i}_${j} = fma(vec4<f32>(x${i >> 2}[${
            i & 3
          }]), y${j}, c${i}_${j});`
        )
      ),
      "}",
    ]),
    "workgroupBarrier();",
    "}",
    ...range(each).flatMap((j) => product.column?.(columnOf(j), j) ?? []),
    ...range(each).flatMap((i) => [
      `if (${rowOf(i)} < ${rows}) {`,
      ...range(each).flatMap((j) => [
        `if (${columnOf(j)} < ${columns}) {`,
        product.store(
          rowOf(i),
          columnOf(j),
          `c${i}_${j >> 2}[${j & 3}]`,
          `${i}_${j}`,
          j,
        ),
        "}",
      ]),
      "}",
    ]),
    "}",
  ].join("\n");
}
