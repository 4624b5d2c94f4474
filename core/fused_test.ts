import { APPLY } from "./members.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "./_testing.ts";
import { gradcheck } from "./autograd/gradcheck.ts";
import { ones, tensor, zeros } from "./creation.ts";
import { DTypeError, ShapeError } from "./errors.ts";
import {
  call,
  castExpr,
  constant,
  type Expr,
  indexAlong,
} from "./expr/expr.ts";
import { fused } from "./fused.ts";
import { SCALAR_FUNCTIONS, type ScalarFunction } from "./expr/scalar.ts";
import { grad } from "./autograd/grad.ts";

const leaf = (values: number[] | number[][]) =>
  tensor(values, { dtype: "float64", requiresGrad: true });

const product = fused("product", ([a, b]) => call("mul", a, b));

const towards = fused(
  "towards",
  ({ x, target }, { rate, power }) =>
    call(
      "add",
      x,
      call("mul", call("pow", rate, power), call("sub", target, x)),
    ),
  {
    inputs: { x: "number", target: "number" },
    scalars: { rate: "number", power: "number" },
  },
);

describe("a fused function of named inputs", () => {
  it(
    "takes tensors and numbers under their names, in any order",
    clean(() => {
      const x = leaf([0, 8]);
      const target = leaf([4, 4]);
      const moved = towards.map({ target, x }, { power: 2, rate: 0.5 });
      assertEquals(moved.toArraySync(), [1, 7]);
      const sum = towards.sum({ x, target }, {}, { rate: 0.25, power: 1 });
      const [byX, byTarget] = grad(sum, [x, target]);
      assertEquals(byX.toArraySync(), [0.75, 0.75]);
      assertEquals(byTarget.toArraySync(), [0.25, 0.25]);
    }),
  );

  it(
    "knows what each of them is",
    clean(() => {
      const pick = fused(
        "pick",
        ({ x, where, index }, { place }) =>
          call(
            "select",
            call("and", where, call("eq", index, place)),
            x,
            constant(0, x.dtype),
          ),
        {
          inputs: { x: "number", where: "mask", index: "int32" },
          scalars: { place: "int32" },
        },
      );
      const x = tensor([1, 2, 3]);
      const where = tensor([true, true, false]);
      const index = tensor([0, 7, 7], { dtype: "int32" });
      const picked = pick.map({ x, where, index }, { place: 7 });
      assertEquals(picked.toArraySync(), [0, 2, 0]);
      assertThrows(
        () => pick.map({ x, where, index: x }, { place: 7 }),
        DTypeError,
        "input index must be int32: got float32",
      );
    }),
  );

  it(
    "names what is missing, unknown or of the wrong kind",
    clean(() => {
      const x = tensor([1]);
      const numbers = { rate: 1, power: 1 };
      for (
        const [inputs, scalars, message] of [
          [[x, x], numbers, "takes each input by name (x, target)"],
          [{ x }, numbers, "input target is not a tensor: got undefined"],
          [{ x, target: 3 }, numbers, "input target is not a tensor: got 3"],
          [{ x, target: x, y: x }, numbers, "has no input y"],
          [{ x, target: x }, [1, 1], "takes each run-time scalar by name"],
          [{ x, target: x }, undefined, "takes each run-time scalar by name"],
          [{ x, target: x }, { rate: 1 }, "scalar power must be a number"],
          [{ x, target: x }, { ...numbers, lr: 1 }, "no run-time scalar lr"],
        ] as const
      ) {
        assertThrows(
          () => towards.map(inputs as never, scalars as never),
          TypeError,
          message,
        );
      }
      assertThrows(
        () => fused("f", ({ x }) => x, { inputs: { x: "float" as never } }),
        TypeError,
        'Cannot make f as inputs must be an array or an object of "number", "int32" and "mask"',
      );
    }),
  );
});

describe("a fused function", () => {
  it(
    "maps elements that broadcast to each other",
    clean(() => {
      const y = product.map([tensor([[1], [2]]), tensor([3, 4])]);
      assertEquals(y.toArraySync(), [[3, 4], [6, 8]]);
    }),
  );

  it(
    "sums its values over some dims and divides",
    clean(() => {
      const a = tensor([[1, 2], [3, 4]]);
      const b = tensor([1, 10]);
      assertEquals(product.sum([a, b]).itemSync(), 64);
      assertEquals(product.sum([a, b], { dims: 0 }).toArraySync(), [4, 60]);
      const means = product.sum([a, b], { dims: 1, keepDim: true, divisor: 2 });
      assertEquals(means.toArraySync(), [[10.5], [21.5]]);
      assertEquals(product.sum([a, b], { dims: -1 }).shape, [2]);
    }),
  );

  it(
    "brings numbers to one float dtype and leaves indices alone",
    clean(() => {
      const pick = fused("pick", ([x, i]) => {
        assertEquals(i.dtype, "int32");
        return call("mul", x, castExpr(i, x.dtype));
      }, { inputs: ["number", "int32"] });
      const i = tensor([2, 3], { dtype: "int32" });
      assertEquals(pick.map([tensor([1.5, 2]), i]).toArraySync(), [3, 6]);
      assertEquals(product.map([tensor([1.5, 2]), i]).toArraySync(), [3, 6]);
      assertEquals(product.map([i, i]).dtype, "float32");
      const wide = product.map([ones([2]), ones([2], { dtype: "float64" })]);
      assertEquals(wide.dtype, "float64");
    }),
  );

  it(
    "takes numbers with each call",
    clean(() => {
      const scaled = fused("scaled", ([x], [by]) => call("mul", x, by), {
        scalars: 1,
      });
      assertEquals(scaled.map([ones([2])], [3]).toArraySync(), [3, 3]);
      assertEquals(scaled.sum([ones([2])], {}, [5]).itemSync(), 10);
    }),
  );

  it(
    "knows the position of an element, unless it is summed",
    clean(() => {
      const ramp = fused(
        "ramp",
        ([x]) => call("add", x, castExpr(indexAlong(1), x.dtype)),
      );
      const x = zeros([2, 3], { requiresGrad: true });
      const y = ramp.map([x]);
      assertEquals(y.toArraySync(), [[0, 1, 2], [0, 1, 2]]);
      y.sum().backward();
      assertEquals(x.grad!.toArraySync(), [[1, 1, 1], [1, 1, 1]]);
      assertThrows(() => ramp.sum([x]), DTypeError, "Cannot sum ramp");
    }),
  );

  it(
    "refuses shapes that do not broadcast",
    clean(() => {
      assertThrows(
        () => product.map([ones([2]), ones([3])]),
        ShapeError,
        "Cannot product as the shapes do not broadcast",
      );
    }),
  );
});

describe("the gradients of a fused function", () => {
  it(
    "have the shapes of the inputs, whatever broadcast or was summed",
    clean(async () => {
      const shapes = [leaf([[1, -2, 3], [0.5, 1, 2]]), leaf([[2], [-1]])];
      const row = leaf([0.3, 1, -2]);
      for (
        const run of [
          (...xs: Parameters<typeof product.map>[0]) => product.map(xs),
          (...xs: Parameters<typeof product.map>[0]) => product.sum(xs),
          (...xs: Parameters<typeof product.map>[0]) =>
            product.sum(xs, { dims: 0, divisor: 3 }),
          (...xs: Parameters<typeof product.map>[0]) =>
            product.sum(xs, { dims: 1, keepDim: true, divisor: 2 }),
        ]
      ) {
        const options = { secondOrder: true };
        await gradcheck((a, b) => run(a!, b!), shapes, options);
        await gradcheck((a, b) => run(a!, b!), [shapes[0]!, row], options);
        await gradcheck((a, b) => run(a!, b!), [row, shapes[1]!], options);
      }
    }),
  );

  it(
    "can be given",
    clean(() => {
      const straight = fused("straight through", ([x, by]) => ({
        value: call("round", x),
        gradients: (g) => [call("mul", g, by), null],
      }));
      const [x, by] = [leaf([0.4, 1.6]), leaf([2, 3])];
      const y = straight.map([x, by]);
      assertEquals(y.toArraySync(), [0, 2]);
      const gradients = grad(y.sum(), [x, by], { createGraph: true });
      assertEquals(gradients.map((g) => g.toArraySync()), [[2, 3], [0, 0]]);
      // What has no gradient of its own still has one through another's.
      const [again] = grad(gradients[0]!.sum(), by);
      assertEquals(again!.toArraySync(), [1, 1]);
      const mean = straight.sum([x, by], { divisor: 2 });
      assertEquals(grad(mean, x)[0]!.toArraySync(), [1, 1.5]);
    }),
  );

  it(
    "do not look at the side that was not taken",
    clean(() => {
      const safeLog = fused("safeLog", ([x]) => {
        const zero = constant(0, x.dtype);
        return call("select", call("gt", x, zero), call("log", x), zero);
      });
      const x = leaf([0, 2]);
      safeLog.sum([x]).backward();
      assertEquals(x.grad!.toArraySync(), [0, 0.5]);
    }),
  );

  it(
    "pass through changes of float dtype and end at integers",
    clean(() => {
      const through = fused("through", ([x, i]) => {
        const wide = castExpr(x, "float64");
        const whole = castExpr(castExpr(x, "int32"), "float64");
        const number = castExpr(i, "float64");
        return call("add", call("mul", wide, number), whole);
      });
      const x = tensor([1.5, 2.5], { requiresGrad: true });
      const y = through.map([x, tensor([3, 4], { dtype: "int32" })]);
      assertEquals([y.dtype, y.toArraySync()], ["float64", [5.5, 12]]);
      y.sum().backward();
      assertEquals([x.grad!.dtype, x.grad!.toArraySync()], ["float32", [3, 4]]);
    }),
  );
});

/** Where every function of floats is smooth. */
const POINTS: { readonly [N in ScalarFunction]?: readonly number[][] } = {
  pow: [[0.5, 1.5, 2], [2, -1, 0.5]],
  remainder: [[5.3, -4.1, 7], [2, 3, -4.5]],
  atan2: [[0.5, -1, 2], [1, 2, -0.5]],
};
const ONE_SIDED = ["log", "log1p", "log2", "sqrt", "rsqrt", "reciprocal"];

describe("the derivative of a scalar function", () => {
  const names = Object.keys(SCALAR_FUNCTIONS) as ScalarFunction[];
  for (const name of names) {
    const { arity, takes } = SCALAR_FUNCTIONS[name];
    if (takes !== "numbers" && takes !== "floats") continue;
    it(
      `agrees with differences twice: ${name}`,
      clean(async () => {
        const points = POINTS[name] ??
          [
            ONE_SIDED.includes(name) ? [0.3, 1.2, 2.5] : [-1.3, 0.4, 1.7],
            [0.7, -0.9, 0.2],
          ].slice(0, arity);
        const apply = fused(name, (x: readonly Expr[]) => call(name, ...x));
        const inputs = points.map(leaf);
        assert(
          await gradcheck((...xs) => apply.map(xs), inputs, {
            secondOrder: true,
            step: 1e-5,
          }),
        );
      }),
    );
  }

  it(
    "is shared evenly where largest or smallest elements tie",
    clean(() => {
      for (const name of ["max", "min"] as const) {
        const extreme = fused(name, ([a, b]) => call(name, a, b));
        const [a, b] = [leaf([1, 2, 3]), leaf([1, 3, 2])];
        extreme.sum([a, b]).backward();
        const wins = name === "max" ? [0.5, 0, 1] : [0.5, 1, 0];
        assertEquals(a.grad!.toArraySync(), wins);
        assertEquals(b.grad!.toArraySync(), wins.map((x) => 1 - x));
      }
    }),
  );
});

describe("linear", () => {
  const apply = { name: "linear" } as const;

  it(
    "is the product with the transposed weight, plus the bias",
    clean(() => {
      const x = tensor([[1, 2], [3, 4], [5, 6]]);
      const w = tensor([[1, 0], [10, 1]]);
      const b = tensor([0.5, 100]);
      const y = x[APPLY](apply, w, b);
      assertEquals(y.toArraySync(), [[1.5, 112], [3.5, 134], [5.5, 156]]);
      assertEquals(x.select(0, 0)[APPLY](apply, w).toArraySync(), [1, 12]);
      const batch = x.reshape([3, 1, 2])[APPLY](apply, w, b);
      assertEquals(batch.shape, [3, 1, 2]);
      assertEquals(batch.reshape([3, 2]).toArraySync(), y.toArraySync());
    }),
  );

  it(
    "gives the weight a dense gradient",
    clean(() => {
      const x = ones([3, 4]);
      const w = ones([2, 4], { requiresGrad: true });
      x[APPLY](apply, w).sum().backward();
      assertEquals(w.grad!.strides, [4, 1]);
    }),
  );

  it(
    "has gradients of both orders, for vectors, batches and no samples",
    clean(async () => {
      const w = leaf([[1, -0.5, 2], [0.3, 1, -1]]);
      const b = leaf([0.1, -0.2]);
      const rows = leaf([[1, 2, 3], [-1, 0.5, 2]]);
      const curved = (y: ReturnType<typeof leaf>) => y.square();
      for (const x of [rows, leaf([1, 2, 3])]) {
        await gradcheck(
          (x, w, b) => curved(x![APPLY](apply, w!, b!)),
          [x, w, b],
          { secondOrder: true },
        );
      }
      const none = zeros([0, 3], { dtype: "float64" })[APPLY](apply, w, b);
      assertEquals(none.shape, [0, 2]);
      none.sum().backward();
      assertEquals(w.grad!.toArraySync(), [[0, 0, 0], [0, 0, 0]]);
    }),
  );

  it(
    "refuses what does not fit",
    clean(() => {
      const w = ones([2, 3]);
      assertThrows(
        () => ones([5, 4])[APPLY](apply, w),
        ShapeError,
        "Cannot apply a linear layer as the last extent of the input must be the second of the weight: got input [5, 4] and weight [2, 3]",
      );
      assertThrows(() => tensor(1)[APPLY](apply, w), ShapeError);
      assertThrows(
        () => ones([5, 3])[APPLY](apply, w, ones([3])),
        ShapeError,
        "Cannot add a bias of shape [3] to the 2 outputs",
      );
    }),
  );
});
