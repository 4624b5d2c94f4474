/**
 * Products with few rows, or few columns: every element of the wide operand is
 * read once, so a workgroup reads it as it lies, and shares the sums.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import { gpuOf, loaded, loadedFour } from "../wgsl/dtype.ts";
import { mainOf, range, workgroupNumber, WORKGROUPS } from "./loop.ts";
import type { MatmulForm, MatmulLayout } from "./matmul_layout.ts";
import { storeOne } from "./matmul_tiled.ts";

/** Rows of a narrow first operand, or columns of a narrow second, at most. */
export const MAX_NARROW = 4;
/** Invocations side by side, each of which reads four elements. */
const ACROSS = 32;
/** Reads that an invocation begins together. */
const AHEAD = 4;

/** Which operand is wide, and how many vectors the other one has. */
export interface NarrowForm {
  /** The operand of which each element is read once. */
  readonly wide: "a" | "b";
  /** Rows, or columns, of the other one. */
  readonly vectors: number;
}

/** Rows, or columns, of the wide operand that a workgroup takes. */
export function narrowTile(
  axis: MatmulForm["a"],
  size: number,
): number {
  return axis === "k" ? size / ACROSS : 4 * ACROSS;
}

/** Renders the shader for floats; the wide operand has a vector axis. */
export function renderNarrow(
  layout: MatmulLayout,
  form: MatmulForm,
  { vectors, wide }: NarrowForm,
  size: number,
): ProgramSource {
  const narrow = wide === "a" ? "b" : "a";
  const alongK = form[wide] === "k";
  // Vectors are read four by four along with the wide operand.
  const narrowByFour = alongK && form[narrow] === "k";
  const { dtypes } = form;
  const typeOf = (operand: "a" | "b") => {
    const { memory } = gpuOf(dtypes[operand]);
    return operand === wide || narrowByFour ? `vec4<${memory}>` : memory;
  };
  const withBias = form.bias && !form.part;
  const ways = size / ACROSS;
  return {
    label: `matmul of ${vectors}`,
    operands: [
      { type: gpuOf(dtypes.out).memory, writes: true },
      { type: typeOf("a") },
      { type: typeOf("b") },
      ...(withBias ? [{ type: gpuOf(dtypes.bias).memory }] : []),
      ...(form.epilogue ? layout.epilogue!.operands(form.epilogue) : []),
    ],
    words: layout.words,
    code([out, a, b, ...others]) {
      const [w, x] = wide === "a" ? [a, b] : [b, a];
      const extent = wide === "a" ? layout.m : layout.n;
      const tile = wide === "a" ? "tile_m" : "tile_n";
      const inner = layout.stride(wide, "inner");
      const k = layout.stride(wide, "k");
      const narrowAt = (vector: number, at: string) =>
        `at_${narrow} + ${vector} * ${
          layout.stride(narrow, "inner")
        } + ${at} * ${layout.stride(narrow, "k")}`;
      const store = (
        index: string,
        vector: number,
        value: string,
        e = 0,
      ) => {
        const [row, column] = wide === "a"
          ? [index, `${vector}`]
          : [`${vector}`, index];
        return storeOne(
          layout,
          form,
          [out!, ...others],
          row!,
          column!,
          value,
          `${vector}_${e}`,
        );
      };
      /** Four elements of the wide operand, and what they are multiplied by. */
      const terms = (at: string, i: number) => [
        `let w${i} = ${
          loadedFour(
            dtypes[wide],
            `${w}[(at_${wide} + place * ${inner} + ${at} * ${k}) >> 2u]`,
          )
        };`,
        ...range(vectors).map((v) => {
          const value = narrowByFour
            ? loadedFour(dtypes[narrow], `${x}[(${narrowAt(v, at)}) >> 2u]`)
            : `vec4<f32>(${
              alongK
                ? range(4).map((e) =>
                  loaded(
                    dtypes[narrow],
                    `${x}[${narrowAt(v, `(${at} + ${e})`)}]`,
                  )
                ).join(", ")
                : loaded(dtypes[narrow], `${x}[${narrowAt(v, at)}]`)
            })`;
          return `let x${i}_${v} = ${value};`;
        }),
      ];
      const add = (i: number) =>
        range(vectors).map((v) => `sum${v} = fma(w${i}, x${i}_${v}, sum${v});`);
      const step = alongK ? 4 * ACROSS : ways;
      const place = alongK ? "way" : "4 * across";
      const kept = alongK
        ? (v: number) => `(sum${v}[0] + sum${v}[1]) + (sum${v}[2] + sum${v}[3])`
        : (v: number) => `sum${v}`;
      const type = alongK ? "f32" : "vec4<f32>";
      // Sums meet in those invocations of a row, or of a column, that are first.
      const [first, reach, count] = alongK
        ? ["across", 1, ACROSS]
        : ["way", ACROSS, ways];
      return [
        `var<workgroup> sums: array<${type}, ${size}>;`,
        mainOf(size, WORKGROUPS),
        `let t = ${workgroupNumber()};`,
        `if (t >= ${layout.tiles}) {`,
        "return;",
        "}",
        ...layout.begin("t"),
        ...layout.range(),
        `let across = i32(lane % ${ACROSS}u);`,
        `let way = i32(lane / ${ACROSS}u);`,
        `let place = ${tile} * ${narrowTile(form[wide], size)} + ${place};`,
        `let inside = place < ${extent};`,
        ...range(vectors).map((v) => `var sum${v} = vec4<f32>();`),
        `var k = begin + ${alongK ? "4 * across" : "way"};`,
        "if (inside) {",
        `for (; k + ${(AHEAD - 1) * step} < end; k += ${AHEAD * step}) {`,
        ...range(AHEAD).flatMap((i) => terms(`(k + ${i * step})`, i)),
        ...range(AHEAD).flatMap(add),
        "}",
        `for (; k < end; k += ${step}) {`,
        ...terms("k", 0),
        ...add(0),
        "}",
        "}",
        ...range(vectors).flatMap((v) => [
          ...(v > 0 ? ["workgroupBarrier();"] : []),
          `sums[lane] = ${kept(v)};`,
          "workgroupBarrier();",
          `for (var half = ${count / 2}; half > 0; half >>= 1u) {`,
          `if (${first} < half) {`,
          `sums[lane] = sums[lane] + sums[lane + u32(half) * ${reach}u];`,
          "}",
          "workgroupBarrier();",
          "}",
          `if ((${first} == 0) & inside) {`,
          ...(alongK ? [store("place", v, "sums[lane]")] : [
            "let total = sums[lane];",
            // The number of columns is a multiple of four.
            ...range(4).map((e) =>
              store(`(place + ${e})`, v, `total[${e}]`, e)
            ),
          ]),
          "}",
        ]),
        "}",
      ].join("\n");
    },
  };
}
