/**
 * Tensors for the tests of metrics.
 *
 * @module
 */
import { type Tensor, tensor } from "@tenfold/core";

/** Class numbers. */
export const int32 = (values: readonly number[]): Tensor =>
  tensor([...values], { dtype: "int32" });

/** Logits whose largest entry is the class predicted. */
export const logitsOf = (
  predicted: readonly number[],
  classes: number,
): Tensor =>
  tensor(
    predicted.map((p) =>
      Array.from({ length: classes }, (_, c) => c === p ? 2 : -c / 10)
    ),
  );
