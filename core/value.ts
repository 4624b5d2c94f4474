/**
 * A value on a device: storage and the view of it. What operations take and
 * give; it knows nothing of gradients or scopes.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import type { Storage } from "./storage.ts";
import type { View } from "./view.ts";

/**
 * A view of a storage. Whoever makes one owns a reference to the storage.
 *
 * @example The first row of a matrix
 * ```ts
 * import { Value } from "@tenfold/core/backend";
 *
 * function firstRow(matrix: Value): Value {
 *   return matrix.alias(matrix.view.slice(0, 0, 1, 1));
 * }
 * ```
 */
export class Value {
  /** The memory. */
  readonly storage: Storage;
  /** Where in it the elements are. */
  readonly view: View;

  /** Takes over one reference to `storage`. */
  constructor(storage: Storage, view: View) {
    this.storage = storage;
    this.view = view;
  }

  /** The extents. */
  get shape(): Shape {
    return this.view.shape;
  }

  /** The element type. */
  get dtype(): DType {
    return this.storage.dtype;
  }

  /** The same memory under another view, with a reference of its own. */
  alias(view: View = this.view): Value {
    return new Value(this.storage.retain(), view);
  }

  /** Gives the reference back. */
  release(): void {
    this.storage.release();
  }
}
