/**
 * A whole backend in a hundred lines: memory, maps and reductions, written as
 * JavaScript. It has no routines, so core builds products, sorting,
 * convolutions and the rest from maps and reductions. It passes the conformance
 * suite, and this trains the digits demo on it:
 *
 *     deno run -A examples/small_backend.ts
 *
 * @module
 */
import { type DType, registerBackend, type TypedArray } from "@tenfold/core";
import * as core from "@tenfold/core/backend";

/** The element of buffer `k` at the position of the loops over `rank` dims. */
function element(k: number, rank: number): string {
  const dims = Array.from({ length: rank }, (_, d) => d);
  return `b[${k}][o[${k}]${dims.map((d) => `+p${d}*s[${k}][${d}]`).join("")}]`;
}

/** Loops over the dims from `first` to `end` around a body. */
function loops(first: number, end: number, body: string): string {
  if (first === end) return body;
  const p = `p${first}`;
  const inner = loops(first + 1, end, body);
  return `for (let ${p} = 0; ${p} < n[${first}]; ${p}++) {${inner}}`;
}

/**
 * Constants `v0`, `v1`… for the nodes of some expressions, and their names.
 * The inputs follow after `outputs` buffers, and vary along `rank` dims.
 */
function render(exprs: readonly core.Expr[], outputs: number, rank: number) {
  const nodes = core.topological(exprs);
  const name = (node: core.Expr) => `v${nodes.indexOf(node)}`;
  const value = (node: core.Expr): string => {
    switch (node.kind) {
      case "arg":
        return element(outputs + node.index, rank);
      case "scalar":
        return `scalars[${node.index}]`;
      case "const":
        return Object.is(node.value, -0) ? "-0" : `${node.value}`;
      case "index":
        return `p${node.dim}`;
      case "accumulator":
        return "acc";
      case "cast":
        return name(node.value);
      case "call": {
        const operands = [
          `"${node.args.at(-1)!.dtype}"`,
          ...node.args.map(name),
        ];
        return `functions.${node.fn}.evaluate(${operands})`;
      }
    }
  };
  const line = (node: core.Expr) =>
    `const ${name(node)} = cast("${node.dtype}", ${value(node)});`;
  return { lines: nodes.map(line).join(""), values: exprs.map(name) };
}

function map({ exprs, rank }: core.MapKernel): string {
  const { lines, values } = render(exprs, exprs.length, rank);
  const stores = values.map((value, k) => `${element(k, rank)} = ${value};`);
  return loops(0, rank, lines + stores.join(""));
}

function reduce(kernel: core.ReduceKernel): string {
  const { rank, reducedRank, combine } = kernel;
  const all = rank + reducedRank;
  const { lines, values: [value] } = render([kernel.element], 1, all);
  const epilogue = render([kernel.epilogue], 1, rank);
  const isInteger = kernel.element.dtype === "int32";
  const most = isInteger ? 2 ** 31 - 1 : Infinity;
  const [start, next] = {
    sum: [0, isInteger ? `acc + ${value} | 0` : `acc + ${value}`],
    prod: [1, isInteger ? `Math.imul(acc, ${value})` : `acc * ${value}`],
    max: [isInteger ? ~most : -most, `Math.max(acc, ${value})`],
    min: [most, `Math.min(acc, ${value})`],
  }[combine];
  const inner = loops(rank, all, `${lines} acc = ${next};`);
  const store = `${epilogue.lines} ${element(0, rank)} = ${epilogue.values};`;
  return loops(0, rank, `let acc = ${start}; ${inner} ${store}`);
}

/** Allocates typed arrays, and makes a function of each kernel. */
export class SmallBackend implements core.Backend {
  readonly name = "small";
  readonly dtypes: readonly DType[] = ["bool", "int32", "float32", "float64"];
  readonly maxBufferBytes: number = 2 ** 30;
  readonly collected = true; // JavaScript frees typed arrays by itself

  alloc = (dtype: DType, size: number) => core.DTYPES[dtype].allocate(size);
  free() {}
  write(buffer: core.Buffer, offset: number, data: TypedArray) {
    (buffer as TypedArray).set(data, offset);
  }
  read(buffer: core.Buffer, offset: number, length: number) {
    const array = buffer as TypedArray;
    return Promise.resolve(array.slice(offset, offset + length));
  }
  prepare(kernel: core.Kernel): core.Launch | null {
    if (kernel.kind === "routine") return null;
    const body = kernel.kind === "map" ? map(kernel) : reduce(kernel);
    const call = "{ buffers: b, offsets: o, strides: s, shape: n, scalars }";
    const code = `return (${call}) => {${body}}`;
    const make = new Function("functions", "cast", code);
    return make(core.SCALAR_FUNCTIONS, core.castNumber);
  }
}

/** Opens the backend, for its registration and for the conformance suite. */
export const open = (): SmallBackend => new SmallBackend();

if (import.meta.main) {
  registerBackend("small", open, { preferred: true });
  await import("./digits.ts");
}
