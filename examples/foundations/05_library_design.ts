/**
 * Lesson 5: how a neural-network library is built.
 *
 *     deno run examples/foundations/05_library_design.ts
 *
 * Lessons 1 to 4 used tensors and left the gradients to hand-written formulas
 * or to the library. This one looks under the bonnet: the graph behind a
 * tensor, updates that stay out of it, formulas that are stable for large
 * numbers, modules and optimizers in a few lines each, weight initialization
 * for deep nets, and operations with several outputs.
 *
 * @module
 */
import {
  arg,
  call,
  scalar,
  updateInPlace,
  type UpdateProgram,
} from "@tenfold/core/backend";
import { EDGE, type Edge } from "@tenfold/core/internal";
import {
  autogradFunction,
  currentBackend,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  zerosLike,
} from "@tenfold/tenfold";
import { check, checkClose, part } from "./_lesson.ts";

console.log(`Lesson 5: the design of a library, on ${currentBackend().name}`);

/** float32 numbers with the fewest digits that tell them apart. */
async function digits(x: Tensor): Promise<string> {
  const texts = [...await x.data()].map((value) => {
    for (let precision = 1; precision <= 9; precision++) {
      const short = Number(value.toPrecision(precision));
      if (Math.fround(short) === value) return String(short);
    }
    return String(value);
  });
  return x.size === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

// ---------------------------------------------------------------------------
part("The graph behind a tensor");
// A tensor that was computed knows its place on the tape: `edge` names the node
// that made it, and the node names the operation and the edges of its inputs.
// Inputs that need no gradient are null, and a tensor that nobody computed is a
// leaf. Walking from edge to edge is all that backward does.

/** What was computed to arrive at a tensor, as a formula. */
function formula(edge: Edge | null): string {
  if (edge === null) return "constant";
  const { name, edges } = edge.node;
  return edges.length === 0
    ? name
    : `${name}(${edges.map((input) => formula(input)).join(", ")})`;
}

{
  using _ = scope();
  const w = tensor([1, 2, 3], { requiresGrad: true });
  const x = tensor([4, 5, 6]);
  const y = w.mul(x).exp().add(w);
  console.log(`w                     ${formula(w[EDGE])}`);
  console.log(`x                     ${formula(x[EDGE])}`);
  console.log(`w.mul(x).exp().add(w) ${formula(y[EDGE])}`);
  check(
    "the graph holds the operations and their inputs",
    formula(y[EDGE]) === "add(exp(mul(leaf, constant)), leaf)",
  );
}

// ---------------------------------------------------------------------------
part("Updates that stay out of the graph");
// One step down a gradient is w - lr g. Written like that with a w that
// requires a gradient, each step is one more operation to differentiate.
{
  using _ = scope();
  let w = tensor([1, 2, 3], { requiresGrad: true });
  const g = tensor([1, 1, 1]);
  const lr = 0.1;
  const leaf = w;
  const before = memory().tensors;
  for (let i = 0; i < 5; i++) w = w.add(g.mul(-lr));
  console.log(`five steps: w = ${await digits(w)}`);
  console.log(`its graph:  ${formula(w[EDGE])}`);
  check(
    "the graph has grown by an addition for each step",
    formula(w[EDGE]).split("add").length - 1 === 5,
  );
  check(
    "and all that was in between is still there",
    memory().tensors > before,
  );

  // detach() is the same memory outside of the tape. What is computed from it
  // is not recorded, and the next step starts from a leaf again.
  const next = w.detach().add(g.mul(-lr));
  console.log(`detached:   w = ${await digits(next)}`);
  check("a detached step has no graph", next[EDGE] === null && next.isLeaf);
  check(
    "the numbers are those of float32",
    await digits(w) === "[0.4999999, 1.4999999, 2.5000005]" &&
      await digits(next) === "[0.39999992, 1.3999999, 2.4000006]",
  );

  // What optimizers do: change the leaf itself, in place, unrecorded.
  noGrad(() => {
    for (let i = 0; i < 6; i++) leaf.add_(g.mul(-lr));
  });
  console.log(`in place:   w = ${await digits(leaf)}`);
  await checkClose(
    "six steps in place arrive at the same place",
    leaf,
    next,
    0,
  );
  check("and w is still the leaf that it was", formula(leaf[EDGE]) === "leaf");
}

// ---------------------------------------------------------------------------
part("Formulas that survive large numbers");
// exp(89) is beyond float32. softmax and log(sum(exp)) are harmless functions
// with harmless results, but their formulas pass through such numbers.

const naiveSoftmax = (x: Tensor) => x.exp().div(x.exp().sum());
const naiveLogsumexp = (x: Tensor) => x.exp().sum().log();

// exp(x - c) = exp(x) / exp(c): a factor that cancels in softmax, and comes out
// of the logarithm as c. With the largest x for c, the largest exponent is 0.
const stableSoftmax = (x: Tensor) => naiveSoftmax(x.sub(x.max()));
const stableLogsumexp = (x: Tensor) => {
  const c = x.max();
  return naiveLogsumexp(x.sub(c)).add(c);
};

for (
  const [values, softmax, logsumexp] of [
    [[100, 100, 101], [0.21194156, 0.21194156, 0.57611688], 101.55144471],
    [[1000, 10000, 100], [0, 1, 0], 10000],
  ] as const
) {
  using _ = scope();
  const x = tensor(values);
  console.log(`x = [${values.join(", ")}]`);
  console.log(`  naive softmax    ${await digits(naiveSoftmax(x))}`);
  console.log(`  stable softmax   ${await digits(stableSoftmax(x))}`);
  console.log(`  naive logsumexp  ${await digits(naiveLogsumexp(x))}`);
  console.log(`  stable logsumexp ${await digits(stableLogsumexp(x))}`);
  check(
    "the naive formulas overflow",
    !(await naiveSoftmax(x).data()).every(Number.isFinite) &&
      !Number.isFinite(await naiveLogsumexp(x).item()),
  );
  await checkClose(
    "the stable ones, and the library's, are right",
    [
      stableSoftmax(x),
      x.softmax(0),
      stableLogsumexp(x),
      x.logsumexp(),
    ],
    [tensor(softmax), tensor(softmax), tensor(logsumexp), tensor(logsumexp)],
    1e-6,
  );
}

// ---------------------------------------------------------------------------
part("Modules");
// A module is an object with parameters somewhere in it. A parameter is a
// tensor with a mark on it, so that modules can tell it from other tensors.
const { Parameter } = nn;
type Parameter = nn.Parameter;

/** The parameters in a value: itself, or those of whatever it consists of. */
function parametersIn(value: unknown): Parameter[] {
  if (value instanceof Parameter) return [value];
  if (value instanceof Module) return value.parameters();
  if (Array.isArray(value)) return value.flatMap(parametersIn);
  if (Object.getPrototypeOf(value ?? 0) === Object.prototype) {
    return Object.values(value as object).flatMap(parametersIn);
  }
  return [];
}

/** The whole of a module system: ask the fields. */
class Module {
  parameters(): Parameter[] {
    return Object.values(this).flatMap(parametersIn);
  }
}

/** y = x s + b. */
class ScaleAdd extends Module {
  s: Parameter;
  b: Parameter;
  constructor(s = 1, b = 0) {
    super();
    this.s = new Parameter(tensor([s]));
    this.b = new Parameter(tensor([b]));
  }
  forward(x: Tensor): Tensor {
    return x.mul(this.s).add(this.b);
  }
}

/** Two ways for x to go; what arrives is added up. */
class MultiPathScaleAdd extends Module {
  path0 = new ScaleAdd();
  path1 = new ScaleAdd();
  forward(x: Tensor): Tensor {
    return this.path0.forward(x).add(this.path1.forward(x));
  }
}

/** (x - y)². It has no parameters, and is a module all the same. */
class L2Loss extends Module {
  forward(x: Tensor, y: Tensor): Tensor {
    const z = x.add(y.mul(-1));
    return z.mul(z);
  }
}

/** Modules in arrays, in objects, and in objects in arrays. */
class Nested extends Module {
  list = [new ScaleAdd(2), new ScaleAdd(3)];
  byName = { left: new MultiPathScaleAdd(), notes: "no parameter" };
  deep = [{ one: new Parameter(ones([2])) }, { other: [new ScaleAdd(4)] }];
}

{
  const values = async (module: Module) =>
    `[${(await Promise.all(module.parameters().map(digits))).join(", ")}]`;
  const paths = new MultiPathScaleAdd();
  console.log(`MultiPathScaleAdd: ${await values(paths)}`);
  check(
    "two modules of two parameters",
    await values(paths) === "[1, 0, 1, 0]",
  );
  const nested = new Nested();
  console.log(`Nested: ${await values(nested)}`);
  check("found in arrays and objects", nested.parameters().length === 11);

  // The library's modules do the same, and know the names as well.
  class Same extends nn.Module<[]> {
    list = [new nn.Linear(2, 3), new nn.Linear(3, 1)];
    byName = { left: new nn.Linear(1, 1, { bias: false }) };
    forward() {
      return ones([]);
    }
  }
  const names = new Same().namedParameters().map(([name]) => name);
  console.log(`the library's: ${names.join(", ")}`);
  check("found by the library with their names", names.length === 5);
}

// ---------------------------------------------------------------------------
part("Optimizers");
// An optimizer has two duties: forget the gradients of the last step, and take
// the next one.

abstract class Optimizer {
  readonly parameters: readonly Parameter[];
  constructor(parameters: readonly Parameter[]) {
    this.parameters = parameters;
  }
  resetGrad(): void {
    for (const p of this.parameters) p.grad = null;
  }
  abstract step(): void;
}

class SGD extends Optimizer {
  readonly lr: number;
  constructor(parameters: readonly Parameter[], { lr }: { lr: number }) {
    super(parameters);
    this.lr = lr;
  }
  step(): void {
    using _ = scope();
    noGrad(() => {
      for (const w of this.parameters) w.add_(w.grad!.mul(-this.lr));
    });
  }
}

// Two paths that both pass 2 on give 4, where 2 was wanted.
const x = tensor([2]);
const y = tensor([2]);
const model = new MultiPathScaleAdd();
const loss = new L2Loss();
const optimizer = new SGD(model.parameters(), { lr: 0.01 });

const losses: string[] = [];
for (let epoch = 0; epoch < 10; epoch++) {
  using _ = scope();
  optimizer.resetGrad();
  const training = loss.forward(model.forward(x), y);
  training.backward();
  optimizer.step();
  losses.push(await digits(training));
  console.log(losses.at(-1));
}
check(
  "ten losses, to the last digit of float32",
  losses.join() === [
    "4",
    "2.5600004",
    "1.6384",
    "1.0485764",
    "0.6710887",
    "0.4294967",
    "0.27487785",
    "0.17592174",
    "0.11258985",
    "0.07205748",
  ].join(),
);

// ---------------------------------------------------------------------------
part("First weights for deep nets");
// Layer by layer, y = W x and then x = max(y, 0). With n inputs and weights of
// variance σ², the variance of y is n σ² E[x²]. Of a y that is symmetric about
// 0, ReLU keeps one half of the squares: E[x²] is half the variance of the y
// before. So the variance stays when n σ² / 2 = 1, which is σ = sqrt(2 / n)
// (He, Zhang, Ren and Sun, 2015).
{
  const [samples, width, depth] = [256, 256, 30];
  manualSeed(5);
  const variances = new Map<string, number[]>();
  for (
    const [name, std] of [
      ["σ = sqrt(1 / n)", Math.sqrt(1 / width)],
      ["σ = sqrt(2 / n)", Math.sqrt(2 / width)],
      ["σ = sqrt(3 / n)", Math.sqrt(3 / width)],
    ] as const
  ) {
    using _ = scope();
    let x = randn([samples, width]);
    const seen: number[] = [];
    for (let layer = 1; layer <= depth; layer++) {
      const y = x.relu().matmul(randn([width, width]).mul(std));
      if (layer % 10 === 0) seen.push(await y.square().mean().item());
      x = y;
    }
    variances.set(name, seen);
    const text = seen.map((v) => v.toPrecision(2).padStart(9));
    console.log(`${name}: variance after 10, 20, 30 layers ${text.join(" ")}`);
  }
  const he = variances.get("σ = sqrt(2 / n)")!;
  check(
    "He's weights keep the variance of 1",
    he.every((v) => v > 0.2 && v < 5),
  );
  check(
    "smaller ones lose it, larger ones blow it up",
    variances.get("σ = sqrt(1 / n)")![2]! < 1e-6 &&
      variances.get("σ = sqrt(3 / n)")![2]! > 1e3,
  );
}

// ---------------------------------------------------------------------------
part("Operations with several results");
// Adding two numbers to x is two operations and reads x twice. One kernel can
// write both results at once. To autograd it is one node with two outputs: each
// result is an edge to the same node with a number of its own, and backward
// gets a gradient for each.

/** Two targets from one input and two run-time scalars: one kernel. */
const addScalars: UpdateProgram = {
  label: "add two scalars",
  inputs: ["float32", "float32", "float32"],
  exprs: [0, 1].map((i) =>
    call("add", arg(2, "float32"), scalar(i, "float32"))
  ),
};

function fusedAddScalars(x: Tensor, c0: number, c1: number): Tensor[] {
  const fused = autogradFunction({
    name: "fusedAddScalars",
    forward(_, x) {
      const results = [zerosLike(x), zerosLike(x)];
      updateInPlace(addScalars, results, [x], [c0, c1]);
      return results;
    },
    backward: (_, g0, g1) => g0.add(g1),
  });
  return fused(x);
}

{
  using _ = scope();
  const x = tensor([1], { requiresGrad: true });
  const z = fusedAddScalars(x, 1, 2);
  const [v0, v1] = z as [Tensor, Tensor];
  console.log(
    `fusedAddScalars([1], 1, 2) = ${await digits(v0)}, ${await digits(v1)}`,
  );
  for (const [i, v] of z.entries()) {
    console.log(
      `result ${i}: output ${v[EDGE]!.output} of ${formula(v[EDGE])}`,
    );
  }
  check("one node made both", v0[EDGE]!.node === v1[EDGE]!.node);

  v0.mul(3).add(v1.mul(v1)).backward();
  console.log(`3 v0 + v1² has the gradient ${await digits(x.grad!)} by x`);
  // 3 by way of v0, 2 v1 = 6 by way of v1.
  check("gradients flow through both", await x.grad!.item() === 9);

  x.grad = null;
  const [, only] = fusedAddScalars(x, 1, 2);
  only!.mul(5).backward();
  check("or through one alone", await x.grad!.item() === 5);
}
