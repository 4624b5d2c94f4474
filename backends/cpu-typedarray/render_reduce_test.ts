import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import {
  type Access,
  accumulator,
  arg,
  call,
  castExpr,
  type Combine,
  constant,
  type Expr,
  indexAlong,
  type ReduceKernel,
  scalar,
} from "@tenfold/core/backend";
import {
  BACKENDS,
  checkReduce,
  type Operand,
  operand,
  stridesFor,
} from "./testing.ts";
import { renderReduce } from "./render_reduce.ts";

const ACCESSES: readonly Access[] = [
  "dense",
  "uniform",
  "row",
  "splat",
  "strided",
];
const COMBINES: readonly Combine[] = ["sum", "prod", "max", "min"];

interface Input {
  readonly dtype: DType;
  readonly kept: Access;
  readonly access: Access;
}

function reduce(
  [rank, reducedRank]: readonly [number, number],
  inputs: readonly Input[],
  element: Expr,
  combine: Combine,
  epilogue: Expr = accumulator(element.dtype),
  scalars = 0,
): ReduceKernel {
  return {
    kind: "reduce",
    rank,
    reducedRank,
    output: epilogue.dtype,
    inputs,
    element,
    combine,
    epilogue,
    scalars,
  };
}

/** An operand that lies as promised along the kept and the reduced dims. */
function laid(
  { dtype, kept, access }: Input,
  keptShape: readonly number[],
  reducedShape: readonly number[],
  seed: number,
): Operand {
  const inner = stridesFor(access, reducedShape);
  const outer = stridesFor(kept, keptShape);
  return operand(
    dtype,
    [...keptShape, ...reducedShape],
    [...outer, ...inner],
    seed,
  );
}

for (const [how, backend] of BACKENDS) {
  describe(`reduce kernels as ${how}`, () => {
    it("reduce along any dims, however the operand lies", () => {
      const shapes = [
        [[1], [1]],
        [[1], [33]],
        [[5], [7]],
        [[3, 4], [5]],
        [[6], [2, 3]],
        [[2, 3], [4, 2]],
        [[4], [0]],
      ] as const;
      for (const [kept, reduced] of shapes) {
        for (const keptAccess of ACCESSES) {
          for (const access of ACCESSES) {
            for (const combine of COMBINES) {
              for (const dtype of ["float32", "int32"] as const) {
                const input = { dtype, kept: keptAccess, access };
                checkReduce(
                  backend,
                  reduce(
                    [kept.length, reduced.length],
                    [input],
                    arg(0, dtype),
                    combine,
                  ),
                  [...kept, ...reduced],
                  [laid(input, kept, reduced, 1)],
                );
              }
            }
          }
        }
      }
    });

    it("sum rows that are wider than the accumulators at work", () => {
      const input = {
        dtype: "float32",
        kept: "dense",
        access: "strided",
      } as const;
      const shape = [5000, 3];
      checkReduce(
        backend,
        reduce([1, 1], [input], arg(0, "float32"), "sum"),
        shape,
        [operand("float32", shape, [1, 5000], 1)],
      );
      checkReduce(
        backend,
        reduce([1, 1], [{ ...input, dtype: "int32" }], arg(0, "int32"), "prod"),
        shape,
        [operand("int32", shape, [1, 5000], 1)],
      );
    });

    it("give the identity of an empty reduction", () => {
      const identities = {
        sum: [0, 0],
        prod: [1, 1],
        max: [-Infinity, -2147483648],
        min: [Infinity, 2147483647],
      };
      for (const combine of COMBINES) {
        (["float64", "int32"] as const).forEach((dtype, i) => {
          for (const access of ["dense", "strided"] as const) {
            const launch = backend.prepare(
              reduce(
                [1, 1],
                [{ dtype, kept: "dense", access }],
                arg(0, dtype),
                combine,
              ),
            )!;
            const out = backend.alloc(dtype, 2);
            launch({
              shape: [2, 0],
              buffers: [out, backend.alloc(dtype, 1)],
              offsets: [0, 0],
              strides: [[1, 0], [1, 2]],
              scalars: [],
            });
            const expected = identities[combine][i];
            assertEquals([...backend.readSync!(out, 0, 2)], [
              expected,
              expected,
            ]);
          }
        });
      }
    });

    it("let NaN win in max and min, wherever it stands", () => {
      for (const combine of ["max", "min"] as const) {
        for (
          const [kept, access] of [["strided", "dense"], [
            "dense",
            "strided",
          ]] as const
        ) {
          const shape = [3, 4];
          const strides = kept === "dense" ? [1, 3] : [4, 1];
          checkReduce(
            backend,
            reduce(
              [1, 1],
              [{ dtype: "float32", kept, access }],
              arg(0, "float32"),
              combine,
            ),
            shape,
            [operand("float32", shape, strides, 1, [
              NaN,
              1,
              2,
              3,
              1,
              NaN,
              -Infinity,
              Infinity,
              1,
              2,
              3,
              NaN,
            ])],
          );
        }
      }
    });

    it("sum float32 in float64", () => {
      const n = 100_000;
      const launch = backend.prepare(
        reduce(
          [1, 1],
          [{ dtype: "float32", kept: "dense", access: "dense" }],
          arg(0, "float32"),
          "sum",
        ),
      )!;
      const x = backend.alloc("float32", n);
      const out = backend.alloc("float32", 1);
      backend.write(x, 0, new Float32Array(n).fill(0.1));
      launch({
        shape: [1, n],
        buffers: [out, x],
        offsets: [0, 0],
        strides: [[0, 0], [0, 1]],
        scalars: [],
      });
      assertEquals(
        backend.readSync!(out, 0, 1)[0],
        Math.fround(Math.fround(0.1) * n),
      );
    });

    it("wrap integers to 32 bits", () => {
      for (const combine of ["sum", "prod"] as const) {
        for (
          const [kept, access] of [["strided", "dense"], [
            "dense",
            "strided",
          ]] as const
        ) {
          const strides = kept === "dense" ? [1, 2] : [3, 1];
          checkReduce(
            backend,
            reduce(
              [1, 1],
              [{ dtype: "int32", kept, access }],
              arg(0, "int32"),
              combine,
            ),
            [2, 3],
            [operand("int32", [2, 3], strides, 1, [
              2147483647,
              2,
              65537,
              -2147483648,
              -3,
              65539,
            ])],
          );
        }
      }
    });

    it("combine several inputs, and use in the epilogue those that stay", () => {
      // The sum of squared distances to a mean, divided, and the mean again.
      const [x, mean] = [arg(0, "float32"), arg(1, "float32")];
      const distance = call("sub", x, mean);
      for (
        const [kept, access] of [["strided", "dense"], ["dense", "strided"], [
          "row",
          "row",
        ]] as const
      ) {
        const inputs = [
          { dtype: "float32", kept, access },
          { dtype: "float32", kept: "dense", access: "uniform" },
        ] as const;
        checkReduce(
          backend,
          reduce(
            [2, 1],
            inputs,
            call("mul", distance, distance),
            "sum",
            call(
              "add",
              call("div", accumulator("float32"), scalar(0, "float32")),
              mean,
            ),
            1,
          ),
          [3, 4, 5],
          inputs.map((input, i) => laid(input, [3, 4], [5], i + 1)),
          [4.5],
        );
      }
    });

    it("change the dtype before and after", () => {
      const truth = castExpr(castExpr(arg(0, "float32"), "bool"), "int32");
      for (
        const [kept, access] of [["strided", "dense"], [
          "dense",
          "strided",
        ]] as const
      ) {
        const input = { dtype: "float32", kept, access } as const;
        const strides = kept === "dense" ? [1, 3] : [4, 1];
        const values = [0, 0, 0, 0, 1, 0, 0, NaN, 2, 3, 4, -1];
        for (const combine of ["max", "min"] as const) {
          checkReduce(
            backend,
            reduce(
              [1, 1],
              [input],
              truth,
              combine,
              call("ne", accumulator("int32"), constant(0, "int32")),
            ),
            [3, 4],
            [operand("float32", [3, 4], strides, 1, values)],
          );
        }
      }
    });

    it("know the position along every dim", () => {
      for (
        const [kept, access] of [["strided", "dense"], [
          "dense",
          "strided",
        ]] as const
      ) {
        const input = { dtype: "int32", kept, access } as const;
        checkReduce(
          backend,
          reduce(
            [1, 1],
            [input],
            call(
              "mul",
              arg(0, "int32"),
              call("add", indexAlong(1), indexAlong(0)),
            ),
            "sum",
          ),
          [4, 5],
          [laid(input, [4], [5], 1)],
        );
      }
    });
  });
}

describe("renderReduce", () => {
  it("reads rows in order where it reduces over rows", () => {
    const source = (kept: Access, access: Access) =>
      renderReduce(
        reduce(
          [1, 1],
          [{ dtype: "float32", kept, access }],
          arg(0, "float32"),
          "sum",
        ),
      );
    assertEquals(source("dense", "strided").includes("sums["), true);
    assertEquals(source("strided", "dense").includes("sums["), false);
  });
});
