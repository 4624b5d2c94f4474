/**
 * Run-time scalars among the parameters of a shader.
 *
 * @module
 */
import { castNumber, type Expr, topological } from "@tenfold/core/backend";
import type { Recorder } from "../device/recorder.ts";
import type { GpuDType } from "../wgsl/dtype.ts";
import { float, int, type Params } from "../wgsl/params.ts";

interface ScalarWord {
  readonly index: number;
  readonly dtype: GpuDType;
  readonly word: number;
}

/** The words of the scalars that expressions use, each as the dtype it has. */
export class ScalarWords {
  readonly #words: ScalarWord[] = [];

  /** Allocates the words. */
  constructor(params: Params, exprs: readonly Expr[]) {
    for (const expr of topological(exprs)) {
      if (expr.kind !== "scalar") continue;
      const dtype = expr.dtype as GpuDType;
      if (this.#find(expr.index, dtype)) continue;
      this.#words.push({ index: expr.index, dtype, word: params.take() });
    }
  }

  /** A scalar's value in WGSL. */
  name(index: number, dtype: GpuDType): string {
    const { word } = this.#find(index, dtype)!;
    if (dtype === "float32") return float(word);
    return dtype === "bool" ? `(${int(word)} != 0)` : int(word);
  }

  /** Writes the scalars of a call. */
  fill(recorder: Recorder, first: number, numbers: readonly number[]): void {
    for (const { dtype, index, word } of this.#words) {
      const value = numbers[index]!;
      if (dtype === "float32") recorder.floats[first + word] = value;
      else recorder.ints[first + word] = castNumber(dtype, value);
    }
  }

  #find(index: number, dtype: GpuDType): ScalarWord | undefined {
    return this.#words.find((word) =>
      word.index === index && word.dtype === dtype
    );
  }
}
