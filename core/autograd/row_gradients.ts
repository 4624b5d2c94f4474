/**
 * Gradients of a few rows of a table: what a sparse embedding leaves of its
 * table's gradient, whose other rows are zero. They become a whole gradient when
 * somebody reads `.grad`, or when another one is added.
 *
 * @module
 */
import { EagerDevice, launcherOf } from "../device.ts";
import { EDGE, VALUE } from "../members.ts";
import { currentRecording } from "../program/recording.ts";
import { tidyNow, unscopedNow } from "../scope.ts";
import type { Shape } from "../shape.ts";
import { apply, homeOf, type Tensor, wrapValue } from "../tensor.ts";
import type { CustomNode, Leaf } from "./backward.ts";
import { hasLeafHooks } from "./leaf_hooks.ts";
import { isRecording, noGradNow, withRecording } from "./mode.ts";
import { leaveGradient } from "./late_gradients.ts";
import {
  type Edge,
  lateGradients,
  Saved,
  type Signature,
  TapeNode,
} from "./node.ts";
import { hasTensorHooks } from "./tensor_hooks.ts";

const zerosOf = (shape: Shape, { dtype, device }: Tensor): Tensor =>
  wrapValue(
    device,
    device.apply({ name: "full", shape, value: 0, dtype }, [])[0]!,
  );

/** Columns and rows of an index, as wide as its values. */
const wide = (index: Tensor, values: Tensor): Tensor =>
  index.unsqueeze(1).expand(values.shape);

/** Adds values to rows of a matrix, in place. */
function addRows(target: Tensor, index: Tensor, values: Tensor): void {
  if (index.size === 0) return;
  const [table, at, added] = [target[VALUE], index[VALUE], values[VALUE]];
  const [rows, columns] = target.shape as [number, number];
  const [down, across] = table.view.strides as [number, number];
  const [step] = at.view.strides as [number];
  const [next, beside] = added.view.strides as [number, number];
  const inPlace = table.dtype !== "float16" &&
    launcherOf(target.device).routine(
      "scatterAdd",
      [columns, index.size],
      1,
      [table, at, added],
      [[across, down], [0, step], [beside, next]],
      { bound: rows },
    );
  if (inPlace) table.storage.version++;
  else target.copy_(target.scatterAdd(0, wide(index, values), values));
}

/**
 * A gradient of a few rows.
 *
 * @example Whether somebody asked for all of it
 * ```ts
 * import { RowGradient } from "@tenfold/core/internal";
 *
 * function isWhole(gradient: RowGradient): boolean {
 *   return gradient.whole !== null;
 * }
 * ```
 */
export class RowGradient {
  #index: Tensor;
  #values: Tensor;
  /** Where a row appears for the first time; null while it may twice. */
  #first: Tensor | null = null;
  /** The whole gradient, once it was asked for, and how it was then. */
  whole: Tensor | null = null;
  #version = 0;

  /** Takes over an index (int32, `[n]`) and the values of its rows. */
  constructor(index: Tensor, values: Tensor) {
    this.#index = index;
    this.#values = values;
  }

  /** Itself. */
  get rows(): this {
    return this;
  }

  /** The values of the rows; those of a row that appears again are zero. */
  get values(): Tensor {
    this.#sum();
    return this.#values;
  }

  /** Whether somebody has changed the whole gradient. */
  get stale(): boolean {
    return this.whole !== null &&
      this.whole[VALUE].storage.version !== this.#version;
  }

  /** The whole gradient of a table. */
  fill(table: Tensor): Tensor {
    const whole = unscopedNow(() => zerosOf(table.shape, table));
    noGradNow(() => tidyNow(() => addRows(whole, this.#index, this.#values)));
    this.#version = whole[VALUE].storage.version;
    return this.whole = whole;
  }

  /** Adds more rows, which it takes over. */
  add(index: Tensor, values: Tensor): void {
    const join = (...parts: Tensor[]) =>
      unscopedNow(() => apply({ name: "cat", dim: 0 }, parts)[0]!);
    noGradNow(() =>
      this.#replace(
        join(this.#index, index),
        join(this.#values, values),
        null,
      )
    );
    index.dispose();
    values.dispose();
  }

  /**
   * Changes rows of a table and of tensors like it, in place.
   *
   * @param targets Of the shape of the table.
   * @param summed Whether the values of a row that appears twice are summed
   * before.
   * @param change Changes the rows of the targets by the gradient of the rows.
   */
  update(
    targets: readonly Tensor[],
    summed: boolean,
    change: (rows: readonly Tensor[], gradient: Tensor) => void,
  ): void {
    if (this.#index.size === 0) return;
    if (summed) this.#sum();
    noGradNow(() =>
      tidyNow(() => {
        const before = targets.map((t) => t.indexSelect(0, this.#index));
        const rows = before.map((each) => each.clone());
        change(rows, this.#values);
        for (const [i, target] of targets.entries()) {
          let moved = rows[i]!.sub(before[i]!);
          // A row is changed where it appears first.
          if (summed) moved = moved.where(this.#first!, 0);
          addRows(target, this.#index, moved);
        }
      })
    );
  }

  /** Sums the values of rows that appear several times, in order of the rows. */
  #sum(): void {
    if (this.#first !== null || this.#index.size === 0) return;
    unscopedNow(() =>
      noGradNow(() => {
        const kept = tidyNow(() => {
          const { values: index, indices: order } = this.#index.sort(0);
          const count = index.size;
          const values = this.#values.indexSelect(0, order);
          const differs = index.narrow(0, 1, count - 1)
            .ne(index.narrow(0, 0, count - 1));
          const first = differs.cast("int32").pad([1, 0], { value: 1 });
          const run = first.cumsum(0).sub(1);
          const sums = zerosOf(values.shape, values)
            .scatterAdd(0, wide(run, values), values);
          const isFirst = first.ne(0).unsqueeze(1);
          return [
            index.clone(),
            sums.indexSelect(0, run).where(isFirst, 0),
            isFirst.clone(),
          ];
        });
        this.#replace(kept[0]!, kept[1]!, kept[2]!);
      })
    );
  }

  #replace(index: Tensor, values: Tensor, first: Tensor | null): void {
    for (const old of [this.#index, this.#values, this.#first]) old?.dispose();
    this.#index = index;
    this.#values = values;
    this.#first = first;
  }

  /** Gives the rows back; a whole gradient belongs to the leaf. */
  dispose(): void {
    for (const old of [this.#index, this.#values, this.#first]) old?.dispose();
    this.#first = null;
  }
}

/** A copy that shares its memory with nothing, and that no scope owns. */
function owned(tensor: Tensor): Tensor {
  return noGradNow(() => unscopedNow(() => tensor.clone()));
}

/** The node of rows that were looked up. */
class RowsNode extends TapeNode implements CustomNode {
  readonly #table: Signature;

  constructor(table: Tensor, edge: Edge, index: Tensor) {
    super("embedding", [edge], [new Saved(index[VALUE])]);
    this.#table = { shape: table.shape, dtype: table.dtype };
  }

  #index(g: Tensor): Tensor {
    const value = this.saved[0]!.unpack(this.name).alias();
    return wrapValue(homeOf(value, g.device), value);
  }

  /** Leaves the rows to the table, where it is a leaf without a gradient. */
  deposit([g]: readonly (Tensor | null)[]): boolean {
    const { node } = this.edges[0]!;
    if (!g || !("accumulate" in node)) return false;
    const { tensor } = node as Leaf;
    if (
      tensor.released || tensor.device !== g.device || hasLeafHooks(tensor) ||
      hasTensorHooks(node) || currentRecording()
    ) return false;
    const known = lateGradients?.rowsOf(tensor);
    if (known ? known.whole !== null : tensor.grad !== null) return false;
    const index = this.#index(g);
    const values = g.dtype === this.#table.dtype ? g : g.cast(tensor.dtype);
    const [at, rows] = [owned(index), owned(values)];
    if (known) known.add(at, rows);
    else leaveGradient(tensor, new RowGradient(at, rows));
    return true;
  }

  gradients([g]: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
    if (!g) return [null];
    const { shape, dtype } = this.#table;
    const index = this.#index(g);
    const whole = zerosOf(shape, g).scatterAdd(0, wide(index, g), g);
    return [whole.dtype === dtype ? whole : whole.cast(dtype)];
  }
}

/**
 * Rows of a table, whose gradient stays one of rows as long as nobody asks for
 * all of it.
 *
 * @param table Of shape `[rows, columns]`.
 * @param index int32, of shape `[n]`.
 * @returns Of shape `[n, columns]`.
 *
 * @example Two rows of a table
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { selectRows } from "@tenfold/core/internal";
 *
 * const table = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * const rows = selectRows(table, tensor([1, 1], { dtype: "int32" }));
 * assertEquals(await rows.toArray(), [[3, 4], [3, 4]]);
 * ```
 */
export function selectRows(table: Tensor, index: Tensor): Tensor {
  const edge = table[EDGE];
  if (
    edge === null || !isRecording() || index.device !== table.device ||
    !(table.device instanceof EagerDevice)
  ) return table.indexSelect(0, index);
  currentRecording()?.refuse(
    "an embedding with { sparse: true }, whose gradient has as many rows as are looked up: make it with { sparse: false }",
  );
  const rows = withRecording(false, () => table.indexSelect(0, index));
  const node = new RowsNode(table, edge, index);
  const made = wrapValue(rows.device, rows[VALUE].alias(), { node, output: 0 });
  rows.dispose();
  return made;
}
