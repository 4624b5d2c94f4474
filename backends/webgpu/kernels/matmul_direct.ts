/**
 * Matrix products in which every invocation computes a tile of the result in
 * its registers and reads the operands straight from their buffers: for narrow
 * matrices, and for adapters that run on the processor, where workgroup memory
 * gains nothing.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import type { DType } from "@tenfold/core";
import { gpuOf, loaded, loadedFour, stored } from "../wgsl/dtype.ts";
import { eachInvocation, range } from "./loop.ts";
import type { MatmulForm, MatmulLayout } from "./matmul_layout.ts";

/** Renders the shader. Tiles at the far edges are moved back inside. */
export function renderDirect(
  layout: MatmulLayout,
  form: MatmulForm,
  size: number,
): ProgramSource {
  const { dtypes } = form;
  const type = (dtype: DType) => gpuOf(dtype).memory;
  const vector = (operand: "a" | "b") =>
    form[operand] === "none"
      ? type(dtypes[operand])
      : `vec4<${type(dtypes[operand])}>`;
  return {
    label: `matmul ${form.tm}x${form.tn}`,
    operands: [
      {
        type: form.four ? `vec4<${type(dtypes.out)}>` : type(dtypes.out),
        writes: true,
      },
      { type: vector("a") },
      { type: vector("b") },
      ...(form.bias && !form.part ? [{ type: type(dtypes.bias) }] : []),
      ...(form.epilogue ? layout.epilogue!.operands(form.epilogue) : []),
    ],
    words: layout.words,
    code: (names) => codeOf(layout, form, size, names),
  };
}

function codeOf(
  layout: MatmulLayout,
  form: MatmulForm,
  size: number,
  names: readonly string[],
): string {
  const [out, a, b, bias] = names;
  const { dtypes, tm, tn } = form;
  const isWhole = dtypes.out === "int32";
  const type = isWhole ? "i32" : "f32";
  const depth = form.a === "k" || form.b === "k" ? 4 : 1;
  const rows = new Side("x", a!, form, tm, layout, "a", "row", depth);
  const columns = new Side("y", b!, form, tn, layout, "b", "column", depth);
  const accumulators = range(tm).flatMap((i) =>
    range(tn).map((j) => `var c${i}_${j} = ${type}();`)
  );
  const steps = range(depth).flatMap((kk) => [
    ...rows.load(kk),
    ...columns.load(kk),
    ...range(tm).flatMap((i) =>
      range(tn).map((j) => {
        const [x, y, c] = [rows.at(i, kk), columns.at(j, kk), `c${i}_${j}`];
        return isWhole
          ? `${c} += ${x} * ${y};`
          : `${c} = fma(${x}, ${y}, ${c});`;
      })
    ),
  ]);
  const value = (i: number, j: number) => {
    const added = form.bias && !form.part
      ? ` + ${
        loaded(
          dtypes.bias,
          `${bias}[${layout.biasAt(`(row + ${i})`, `(column + ${j})`)}]`,
        )
      }`
      : "";
    return `c${i}_${j}${added}`;
  };
  const { epilogue } = form;
  const rest = names.slice(form.bias ? 4 : 3);
  const store = (i: number, j: number): string[] => {
    const lanes = range(form.four ? 4 : 1);
    if (epilogue !== null) {
      const row = `(row + ${i})`;
      const spots = lanes.map((e) =>
        layout.spot(row, `(column + ${j + e})`, value(i, j + e))
      );
      const key = `${i}_${j}`;
      return layout.finish(
        out!,
        rest,
        epilogue,
        row,
        `column + ${j}`,
        spots,
        key,
      );
    }
    const index = layout.outAt(`(row + ${i})`, `column + ${j}`, form.part);
    const values = lanes.map((e) => stored(dtypes.out, value(i, j + e)));
    if (!form.four) return [`${out}[${index}] = ${values[0]};`];
    const quad = `vec4<${gpuOf(dtypes.out).memory}>(${values.join(", ")})`;
    return [`${out}[(${index}) >> 2u] = ${quad};`];
  };
  // A tile that was moved back leaves the results before it to its neighbour.
  const stores = range(tm).flatMap((i) => [
    `if (row + ${i} >= tile_m * ${tm}) {`,
    ...range(tn).filter((j) => !form.four || j % 4 === 0).flatMap((j) => [
      `if (column + ${j} >= tile_n * ${tn}) {`,
      ...store(i, j),
      "}",
    ]),
    "}",
  ]);
  return [
    ...eachInvocation(size),
    `if (t < ${layout.tiles}) {`,
    ...layout.begin("t"),
    `let row = min(tile_m * ${tm}, ${layout.m} - ${tm});`,
    `let column = min(tile_n * ${tn}, ${layout.n} - ${tn});`,
    ...layout.range(),
    ...rows.begin(),
    ...columns.begin(),
    ...accumulators,
    `for (var k = begin; k < end; k += ${depth}) {`,
    ...steps,
    ...rows.next(),
    ...columns.next(),
    "}",
    ...stores,
    "}",
    "}",
  ].join("\n");
}

/** The elements of one operand in a tile. */
class Side {
  constructor(
    readonly name: string,
    readonly buffer: string,
    readonly form: MatmulForm,
    readonly count: number,
    readonly layout: MatmulLayout,
    readonly operand: "a" | "b",
    readonly origin: string,
    readonly depth: number,
  ) {}

  get axis(): MatmulForm["a"] {
    return this.form[this.operand];
  }

  get dtype(): DType {
    return this.form.dtypes[this.operand];
  }

  /** The strides, in units of what one read gives. */
  begin(): string[] {
    const { axis, layout, name, operand, origin } = this;
    const inner = layout.stride(operand, "inner");
    const k = layout.stride(operand, "k");
    const start = `at_${operand} + ${origin} * ${inner} + begin * ${k}`;
    const by = (stride: string, shift: boolean) =>
      shift ? `${stride} >> 2u` : stride;
    return [
      `let ${name}_inner = ${by(inner, axis === "k")};`,
      `let ${name}_k = ${by(k, axis === "other")};`,
      `var ${name}_at = ${axis === "none" ? start : `(${start}) >> 2u`};`,
    ];
  }

  /** Statements that read what step `kk` of the inner loop needs. */
  load(kk: number): string[] {
    const { buffer, count, axis, dtype, name } = this;
    if (axis === "k") {
      if (kk > 0) return [];
      return range(count).map((i) =>
        `let ${name}${i} = ${
          loadedFour(dtype, `${buffer}[${name}_at + ${i} * ${name}_inner]`)
        };`
      );
    }
    const reads = axis === "other" ? count / 4 : count;
    const stride = axis === "other" ? "" : ` * ${name}_inner`;
    const single = axis === "other" ? loadedFour : loaded;
    return range(reads).map((i) =>
      `let ${name}${kk}_${i} = ${
        single(
          dtype,
          `${buffer}[${name}_at + ${kk} * ${name}_k + ${i}${stride}]`,
        )
      };`
    );
  }

  /** The element at position `i` of the tile and `kk` of the step. */
  at(i: number, kk: number): string {
    const { axis, name } = this;
    if (axis === "k") return `${name}${i}[${kk}]`;
    return axis === "other"
      ? `${name}${kk}_${i >> 2}[${i & 3}]`
      : `${name}${kk}_${i}`;
  }

  /** Advances along `k`. */
  next(): string[] {
    const { depth, axis, name } = this;
    const by = axis === "k" ? `${depth / 4}` : `${depth} * ${name}_k`;
    return [`${name}_at += ${by};`];
  }
}
