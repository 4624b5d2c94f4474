/**
 * NumPy's indexing: numbers, new dims, ellipses and slices are movements;
 * int32 tensors and bool masks gather.
 *
 * @module
 */
import { APPLY, UPLOAD_LIKE } from "../members.ts";
import {
  DeviceError,
  DTypeError,
  IndexError,
  ShapeError,
  showShape,
} from "../errors.ts";
import { showValue } from "../options.ts";
import { broadcastShapes, type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * `[start?, end?, step?]` of a slice; null and left out mean the default.
 *
 * @example Every second element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type SliceSpec, tensor } from "@tenfold/tenfold";
 *
 * const even: SliceSpec = [0, null, 2];
 * const x = tensor([0, 1, 2, 3]);
 * assertEquals(await x.index(even).toArray(), [0, 2]);
 * ```
 */
export type SliceSpec = readonly [
  (number | null | undefined)?,
  (number | null | undefined)?,
  (number | null | undefined)?,
];

/**
 * How one dim is indexed.
 *
 * @example The last column
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type IndexSpec, tensor } from "@tenfold/tenfold";
 *
 * const last: IndexSpec[] = [":", -1];
 * const x = tensor([[1, 2], [3, 4]]);
 * assertEquals(await x.index(...last).toArray(), [2, 4]);
 * ```
 */
export type IndexSpec = number | null | "..." | ":" | SliceSpec | Tensor;

function isTensor(spec: IndexSpec): spec is Tensor {
  return typeof spec === "object" && spec !== null && !Array.isArray(spec);
}

/** The first element, the count and the step of a slice, as in Python. */
export function resolveSlice(
  spec: SliceSpec,
  extent: number,
): { start: number; length: number; step: number } {
  const step = spec[2] ?? 1;
  for (const bound of [spec[0] ?? 0, spec[1] ?? 0, step]) {
    if (!Number.isInteger(bound)) {
      throw new IndexError(
        `Cannot slice with ${
          showValue(spec)
        }: start, end and step must be integers`,
      );
    }
  }
  if (step === 0) {
    throw new IndexError("Cannot slice with a step of 0: it must move");
  }
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const bound = (value: number | null | undefined, otherwise: number) => {
    if (value === null || value === undefined) return otherwise;
    return Math.min(high, Math.max(low, value < 0 ? value + extent : value));
  };
  const start = bound(spec[0], step > 0 ? low : high);
  const end = bound(spec[1], step > 0 ? high : low);
  return {
    start,
    length: Math.max(0, Math.ceil((end - start) / step)),
    step,
  };
}

/** Dims that one spec uses up. */
function dimsOf(spec: IndexSpec): number {
  if (spec === null || spec === "...") return 0;
  return isTensor(spec) && spec.dtype === "bool" ? spec.ndim : 1;
}

/** Replaces the ellipsis (or the end) by as many full slices as are missing. */
function expandSpecs(x: Tensor, specs: readonly IndexSpec[]): IndexSpec[] {
  const used = specs.reduce<number>((n, spec) => n + dimsOf(spec), 0);
  const ellipses = specs.filter((spec) => spec === "...").length;
  if (ellipses > 1 || used > x.ndim) {
    throw new IndexError(
      ellipses > 1
        ? 'Cannot index with more than one "..."'
        : `Cannot index shape ${
          showShape(x.shape)
        } with ${used} indices as it has ${x.ndim} dims`,
    );
  }
  const missing = new Array<IndexSpec>(x.ndim - used).fill(":");
  // The ellipsis stays: also an empty one parts the indices beside it.
  const at = specs.indexOf("...");
  return specs.toSpliced(at < 0 ? specs.length : at + 1, 0, ...missing);
}

/** Numbers beside tensors index together with them, as in NumPy. */
type Advanced = { dim: number; index: Tensor | number };

/** See `Tensor.index`. */
export function indexTensor(x: Tensor, specs: readonly IndexSpec[]): Tensor {
  const full = expandSpecs(x, specs);
  const gathers = full.some(isTensor);
  const advanced: Advanced[] = [];
  /** Where in the specs the advanced indices stand. */
  const places: number[] = [];
  let out = x.alias();
  let dim = 0;
  for (const [place, spec] of full.entries()) {
    if (spec === null) {
      out = out.unsqueeze(dim++);
    } else if (spec === "...") {
      continue;
    } else if (spec === ":") {
      dim++;
    } else if (typeof spec === "number") {
      const extent = out.shape[dim]!;
      if (!Number.isInteger(spec) || spec < -extent || spec >= extent) {
        throw new IndexError(
          `Cannot index dim ${dim} of extent ${extent} with ${spec}: it is out of range`,
        );
      }
      if (gathers) {
        advanced.push({ dim: dim++, index: spec < 0 ? spec + extent : spec });
        places.push(place);
      } else {
        out = out.select(dim, spec);
      }
    } else if (isTensor(spec)) {
      for (const index of indicesOf(spec, out, dim)) {
        advanced.push({ dim: dim++, index });
        places.push(place);
      }
    } else if (!Array.isArray(spec)) {
      throw new TypeError(
        `Cannot index with ${
          showValue(spec)
        }: give a number, null, ":", "...", [start, end, step] or a tensor`,
      );
    } else {
      const { start, length, step } = resolveSlice(spec, out.shape[dim]!);
      out = out[APPLY]({ name: "slice", dim, start, length, step });
      dim++;
    }
  }
  if (!gathers) return out;
  // Apart from each other, their dims go first; together, where they stand.
  const apart = places.some((place, i) => i > 0 && place - places[i - 1]! > 1);
  return gatherTogether(out, advanced, apart ? 0 : advanced[0]?.dim ?? 0);
}

/** The int32 indices that a tensor spec stands for: one a dim. */
function indicesOf(spec: Tensor, x: Tensor, dim: number): Tensor[] {
  if (spec.dtype === "int32") return [spec];
  if (spec.dtype !== "bool") {
    throw new DTypeError(
      `Cannot index with a tensor of ${spec.dtype}: use int32 positions or a bool mask`,
    );
  }
  const covered = x.shape.slice(dim, dim + spec.ndim);
  if (
    spec.ndim === 0 || spec.shape.some((extent, d) => extent !== covered[d])
  ) {
    throw new ShapeError(
      `Cannot index with a mask of shape ${
        showShape(spec.shape)
      } as it covers dims of shape ${showShape(covered)}`,
    );
  }
  return trueAt(spec, x, { cannot: "index with a mask", hint: "mask" });
}

/**
 * The positions of a mask's true elements, one int32 tensor a dim, on the
 * device of `x`. The mask may be on another one, as it is read anyway.
 */
export function trueAt(
  mask: Tensor,
  x: Tensor,
  { cannot, hint }: { readonly cannot: string; readonly hint: string },
): Tensor[] {
  if (!mask.device.backend.readSync) {
    const { transform } = mask.device as { readonly transform?: string };
    if (transform !== undefined) {
      throw new DeviceError(
        `Cannot ${cannot} within ${transform} as the shape of the result follows from values: use where() or maskedFill()`,
      );
    }
    throw new DeviceError(
      `Cannot ${cannot} on ${mask.device.name} as it takes the values of the ${
        hint === "x" ? "tensor" : hint
      }: bring it over with await ${hint}.to("cpu-typedarray")`,
    );
  }
  const data = mask.dataSync();
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i]) count++;
  const positions = new Int32Array(count);
  for (let i = 0, next = 0; next < count; i++) {
    if (data[i]) positions[next++] = i;
  }
  let inner = sizeOf(mask.shape);
  return mask.shape.map((extent) => {
    inner /= extent;
    const along = mask.ndim === 1
      ? positions
      : positions.map((position) => (position / inner | 0) % extent);
    return x[UPLOAD_LIKE](along, [count], "int32");
  });
}

/** Gathers the advanced dims as one, and puts the result's dims at `at`. */
function gatherTogether(
  x: Tensor,
  advanced: readonly Advanced[],
  at: number,
): Tensor {
  const dims = advanced.map(({ dim }) => dim);
  const extents = dims.map((d) => x.shape[d]!);
  let shape: Shape = [];
  for (const { index } of advanced) {
    if (typeof index !== "number") {
      shape = broadcastShapes(shape, index.shape, "index");
    }
  }
  const positions = linearIndex(advanced, extents);
  const rest = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const restShape = rest.map((d) => x.shape[d]!);
  const picked = x
    .permute([...dims, ...rest])
    .reshape([sizeOf(extents), ...restShape])
    .indexSelect(0, positions.expand(shape).flatten())
    .reshape([...shape, ...restShape]);
  if (at === 0) return picked;
  const behind = shape.length;
  const order = [
    ...rest.slice(0, at).map((_, i) => behind + i),
    ...shape.map((_, i) => i),
    ...rest.slice(at).map((_, i) => behind + at + i),
  ];
  return picked.permute(order);
}

/** One position for each tuple of indices; out of range stays out of range. */
function linearIndex(
  advanced: readonly Advanced[],
  extents: readonly number[],
): Tensor {
  let linear: Tensor | number = 0;
  let valid: Tensor | null = null;
  for (const [i, { index }] of advanced.entries()) {
    const extent = extents[i]!;
    const wrapped: Tensor | number = typeof index === "number"
      ? index
      : index.add(extent).where(index.lt(0), index);
    if (typeof wrapped !== "number" && advanced.length > 1) {
      const inside = wrapped.ge(0).logicalAnd(wrapped.lt(extent));
      valid = valid ? valid.logicalAnd(inside) : inside;
    }
    if (typeof linear === "number") {
      linear = typeof wrapped === "number"
        ? linear * extent + wrapped
        : wrapped.add(linear * extent);
    } else {
      linear = linear.mul(extent).add(wrapped);
    }
  }
  const positions = linear as Tensor;
  return valid ? positions.where(valid, -1) : positions;
}
