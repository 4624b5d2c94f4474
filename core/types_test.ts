/**
 * What TypeScript knows of tensors. The statements are types: the file compiles
 * only where they hold.
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "./_testing.ts";
import type { DType, NestedNumbers, Tensor, TypedArray } from "./mod.ts";
import {
  arange,
  bernoulli,
  cat,
  eye,
  full,
  linspace,
  ones,
  rand,
  randint,
  randperm,
  stack,
  tensor,
  where,
  zeros,
  zerosLike,
} from "./mod.ts";

/** True exactly where two types are one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only for the type that the value has. */
function is<T>() {
  return <V>(_value: V, _same: Same<V, T>): void => {};
}

/** Checks that a tensor has a dtype, and that TypeScript knows it. */
function has<V extends Tensor, D extends DType>(
  x: V,
  dtype: D,
  _same: Same<V, Tensor<D>>,
): void {
  assertEquals<DType>(x.dtype, dtype);
}

describe("the types of tensors", () => {
  it(
    "follow from the data",
    clean(() => {
      has(tensor([1, 2]), "float32", true);
      has(tensor(3), "float32", true);
      has(tensor([[1], [2]]), "float32", true);
      has(tensor([true, false]), "bool", true);
      has(tensor(new Uint8Array(2)), "int32", true);
      has(tensor(new Float64Array(2)), "float64", true);
      has(tensor([1], { dtype: "int32" }), "int32", true);
      has(tensor([1], { requiresGrad: true }), "float32", true);
    }),
  );

  it(
    "follow from the options",
    clean(() => {
      const x = zeros([2], { dtype: "float64" });
      has(x, "float64", true);
      has(zerosLike(x), "float64", true);
      has(zerosLike(x, { dtype: "int32" }), "int32", true);
      has(bernoulli(x), "float64", true);
      has(ones([2]), "float32", true);
      has(full([2], 1), "float32", true);
      has(eye(2), "float32", true);
      has(linspace(0, 1, 2), "float32", true);
      has(rand([2]), "float32", true);
      has(randint(0, 2, [2]), "int32", true);
      has(randperm(2), "int32", true);
      is<Tensor<"int32" | "float32">>()(arange(2), true);
      has(arange(2, { dtype: "float32" }), "float32", true);
    }),
  );

  it(
    "are promoted by operations",
    clean(() => {
      const float = tensor([1, 2]);
      const int = tensor([1, 2], { dtype: "int32" });
      const bool = tensor([true, false]);
      const double = tensor([1, 2], { dtype: "float64" });
      has(float.add(int), "float32", true);
      has(float.mul(double), "float64", true);
      has(int.sub(float), "float32", true);
      has(float.add(2), "float32", true);
      is<Tensor<"int32" | "float32">>()(int.add(2), true);
      assertEquals([int.add(2).dtype, int.add(0.5).dtype], [
        "int32",
        "float32",
      ]);
      has(bool.mul(bool), "bool", true);
      has(bool.add(int), "int32", true);
      has(int.div(int), "float32", true);
      has(int.exp(), "float32", true);
      has(double.exp(), "float64", true);
      has(bool.sum(), "int32", true);
      has(bool.mean(), "float32", true);
      has(int.max(), "int32", true);
      has(float.gt(0), "bool", true);
      has(float.argmax(), "int32", true);
      has(float.sort().indices, "int32", true);
      has(float.reshape([2, 1]).t().flip(), "float32", true);
      has(int.cast("float64"), "float64", true);
      has(where(bool, float, double), "float64", true);
      has(float.dot(double), "float64", true);
      has(cat([float, float]), "float32", true);
      has(stack([float, float]), "float32", true);
    }),
  );

  it(
    "say what is read",
    clean(async () => {
      const float = tensor([1, 2]);
      const bool = tensor([true, false]);
      const floats: Float32Array = await float.data();
      const bytes: Uint8Array = bool.dataSync();
      is<TypedArray<"float32">>()(await float.data(), true);
      is<"float32">()(float.dtype, true);
      assertEquals([...floats, ...bytes], [1, 2, 1, 0]);
      const nested = await bool.toArray();
      const flags = nested as boolean[];
      assertEquals(flags, [true, false]);
      // @ts-expect-error: an element of a float tensor is not true or false.
      const wrong: boolean = floats[0];
      assertEquals(wrong as unknown, 1);
    }),
  );

  it(
    "that are not known go with all others",
    clean(() => {
      const forward = (x: Tensor): Tensor => x.mul(2);
      let x = zeros([2]);
      x = forward(x);
      const layers = [{ forward }, { forward }];
      x = layers.reduce((x, layer) => layer.forward(x), x);
      const any = forward(x);
      is<DType>()(any.dtype, true);
      is<TypedArray>()(any.dataSync(), true);
      is<NestedNumbers>()(any.toArraySync(), true);
      assertEquals(any.toArraySync(), [0, 0]);
    }),
  );
});
