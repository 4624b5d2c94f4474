/**
 * The loss and the metrics of an epoch, summed on the device, so that nothing
 * has to be read before the epoch is over.
 *
 * @module
 */
import {
  type DType,
  isFloating,
  type Tensor,
  type TypedArray,
  zeros,
} from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  constant,
  scalar,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";
import { noGradNow, unscopedNow } from "@tenfold/core/internal";
import type { NamedMetric } from "./_metrics.ts";
import { ofAllRanks } from "./_rank.ts";
import type { Replica } from "./distributing.ts";
import type { Figures } from "./history.ts";

const programs = new Map<string, UpdateProgram>();

/** `sum += value * weight`, as one kernel. */
function addWeighted(sum: DType, value: DType): UpdateProgram {
  const key = `${sum} ${value}`;
  let program = programs.get(key);
  if (program === undefined) {
    const weighted = call("mul", castExpr(arg(1, value), sum), scalar(0, sum));
    program = {
      label: "sum up",
      inputs: [sum, value],
      exprs: [call("add", arg(0, sum), weighted)],
    };
    programs.set(key, program);
  }
  return program;
}

const lossPrograms = new Map<DType, UpdateProgram>();

/**
 * `sum += loss * weight`, and with it `first = number` where the loss is the
 * first that is not finite, as one kernel.
 */
function addLoss(dtype: DType): UpdateProgram {
  let program = lossPrograms.get(dtype);
  if (program === undefined) {
    const [sum, first, loss] = [0, 1, 2].map((i) => arg(i, dtype));
    const weighted = call("mul", loss!, scalar(0, dtype));
    const isFirst = call(
      "and",
      call("eq", first!, constant(0, dtype)),
      call("not", call("isFinite", loss!)),
    );
    program = {
      label: "sum up",
      inputs: [dtype, dtype, dtype],
      exprs: [
        call("add", sum!, weighted),
        call("select", isFirst, scalar(1, dtype), first!),
      ],
    };
    lossPrograms.set(dtype, program);
  }
  return program;
}

/** A sum on the device, and the kernel that adds values of one dtype to it. */
interface Sum {
  readonly tensor: Tensor;
  readonly dtype: DType;
  readonly program: UpdateProgram;
}

/** What was summed so far, as a checkpoint keeps it. */
export interface TallyState {
  readonly samples: number;
  readonly elements: number;
  readonly sums: { readonly [name: string]: Tensor };
}

/** Sums on the device, one for the loss and one for each metric. */
export class Tally {
  readonly #metrics: readonly NamedMetric[];
  readonly #sums = new Map<string, Sum>();
  /** The number of the first batch whose loss is not finite, 0 before. */
  #first: Tensor | null = null;
  #samples = 0;
  #elements = 0;

  constructor(metrics: readonly NamedMetric[]) {
    this.#metrics = metrics;
  }

  /** How many samples were counted. */
  get samples(): number {
    return this.#samples;
  }

  /**
   * Counts a batch, the `number`-th of its epoch from 1 on; called inside the
   * scope of its step.
   */
  add(
    loss: Tensor | null,
    output: Tensor,
    target: Tensor,
    number: number,
  ): void {
    noGradNow(() => this.#count(loss, output, target, number));
  }

  #count(
    loss: Tensor | null,
    output: Tensor,
    target: Tensor,
    number: number,
  ): void {
    const samples = target.shape[0] ?? 1;
    if (loss !== null) this.#addLoss(loss, samples, number);
    for (const { name, metric, averaged } of this.#metrics) {
      const statistics = metric.statistics(output, target);
      this.#add(name, statistics, averaged ? samples : 1);
    }
    this.#samples += samples;
    this.#elements += target.size;
  }

  #add(name: string, value: Tensor, weight: number): void {
    let sum = this.#sums.get(name);
    if (sum?.dtype !== value.dtype) {
      const { device, shape, dtype } = value;
      const tensor = sum?.tensor ??
        unscopedNow(() =>
          zeros(shape, { device, dtype: dtype === "bool" ? "int32" : dtype })
        );
      sum = { tensor, dtype, program: addWeighted(tensor.dtype, dtype) };
      this.#sums.set(name, sum);
    }
    updateInPlace(sum.program, [sum.tensor], [value], [weight]);
  }

  #addLoss(loss: Tensor, samples: number, number: number): void {
    const { dtype, shape, device } = loss;
    const sum = this.#sums.get("loss");
    if (!isFloating(dtype) || (sum !== undefined && sum.dtype !== dtype)) {
      return this.#add("loss", loss, samples);
    }
    const program = addLoss(dtype);
    const tensor = sum?.tensor ??
      unscopedNow(() => zeros(shape, { dtype, device }));
    if (sum === undefined) this.#sums.set("loss", { tensor, dtype, program });
    this.#first ??= unscopedNow(() => zeros(tensor.shape, { dtype, device }));
    // Of one element each, they may differ in their dims of size 1.
    const like = loss.ndim === tensor.ndim ? loss : loss.reshape(tensor.shape);
    updateInPlace(program, [tensor, this.#first], [like], [samples, number]);
  }

  /**
   * The number of the first batch whose loss was not finite, or `null`: one
   * read. (The sum of the losses is not finite either then.)
   */
  async firstNonFinite(): Promise<number | null> {
    const number = this.#first === null ? 0 : (await this.#first.data())[0]!;
    return number > 0 ? number : null;
  }

  /**
   * The figures of what was counted so far: one read for each sum. With a
   * replica, those of all ranks, which all have to ask.
   */
  async figures(replica?: Replica): Promise<Figures> {
    // Those of now: steps may follow while the sums are read.
    let counts = { samples: this.#samples, elements: this.#elements };
    const read = await Promise.all(
      [...this.#sums].map(async ([name, sum]) =>
        [name, await sum.tensor.data()] as const
      ),
    );
    let sums: ReadonlyMap<string, TypedArray> = new Map(read);
    if (replica !== undefined) {
      ({ counts, sums } = ofAllRanks(replica, counts, sums));
    }
    const figures: Record<string, number> = {};
    const loss = sums.get("loss");
    if (loss !== undefined) figures["loss"] = loss[0]! / counts.samples;
    for (const { name, metric } of this.#metrics) {
      const sum = sums.get(name);
      if (sum !== undefined) figures[name] = metric.compute(sum, counts);
    }
    return figures;
  }

  /** What was summed so far; the tensors stay the tally's. */
  stateDict(): TallyState {
    return {
      samples: this.#samples,
      elements: this.#elements,
      sums: Object.fromEntries(
        [...this.#sums].map(([name, { tensor }]) => [name, tensor]),
      ),
    };
  }

  /** Goes on from copies of sums that were saved. */
  loadStateDict(state: TallyState): void {
    this.dispose();
    for (const [name, sum] of Object.entries(state.sums)) {
      const tensor = unscopedNow(() => sum.clone());
      const { dtype } = tensor;
      const program = addWeighted(dtype, dtype);
      this.#sums.set(name, { tensor, dtype, program });
    }
    this.#samples = state.samples;
    this.#elements = state.elements;
  }

  /** Begins again, and gives the memory of the sums back. */
  dispose(): void {
    for (const { tensor } of this.#sums.values()) tensor.dispose();
    this.#sums.clear();
    this.#first?.dispose();
    this.#first = null;
    this.#samples = 0;
    this.#elements = 0;
  }
}
