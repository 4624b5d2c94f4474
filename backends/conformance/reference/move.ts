/**
 * What the movements, copies and selections mean, position by position.
 *
 * @module
 */
import {
  type CastOp,
  type CatOp,
  type EmbedOp,
  type EmbedSumOp,
  type GatherOp,
  type MovementOp,
  type ScatterAddOp,
  sizeOf,
  type TriangleOp,
} from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import {
  broadcastElement,
  element,
  fit,
  flatIndex,
  generate,
  type Plain,
  positions,
  withDim,
} from "./plain.ts";

/** The meaning of a change of dtype. */
export function cast(op: CastOp, [x]: readonly Plain[]): Plain[] {
  return [{
    shape: x!.shape,
    dtype: op.dtype,
    data: x!.data.map((value) => fit(op.dtype, value)),
  }];
}

/** The meaning of each movement. */
export function movement(op: MovementOp, [x]: readonly Plain[]): Plain[] {
  const { shape, dtype } = x!;
  switch (op.name) {
    case "reshape":
      return [{ shape: op.shape, dtype, data: x!.data }];
    case "permute":
      return [
        generate(op.dims.map((d) => shape[d]!), dtype, (position) => {
          const from: number[] = [];
          op.dims.forEach((d, i) => from[d] = position[i]!);
          return element(x!, from);
        }),
      ];
    case "expand":
      return [
        generate(op.shape, dtype, (position) => broadcastElement(x!, position)),
      ];
    case "slice":
      return [
        generate(
          withDim(shape, op.dim, op.length),
          dtype,
          (position) => {
            const at = op.start + position[op.dim]! * op.step;
            return element(x!, withDim(position, op.dim, at));
          },
        ),
      ];
    case "unfold": {
      const windows = Math.floor((shape[op.dim]! - op.size) / op.step) + 1;
      return [
        generate(
          [...withDim(shape, op.dim, windows), op.size],
          dtype,
          (position) => {
            const inside = position[shape.length]!;
            const at = position[op.dim]! * op.step + inside;
            return element(
              x!,
              withDim(position.slice(0, -1), op.dim, at),
            );
          },
        ),
      ];
    }
    case "diagonal":
      return [diagonal(x!, op.shift, op.dim1, op.dim2)];
  }
}

/** Elements whose coordinates along two dims differ by `shift`, as last dim. */
function diagonal(
  x: Plain,
  shift: number,
  dim1: number,
  dim2: number,
): Plain {
  const pairs: [number, number][] = [];
  for (let i = 0; i < x.shape[dim1]!; i++) {
    const j = i + shift;
    if (j >= 0 && j < x.shape[dim2]!) pairs.push([i, j]);
  }
  const others = x.shape.map((_, d) => d)
    .filter((d) => d !== dim1 && d !== dim2);
  return generate(
    [...others.map((d) => x.shape[d]!), pairs.length],
    x.dtype,
    (position) => {
      const from: number[] = [];
      others.forEach((d, i) => from[d] = position[i]!);
      [from[dim1], from[dim2]] = pairs[position[others.length]!]!;
      return element(x, from);
    },
  );
}

/** The flat indices of a shape, moved as windows say. */
function placesOf(
  shape: EmbedOp["shape"],
  windows: readonly MovementOp[],
): readonly number[] {
  const data = Array.from({ length: sizeOf(shape) }, (_, i) => i);
  let places: Plain = { shape, dtype: "float64", data };
  for (const window of windows) {
    [places] = movement(window, [places]) as [Plain];
  }
  return [...places.data];
}

/** The meaning of `embed`: the windows say where each element goes. */
export function embed(op: EmbedOp, [x]: readonly Plain[]): Plain[] {
  const data: number[] = new Array(sizeOf(op.shape))
    .fill(fit(x!.dtype, op.value));
  placesOf(op.shape, op.windows).forEach((place, i) =>
    data[place] = x!.data[i]!
  );
  return [{ shape: op.shape, dtype: x!.dtype, data }];
}

/** The meaning of `embedSum`: every element is added where it goes. */
export function embedSum(
  { shape, places }: EmbedSumOp,
  inputs: readonly Plain[],
): Plain[] {
  const { dtype } = inputs[0]!;
  const data: number[] = new Array(sizeOf(shape)).fill(0);
  inputs.forEach((x, k) =>
    placesOf(shape, places[k]!).forEach((place, i) => {
      const sum = data[place]! + x.data[i]!;
      data[place] = dtype === "int32" ? sum | 0 : sum;
    })
  );
  return [{ shape, dtype, data }];
}

/** The meaning of `cat`. */
export function cat(op: CatOp, inputs: readonly Plain[]): Plain[] {
  const { shape, dtype } = infer(op, inputs)[0]!;
  return [
    generate(shape, dtype, (position) => {
      let at = position[op.dim]!;
      const input = inputs.find((x) => {
        if (at < x.shape[op.dim]!) return true;
        at -= x.shape[op.dim]!;
        return false;
      })!;
      return element(input, withDim(position, op.dim, at));
    }),
  ];
}

/** The meaning of `tril` and `triu`. */
export function triangle(op: TriangleOp, [x]: readonly Plain[]): Plain[] {
  return [
    generate(x!.shape, x!.dtype, (position) => {
      const [row, column] = position.slice(-2) as [number, number];
      const distance = column - row - op.diagonal;
      const inside = op.name === "tril" ? distance <= 0 : distance >= 0;
      return inside ? element(x!, position) : 0;
    }),
  ];
}

/** The meaning of `gather`. */
export function gather(op: GatherOp, [x, index]: readonly Plain[]): Plain[] {
  return [
    generate(
      index!.shape,
      x!.dtype,
      (position) =>
        x!.shape.length === 0
          ? x!.data[0]!
          : element(x!, withDim(position, op.dim, element(index!, position))),
    ),
  ];
}

/** The meaning of `scatterAdd`: sums in the order of the index. */
export function scatterAdd(
  op: ScatterAddOp,
  [x, index, src]: readonly Plain[],
): Plain[] {
  const { shape, dtype } = x!;
  const data = x!.data.slice();
  for (const position of positions(index!.shape)) {
    const target = shape.length === 0
      ? []
      : withDim(position, op.dim, element(index!, position));
    const at = flatIndex(shape, target);
    const sum = data[at]! + fit(dtype, element(src!, position));
    data[at] = dtype === "int32" ? sum | 0 : sum;
  }
  return [{ shape, dtype, data: data.map((value) => fit(dtype, value)) }];
}

/** A matrix of a batch, which may repeat it, as a list of rows. */
function matrixAt(x: Plain, batch: readonly number[]): number[][] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return Array.from({ length: rows }, (_, i) =>
    Array.from(
      { length: columns },
      (_, j) => broadcastElement(x, [...batch, i, j]),
    ));
}

/** The meaning of `matmul`: Σ over k, batches broadcast, plus a bias. */
export function matmul(inputs: readonly Plain[]): Plain[] {
  const [a, b, bias] = inputs;
  const { shape, dtype } = infer({ name: "matmul" }, inputs)[0]!;
  const wraps = dtype === "int32";
  const data: number[] = [];
  for (const batch of positions(shape.slice(0, -2))) {
    const right = matrixAt(b!, batch);
    matrixAt(a!, batch).forEach((row, i) => {
      for (let j = 0; j < shape[shape.length - 1]!; j++) {
        let sum = 0;
        row.forEach((x, k) => {
          const y = right[k]![j]!;
          sum = wraps ? (sum + Math.imul(x, y)) | 0 : sum + x * y;
        });
        if (bias) sum += broadcastElement(bias, [...batch, i, j]);
        data.push(wraps ? sum | 0 : fit(dtype, sum));
      }
    });
  }
  return [{ shape, dtype, data }];
}

/** The meaning of `linear`: `matmul` with the weight the other way round. */
export function linear(inputs: readonly Plain[]): Plain[] {
  const [x, w, ...bias] = inputs;
  const { shape, dtype } = infer({ name: "linear" }, inputs)[0]!;
  const k = w!.shape[1]!;
  const columns = generate(
    [k, w!.shape[0]!],
    w!.dtype,
    ([i, j]) => element(w!, [j!, i!]),
  );
  const rows = { ...x!, shape: [sizeOf(x!.shape.slice(0, -1)), k] };
  const [product] = matmul([rows, columns, ...bias]);
  return [{ shape, dtype, data: product!.data }];
}
