/**
 * What values were made of, where that makes a graph easier to read: rows that
 * were picked, and normalisations.
 *
 * @module
 */
import type { Op, OpOf } from "@tenfold/core/backend";
import { sizeOf } from "../_value.ts";
import type { GraphBuilder, Named } from "./builder.ts";

interface Origin {
  readonly op: Op;
  readonly inputs: readonly Named[];
}

/** Remembers of each value the primitive that made it. */
export class Origins {
  readonly #made = new Map<string, Origin>();

  /** Notes what a value was made of. */
  note(value: Named, op: Op, inputs: readonly Named[]): void {
    if (!this.#made.has(value.name)) this.#made.set(value.name, { op, inputs });
  }

  /** The value before it was given another shape, or itself. */
  #unshaped(value: Named): Named {
    const origin = this.#made.get(value.name);
    return origin?.op.name === "reshape"
      ? this.#unshaped(origin.inputs[0]!)
      : value;
  }

  /** The indices of whole slices, where an index is those and nothing more. */
  rowsOf(index: Named, dim: number): Named | null {
    const origin = this.#made.get(index.name);
    if (origin?.op.name !== "expand") return null;
    const narrow = origin.inputs[0]!;
    const own = narrow.shape.every((extent, d) => d === dim || extent === 1) &&
      narrow.shape.length === index.shape.length;
    return own ? this.#unshaped(narrow) : null;
  }

  /** A normalisation as one node, where ONNX has one for it. */
  normalization(
    { formula, scalars }: OpOf<"map">,
    inputs: readonly Named[],
    graph: GraphBuilder,
  ): Named | null {
    if (formula.label !== "normalization" || inputs.length !== 5) return null;
    const [x, mean, variance, weight, bias] = inputs as [
      Named,
      Named,
      Named,
      Named,
      Named,
    ];
    const epsilon = { float: scalars[0]! };
    const channels = [mean, variance, weight, bias].map((value) =>
      this.#unshaped(value)
    );
    const rank = x.shape.length;
    if (
      rank >= 2 && mean.shape.length === rank - 1 &&
      channels.every(({ shape }) =>
        shape.length === 1 && shape[0] === x.shape[1]
      )
    ) {
      const [m, v, w, b] = channels as [Named, Named, Named, Named];
      return graph.node(
        "BatchNormalization",
        [x, w, b, m, v],
        x.shape,
        x.dtype,
        { epsilon },
      );
    }
    const last = weight.shape.length;
    const axis = rank - last;
    const own = mean.shape.length === rank &&
      sizeOf(mean.shape.slice(axis)) === 1 &&
      sizeOf(mean.shape.slice(0, axis)) === sizeOf(x.shape.slice(0, axis)) &&
      weight.shape.every((extent, d) => extent === x.shape[axis + d]) &&
      this.#made.get(mean.name)?.op.name === "mean" &&
      this.#made.get(mean.name)?.inputs[0] === x;
    return own
      ? graph.node("LayerNormalization", [x, weight, bias], x.shape, x.dtype, {
        axis,
        epsilon,
      })
      : null;
  }
}
