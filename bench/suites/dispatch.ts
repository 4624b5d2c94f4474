/**
 * What one tiny operation costs, beside its arithmetic.
 *
 * @module
 */
import { ones, randn, scope, type Tensor, tensor } from "@tenfold/tenfold";
import {
  acting,
  type Case,
  type Live,
  making,
  scoped,
} from "../harness/case.ts";

const sixteen = (): Tensor => randn([16]);

function one(series: string, open: () => Live, essential = false): Case {
  return { series, quick: true, essential, open };
}

/** The suite. */
export const suite = {
  kind: "timed",
  question: "What does one tiny operation cost, made and released?",
  cases: (): Case[] => [
    one("add, 16 elements", () => {
      const [a, b] = [sixteen(), sixteen()];
      return making([a, b], () => a.add(b));
    }, true),
    one("add a number, 16 elements", () => {
      const a = sixteen();
      return making([a], () => a.add(2));
    }),
    one("add, recorded for backward", () => {
      const [a, b] = [sixteen().requiresGrad_(), sixteen()];
      return making([a, b], () => a.add(b));
    }, true),
    one("sum, 16 elements", () => {
      const a = sixteen();
      return making([a], () => a.sum());
    }),
    one("matmul, 4×4", () => {
      const [a, b] = [randn([4, 4]), randn([4, 4])];
      return making([a, b], () => a.matmul(b));
    }),
    one("view: reshape", () => {
      const a = sixteen();
      return making([a], () => a.reshape([4, 4]));
    }),
    one("view: transpose", () => {
      const a = randn([4, 4]);
      return making([a], () => a.t());
    }),
    one("view: slice", () => {
      const a = sixteen();
      return making([a], () => a.slice(0, 2, 14, 3));
    }),
    one("scope, empty", () => {
      const a = sixteen();
      return acting([a], () => {
        using _ = scope();
      }, () => a.clone());
    }),
    one("scope around three adds", () => {
      const a = sixteen();
      return scoped([a], () => a.add(1).add(2).add(3));
    }),
    one("tensor of 16 numbers", () => {
      const numbers = Float32Array.from({ length: 16 }, (_, i) => i / 4);
      return making([], () => tensor(numbers));
    }),
    one("await data(), 16 elements", () => {
      const a = ones([16]);
      let sum = 0;
      return acting([a], async () => {
        sum = (await a.data())[3]!;
      }, () => tensor(sum));
    }),
  ],
} as const;
