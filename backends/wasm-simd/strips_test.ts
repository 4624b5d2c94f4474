import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  manualSeed,
  memory,
  randn,
  scope,
  setBackend,
  type Tensor,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import * as nn from "@tenfold/nn";
import type { Block } from "./allocator.ts";
import { findStrips, type Piece } from "./strips.ts";
import { wasmSimd } from "./wasm_simd.ts";

const ROWS = 1024;
const WIDTH = 256;
const block = (): Block => ({ dtype: "float32" }) as Block;
const [x, y, z, column] = [block(), block(), block(), block()];

/** A buffer of a call: where it begins, and its stride from row to row. */
type Operand = readonly [of: Block, offset?: number, stride?: number];

/** A map over rows; the first operand is written. */
function map(...operands: Operand[]): Piece {
  return {
    call: {
      shape: [ROWS, WIDTH],
      buffers: operands.map(([of]) => of),
      offsets: operands.map(([_, offset = 0]) => offset),
      strides: operands.map(([_, __, stride = WIDTH]) => [stride, 1]),
      scalars: [],
    },
    work: work(ROWS, 1),
  };
}

/** A map over everything as one dim. */
function flat(...blocks: Block[]): Piece {
  return {
    call: {
      shape: [ROWS * WIDTH],
      buffers: blocks,
      offsets: blocks.map(() => 0),
      strides: blocks.map(() => [1]),
      scalars: [],
    },
    work: work(ROWS * WIDTH, 64),
  };
}

/** A reduction of rows to a column. */
function reduce(to: Block, from: Block): Piece {
  return {
    call: {
      shape: [ROWS, WIDTH],
      buffers: [to, from],
      offsets: [0, 0],
      strides: [[1, 0], [WIDTH, 1]],
      scalars: [],
    },
    work: work(ROWS, 1),
  };
}

function work(size: number, grain: number): Piece["work"] {
  const rows = { dim: 0, outputs: 1 };
  return { entry: "run", size, grain, nanoseconds: 0, rows };
}

const groups = (...pieces: (Piece | null)[]) =>
  findStrips(pieces).map(({ begin, count, rows }) => [begin, count, rows]);

describe("calls that work row by row", () => {
  it("go strip by strip, whatever the dims of their loops", () => {
    assertEquals(groups(reduce(column, x), map([y], [x]), flat(z, y)), [
      [0, 3, ROWS],
    ]);
    assertEquals(groups(flat(y, x), reduce(column, y)), [[0, 2, ROWS]]);
    // In place.
    assertEquals(groups(flat(x, x), reduce(column, x)), [[0, 2, ROWS]]);
    // One half of each row, and the other.
    const halves = groups(map([y, 0], [x]), map([x], [y, 0]));
    assertEquals(halves, [[0, 2, ROWS]]);
  });

  it("have strips that fit a cache, of whole vectors", () => {
    const height = findStrips([flat(y, x), flat(z, y)])[0]!.height;
    assert(height % 64 === 0);
    assert(3 * 4 * height <= 2 ** 17);
  });

  it("do not where a row is read beside the one that is written", () => {
    assertEquals(groups(map([y], [x]), map([z], [y, 1])), []);
    assertEquals(groups(map([y], [x]), map([z], [y, WIDTH])), []);
    assertEquals(groups(map([y], [x]), map([x, WIDTH], [z])), []);
    // Every row reads the first one.
    assertEquals(groups(map([y], [x]), map([z], [y, 0, 0])), []);
    // Rows that are written over one another.
    assertEquals(groups(map([y, 0, 128], [x]), map([z, 0, 128], [x])), []);
    // From the last row to the first.
    const back = (ROWS - 1) * WIDTH;
    assertEquals(groups(map([y], [x]), map([z], [y, back, -WIDTH])), []);
  });

  it("end before a call that runs by itself", () => {
    const [a, b] = [flat(y, x), flat(z, y)];
    assertEquals(groups(a, null, b), []);
    assertEquals(groups(a, b, null, a, b).map(([at]) => at), [0, 3]);
    const { rows: _, ...other } = a.work;
    assertEquals(groups(a, { ...b, work: other }), []);
  });

  it("give what eager calls give, with what is left of the last strip", async () => {
    await setBackend(wasmSimd({ threads: 1 }));
    const { tensors } = memory();
    for (
      const [rows, width] of [[1001, 129], [2048, 64], [37, 5000]] as const
    ) {
      using _ = scope();
      manualSeed(0);
      const norm = new nn.LayerNorm(width);
      const run = (x: Tensor, g: Tensor) => {
        using s = scope();
        norm.zeroGrad();
        const input = x.detach().requiresGrad_();
        const scores = norm.forward(input).softmax(-1).add(input);
        scores.mul(g).sum().backward();
        const by = input.grad!;
        return [s.keep(by.sub(by.max(1, { keepDim: true })).tanh().softmax(1))];
      };
      const step = compile(run);
      const [x, g] = [randn([rows, width]), randn([rows, width])];
      for (let i = 0; i < 3; i++) {
        const [got] = step(x, g);
        const [wanted] = run(x, g);
        const [a, b] = [got!.dataSync(), wanted!.dataSync()];
        assert(a.every((value, k) => Math.abs(value - b[k]!) < 1e-6));
      }
      step.dispose();
      for (const parameter of norm.parameters()) parameter.dispose();
      norm.zeroGrad();
    }
    assertEquals(memory().tensors, tensors);
  });
});
