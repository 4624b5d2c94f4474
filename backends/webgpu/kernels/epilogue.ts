/**
 * Epilogues: what becomes of each result of a product before it is stored, as
 * WGSL, and the parameters of what it reads and writes beside the product.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type {
  Epilogue,
  KernelCall,
  RoutineKernel,
} from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import type { Operand } from "../device/program.ts";
import { type GpuDType, gpuOf } from "../wgsl/dtype.ts";
import { renderExpressions, usedInputs } from "../wgsl/expression.ts";
import { int, type Params } from "../wgsl/params.ts";
import {
  fillOperandLayout,
  type OperandLayout,
  takeOperandLayout,
} from "./loop.ts";
import { ScalarWords } from "./scalars.ts";
import { statementsFor } from "./statements.ts";

/** Statements that a shader has for all results of a tile, at most. */
const MOST_WRITTEN = 1024;

/** Whether a product takes a bias. */
export function hasBias({ epilogue, inputs }: RoutineKernel<DType>): boolean {
  return (epilogue?.inputs ?? inputs.length) === 3;
}

/**
 * The buffers of a call as the shaders of products have them: the first output
 * and the inputs of the product, the other outputs, and what else is read.
 */
export function ownFirst(kernel: RoutineKernel<DType>): number[] | null {
  const { epilogue, outputs } = kernel;
  if (!epilogue) return null;
  const input = (i: number) => outputs.length + i;
  return [
    0,
    ...Array.from({ length: epilogue.inputs }, (_, i) => input(i)),
    ...outputs.slice(1).map((_, o) => o + 1),
    ...usedInputs(epilogue.exprs).map(input),
  ];
}

/** The call with its buffers in that order. */
export function inOrder(
  call: KernelCall,
  order: readonly number[] | null,
): KernelCall {
  return order === null ? call : {
    ...call,
    buffers: order.map((i) => call.buffers[i]),
    offsets: order.map((i) => call.offsets[i]!),
    strides: order.map((i) => call.strides[i]!),
  };
}

/** A result of the product. */
export interface Spot {
  /** Its value. */
  readonly value: string;
  /** Its position along each dim that is not summed. */
  readonly positions: readonly string[];
}

/** How the operands of an epilogue are read and written in one shader. */
export interface EpilogueForm {
  /** Which of them lie as the results do. */
  readonly dense: readonly boolean[];
  /** True where these are read and written four at a time. */
  readonly four: boolean;
}

/** Operands that are read and written by their strides, one at a time. */
export const BY_STRIDES: EpilogueForm = { dense: [], four: false };

/** The parameters of an epilogue, and its code. */
export class EpilogueLayout {
  /** The dtype of each operand behind those of the product. */
  readonly #dtypes: readonly GpuDType[];
  readonly #layouts: readonly OperandLayout[];
  readonly #scalars: ScalarWords;
  readonly #used: readonly number[];
  readonly #first: GpuDType;
  /** How many operands the product itself has. */
  readonly #own: number;
  readonly #outputs: number;
  readonly #exprs: Epilogue["exprs"];

  /** Takes the words of an epilogue of a product whose results have `rank` dims. */
  constructor(params: Params, kernel: RoutineKernel<DType>, rank: number) {
    const { exprs, inputs } = kernel.epilogue!;
    this.#exprs = exprs;
    this.#own = inputs + 1;
    this.#outputs = kernel.outputs.length - 1;
    this.#used = usedInputs(exprs);
    this.#first = kernel.outputs[0] as GpuDType;
    this.#dtypes = [
      ...kernel.outputs.slice(1),
      ...this.#used.map((i) => kernel.inputs[i]!),
    ] as GpuDType[];
    this.#layouts = this.#dtypes.map(() => takeOperandLayout(params, rank));
    this.#scalars = new ScalarWords(params, exprs);
  }

  /** Whether a tile of so many results is not too much to write out. */
  fits(results: number): boolean {
    return results * statementsFor(this.#exprs) <= MOST_WRITTEN;
  }

  /** How a call, in the order of {@linkcode ownFirst}, is written. */
  formOf(call: KernelCall, four: boolean): EpilogueForm {
    const { buffers, offsets, shape, strides } = call;
    const dense = this.#dtypes.map((_, i) =>
      strides[this.#own + i]!.every((stride, d) =>
        stride === strides[0]![d] || shape[d] === 1
      )
    );
    const fits = dense.every((lies, i) => {
      const k = this.#own + i;
      const same = (_: boolean, j: number) =>
        buffers[k] !== buffers[this.#own + j] || dense[j] === lies;
      return dense.every(same) && (!lies || offsets[k]! % 4 === 0);
    });
    return { dense, four: four && fits };
  }

  /** The operands of a shader behind those of the product. */
  operands({ dense, four }: EpilogueForm): Operand[] {
    return this.#dtypes.map((dtype, i) => {
      const { memory } = gpuOf(dtype);
      return {
        type: four && dense[i] ? `vec4<${memory}>` : memory,
        writes: i < this.#outputs,
      };
    });
  }

  /** Writes the parameters of a call. */
  fill(gpu: Gpu, first: number, call: KernelCall): void {
    const { ints } = gpu.recorder;
    this.#layouts.forEach((layout, i) => {
      const k = this.#own + i;
      fillOperandLayout(
        ints,
        first,
        layout,
        call.offsets[k]!,
        call.strides[k]!,
      );
    });
    this.#scalars.fill(gpu.recorder, first, call.scalars);
  }

  /**
   * Statements that store what becomes of a result, or of four side by side.
   *
   * @param out The first output, and the index of the first result there.
   * @param names The operands behind those of the product.
   * @param spots The results.
   * @param key What makes names of values unique.
   * @param form How operands are read and written.
   * @param inner The number of the first result, where operands lie as results do.
   */
  store(
    out: { readonly name: string; readonly at: string },
    names: readonly string[],
    spots: readonly Spot[],
    key: string,
    { dense, four }: EpilogueForm,
    inner: string,
  ): string[] {
    const place = (i: number, { positions }: Spot) => {
      const { offset, strides } = this.#layouts[i]!;
      return dense[i] ? `${int(offset)} + ${inner}` : [
        int(offset),
        ...strides.map((word, d) => `${positions[d]} * ${int(word)}`),
      ].join(" + ");
    };
    const lines: string[] = [];
    const inputs = this.#used.map((_, u) => this.#outputs + u);
    for (const i of inputs) {
      if (four && dense[i]) {
        const at = place(i, spots[0]!);
        lines.push(`let e${key}_${i} = ${names[i]}[(${at}) >> 2u];`);
      }
    }
    const values = spots.map((spot, lane) => {
      lines.push(`let r${key}_${lane} = ${spot.value};`);
      for (const i of inputs) {
        const element = four && dense[i]
          ? `e${key}_${i}[${lane}]`
          : `${names[i]}[${place(i, spot)}]`;
        lines.push(
          `let x${key}_${i}_${lane} = ${
            gpuOf(this.#dtypes[i]!).load(element)
          };`,
        );
      }
      const { statements, values } = renderExpressions(this.#exprs, {
        arg: (index) =>
          `x${key}_${this.#outputs + this.#used.indexOf(index)}_${lane}`,
        scalar: (index, dtype) => this.#scalars.name(index, dtype),
        position: () => "",
        accumulator: `r${key}_${lane}`,
      }, `f${key}_${lane}_`);
      lines.push(...statements);
      return values;
    });
    this.#exprs.forEach((_, o) => {
      const dtype = o === 0 ? this.#first : this.#dtypes[o - 1]!;
      const name = o === 0 ? out.name : names[o - 1]!;
      const at = o === 0 ? out.at : place(o - 1, spots[0]!);
      const parts = values.map((of) => gpuOf(dtype).store(of[o]!));
      lines.push(
        four
          ? `${name}[(${at}) >> 2u] = vec4<${gpuOf(dtype).memory}>(${
            parts.join(", ")
          });`
          : `${name}[${at}] = ${parts[0]};`,
      );
    });
    return lines;
  }
}

/** The dtype in which a product's results are computed and first held. */
export function productDType(kernel: RoutineKernel<DType>): DType {
  return kernel.epilogue ? "float32" : kernel.outputs[0]!;
}
