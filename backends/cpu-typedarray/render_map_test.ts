import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import {
  type Access,
  arg,
  call,
  castExpr,
  constant,
  indexAlong,
  type MapKernel,
  scalar,
  type Slot,
} from "@tenfold/core/backend";
import {
  BACKENDS,
  checkMap,
  laid,
  operand,
  run,
  stridesFor,
} from "./testing.ts";
import { renderMap } from "./render_map.ts";

const ACCESSES: readonly Access[] = [
  "dense",
  "uniform",
  "row",
  "splat",
  "strided",
];
const SHAPES = [[1], [7], [33], [100], [3, 5], [17, 70], [40, 33], [2, 3, 4], [
  3,
  2,
  1,
  5,
]];

function map(
  rank: number,
  outputs: readonly Slot[],
  inputs: readonly Slot[],
  exprs: MapKernel["exprs"],
  scalars = 0,
): MapKernel {
  return { kind: "map", rank, outputs, inputs, exprs, scalars };
}

const slot = (dtype: DType, access: Access): Slot => ({ dtype, access });
const x = arg(0, "float32");
const y = arg(1, "float32");

for (const [how, backend] of BACKENDS) {
  describe(`map kernels as ${how}`, () => {
    it("read operands however they lie", () => {
      for (const shape of SHAPES) {
        for (const a of ACCESSES) {
          for (const b of ACCESSES) {
            checkMap(
              backend,
              map(
                shape.length,
                [slot("float32", "dense")],
                [slot("float32", a), slot("float32", b)],
                [call("add", call("mul", x, x), y)],
              ),
              shape,
              [
                laid("float32", "dense", shape, 1),
                laid("float32", a, shape, 2),
                laid("float32", b, shape, 3),
              ],
            );
          }
        }
      }
    });

    it("write rows and strided windows, and nothing beside them", () => {
      for (const shape of SHAPES) {
        for (const access of ["dense", "row", "strided"] as const) {
          for (const from of ACCESSES) {
            checkMap(
              backend,
              map(
                shape.length,
                [slot("int32", access)],
                [slot("int32", from)],
                [call("neg", arg(0, "int32"))],
              ),
              shape,
              [laid("int32", access, shape, 1), laid("int32", from, shape, 2)],
            );
          }
        }
      }
    });

    it("copy every dtype from and to any layout", () => {
      for (const dtype of ["bool", "int32", "float32", "float64"] as const) {
        for (const shape of SHAPES) {
          for (const to of ["dense", "row", "strided"] as const) {
            for (const from of ACCESSES) {
              checkMap(
                backend,
                map(
                  shape.length,
                  [slot(dtype, to)],
                  [slot(dtype, from)],
                  [arg(0, dtype)],
                ),
                shape,
                [laid(dtype, to, shape, 1), laid(dtype, from, shape, 2)],
              );
            }
          }
        }
      }
    });

    it("fill with a number that is passed, in the dtype it has", () => {
      for (const dtype of ["bool", "int32", "float32", "float64"] as const) {
        for (const value of [0, 1, 2.75, -3, 1e10, -Infinity]) {
          for (const to of ["dense", "row", "strided"] as const) {
            checkMap(
              backend,
              map(2, [slot(dtype, to)], [], [scalar(0, dtype)], 1),
              [3, 5],
              [laid(dtype, to, [3, 5])],
              [value],
            );
          }
        }
      }
    });

    it("leave unused operands alone", () => {
      checkMap(
        backend,
        map(
          2,
          [slot("float32", "dense")],
          [slot("float32", "strided"), slot("float32", "row")],
          [constant(2, "float32")],
        ),
        [5, 100],
        [
          laid("float32", "dense", [5, 100]),
          laid("float32", "strided", [5, 100]),
          laid("float32", "row", [5, 100]),
        ],
      );
    });

    it("know the position along every dim", () => {
      const shape = [3, 4, 70];
      for (const access of ["dense", "strided"] as const) {
        const flat = call(
          "add",
          call(
            "mul",
            call(
              "add",
              call("mul", indexAlong(0), constant(4, "int32")),
              indexAlong(1),
            ),
            constant(70, "int32"),
          ),
          indexAlong(2),
        );
        checkMap(
          backend,
          map(
            3,
            [slot("float32", "dense")],
            [slot("float32", access)],
            [call("add", x, castExpr(flat, "float32"))],
          ),
          shape,
          [laid("float32", "dense", shape), laid("float32", access, shape)],
        );
      }
    });

    it("compute several outputs from the same inputs", () => {
      for (const shape of [[5], [4, 6]]) {
        checkMap(
          backend,
          map(
            shape.length,
            [
              slot("float32", "dense"),
              slot("bool", "row"),
              slot("int32", "strided"),
            ],
            [slot("float32", "row"), slot("float32", "uniform")],
            [
              call("sub", x, y),
              call("gt", x, y),
              castExpr(call("mul", x, scalar(0, "float32")), "int32"),
            ],
            1,
          ),
          shape,
          [
            laid("float32", "dense", shape, 1),
            laid("bool", "row", shape, 2),
            laid("int32", "strided", shape, 3),
            laid("float32", "row", shape, 4),
            laid("float32", "uniform", shape, 5),
          ],
          [10],
        );
      }
    });

    it("read an element before an output that shares it is written", () => {
      const launch = backend.prepare(
        map(
          1,
          [slot("float32", "dense"), slot("float32", "dense")],
          [slot("float32", "dense"), slot("float32", "dense")],
          [call("add", x, y), call("sub", x, y)],
        ),
      )!;
      const a = backend.alloc("float32", 3);
      const b = backend.alloc("float32", 3);
      backend.write(a, 0, Float32Array.of(1, 2, 3));
      backend.write(b, 0, Float32Array.of(10, 20, 30));
      launch({
        shape: [3],
        buffers: [a, b, a, b],
        offsets: [0, 0, 0, 0],
        strides: [[1], [1], [1], [1]],
        scalars: [],
      });
      assertEquals([...backend.readSync!(a, 0, 3)], [11, 22, 33]);
      assertEquals([...backend.readSync!(b, 0, 3)], [-9, -18, -27]);
    });

    it("wrap integers to 32 bits at every step", () => {
      const big = arg(0, "int32");
      checkMap(
        backend,
        map(1, [slot("int32", "dense")], [slot("int32", "dense")], [
          call("sub", call("mul", call("add", big, big), big), big),
        ]),
        [4],
        [
          laid("int32", "dense", [4]),
          operand("int32", [4], stridesFor("dense", [4]), 1, [
            2147483647,
            -2147483648,
            1234567,
            -7,
          ]),
        ],
      );
    });

    it("round a scalar to the dtype of the tensor that it is compared with", () => {
      const [found] = run(
        backend,
        map(
          1,
          [slot("bool", "dense")],
          [slot("float32", "dense")],
          [call("eq", x, scalar(0, "float32"))],
          1,
        ),
        [1],
        [
          { dtype: "bool", data: [0], offset: 0, strides: [1] },
          {
            dtype: "float32",
            data: [Math.fround(0.1)],
            offset: 0,
            strides: [1],
          },
        ],
        [0.1],
      );
      assertEquals(found, [1]);
    });

    it("take relu of -Infinity, NaN and the smallest numbers", () => {
      const relu = call(
        "select",
        call("le", x, constant(0, "float32")),
        constant(0, "float32"),
        x,
      );
      const input = [-Infinity, Infinity, NaN, -3, 3, 1e-45, -1e-45, -0];
      const [found] = run(
        backend,
        map(1, [slot("float32", "dense")], [slot("float32", "dense")], [relu]),
        [input.length],
        [
          {
            dtype: "float32",
            data: input.map(() => 9),
            offset: 0,
            strides: [1],
          },
          { dtype: "float32", data: input, offset: 0, strides: [1] },
        ],
      );
      assertEquals(found!.map((v) => v + 0), [
        0,
        Infinity,
        NaN,
        0,
        3,
        Math.fround(1e-45),
        0,
        0,
      ]);
    });
  });
}

describe("renderMap", () => {
  const count = (text: string, part: string) => text.split(part).length - 1;

  it("computes a node that is used twice once", () => {
    const power = call("exp", x);
    const source = renderMap(
      map(1, [slot("float32", "dense")], [slot("float32", "dense")], [
        call("div", power, call("add", power, constant(1, "float32"))),
      ]),
    );
    assertEquals(count(source, "exp32("), 1);
    assertEquals(count(source, "x0["), 1);
  });

  it("computes outside a loop what does not vary in it", () => {
    const source = renderMap(
      map(
        2,
        [slot("float32", "dense")],
        [slot("float32", "splat"), slot("float32", "uniform")],
        [call("mul", call("sqrt", x), call("log", y))],
      ),
    );
    const depth = (part: string) =>
      count(source.slice(0, source.indexOf(part)), "for (");
    assertEquals(depth("Math.log("), 0);
    assertEquals(depth("Math.sqrt("), 1);
  });

  it("copies rows as blocks, and fills", () => {
    const rows = [slot("float32", "row")];
    assertEquals(count(renderMap(map(2, rows, rows, [x])), ".set("), 1);
    const fill = map(2, rows, [slot("float32", "splat")], [call("exp", x)]);
    assertEquals(count(renderMap(fill), ".fill("), 1);
  });
});
