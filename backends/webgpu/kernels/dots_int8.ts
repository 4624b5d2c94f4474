/**
 * The products of quantised layers: rows of integers become words of four
 * integers of 8 bits, and words are multiplied four integers at a time.
 *
 * @module
 */
import type { Launch } from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";

/**
 * What loads before it. It is handed over: an import of it would move it into a
 * bundle of its own.
 */
type Tools =
  & Pick<typeof import("./loop.ts"), "eachInvocation" | "gridFor">
  & Pick<typeof import("../wgsl/params.ts"), "int" | "Params" | "uint">;

/** Columns of an invocation, and rows where there are as many. */
const EACH = [0, 1, 2, 3] as const;
const WIDE = EACH.length;

/** `dot` of two words: the sum of the products of their integers. */
function dotOf(packed: boolean | undefined): string {
  const byte = (word: string, i: number) =>
    `extractBits(bitcast<i32>(${word}), ${8 * i}u, 8u)`;
  const sum = packed
    ? "dot4I8Packed(a, b)"
    : EACH.map((i) => `${byte("a", i)} * ${byte("b", i)}`).join(" + ");
  return `fn dot(a: u32, b: u32) -> i32 { return ${sum}; }`;
}

/** Prepares `dotsInt8`. */
export function prepareDotsInt8(
  gpu: Gpu,
  { eachInvocation, gridFor, int, Params, uint }: Tools,
): Launch {
  const { profile } = gpu;
  const size = profile.workgroup;
  const params = new Params();
  const [count, m, n, k, words, to, from] = Array.from(
    { length: 7 },
    () => params.take(),
  ) as [number, number, number, number, number, number, number];
  const pack = gpu.newProgram({
    label: "words of 8-bit integers",
    operands: [{ type: "u32", writes: true }, { type: "f32" }],
    words: params.words,
    code: ([out, x]) =>
      [
        ...eachInvocation(size),
        `if (t < ${uint(count)}) {`,
        `let j = i32(t % ${uint(words)}) * 4;`,
        `let at = ${int(from)} + i32(t / ${uint(words)}) * ${int(k)} + j;`,
        "var word = 0u;",
        ...EACH.map((i) =>
          `if (j + ${i} < ${
            int(k)
          }) { word |= (bitcast<u32>(i32(${x}[at + ${i}])) & 255u) << ${
            8 * i
          }u; }`
        ),
        `${out}[i32(t)] = word;`,
        "}",
        "}",
      ].join("\n"),
  });
  const multiplyOf = (rows: readonly number[]) => {
    const each = (line: (i: number, j: number) => string) =>
      rows.flatMap((i) => EACH.map((j) => line(i, j)));
    return gpu.newProgram({
      label: "dotsInt8",
      operands: [
        { type: "f32", writes: true },
        { type: "u32" },
        { type: "i32" },
      ],
      words: params.words,
      code: ([out, x, w]) =>
        [
          dotOf(profile.packedDots),
          ...eachInvocation(size),
          `if (t < ${uint(count)}) {`,
          `let quads = (${uint(n)} + ${WIDE - 1}u) / ${WIDE}u;`,
          `let row = i32(t / quads) * ${rows.length};`,
          `let column = i32(t % quads) * ${WIDE};`,
          `let bottom = ${int(m)} - 1;`,
          `let last = ${int(n)} - 1;`,
          ...rows.map((i) =>
            `let row${i} = min(row + ${i}, bottom) * ${int(words)};`
          ),
          ...EACH.map((j) =>
            `let column${j} = ${int(from)} + min(column + ${j}, last) * ${
              int(words)
            };`
          ),
          ...each((i, j) => `var sum${i}_${j} = 0;`),
          `for (var i = 0; i < ${int(words)}; i++) {`,
          ...rows.map((i) => `let left${i} = ${x}[row${i} + i];`),
          ...EACH.map((j) =>
            `let right${j} = bitcast<u32>(${w}[column${j} + i]);`
          ),
          ...each((i, j) => `sum${i}_${j} += dot(left${i}, right${j});`),
          "}",
          `let at = ${int(to)} + row * ${int(n)} + column;`,
          ...each((i, j) =>
            `if ((row + ${i} <= bottom) & (column + ${j} <= last)) { ${out}[at + ${i} * ${
              int(n)
            } + ${j}] = f32(sum${i}_${j}); }`
          ),
          "}",
          "}",
        ].join("\n"),
    });
  };
  const [multiplyRow, multiplyRows] = [multiplyOf([0]), multiplyOf(EACH)];
  return ({ buffers, offsets, shape, strides }) => {
    const [rows, columns, depth] = shape as [number, number, number];
    const [out, x, w] = (buffers as Memory[]).map(({ block }) => block);
    const width = strides[2]![1]!;
    const run = (
      program: typeof pack,
      blocks: Parameters<typeof pack.dispatch>[0],
      total: number,
      source: number,
    ) => {
      const first = program.reserve();
      const { ints } = gpu.recorder;
      ints[first + count] = total;
      ints[first + m] = rows;
      ints[first + n] = columns;
      ints[first + k] = depth;
      ints[first + words] = width;
      ints[first + to] = offsets[0]!;
      ints[first + from] = source;
      program.dispatch(blocks, first, ...gridFor(profile, total, size));
    };
    const packed = gpu.pool.take(4 * rows * width);
    run(pack, [packed, x!], rows * width, offsets[1]!);
    const quads = Math.ceil(columns / WIDE);
    if (rows < WIDE) {
      run(multiplyRow, [out!, packed, w!], rows * quads, offsets[2]!);
    } else {
      const total = Math.ceil(rows / WIDE) * quads;
      run(multiplyRows, [out!, packed, w!], total, offsets[2]!);
    }
    gpu.pool.give(packed);
  };
}
