/**
 * Class indices: what they may be, and which of them count.
 *
 * @module
 */
import {
  DTypeError,
  fused,
  IndexError,
  ShapeError,
  type Tensor,
} from "@tenfold/core";
import { call, constant } from "@tenfold/core/backend";
import { currentRecording, noGradNow, showShape } from "@tenfold/core/internal";

/** Class indices beside the scores of classes, which lie along dim 1. */
export interface Classes {
  /** `[N, 1, ...]`, int32. */
  readonly index: Tensor;
  /** The same with 0 for what is ignored. */
  readonly safe: Tensor;
  /** Whether any may be ignored. */
  readonly masked: boolean;
  /** How many are not ignored, where that is known without waiting. */
  readonly count: number | null;
}

/** Inputs index; scalar: what is ignored. */
const withoutIgnored = /* @__PURE__ */ fused(
  "class indices",
  ([index], [ignored]) =>
    call(
      "select",
      call("eq", index, ignored),
      constant(0, "int32"),
      index,
    ),
  { inputs: ["int32"], scalars: ["int32"] },
);

/** Inputs index and, where there is one, its weight; scalar: what is ignored. */
const counted = /* @__PURE__ */ fused(
  "class weights",
  ([index, weight], [ignored]) => {
    const dtype = weight?.dtype ?? "float32";
    return call(
      "select",
      call("eq", index, ignored),
      constant(0, dtype),
      weight ?? constant(1, dtype),
    );
  },
  { inputs: ["int32"], scalars: ["int32"] },
);

/** The sum of the weights of what is not ignored, as a 0-d tensor. */
export function totalWeight(
  { index }: Classes,
  weight: Tensor | null,
  ignoreIndex: number,
): Tensor {
  const inputs = weight ? [index, weight] : [index];
  return noGradNow(() => counted.sum(inputs, {}, [ignoreIndex]));
}

/**
 * Checks class indices against scores `[N, C, ...]`: dtype and shape, and, on
 * devices that read without waiting, every index. Other devices check when
 * they gather.
 *
 * @throws {DTypeError} If they are not int32.
 * @throws {ShapeError} If there is not one for each sample.
 * @throws {IndexError} If one is not one of the classes.
 */
export function classesOf(
  name: string,
  input: Tensor,
  target: Tensor,
  ignoreIndex: number,
): Classes {
  const classes = input.shape[1]!;
  if (target.dtype !== "int32") {
    throw new DTypeError(
      `Cannot take the ${name} as class indices must be int32: got ${target.dtype} of shape ${
        showShape(target.shape)
      }, cast them with target.cast("int32")`,
    );
  }
  const { shape } = target;
  if (
    shape.length !== input.ndim - 1 ||
    shape.some((extent, d) => extent !== input.shape[d === 0 ? 0 : d + 1])
  ) {
    throw new ShapeError(
      `Cannot take the ${name} as there must be one class index for each sample: got indices ${
        showShape(shape)
      } for scores ${showShape(input.shape)}, whose dim 1 holds the classes`,
    );
  }
  const count = countOf(name, target, classes, ignoreIndex);
  const index = target.unsqueeze(1);
  const masked = count !== target.size;
  const safe = masked ? withoutIgnored.map([index], [ignoreIndex]) : index;
  return { index, safe, masked, count };
}

/** How many indices are not ignored; null where reading must wait. */
function countOf(
  name: string,
  target: Tensor,
  classes: number,
  ignoreIndex: number,
): number | null {
  // A replay of what is recorded meets other indices.
  if (!target.device.backend.readSync || currentRecording()) return null;
  const indices = target.dataSync();
  let count = 0;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index === ignoreIndex) continue;
    count++;
    if (index < 0 || index >= classes) {
      throw new IndexError(
        `Cannot take the ${name} as class ${index} is out of range for ${classes} classes: expected 0 to ${
          classes - 1
        }${ignoreIndex >= 0 ? "" : `, or ${ignoreIndex} to ignore a sample`}`,
      );
    }
  }
  return count;
}
