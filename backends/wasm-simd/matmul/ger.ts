/**
 * The outer product of two vectors.
 *
 * @module
 */

import { i32, type ModuleBuilder, v128 } from "../assembler.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { productArguments } from "./product.ts";
import { repeat, storeSome } from "./vector_loop.ts";

/**
 * Defines and exports `ger`: `out[i, j] = first[i, j] + a[i] · b[j]`, with a
 * contiguous b; `aRow` is the stride of a.
 */
export function defineGer(module: ModuleBuilder, arithmetic: Arithmetic): void {
  const { madd } = arithmetic;
  module.func("ger", ["i32"], "none", (f, args) => {
    const word = productArguments(f, args);
    const x = f.let(word("a"));
    const row = f.local("i32");
    const outRow = f.let(word("out"));
    const firstRow = f.let(word("first"));
    f.for(row, word("rows"), 1, () => {
      const factor = f.let(v128.load32_splat(x));
      const left = f.let(word("columns"));
      const v = f.let(word("b"));
      const out = f.let(outRow);
      const first = f.let(firstRow);
      const product = (j: number) => {
        const start = f.local("v128");
        f.if(
          word("firstColumn"),
          () => f.set(start, v128.load(first, 16 * j)),
          () => f.set(start, v128.load32_splat(first)),
        );
        return f.let(madd(v128.load(v, 16 * j), factor, start));
      };
      const next = (vectors: number) => {
        f.increase(v, 16 * vectors);
        f.increase(out, 16 * vectors);
        f.increase(
          first,
          i32.mul(word("firstColumn"), i32.const(4 * vectors)),
        );
      };
      repeat(f, left, 16, () => {
        for (let j = 0; j < 4; j++) f.do(v128.store(out, product(j), 16 * j));
        next(4);
      });
      repeat(f, left, 4, () => {
        f.do(v128.store(out, product(0)));
        next(1);
      });
      f.if(left, () => storeSome(f, product(0), out, left));
      f.increase(x, word("aRow"));
      f.increase(outRow, word("outRow"));
      f.increase(firstRow, word("firstRow"));
    });
  });
}
