/**
 * What the tests of this package share: the cases of the ONNX project. Not part
 * of the package.
 *
 * @module
 */
import {
  type Backend,
  registerBackend,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { wasmSimd } from "@tenfold/backends/wasm-simd/whole";
import { readBytes } from "@tenfold/data";
import { assert } from "@std/assert";
import { dtypeOf } from "./_element.ts";
import type { OnnxInput } from "./_inputs.ts";
import { readTensor } from "./_proto/read.ts";
import { type Constant, constantOf } from "./_tensor_data.ts";

registerBackend("wasm-simd", () => wasmSimd(), { preferred: true });

/** The files of a gzipped tar archive by their paths. */
export async function untar(
  source: string | URL,
): Promise<Map<string, Uint8Array>> {
  const packed = await readBytes(source);
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const files = new Map<string, Uint8Array>();
  const text = (at: number, length: number) =>
    new TextDecoder().decode(bytes.subarray(at, at + length))
      .replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const kind = text(at + 156, 1);
    if (kind === "0" || kind === "") {
      const name = text(at, 100).replace(/^\.\//, "");
      files.set(name, bytes.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** A case of the ONNX project: a model, inputs, and what comes out. */
export interface Case {
  readonly name: string;
  readonly model: Uint8Array;
  readonly inputs: readonly Constant[];
  readonly outputs: readonly Constant[];
}

/** The operator cases in an archive. */
export function casesOf(files: ReadonlyMap<string, Uint8Array>): Case[] {
  const found: Case[] = [];
  for (const [path, model] of files) {
    const name = path.match(/nodes\/([^/]+)\/model\.onnx$/)?.[1];
    if (name === undefined) continue;
    const all = (kind: string) => {
      const list: Constant[] = [];
      for (let i = 0;; i++) {
        const bytes = files.get(
          path.replace("model.onnx", `test_data_set_0/${kind}_${i}.pb`),
        );
        if (bytes === undefined) return list;
        list.push(constantOf(readTensor(bytes)));
      }
    };
    found.push({ name, model, inputs: all("input"), outputs: all("output") });
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** A tensor of a stored constant. */
export function tensorOf(
  { type, numbers, shape }: Constant,
  device: Backend,
): Tensor {
  const dtype = dtypeOf(type, device.dtypes);
  return tensor(numbers, { shape: [...shape], dtype, device });
}

/** Most elements of an input that is passed as numbers. */
const MOST_NUMBERS = 64;

/**
 * A stored constant as an input: a tensor, or numbers where the device cannot
 * read a tensor at once and operators may ask for them.
 */
export function inputOf(input: Constant, device: Backend): OnnxInput {
  return device.readSync || input.numbers.length > MOST_NUMBERS
    ? tensorOf(input, device)
    : input.numbers;
}

/** What a device without float64 can hold of a double. */
export function heldBy(
  device: Backend,
  values: ArrayLike<number>,
): ArrayLike<number> {
  return device.dtypes.includes("float64")
    ? values
    : Array.from(values, Math.fround);
}

/** Fails where numbers differ by more than a tolerance. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol = 1e-5, rtol = 1e-5 }: { atol?: number; rtol?: number } = {},
): void {
  assert(
    actual.length === expected.length,
    `${actual.length} numbers for ${expected.length}`,
  );
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    const near = Object.is(a, b) || a === b ||
      Math.abs(a - b) <= atol + rtol * Math.abs(b);
    assert(near, `element ${i}: got ${a} for ${b}`);
  }
}
