import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  cat,
  type DType,
  einsum,
  grad,
  isFloating,
  type Shape,
  stack,
  type Tensor,
  tensor,
  where,
} from "@tenfold/core";
import { floatOf, sizeOf } from "@tenfold/core/backend";
import { functional as F } from "@tenfold/nn";
import { clean, dtypesOf, onEachBackend } from "./_testing.ts";

/** As many as a function takes; what is behind them is not there. */
type Operands = [Tensor, Tensor, Tensor, Tensor];
type Operation = (...operands: Operands) => Tensor;

const classes = () => tensor([0, 2], { dtype: "int32" });

/** Functions with the shapes of their operands. */
const FUNCTIONS: readonly (readonly [string, readonly Shape[], Operation])[] = [
  ["add", [[4], [4]], (a, b) => a.add(b.mul(1))],
  ["div", [[4], [4]], (a, b) => a.div(b.add(1))],
  ["pow", [[4], [4]], (a, b) => a.add(1).pow(b)],
  ["atan2", [[4], [4]], (a, b) => a.atan2(b.add(1))],
  ["hypot", [[4], [4]], (a, b) => a.hypot(b.add(1))],
  ["maximum", [[4], [4]], (a, b) => a.maximum(b)],
  ["clamp", [[4], [4], [4]], (a, b, c) => a.clamp({ min: b, max: c })],
  ["where", [[4], [4], [4]], where],
  ["cat", [[2, 2], [1, 2]], (a, b) => cat([a, b])],
  ["stack", [[2, 2], [2, 2]], (a, b) => stack([a, b])],
  ["matmul", [[2, 3], [3, 2]], (a, b) => a.matmul(b)],
  [
    "matmul with a bias",
    [[2, 3], [3, 2], [2]],
    (a, b, bias) => a.matmul(b, { bias }),
  ],
  ["dot", [[4], [4]], (a, b) => a.dot(b)],
  ["outer", [[4], [3]], (a, b) => a.outer(b)],
  ["einsum", [[2, 3], [3, 2]], (a, b) => einsum("ij,jk->ik", a, b)],
  ["linear", [[2, 3], [4, 3], [4]], (x, w, b) => F.linear(x, w, b)],
  [
    "conv2d",
    [[1, 2, 3, 3], [2, 2, 2, 2], [2]],
    (x, w, b) => F.conv2d(x, w, b),
  ],
  ["layerNorm", [[2, 4], [4], [4]], (x, w, b) => F.layerNorm(x, w, b)],
  [
    "batchNorm",
    [[3, 2], [2], [2]],
    (x, w, b) => F.batchNorm(x, w, b, { training: true }),
  ],
  [
    "attention",
    [[2, 3], [4, 3], [4, 2]],
    (q, k, v) => F.scaledDotProductAttention(q, k, v),
  ],
  ["mseLoss", [[4], [4]], (x, t) => F.mseLoss(x, t)],
  ["l1Loss", [[4], [4]], (x, t) => F.l1Loss(x, t, { reduction: "none" })],
  ["huberLoss", [[4], [4]], (x, t) => F.huberLoss(x, t, { delta: 1.5 })],
  [
    "binaryCrossEntropyWithLogits",
    [[4], [4], [4], [4]],
    (x, t, weight, posWeight) =>
      F.binaryCrossEntropyWithLogits(x, t, { weight, posWeight }),
  ],
  [
    "crossEntropy of classes",
    [[2, 3], [3]],
    (x, weight) => F.crossEntropy(x, classes(), { weight }),
  ],
  [
    "nllLoss",
    [[2, 3], [3]],
    (x, weight) => F.nllLoss(x, classes(), { weight, ignoreIndex: 0 }),
  ],
  ["avgPool2d", [[1, 1, 3, 3]], (x) => F.avgPool2d(x, { kernelSize: 2 })],
  [
    "adaptiveAvgPool2d",
    [[1, 1, 5, 5]],
    (x) => F.adaptiveAvgPool2d(x, { outputSize: 3 }),
  ],
  ["maxPool2d", [[1, 1, 3, 3]], (x) => F.maxPool2d(x, { kernelSize: 2 })],
  ["embedding", [[3, 2]], (x) => F.embedding(classes(), x)],
  ["gelu", [[4]], (x) => F.gelu(x, { approximate: "tanh" })],
  ["softplus", [[4]], (x) => F.softplus(x, { beta: 2 })],
  ["elu", [[4]], (x) => x.elu(0.5)],
  ["std", [[4]], (x) => x.std()],
  ["norm of p 3", [[4]], (x) => x.norm(0, { p: 3 })],
  ["norm of p 1", [[4]], (x) => x.norm(0, { p: 1 })],
  ["norm of p 0", [[4]], (x) => x.norm(0, { p: 0 })],
  ["norm of p ∞", [[4]], (x) => x.norm(0, { p: Infinity })],
  ["logsumexp", [[4]], (x) => x.logsumexp()],
  ["softmax", [[4]], (x) => x.softmax(0)],
  ["mean", [[4]], (x) => x.mean()],
  ["prod", [[4]], (x) => x.prod()],
];

const VALUES = [1, 2, 0, 3, 2, 1, 1, 0, 2, 1, 3, 0, 1];

/** A tensor of small whole numbers, which every dtype holds but bool. */
function operand(shape: Shape, dtype: DType, turn: number): Tensor {
  const values = Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => VALUES[(7 * i + turn) % VALUES.length]!,
  );
  const x = tensor(values, { shape }).cast(dtype);
  return isFloating(dtype) ? x.detach().requiresGrad_() : x;
}

/** All lists of `count` of the dtypes. */
const combinations = (dtypes: readonly DType[], count: number): DType[][] =>
  count === 0
    ? [[]]
    : combinations(dtypes, count - 1).flatMap((list) =>
      dtypes.map((dtype) => [...list, dtype])
    );

/** Each dtype once in every place, beside others. */
const rotations = (dtypes: readonly DType[], count: number): DType[][] =>
  dtypes.map((_, turn) =>
    Array.from(
      { length: count },
      (_, i) => dtypes[(turn + i) % dtypes.length]!,
    )
  );

async function assertClose(
  got: Tensor,
  due: Tensor,
  what: string,
  tolerance: number,
): Promise<void> {
  assertEquals(got.shape, due.shape, what);
  const [a, b] = [await got.data(), await due.data()];
  a.forEach((value, i) => {
    const off = Math.abs(value - b[i]!);
    assert(
      off <= tolerance * Math.max(1, Math.abs(b[i]!)) || Object.is(value, b[i]),
      `${what}: ${a} and ${b}`,
    );
  });
}

const squares = (gradients: readonly Tensor[]) =>
  gradients.map((g) => g.mul(g).sum()).reduce((a, b) => a.add(b));

onEachBackend("any mix of dtypes", (backend) => {
  const dtypes = dtypesOf(backend);
  const widest: DType = dtypes.includes("float64") ? "float64" : "float32";
  // Shaders are compiled one by one, on a processor slowly.
  const mixesOf = (count: number): DType[][] =>
    backend.readSync && count < 4
      ? combinations(dtypes, count)
      : rotations(dtypes, count);

  for (const [name, shapes, run] of FUNCTIONS) {
    it(
      `gives ${name} the value and the gradients of the widest float`,
      clean(async () => {
        for (const mix of mixesOf(shapes.length)) {
          const what = `${name} of ${mix.join(", ")}`;
          // Half precision on the way: four steps, in second derivatives sixteen.
          const near = mix.includes("float16") ? 2 ** -8 : 2e-4;
          const far = mix.includes("float16") ? 2 ** -6 : 2e-4;
          const given = mix.map((dtype, i) => operand(shapes[i]!, dtype, i));
          const wide = given.map((x) => {
            const y = x.detach().cast(widest);
            return x.requiresGrad ? y.requiresGrad_() : y;
          });
          const [y, due] = [given, wide].map((xs) => run(...xs as Operands));
          await assertClose(y!, due!, what, near);
          const xs = given.filter((x) => x.requiresGrad);
          if (!y!.requiresGrad) continue;
          const ws = wide.filter((x) => x.requiresGrad);
          const first = grad(y!.sum(), xs, { createGraph: true });
          const firstDue = grad(due!.sum(), ws, { createGraph: true });
          for (const [i, g] of first.entries()) {
            assertEquals(g.dtype, xs[i]!.dtype, what);
            await assertClose(
              g,
              firstDue[i]!,
              `gradient ${i} of ${what}`,
              near,
            );
          }
          if (!backend.readSync) continue;
          const curved = first.filter((g) => g.requiresGrad);
          if (curved.length === 0) continue;
          const second = grad(squares(curved), xs);
          const secondDue = grad(
            squares(firstDue.filter((_, i) => first[i]!.requiresGrad)),
            ws,
          );
          for (const [i, g] of second.entries()) {
            assertEquals(g.dtype, xs[i]!.dtype, what);
            await assertClose(g, secondDue[i]!, `second ${i} of ${what}`, far);
          }
        }
      }),
    );
  }

  it(
    "gives results of float dtypes where a function gives floats",
    clean(async () => {
      for (const dtype of dtypes) {
        const x = operand([1, 1, 5, 5], dtype, 0);
        for (
          const y of [
            x.norm(0, { p: 0 }),
            x.norm(0, { p: 1 }),
            x.norm(0, { p: -Infinity }),
            F.avgPool2d(x, { kernelSize: 2 }),
            F.adaptiveAvgPool2d(x, { outputSize: 3 }),
          ]
        ) {
          assertEquals(y.dtype, floatOf(dtype));
        }
      }
      await Promise.resolve();
    }),
  );
});
