/**
 * Einstein summation.
 *
 * @module
 */
import { ShapeError, showShape } from "../errors.ts";
import { showValue } from "../options.ts";
import { tidyNow } from "../scope.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** A tensor whose dims are named. */
interface Named {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

interface Parsed {
  readonly inputs: string[][];
  readonly output: string[];
}

/** Labels of dims that an ellipsis covers; not letters, so never clashing. */
const batchLabel = (fromEnd: number) => `...${fromEnd}`;

function labelsOf(term: string, ndim: number, spec: string): string[] {
  const [before, after, more] = term.split("...");
  const letters = (part: string) => {
    for (const letter of part) {
      if (!/[A-Za-z]/.test(letter)) {
        throw new ShapeError(
          `Cannot read einsum "${spec}": "${letter}" is not a letter`,
        );
      }
    }
    return [...part];
  };
  if (more !== undefined) {
    throw new ShapeError(
      `Cannot read einsum "${spec}": "${term}" has more than one ellipsis`,
    );
  }
  const head = letters(before!);
  if (after === undefined) {
    if (head.length === ndim) return head;
    throw new ShapeError(
      `Cannot apply einsum "${spec}": "${term}" names ${head.length} dims of a tensor that has ${ndim}`,
    );
  }
  const tail = letters(after);
  const covered = ndim - head.length - tail.length;
  if (covered < 0) {
    throw new ShapeError(
      `Cannot apply einsum "${spec}": "${term}" names ${
        head.length + tail.length
      } dims of a tensor that has ${ndim}`,
    );
  }
  const batch = Array.from(
    { length: covered },
    (_, i) => batchLabel(covered - i),
  );
  return [...head, ...batch, ...tail];
}

function parse(spec: string, tensors: readonly Tensor[]): Parsed {
  const [left, right, more] = spec.replaceAll(" ", "").split("->");
  const terms = left!.split(",");
  if (more !== undefined || terms.length !== tensors.length) {
    throw new ShapeError(
      `Cannot apply einsum "${spec}" to ${tensors.length} tensors: it describes ${terms.length}`,
    );
  }
  const inputs = terms.map((term, i) => labelsOf(term, tensors[i]!.ndim, spec));
  const all = inputs.flat();
  const batch = [...new Set(all.filter((l) => l.startsWith(".")))]
    .sort((a, b) => Number(b.slice(3)) - Number(a.slice(3)));
  let output: string[];
  if (right === undefined) {
    // Left out: what appears once, in alphabetical order, as in NumPy.
    const once = [...new Set(all)].filter((l) =>
      !l.startsWith(".") && all.indexOf(l) === all.lastIndexOf(l)
    );
    output = [...batch, ...once.sort()];
  } else {
    const [before, after] = right.split("...");
    output = after === undefined
      ? [...before!]
      : [...before!, ...batch, ...after];
    for (const label of output) {
      if (
        !all.includes(label) ||
        output.indexOf(label) !== output.lastIndexOf(label)
      ) {
        throw new ShapeError(
          `Cannot apply einsum "${spec}": the output names "${label}" twice, or no input has it`,
        );
      }
    }
  }
  return { inputs, output };
}

/** Takes the diagonal of every label that appears twice. */
function withoutRepeats({ x, labels }: Named): Named {
  for (const [i, label] of labels.entries()) {
    const j = labels.indexOf(label, i + 1);
    if (j < 0) continue;
    if (x.shape[i] !== x.shape[j]) {
      throw new ShapeError(
        `Cannot apply einsum as label "${label}" has extents ${
          x.shape[i]
        } and ${x.shape[j]} in one tensor of shape ${showShape(x.shape)}`,
      );
    }
    return withoutRepeats({
      x: x.diagonal(0, i, j),
      labels: [...labels.filter((_, d) => d !== i && d !== j), label],
    });
  }
  return { x, labels };
}

/** Sums over the labels that nobody else needs. */
function sumOut({ x, labels }: Named, needed: ReadonlySet<string>): Named {
  const dims = labels.map((_, d) => d).filter((d) => !needed.has(labels[d]!));
  if (dims.length === 0) return { x, labels };
  return { x: x.sum(dims), labels: labels.filter((l) => needed.has(l)) };
}

/** Dims in the order of `labels`; missing ones with extent 1. */
function arrange({ x, labels }: Named, order: readonly string[]): Tensor {
  const present = order.filter((l) => labels.includes(l));
  const moved = x.permute(present.map((l) => labels.indexOf(l)));
  let d = 0;
  return moved.reshape(
    order.map((l) => labels.includes(l) ? moved.shape[d++]! : 1),
  );
}

/** The product of two named tensors, summed over what nobody else needs. */
function contract(a: Named, b: Named, needed: ReadonlySet<string>): Named {
  const extents = new Map<string, number>();
  for (const { x, labels } of [a, b]) {
    labels.forEach((label, d) => {
      const [known, extent] = [extents.get(label) ?? 1, x.shape[d]!];
      if (known !== extent && known !== 1 && extent !== 1) {
        throw new ShapeError(
          `Cannot apply einsum as label "${label}" has extents ${known} and ${extent}`,
        );
      }
      extents.set(label, known === 1 ? extent : known);
    });
  }
  const shared = a.labels.filter((l) => b.labels.includes(l));
  // Extents of 1 that broadcast cannot be summed by a product.
  const differs = shared.some((l) =>
    a.x.shape[a.labels.indexOf(l)] !== b.x.shape[b.labels.indexOf(l)]
  );
  const summed = shared.filter((l) => !needed.has(l));
  const batch = shared.filter((l) => needed.has(l));
  const rows = a.labels.filter((l) => !shared.includes(l));
  const columns = b.labels.filter((l) => !shared.includes(l));
  if (summed.length === 0 || differs) {
    const order = [...batch, ...rows, ...columns, ...summed];
    return sumOut(
      { x: arrange(a, order).mul(arrange(b, order)), labels: order },
      needed,
    );
  }
  const size = (labels: readonly string[]) =>
    sizeOf(labels.map((l) => extents.get(l)!));
  const batchShape = batch.map((l) => extents.get(l)!);
  const left = arrange(a, [...batch, ...rows, ...summed])
    .reshape([...batchShape, size(rows), size(summed)]);
  const right = arrange(b, [...batch, ...summed, ...columns])
    .reshape([...batchShape, size(summed), size(columns)]);
  const labels = [...batch, ...rows, ...columns];
  return {
    x: left.matmul(right).reshape(labels.map((l) => extents.get(l)!)),
    labels,
  };
}

/**
 * Sums products of elements along dims named by letters, as `numpy.einsum`:
 * each letter names a dim of an input, dims with the same letter share an
 * index, and letters that the output lacks are summed over. Repeated letters in
 * one input take its diagonal; `...` stands for any further dims; without `->`
 * the output has the letters that appear once, in alphabetical order.
 *
 * @throws {ShapeError} If the spec does not fit the tensors.
 * @example A matrix product
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { einsum, tensor } from "@tenfold/tenfold";
 *
 * const a = tensor([[1, 2], [3, 4]]);
 * const product = einsum("ik,kj->ij", a, a);
 * assertEquals(product.toArraySync(), [[7, 10], [15, 22]]);
 * ```
 */
export function einsum(spec: string, ...tensors: Tensor[]): Tensor {
  if (typeof spec !== "string") {
    throw new TypeError(
      `Cannot apply einsum as the spec comes first and must be text: got ${
        showValue(spec)
      }, write einsum("ij,jk->ik", a, b)`,
    );
  }
  if (tensors.some(Array.isArray)) {
    throw new TypeError(
      `Cannot apply einsum "${spec}" to an array: write einsum("${spec}", ...tensors)`,
    );
  }
  for (const each of tensors as unknown[]) {
    // The class itself stands above this file.
    if (typeof (each as Tensor | null)?.permute === "function") continue;
    throw new TypeError(
      `Cannot apply einsum "${spec}" as each operand must be a tensor: got ${
        showValue(each)
      }`,
    );
  }
  return tidyNow(() => contractAll(spec, tensors));
}

function contractAll(spec: string, tensors: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(spec, tensors);
  const operands = inputs.map((labels, i) =>
    withoutRepeats({ x: tensors[i]!, labels })
  );
  const neededAfter = (i: number) =>
    new Set([...output, ...operands.slice(i + 1).flatMap((o) => o.labels)]);
  const othersOf = (i: number) =>
    new Set([
      ...output,
      ...operands.filter((_, j) => j !== i).flatMap((o) => o.labels),
    ]);
  const parts = operands.map((operand, i) => sumOut(operand, othersOf(i)));
  let result = parts[0]!;
  for (let i = 1; i < parts.length; i++) {
    result = contract(result, parts[i]!, neededAfter(i));
  }
  result = sumOut(result, new Set(output));
  return arrange(result, output);
}
