/**
 * What the speed table of a card times, for Tenfold and for PyTorch.
 *
 * @module
 */

/** One row. */
export interface Work {
  readonly name: string;
  /** What `speed.ts` and `speed.py` make of it. */
  readonly kind:
    | "matmul"
    | "add"
    | "gelu"
    | "temporaries"
    | "sum"
    | "softmax"
    | "variance"
    | "layerNorm"
    | "cumsum"
    | "transpose"
    | "conv"
    | "convBackward"
    | "mlp"
    | "cnn";
  readonly sizes: readonly number[];
  /** Work of one run in `unit`, for a rate; time alone where there is none. */
  readonly amount?: number;
  readonly unit?: "FLOP" | "byte";
}

const product = (n: number): Work => ({
  name: `matmul ${n}`,
  kind: "matmul",
  sizes: [n],
  amount: 2 * n ** 3,
  unit: "FLOP",
});

const square = (
  kind: Work["kind"],
  side: number,
  moved: number,
  dim?: number,
): Work => ({
  name: `${kind}${
    dim === undefined ? "" : dim < 0 ? ", all" : `, dim ${dim}`
  } ${side}²`,
  kind,
  sizes: [side, ...dim === undefined ? [] : [dim]],
  amount: moved * 4 * side ** 2,
  unit: "byte",
});

/** The rows: small ones for an adapter on the processor. */
export function worksOf(software: boolean): Work[] {
  const side = software ? 1024 : 8192;
  const long = software ? 2 ** 20 : 2 ** 26;
  const flat = (kind: Work["kind"], moved: number): Work => ({
    name: `${kind} ${long}`,
    kind,
    sizes: [long],
    amount: moved * 4 * long,
    unit: "byte",
  });
  const image = (kind: "conv" | "convBackward"): Work[] =>
    (software ? [[4, 16, 28]] : [[64, 64, 56], [32, 256, 14]]).map((sizes) => ({
      name: `${kind} 3×3 ${sizes[0]}×${sizes[1]}×${sizes[2]}²`,
      kind,
      sizes,
    }));
  return [
    ...(software ? [256, 512] : [1024, 2048, 4096, 8192]).map(product),
    flat("add", 3),
    flat("gelu", 2),
    flat("temporaries", 5),
    square("sum", side, 1, 0),
    square("sum", side, 1, 1),
    square("sum", side, 1, -1),
    square("softmax", side, 2, 1),
    square("variance", side, 1, 1),
    square("layerNorm", side, 2),
    square("cumsum", side, 2, 1),
    square("transpose", side, 2),
    ...image("conv"),
    ...image("convBackward"),
    ...(software ? [[64, 50, 64]] : [[784, 512, 128], [784, 2048, 1024]]).map((
      sizes,
    ): Work => ({
      name: `Adam step ${sizes[0]}-${sizes[1]}-${sizes[1]}-10, batch ${
        sizes[2]
      }`,
      kind: "mlp",
      sizes,
    })),
    { name: "Adam step CNN 16-32, batch 64", kind: "cnn", sizes: [64] },
  ];
}

/** A time of one run in milliseconds, by the slope of two queues. */
export interface Timed {
  readonly name: string;
  readonly ms: number;
}
