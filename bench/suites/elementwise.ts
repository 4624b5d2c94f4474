/**
 * Elementwise operations over sizes and layouts.
 *
 * @module
 */
import { randn, scope, type Tensor, where } from "@tenfold/tenfold";
import {
  type Case,
  type Live,
  making,
  type TimedSuite,
} from "../harness/case.ts";

const LAYOUTS = ["dense", "transposed", "broadcast"] as const;
type Layout = typeof LAYOUTS[number];

/** Rows and columns of a matrix with so many elements. */
function sides(size: number): [number, number] {
  const rows = 2 ** Math.floor(Math.log2(size) / 2);
  return [rows, size / rows];
}

/** A matrix with so many elements; a broadcast one has a row of its own. */
function matrix(size: number, layout: Layout): [view: Tensor, owner: Tensor] {
  const [rows, columns] = sides(size);
  switch (layout) {
    case "dense": {
      const owner = randn([rows, columns]);
      return [owner, owner];
    }
    case "transposed": {
      const owner = randn([columns, rows]);
      return [owner.t(), owner];
    }
    case "broadcast": {
      const owner = randn([columns]);
      return [owner.expand([rows, columns]), owner];
    }
  }
}

/** An operation: how many dense operands it reads, and itself. */
interface Operation {
  readonly name: string;
  readonly dense: number;
  readonly apply: (x: Tensor, dense: Tensor, condition: Tensor) => Tensor;
  /** The layouts that are tried; left out, all of them. */
  readonly layouts?: readonly Layout[];
  /** Whether it takes positive numbers alone. */
  readonly positive?: boolean;
}

const OPERATIONS: readonly Operation[] = [
  { name: "add", dense: 1, apply: (x, dense) => dense.add(x) },
  { name: "exp", dense: 0, apply: (x) => x.exp() },
  { name: "gelu", dense: 0, apply: (x) => x.gelu() },
  ...(["tanh", "erf", "log"] as const).map((name): Operation => ({
    name,
    dense: 0,
    apply: (x) => x[name](),
    positive: name === "log",
    layouts: ["dense"],
  })),
  {
    name: "where",
    dense: 1,
    apply: (x, dense, condition) => where(condition, dense, x),
  },
];

const SIZES = [8, 10, 12, 14, 16, 18, 20, 22].map((power) => 2 ** power);

function isQuick(operation: Operation, layout: Layout, size: number): boolean {
  if (layout === "dense") {
    return size === 2 ** 8 || size === 2 ** 20 ||
      operation.name === "add" && size === 2 ** 14;
  }
  return operation.name === "add" && size === 2 ** 20;
}

function open(operation: Operation, layout: Layout, size: number): Live {
  const [x, owner] = matrix(size, layout);
  if (operation.positive) {
    using _ = scope();
    owner.copy_(owner.abs().add(0.1));
  }
  const dense = randn(sides(size));
  const condition = dense.gt(0);
  return making(
    [x, owner, dense, condition],
    () => operation.apply(x, dense, condition),
  );
}

/** Bytes that are read and written. */
function bytes(operation: Operation, layout: Layout, size: number): number {
  const own = layout === "broadcast" ? sides(size)[1] : size;
  const mask = operation.name === "where" ? size : 0;
  return 4 * (own + operation.dense * size + size) + mask;
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How fast are elementwise operations, dense or not?",
  axis: "elements",
  cases: () =>
    OPERATIONS.flatMap((operation) =>
      (operation.layouts ?? LAYOUTS).flatMap((layout) =>
        SIZES.map((size): Case => ({
          series: `${operation.name}, ${layout}`,
          size,
          quick: isQuick(operation, layout, size),
          work: { amount: bytes(operation, layout, size), unit: "byte" },
          open: () => open(operation, layout, size),
        }))
      )
    ),
};
