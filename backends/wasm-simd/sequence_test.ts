import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { IndexError } from "@tenfold/core";
import type { KernelCall, Launch, RepeatedCall } from "@tenfold/core/backend";
import type { Block } from "./allocator.ts";
import { wasmSimd } from "./wasm_simd.ts";
import { wasmSimd as whole } from "./whole.ts";
import type { WasmSimd } from "./backend.ts";

/** Buffers with numbers on a backend of its own, and calls over them. */
function bench(threads = 1, open = whole) {
  const backend = open({ threads }) as WasmSimd;
  const buffer = (values: number[], dtype: "float32" | "int32" = "float32") => {
    const block = backend.alloc(dtype, values.length) as Block;
    const data = dtype === "float32"
      ? Float32Array.from(values)
      : Int32Array.from(values);
    backend.write(block, 0, data);
    return block;
  };
  const read = (block: Block, length: number) => [
    ...backend.readSync(block, 0, length),
  ];
  const float = { dtype: "float32", access: "dense" } as const;
  const plus = backend.prepare({
    kind: "map",
    rank: 1,
    outputs: [float],
    inputs: [float],
    exprs: [{
      kind: "call",
      fn: "add",
      dtype: "float32",
      args: [
        { kind: "arg", index: 0, dtype: "float32" },
        { kind: "scalar", index: 0, dtype: "float32" },
      ],
    }],
    scalars: 1,
  })!;
  const total = backend.prepare({
    kind: "reduce",
    rank: 1,
    reducedRank: 1,
    output: "float32",
    inputs: [{ ...float, kept: "uniform" }],
    element: { kind: "arg", index: 0, dtype: "float32" },
    combine: "sum",
    epilogue: { kind: "accumulator", dtype: "float32" },
    scalars: 0,
  })!;
  const gather = backend.prepare({
    kind: "routine",
    name: "gather",
    rank: 1,
    outputs: ["float32"],
    inputs: ["float32", "int32"],
  })!;
  const matmul = backend.prepare({
    kind: "routine",
    name: "matmul",
    rank: 4,
    outputs: ["float32"],
    inputs: ["float32", "float32"],
  })!;
  const add = (to: Block, from: Block, size: number, by: number) =>
    repeated(plus, {
      shape: [size],
      buffers: [to, from],
      offsets: [0, 0],
      strides: [[1], [1]],
      scalars: [by],
    });
  const sum = (to: Block, from: Block, size: number) =>
    repeated(total, {
      shape: [1, size],
      buffers: [to, from],
      offsets: [0, 0],
      strides: [[1, 0], [0, 1]],
      scalars: [],
    });
  const pick = (to: Block, from: Block, index: Block, bound: number) =>
    repeated(gather, {
      shape: [1],
      buffers: [to, from, index],
      offsets: [0, 0, 0],
      strides: [[1], [1], [1]],
      scalars: [bound],
    });
  /** Products of `batch` pairs of 2 × 2 matrices. */
  const multiply = (to: Block, a: Block, b: Block, batch: number) =>
    repeated(matmul, {
      shape: [batch, 2, 2, 2],
      buffers: [to, a, b],
      offsets: [0, 0, 0],
      strides: [[4, 2, 1, 0], [4, 2, 0, 1], [4, 0, 1, 2]],
      scalars: [],
    });
  return { backend, buffer, read, add, sum, pick, multiply };
}

function repeated(
  launch: Launch,
  call: KernelCall,
  rest: Partial<RepeatedCall> = {},
): RepeatedCall {
  return { label: "test", launch, call, changes: false, waits: false, ...rest };
}

describe("calls joined on wasm-simd", () => {
  it("run in order, with what has changed", () => {
    const { backend, buffer, read, add, sum, multiply } = bench();
    const [x, y, s] = [buffer([1, 2, 3, 4]), buffer([0, 0, 0, 0]), buffer([0])];
    const [m, n] = [buffer([1, 0, 0, 2, 3, 0, 0, 4]), buffer(Array(8).fill(0))];
    const first = { ...add(y, x, 4, 10), changes: true };
    const calls = [first, multiply(n, m, m, 2), sum(s, y, 4)];
    const [group, ...others] = backend.join(calls);
    assertEquals([others.length, group!.begin, group!.count], [0, 0, 3]);
    group!.run();
    assertEquals(read(y, 4), [11, 12, 13, 14]);
    assertEquals(read(s, 1), [50]);
    assertEquals(read(n, 8), [1, 0, 0, 4, 9, 0, 0, 16]);
    (first.call.scalars as number[])[0] = 20;
    (first.call.buffers as Block[])[1] = buffer([5, 6, 7, 8]);
    group!.run();
    assertEquals(read(s, 1), [5 + 6 + 7 + 8 + 80]);
    // What does not change at each run is looked at when told to.
    const other = buffer([0]);
    (calls[2]!.call.buffers as Block[])[0] = other;
    group!.rebind!();
    group!.run();
    assertEquals(read(other, 1), [106]);
    group!.dispose!();
    backend.dispose();
  });

  it("stop where an index is refused", () => {
    const { backend, buffer, read, add, pick } = bench();
    const [x, y] = [buffer([1, 2, 3]), buffer([0, 0, 0])];
    const [index, picked] = [buffer([2], "int32"), buffer([0])];
    const calls = [
      add(y, x, 3, 1),
      pick(picked, y, index, 3),
      add(x, x, 3, 100),
    ];
    const [group] = backend.join(calls);
    assertEquals(group!.count, 3);
    group!.run();
    assertEquals([read(picked, 1), read(x, 3)], [[4], [101, 102, 103]]);
    backend.write(index, 0, Int32Array.of(3));
    const error = assertThrows(() => group!.run(), IndexError);
    assertEquals(
      error.message,
      "Cannot gather as an index is out of range: got 3, expected 0 to 2",
    );
    assertEquals(read(y, 3), [102, 103, 104], "what comes before has run");
    assertEquals(read(x, 3), [101, 102, 103], "what comes after has not");
    group!.dispose!();
    backend.dispose();
  });

  it("end before what waits for a refusal", () => {
    const { backend, buffer, add, pick } = bench();
    const [x, index] = [buffer([1, 2, 3]), buffer([2], "int32")];
    const plain = () => add(x, x, 3, 1);
    const chosen = pick(buffer([0]), x, index, 3);
    const waiting = { ...plain(), waits: true };
    const ends = (calls: RepeatedCall[]) => {
      const groups = backend.join(calls);
      for (const group of groups) group.dispose!();
      return groups.map(({ begin, count }) => [begin, count]);
    };
    assertEquals(ends([plain(), waiting, chosen, plain()]), [[0, 4]]);
    assertEquals(
      ends([plain(), chosen, waiting, plain()]),
      [[0, 2], [2, 2]],
    );
    assertEquals(ends([chosen, waiting]), []);
    backend.dispose();
  });

  it("are made one by one until what joins them is loaded", async () => {
    const { backend, buffer, add } = bench(1, wasmSimd);
    const x = buffer([1, 2, 3]);
    const calls = [add(x, x, 3, 1), add(x, x, 3, 1)];
    assertEquals(backend.join(calls), []);
    await backend.load("join");
    const [group] = backend.join(calls);
    assertEquals([group!.begin, group!.count], [0, 2]);
    group!.dispose!();
    backend.dispose();
  });

  it("leave large ones to the threads, and give back all memory", () => {
    const { backend, buffer, add } = bench(2);
    const size = 1 << 20;
    const x = buffer([1, 2, 3]);
    const large = backend.alloc("float32", size) as Block;
    const small = () => add(x, x, 3, 1);
    const calls = [small(), small(), add(large, large, size, 1), small()];
    const groups = backend.join(calls);
    assertEquals(groups.map(({ begin, count }) => [begin, count]), [[0, 2]]);
    const again = () => backend.join(calls).forEach((g) => g.dispose!());
    groups[0]!.dispose!();
    again();
    const before = backend.alloc("float32", 1) as Block;
    backend.free(before);
    for (let i = 0; i < 100; i++) again();
    const after = backend.alloc("float32", 1) as Block;
    assert(after.pointer <= before.pointer, "blocks were not given back");
    backend.dispose();
  });
});
