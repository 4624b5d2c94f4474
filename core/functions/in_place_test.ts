import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import {
  DTypeError,
  GradientError,
  ShapeError,
  type Tensor,
  tensor,
} from "../mod.ts";
import * as f from "./mod.ts";

const int = (data: number[]) => tensor(data, { dtype: "int32" });

type InPlace = (x: Tensor, ...rest: unknown[]) => Tensor;

const ALL = Object.entries(f).filter(([name]) =>
  name.endsWith("_") && name !== "exponential_"
) as [string, InPlace][];

/** What each takes behind its first operand, where that is a vector of three. */
const REST: { readonly [name: string]: () => unknown[] } = {
  remainder_: () => [2],
  fmod_: () => [2],
  floorDivide_: () => [2],
  lerp_: () => [tensor([1, 2, 3]), 0.5],
  addcmul_: () => [tensor([1, 2, 3]), tensor([1, 2, 3])],
  addcdiv_: () => [tensor([1, 2, 3]), tensor([1, 2, 3])],
  cumsum_: () => [0],
  cumprod_: () => [0],
  scatter_: () => [0, int([0]), 7],
  scatterAdd_: () => [0, int([0]), tensor([7])],
  scatterReduce_: () => [0, int([0]), tensor([7]), "sum"],
  indexAdd_: () => [0, int([0]), tensor([7])],
  indexCopy_: () => [0, int([0]), tensor([7])],
  indexFill_: () => [0, int([0]), 7],
  indexPut_: () => [[int([0])], 7],
};

/** Those that take matrices. */
const MATRICES = ["tril_", "triu_"];

const operand = (name: string) =>
  MATRICES.includes(name) ? tensor([[1, 2], [3, 4]]) : tensor([0.5, 1.5, 2.5]);
const rest = (name: string) => REST[name]?.() ?? [];

describe("functions in place", () => {
  it(
    "give back the tensor that they changed, and change a view's tensor",
    clean(() => {
      for (const [name, fn] of ALL) {
        const x = operand(name);
        const whole = f.nanToNum(x).repeat([1, ...x.shape.map(() => 1)]);
        const view = whole.reshape([1, ...x.shape]).select(0, 0);
        assert(fn(x, ...rest(name)) === x, name);
        fn(view, ...rest(name));
        assertEquals(
          whole.reshape(x.shape).toArraySync(),
          x.toArraySync(),
          name,
        );
      }
    }),
  );

  it(
    "refuse a tensor that needs a gradient, by their name, and leave it",
    clean(() => {
      for (const [name, fn] of ALL) {
        const x = operand(name).requiresGrad_();
        const before = x.detach().toArraySync();
        const label = name === "indexPut_" ? "in place" : name;
        assertThrows(
          () => fn(x, ...rest(name)),
          GradientError,
          label,
          name,
        );
        assertEquals(x.detach().toArraySync(), before, name);
      }
    }),
  );

  it(
    "refuse results of another kind or of a larger shape, and change nothing",
    clean(() => {
      const refused: [string, Tensor, unknown[]][] = [
        ["exp_", int([1, 2]), []],
        ["sqrt_", int([1, 2]), []],
        ["sigmoid_", int([1, 2]), []],
        ["lerp_", int([1, 2]), [tensor([1, 2]), 0.5]],
        ["addcmul_", int([1, 2]), [tensor([1, 2]), tensor([1, 2])]],
        ["addcdiv_", int([1, 2]), [int([1, 2]), int([1, 2])]],
        ["remainder_", int([1, 2]), [0.5]],
        ["fmod_", int([1, 2]), [tensor([0.5])]],
        ["neg_", tensor([true, false]), []],
      ];
      const functions = f as unknown as { [name: string]: InPlace };
      for (const [name, x, others] of refused) {
        const before = x.toArraySync();
        assertThrows(
          () => functions[name]!(x, ...others),
          DTypeError,
          `Cannot ${name}`,
          name,
        );
        assertEquals(x.toArraySync(), before, name);
      }
      const x = tensor([1]);
      const long = tensor([1, 2, 3]);
      for (
        const call of [
          () => f.lerp_(x, long, 0.5),
          () => f.addcmul_(x, long, long),
          () => f.remainder_(x, long),
        ]
      ) assertThrows(call, ShapeError);
      assertEquals(x.toArraySync(), [1]);
    }),
  );

  it(
    "of tensors refuse the same",
    clean(() => {
      const x = int([1, 5]);
      assertThrows(() => x.clamp_({ min: 1.5 }), DTypeError, "Cannot clamp_");
      assertEquals(x.toArraySync(), [1, 5]);
      const y = tensor([1, 5], { requiresGrad: true });
      assertThrows(() => y.clamp_({ min: 2 }), GradientError, "clamp_");
      const mask = tensor([true, false]);
      assertThrows(() => y.maskedFill_(mask, 2), GradientError, "maskedFill_");
    }),
  );
});
