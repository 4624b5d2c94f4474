/**
 * Copies of vectors and matrices that a product cannot read in place.
 *
 * @module
 */

import { f32, i32, type ModuleBuilder } from "../assembler.ts";
import { productArguments } from "./product.ts";

/** Defines and exports `gather`: `out[i] = b[i]`, for b of any stride. */
export function defineGather(module: ModuleBuilder): void {
  module.func("gather", ["i32"], "none", (f, args) => {
    const word = productArguments(f, args);
    const v = f.let(word("b"));
    const out = f.let(word("out"));
    const row = f.local("i32");
    f.for(row, word("rows"), 1, () => {
      f.do(f32.store(out, f32.load(v)));
      f.increase(v, word("bStep"));
      f.increase(out, 4);
    });
  });
}

/**
 * Defines and exports `fill`: `out[i, j] = first[i, j]`, for first of any
 * strides.
 */
export function defineFill(module: ModuleBuilder): void {
  module.func("fill", ["i32"], "none", (f, args) => {
    const word = productArguments(f, args);
    const row = f.local("i32");
    const outRow = f.let(word("out"));
    const firstRow = f.let(word("first"));
    f.for(row, word("rows"), 1, () => {
      const out = f.let(outRow);
      const first = f.let(firstRow);
      const column = f.let(i32.const(0));
      f.for(column, word("columns"), 1, () => {
        f.do(f32.store(out, f32.load(first)));
        f.increase(out, 4);
        f.increase(first, word("firstColumn"));
      });
      f.increase(outRow, word("outRow"));
      f.increase(firstRow, word("firstRow"));
    });
  });
}
