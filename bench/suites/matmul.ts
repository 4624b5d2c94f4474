/**
 * Matrix products.
 *
 * @module
 */
import { randn, type Tensor } from "@tenfold/tenfold";
import {
  type Case,
  type Live,
  making,
  type TimedSuite,
} from "../harness/case.ts";

function product(a: Tensor, b: Tensor, owners: Tensor[] = [a, b]): Live {
  return making([...owners, a, b], () => a.matmul(b));
}

interface Shape {
  readonly series: string;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly batch?: number;
  readonly quick?: boolean;
  readonly open?: () => Live;
}

function one({ series, m, k, n, batch = 1, quick = false, open }: Shape): Case {
  const square = m === k && k === n;
  const outer = batch === 1 ? [] : [batch];
  return {
    series,
    size: square ? m : m * k * n,
    essential: square && series === "square" && m >= 64 && m <= 1024,
    label: `${batch === 1 ? "" : `${batch}× `}${
      square ? m : `${m}×${k} by ${k}×${n}`
    }`,
    quick,
    work: { amount: 2 * batch * m * k * n, unit: "FLOP" },
    // Sums of k products of about 1 are about √k.
    tolerance: 1e-3,
    open: open ??
      (() => product(randn([...outer, m, k]), randn([...outer, k, n]))),
  };
}

function square(n: number, quick: boolean): Case {
  return one({ series: "square", m: n, k: n, n, quick });
}

function transposed(side: "a" | "b", n: number, quick: boolean): Case {
  return one({
    series: side === "a" ? "Aᵀ·B" : "A·Bᵀ",
    m: n,
    k: n,
    n,
    quick,
    open() {
      const [a, b] = [randn([n, n]), randn([n, n])];
      return side === "a"
        ? product(a.t(), b, [a, b])
        : product(a, b.t(), [a, b]);
    },
  });
}

const TRANSPOSED = [64, 128, 256, 512, 1024];

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How many GFLOP/s does a matrix product reach?",
  axis: "rows of a square matrix",
  cases: () => [
    ...[16, 32, 64, 128, 256, 512, 1024, 2048].map((n) =>
      square(n, [16, 64, 256, 512].includes(n))
    ),
    ...TRANSPOSED.map((n) => transposed("a", n, n === 256)),
    ...TRANSPOSED.map((n) => transposed("b", n, n === 256)),
    one({ series: "one row", m: 1, k: 1024, n: 1024, quick: true }),
    one({ series: "one column", m: 1024, k: 1024, n: 1 }),
    one({ series: "outer", m: 1024, k: 1, n: 1024 }),
    one({ series: "thin", m: 64, k: 784, n: 50, quick: true }),
    one({ series: "batched", batch: 64, m: 32, k: 32, n: 32, quick: true }),
    one({ series: "batched", batch: 8, m: 256, k: 256, n: 256 }),
  ],
};
