/**
 * What L-BFGS remembers of the curvature: changes of the gradient and the steps
 * that made them.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { noGradNow, tidyNow, unscopedNow } from "@tenfold/core/internal";

/** Makes tensors that belong to no scope, without recording. */
export const owned = <T>(fn: () => T): T =>
  unscopedNow(() => noGradNow(() => tidyNow(fn)));

/** A change of the gradient, its step, and one over their product. */
export interface Pair {
  readonly y: Tensor;
  readonly s: Tensor;
  readonly ro: Tensor;
}

/** The pairs, the oldest first, and the first guess of the curvature. */
export class Curvature {
  /** The pairs, the oldest first. */
  pairs: Pair[] = [];
  /** The scale of the first guess, or null for 1. */
  scale: Tensor | null = null;

  /** Takes a pair, unless the curvature along it is not positive. */
  async add(y: Tensor, s: Tensor, most: number): Promise<void> {
    const ys = owned(() => y.dot(s));
    try {
      if (!(await ys.item() > 1e-10)) {
        y.dispose();
        s.dispose();
        return;
      }
      while (this.pairs.length >= most) dispose(this.pairs.shift()!);
      this.pairs.push({ y, s, ro: owned(() => ys.reciprocal()) });
      this.scale?.dispose();
      this.scale = owned(() => ys.div(y.dot(y)));
    } finally {
      ys.dispose();
    }
  }

  /** The gradient turned and scaled by the curvature, downwards. */
  direction(gradient: Tensor): Tensor {
    return owned(() => {
      const { pairs } = this;
      const q = gradient.neg();
      const alphas: Tensor[] = [];
      for (let i = pairs.length - 1; i >= 0; i--) {
        const { y, s, ro } = pairs[i]!;
        const alpha = alphas[i] = s.dot(q).mul(ro);
        q.sub_(y.mul(alpha));
      }
      if (this.scale) q.mul_(this.scale);
      pairs.forEach(({ y, s, ro }, i) => {
        q.add_(s.mul(alphas[i]!.sub(y.dot(q).mul(ro))));
      });
      return q;
    });
  }

  /** Forgets all of it. */
  dispose(): void {
    for (const pair of this.pairs) dispose(pair);
    this.scale?.dispose();
    this.pairs = [];
    this.scale = null;
  }
}

function dispose({ y, s, ro }: Pair): void {
  for (const tensor of [y, s, ro]) tensor.dispose();
}
