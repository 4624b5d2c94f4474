/**
 * The time steps of sequences that lie packed: the rows of all sequences at
 * step 0, then those at step 1, and so on. Longer sequences come first, so that
 * those which take part in a step are its first rows.
 *
 * @module
 */
import { cat, full, type Tensor } from "@tenfold/core";
import { noGradNow } from "@tenfold/core/internal";

/** Which rows belong to which step, and in which order steps are computed. */
export class Steps {
  /** How many sequences take part in each step; never more than before. */
  readonly counts: readonly number[];
  /** Whether the last step is computed first. */
  readonly reverse: boolean;
  /** The first row of each step. */
  readonly offsets: readonly number[];
  /** All rows. */
  readonly total: number;
  /** The number of sequences. */
  readonly batch: number;
  /** True where all sequences have one length. */
  readonly uniform: boolean;
  /** The steps in the order in which they are computed. */
  readonly order: readonly number[];

  /** The steps of sequences of which `counts[t]` have a step `t`. */
  constructor(counts: readonly number[], reverse: boolean) {
    this.counts = counts;
    this.reverse = reverse;
    let total = 0;
    this.offsets = counts.map((count) => (total += count) - count);
    this.total = total;
    this.batch = counts[0] ?? 0;
    this.uniform = counts[counts.length - 1] === this.batch;
    const order = counts.map((_, t) => t);
    this.order = reverse ? order.reverse() : order;
  }

  /** The rows of a step of a packed tensor. */
  rows(packed: Tensor, t: number): Tensor {
    return packed.narrow(0, this.offsets[t]!, this.counts[t]!);
  }

  /**
   * Room for the states of all steps beside the initial ones: those before the
   * first computed step, so that what each step begins with lies in one piece.
   */
  room(initial: Tensor): Tensor {
    const { batch, total } = this;
    const { dtype, device } = initial;
    const states = full([batch + total, initial.shape[1]!], 0, {
      dtype,
      device,
    });
    noGradNow(() => this.initialOf(states).copy_(initial));
    return states;
  }

  /** The initial states in a room of states. */
  initialOf(states: Tensor): Tensor {
    return states.narrow(0, this.reverse ? this.total : 0, this.batch);
  }

  /** The states after each step, packed. */
  after(states: Tensor): Tensor {
    return states.narrow(0, this.reverse ? 0 : this.batch, this.total);
  }

  /** The states with which a step begins, out of a room of states. */
  before(states: Tensor, t: number): Tensor {
    const from = this.reverse ? t + 1 : t - 1;
    const known = this.counts[from];
    const initial = this.initialOf(states);
    if (known === undefined) return initial.narrow(0, 0, this.counts[t]!);
    return this.fit(this.rows(this.after(states), from), initial, t);
  }

  /** The states with which all steps begin, packed. */
  allBefore(states: Tensor): Tensor {
    if (this.uniform) {
      return states.narrow(0, this.reverse ? this.batch : 0, this.total);
    }
    return cat(this.counts.map((_, t) => this.before(states, t)));
  }

  /**
   * Rows for step `t` out of those of the step before (or behind, on the way
   * back), and of `others` for sequences that begin (or end) there.
   */
  fit(known: Tensor, others: Tensor, t: number): Tensor {
    const [length, count] = [known.shape[0]!, this.counts[t]!];
    if (length === count) return known;
    if (length > count) return known.narrow(0, 0, count);
    return cat([known, others.narrow(0, length, count - length)]);
  }

  /** The last state of every sequence, from the states of the steps. */
  last(stateOf: (t: number) => Tensor): Tensor {
    const { counts } = this;
    if (this.reverse) return stateOf(0);
    const parts: Tensor[] = [];
    for (let t = counts.length - 1; t >= 0; t--) {
      const after = counts[t + 1] ?? 0;
      const ending = counts[t]! - after;
      if (ending > 0) parts.push(stateOf(t).narrow(0, after, ending));
    }
    return parts.length === 1 ? parts[0]! : cat(parts);
  }

  /** The gradient of the initial states, from what each step hands back. */
  first(gradientOf: (t: number) => Tensor): Tensor {
    const { counts } = this;
    if (!this.reverse) return gradientOf(0);
    const parts: Tensor[] = [];
    for (let t = counts.length - 1; t >= 0; t--) {
      const later = counts[t + 1] ?? 0;
      const beginning = counts[t]! - later;
      if (beginning > 0) parts.push(gradientOf(t).narrow(0, later, beginning));
    }
    return parts.length === 1 ? parts[0]! : cat(parts);
  }
}
