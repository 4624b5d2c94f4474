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

/** A reduction over all rows: to a row, or of everything as one dim. */
function over(
  to: Block,
  from: Block,
  { whole = false, beside = [] as Block[], late = [] as number[] } = {},
): Piece {
  const [kept, size] = whole ? [1, ROWS * WIDTH] : [WIDTH, ROWS];
  return {
    call: {
      shape: [kept, size],
      buffers: [to, from, ...beside],
      offsets: [0, 0, ...beside.map(() => 0)],
      strides: [
        [1, 0],
        whole ? [0, 1] : [1, WIDTH],
        ...beside.map(() => [0, 0]),
      ],
      scalars: [],
    },
    work: work(kept, 1),
    parts: { program: () => null as never, dim: 1, size, late, bytes: 32 },
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

  it("take part in what is reduced over the rows", () => {
    const whole = true;
    const all = [
      map([y], [x]),
      over(column, y),
      over(z, y, { whole }),
      flat(x, y),
    ];
    assertEquals(
      findStrips(all).map(({ divided, ...strips }) => [
        strips.begin,
        strips.count,
        divided,
      ]),
      [[0, 4, [1, 2]]],
    );
    // What has been reduced is there after the last row, and not before.
    const sum = over(z, y, { whole });
    const beside = [z];
    const after = over(column, y, { whole, beside, late: [2] });
    assertEquals(groups(map([y], [x]), sum, after), [[0, 3, ROWS]]);
    const within = over(column, y, { whole, beside });
    assertEquals(groups(map([y], [x]), sum, within), [[0, 2, ROWS]]);
    assertEquals(groups(map([y], [x]), sum, map([x], [y], [z, 0, 0])), [
      [0, 2, ROWS],
    ]);
    assertEquals(groups(map([y], [x]), sum, sum), [[0, 2, ROWS]]);
    assertEquals(groups(map([y], [x]), sum, map([z], [x])), [[0, 2, ROWS]]);
  });

  it("give the sums, products and bounds over all rows", async () => {
    await setBackend(wasmSimd({ threads: 1 }));
    const { tensors } = memory();
    for (const dtype of ["float32", "float64", "int32"] as const) {
      for (const [rows, width] of [[1001, 259], [4096, 50], [3, 90000]]) {
        using _ = scope();
        manualSeed(1);
        const run = (x: Tensor) => {
          using s = scope();
          const y = x.mul(3).add(1);
          const total = y.sum();
          return [
            y,
            y.sum(0),
            y.mul(x).sum().mul(2).add(total),
            y.max(0),
            y.min(),
            x.remainder(2).add(1).prod(0).add(y.sum(0)),
            y.abs().sum([0, 1], { keepDim: true }).sub(total),
          ].map((each) => s.keep(each));
        };
        const step = compile(run);
        for (let i = 0; i < 3; i++) {
          const x = randn([rows!, width!]).mul(4).round().cast(dtype);
          const [got, wanted] = [step(x), run(x)];
          got.forEach((each, k) => {
            const [a, b] = [each.dataSync(), wanted[k]!.dataSync()];
            const off = a.findIndex((value, at) =>
              Math.abs(value - b[at]!) > 1e-5 * Math.abs(b[at]!)
            );
            assertEquals(off, -1, `${dtype} ${rows} ${width} ${k}`);
          });
        }
        step.dispose();
      }
    }
    assertEquals(memory().tensors, tensors);
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
