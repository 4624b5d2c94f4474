import { assert, assertEquals, assertThrows } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  type DType,
  DTypeError,
  fused,
  grad,
  isFloating,
  promote,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import {
  call,
  castExpr,
  constant,
  floatOf,
  indexAlong,
} from "@tenfold/core/backend";
import { functional } from "@tenfold/nn";
import { clean, dtypesOf, onEachBackend, read } from "./_testing.ts";

/** Value and gradient by `x` of a loss, whatever its shape. */
async function valueAndGradient(
  x: Tensor,
  loss: (x: Tensor) => Tensor,
): Promise<unknown> {
  const y = loss(x);
  const [gradient] = grad(y.sum(), [x]);
  return [await read(y), await read(gradient!)];
}

type Loss = (
  x: Tensor,
  target: Tensor,
  options?: functional.ReductionOptions,
) => Tensor;

const LOSSES: { readonly [name: string]: Loss } = {
  mseLoss: functional.mseLoss,
  l1Loss: functional.l1Loss,
  huberLoss: (x, target, options) =>
    functional.huberLoss(x, target, { delta: 0.4, ...options }),
  binaryCrossEntropy: functional.binaryCrossEntropy,
  binaryCrossEntropyWithLogits: functional.binaryCrossEntropyWithLogits,
};

onEachBackend("losses", (backend) => {
  const dtypes = dtypesOf(backend);

  for (const [name, loss] of Object.entries(LOSSES)) {
    it(
      `${name} takes targets of every dtype as it takes floats`,
      clean(async () => {
        for (const dtype of dtypes) {
          for (const reduction of ["none", "mean", "sum"] as const) {
            const target = tensor([1, 0, 1], { dtype });
            const due = target.cast(promote("float32", dtype));
            const x = tensor([0.25, 0.625, 1], { requiresGrad: true });
            const of = (t: Tensor) => (x: Tensor) => loss(x, t, { reduction });
            assertEquals(
              await valueAndGradient(x, of(target)),
              await valueAndGradient(x, of(due)),
              `${dtype}, ${reduction}`,
            );
          }
        }
      }),
    );

    it(
      `${name} takes predictions of whole numbers as floats`,
      clean(async () => {
        for (const reduction of ["none", "mean", "sum"] as const) {
          const x = tensor([1, 0, 1], { dtype: "int32" });
          const target = tensor([1, 1, 0], { dtype: "int32" });
          assertEquals(
            await read(loss(x, target, { reduction })),
            await read(loss(x.cast("float32"), target, { reduction })),
          );
        }
      }),
    );
  }

  it(
    "of targets of whole numbers are what PyTorch gives for floats",
    clean(async () => {
      const x = tensor([0.5, 0.25], { requiresGrad: true });
      for (const dtype of ["int32", "bool"] as const) {
        const target = tensor([1, 0], { dtype });
        const huber = functional.huberLoss(x, target);
        assertEquals(await read(huber), ["float32", [0.078125]]);
        assertEquals(await read(grad(huber, [x])[0]!), [
          "float32",
          [-0.25, 0.125],
        ]);
        const squares = functional.mseLoss(x, target, { reduction: "none" });
        assertEquals(await read(squares), ["float32", [0.25, 0.0625]]);
        const errors = functional.l1Loss(x, target, { reduction: "none" });
        assertEquals(await read(errors), ["float32", [0.5, 0.25]]);
      }
    }),
  );

  it(
    "of classes take weights of another float dtype; gradients keep that of the logits",
    clean(async () => {
      const index = tensor([2, 0, 1], { dtype: "int32" });
      const logits = [[0.5, -1, 2], [0.25, 1, -0.5], [3, 0, 1]];
      const floats = dtypes.filter(isFloating);
      for (const mine of floats) {
        for (const theirs of floats) {
          for (const labelSmoothing of [0, 0.25]) {
            const weight = tensor([0.5, 1, 2], { dtype: theirs });
            const options = { weight, labelSmoothing };
            const x = tensor(logits, { dtype: mine, requiresGrad: true });
            const loss = functional.crossEntropy(x, index, options);
            assertEquals(loss.dtype, promote(mine, theirs));
            const [gradient] = grad(loss, [x]);
            assertEquals(gradient!.dtype, mine);
            const same = { weight: weight.cast(mine), labelSmoothing };
            const [due] = grad(functional.crossEntropy(x, index, same), [x]);
            const [a, b] = [await gradient!.data(), await due!.data()];
            const near = mine === "float16" ? 2e-4 : 1e-7;
            a.forEach((value, i) => assert(Math.abs(value - b[i]!) < near));
          }
        }
      }
    }),
  );

  it(
    "of classes ignore an index that float32 cannot hold",
    clean(async () => {
      const big = 2 ** 24 + 1;
      const index = tensor([big, 1], { dtype: "int32" });
      const x = zeros([2, 2], { requiresGrad: true });
      const loss = functional.crossEntropy(x, index, { ignoreIndex: big });
      const [gradient] = grad(loss, [x]);
      assertEquals((await read(gradient!))[1], [0, 0, 0.5, -0.5]);
    }),
  );
});

/** Functions of one tensor of floats, which take whole numbers as such. */
const FLOATS: { readonly [name: string]: (x: Tensor) => Tensor } = {
  softplus: (x) => functional.softplus(x, { beta: 0.5 }),
  gelu: (x) => functional.gelu(x, { approximate: "tanh" }),
  softmax: (x) => functional.softmax(x, -1),
  layerNorm: (x) =>
    functional.layerNorm(x, null, null, { normalizedShape: [2] }),
  attention: (x) => functional.scaledDotProductAttention(x, x, x),
  "causal attention": (x) =>
    functional.scaledDotProductAttention(x, x, x, { isCausal: true }),
  avgPool2d: (x) => functional.avgPool2d(x, { kernelSize: 2 }),
  linear: (x) => functional.linear(x, tensor([[0.5, -0.25]])),
  conv2d: (x) => functional.conv2d(x, tensor([[[[0.5, -0.25]]]])),
  batchNorm: (x) => functional.batchNorm(x, null, null, { training: true }),
};

onEachBackend("functions of floats", () => {
  for (const [name, fn] of Object.entries(FLOATS)) {
    it(
      `${name} takes whole numbers and bools as float32`,
      clean(async () => {
        for (const dtype of ["int32", "bool"] as const) {
          const whole = tensor([[[[1, 0], [2, 3]]], [[[0, 1], [1, 0]]]], {
            dtype,
          });
          assertEquals(
            await read(fn(whole)),
            await read(fn(whole.cast("float32"))),
            dtype,
          );
        }
      }),
    );
  }

  it(
    "attention of large whole numbers does not wrap",
    clean(async () => {
      const x = tensor([[60000, 60000]], { dtype: "int32" });
      const keys = tensor([[60000, 60000], [-60000, 0]], { dtype: "int32" });
      const values = tensor([[1], [2]]);
      const y = functional.scaledDotProductAttention(x, keys, values);
      assertEquals(await read(y), ["float32", [1]]);
    }),
  );

  it(
    "attention adds masks of numbers and looks where masks of bools say",
    clean(async () => {
      const x = tensor([[1, 0], [0, 1]], { dtype: "int32" });
      const look = tensor([[true, false], [true, true]]);
      const added = tensor([[0, -30000], [0, 0]], { dtype: "int32" });
      for (const isCausal of [false, true]) {
        const by = (mask: Tensor) =>
          read(
            functional.scaledDotProductAttention(x, x, x, { mask, isCausal }),
          );
        assertEquals(await by(look), await by(added));
      }
    }),
  );
});

const formula = fused(
  "formula",
  ([a, b, c]) =>
    call("add", call("mul", a, b), call("sub", c, constant(0.5, c.dtype))),
);

onEachBackend("a fused function", (backend) => {
  const dtypes = dtypesOf(backend);

  it(
    "promotes its numbers, whichever dtypes they have",
    clean(async () => {
      for (const a of dtypes) {
        for (const b of dtypes) {
          for (const c of dtypes) {
            const given = [a, b, c].map((dtype) =>
              tensor([0, 1, 1], { dtype })
            );
            const due = [a, b, c].map((d): DType => floatOf(d)).reduce(promote);
            assertEquals(
              await read(formula.map(given)),
              [due, [-0.5, 1.5, 1.5]],
              `${a}, ${b}, ${c}`,
            );
            assertEquals(await read(formula.sum(given)), [due, [2.5]]);
          }
        }
      }
    }),
  );

  it(
    "keeps indices and masks as they are, and refuses other indices",
    clean(async () => {
      const pick = fused("pick", ([x, i, m]) => {
        assertEquals([i.dtype, m.dtype], ["int32", "bool"]);
        const here = call("eq", i, indexAlong(0));
        return call("select", call("and", here, m), x, constant(0, x.dtype));
      }, { inputs: ["number", "int32", "mask"] });
      const x = tensor([5, 6, 7]);
      const i = tensor([0, 2, 2], { dtype: "int32" });
      const m = tensor([true, true, true]);
      assertEquals(await read(pick.map([x, i, m])), ["float32", [5, 0, 7]]);
      assertThrows(
        () => pick.map([x, x, m]),
        DTypeError,
        'Cannot compute pick as input 1 must be int32: got float32, cast it with cast("int32")',
      );
    }),
  );

  it(
    "passes numbers as int32 where it says so",
    clean(async () => {
      const above = fused(
        "above",
        ([i], [limit]) => castExpr(call("gt", i, limit), "float32"),
        {
          inputs: ["int32"],
          scalars: ["int32"],
        },
      );
      const i = tensor([2 ** 24, 2 ** 24 + 1], { dtype: "int32" });
      assertEquals(await read(above.map([i], [2 ** 24])), ["float32", [0, 1]]);
    }),
  );

  it(
    "refuses expressions that mix dtypes, numbers that are none, and too few",
    clean(async () => {
      const mixed = fused("mixed", ([x]) => call("add", x, indexAlong(0)));
      const scaled = fused("scaled", ([x], [by]) => call("mul", x, by), {
        scalars: 1,
      });
      const x = zeros([2]);
      assertThrows(
        () => mixed.map([x]),
        DTypeError,
        "Cannot call add as its operands must share a dtype: got float32 and int32",
      );
      assertThrows(
        () => scaled.map([x]),
        TypeError,
        "Cannot compute scaled with 0 run-time scalars: it takes 1",
      );
      assertThrows(
        () => scaled.map([x], ["2" as unknown as number]),
        TypeError,
        'Cannot compute scaled as run-time scalar 0 must be a number: got "2"',
      );
      assertThrows(
        () => scaled.map([2 as unknown as Tensor], [2]),
        TypeError,
        "Cannot compute scaled as input 0 is not a tensor: got 2",
      );
      await Promise.resolve();
    }),
  );
});

const product = fused("product", ([a, b]) => call("mul", a, b));

onEachBackend("gradients of mixed dtypes", (backend) => {
  it(
    "have the dtype of their inputs",
    clean(async () => {
      const floats = dtypesOf(backend).filter(isFloating);
      for (const mine of floats) {
        for (const theirs of dtypesOf(backend)) {
          const x = tensor([1, 0.25], { dtype: mine, requiresGrad: true });
          const other = tensor([1, 0], { dtype: theirs });
          for (const y of [product.map([x, other]), x.mul(other)]) {
            const [gradient] = grad(y.sum(), [x], { createGraph: true });
            assertEquals(await read(gradient!), [mine, [1, 0]]);
          }
        }
      }
    }),
  );

  it(
    "take the gradient that is passed in any float dtype",
    clean(async () => {
      for (const dtype of dtypesOf(backend).filter(isFloating)) {
        const x = tensor([1, 2], { requiresGrad: true });
        const y = product.map([x, tensor([3, 4])]);
        const gradOutputs = [tensor([2, 0.5], { dtype })];
        const [gradient] = grad(y, [x], { gradOutputs });
        assertEquals(await read(gradient!), ["float32", [6, 2]]);
        if (dtype === "float32") continue;
        assertThrows(
          () => x.grad = tensor([1, 2], { dtype }),
          DTypeError,
          `Cannot set the gradient as its dtype differs: got ${dtype}`,
        );
      }
    }),
  );

  if (!backend.dtypes.includes("float64")) return;

  it(
    "are rounded once, at their end, to the second order",
    clean(async () => {
      const [third, b64] = [1 / 3, 3.3333333333333335];
      const wide = { dtype: "float64", requiresGrad: true } as const;
      const a = tensor([0.7], { requiresGrad: true });
      const b = tensor([b64], wide);
      const v = tensor([third], wide);
      for (const y of [product.map([a, b]), product.sum([a, b]), a.mul(b)]) {
        const gradOutputs = [v.reshape(y.shape)];
        const [ga] = grad(y, [a], { createGraph: true, gradOutputs });
        assertEquals(await read(ga!), [
          "float32",
          [Math.fround(third * b64)],
        ]);
        const [gb] = grad(ga!.mul(tensor([0.3])), [b]);
        assertEquals(await read(gb!), ["float64", [
          Math.fround(0.3) * third,
        ]]);
      }
    }),
  );

  it(
    "of the second order are those of float64 where one input is float32",
    clean(async () => {
      const curve = fused(
        "curve",
        ([a, b]) => call("mul", call("exp", call("mul", a, b)), call("sin", a)),
      );
      const at = (dtype: DType) => ({ dtype, requiresGrad: true } as const);
      const hessian = (a: Tensor, b: Tensor) => {
        const [ga, gb] = grad(curve.sum([a, b]), [a, b], { createGraph: true });
        const rows = grad(ga!.sum().add(gb!.sum().mul(2)), [a, b]);
        return Promise.all(rows.map(async (row) => [...await row.data()]));
      };
      const values = [0.5, -0.25, 1.5];
      const mixed = await hessian(
        tensor(values, at("float32")),
        tensor([0.3, 0.7, -0.2], at("float64")),
      );
      const due = await hessian(
        tensor(values, at("float64")),
        tensor([0.3, 0.7, -0.2], at("float64")),
      );
      mixed.forEach((row, i) =>
        row.forEach((value, k) => {
          const off = Math.abs(value - due[i]![k]!);
          // The row of the float32 input is rounded to it, the other is not.
          assert(off <= (i === 0 ? 4e-7 : 1e-12), `${i} ${k}: ${off}`);
        })
      );
    }),
  );
});
