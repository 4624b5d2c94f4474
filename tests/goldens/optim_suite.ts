/**
 * Compares optimizers, clipping and schedules with PyTorch, on one backend.
 *
 * @module
 */
import { type Backend, cat, scope, type Tensor, tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { functional, Parameter } from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { close, compareTensor, GRADIENTS, VALUES } from "./compare.ts";
import { onBackend, type Runner, testCases } from "./harness.ts";
import { decodeArguments, refusesFloat64, toTensor } from "./operation.ts";
import { decode, readFigures, type TensorFigure } from "./read.ts";
import { OPTIMIZERS, SCHEDULES } from "./surface.ts";

type Options = Readonly<Record<string, unknown>>;

/** The path of parameters over 20 steps of an optimizer. */
export interface OptimizerCase {
  readonly optimizer: string;
  readonly options: Options;
  readonly groups: readonly {
    readonly params: readonly TensorFigure[];
    readonly options: Options;
  }[];
  readonly problem: keyof typeof PROBLEMS;
  readonly given: readonly TensorFigure[];
  /** For each parameter, its values after each step. */
  readonly path: readonly TensorFigure[];
  readonly losses: TensorFigure;
}

/** Gradients before and after clipping. */
interface ClipCase {
  readonly clip: string;
  readonly limit: number;
  readonly options: Options;
  readonly grads: readonly TensorFigure[];
  readonly total?: TensorFigure;
  readonly out: readonly TensorFigure[];
}

/** The learning rates of two parameter groups over 25 steps. */
export interface ScheduleCase {
  readonly scheduler: string;
  readonly options: Options;
  readonly optimizer: string;
  readonly lrs: readonly (readonly number[])[];
  readonly momenta?: readonly (readonly number[])[];
  readonly metrics?: readonly number[];
}

/** What the figures need of an optimizer, whatever its class. */
interface AnyOptimizer {
  step(closure?: () => Tensor): unknown;
  zeroGrad(): void;
  readonly paramGroups: readonly Options[];
}

const classes = optim as unknown as Readonly<
  Record<string, new (...args: unknown[]) => unknown>
>;

/** The losses that the figures minimize, as `tests/goldens/generators/optimizers.py`. */
const PROBLEMS = {
  fixed: (params: Tensor[], given: Tensor[]): Tensor =>
    total(params.map((p, k) => p.mul(given[k]!).sum())),
  quadratic: (params: Tensor[], given: Tensor[]): Tensor =>
    total(
      params.map((p, k) =>
        given[2 * k]!.mul(p.sub(given[2 * k + 1]!).square()).sum().div(2)
      ),
    ),
  rosenbrock: (params: Tensor[]): Tensor => {
    const p = cat(params.map((p) => p.flatten()));
    const [a, b] = [p.narrow(0, 0, p.size - 1), p.narrow(0, 1, p.size - 1)];
    return b.sub(a.square()).square().mul(100).add(a.sub(1).square()).sum();
  },
  sparse: ([table]: Tensor[], [index, factors]: Tensor[]): Tensor => {
    const rows = functional.embedding(index!, table!, {
      paddingIdx: PADDING,
      sparse: true,
    });
    return rows.mul(factors!).sum().add(rows.square().sum().mul(0.1));
  },
  mlp: (params: Tensor[], given: Tensor[]): Tensor => {
    const [w1, b1, w2, b2] = params;
    const [x, y] = given;
    return x!.matmul(w1!.t()).add(b1!).tanh().matmul(w2!.t()).add(b2!)
      .sub(y!).square().mean();
  },
};

/** The row of the table of the figures that gets no gradient. */
const PADDING = 4;

const total = (terms: Tensor[]): Tensor => terms.reduce((a, b) => a.add(b));

const [optimizers, clipping, schedules, sparse] = await Promise.all([
  readFigures<OptimizerCase>("optimizers"),
  readFigures<ClipCase>("clipping"),
  readFigures<ScheduleCase>("schedules"),
  readFigures<OptimizerCase>("sparse"),
]);

/**
 * Declares the tests of `@tenfold/optim`.
 *
 * @param runner The test runner's functions.
 * @param backend The backend, or the name of a registered one.
 */
export function optimGoldens(runner: Runner, backend: Backend | string): void {
  onBackend(runner, "Goldens of optim", backend, () => {
    runner.describe("trajectories", () => {
      testCases(
        runner,
        [...optimizers.cases, ...sparse.cases],
        (c) => `${c.optimizer}, ${c.problem}`,
        (figures) => checkTrajectory(figures),
      );
    });
    runner.describe("trajectories of compiled steps", () => {
      testCases(
        runner,
        optimizers.cases,
        (c) => `${c.optimizer}, ${c.problem}`,
        async (figures) => {
          using disposables = new DisposableStack();
          return await checkTrajectory(
            figures,
            (step) => disposables.use(compile(step)),
          );
        },
      );
    });
    runner.describe("clipping", () => {
      testCases(runner, clipping.cases, (c) => c.clip, checkClipping);
    });
    runner.describe("schedules", () => {
      testCases(runner, schedules.cases, (c) => c.scheduler, checkSchedule);
    });
    runner.it("every optimizer and schedule has figures", () => {
      const covered = new Set([
        ...[...optimizers.cases, ...sparse.cases].map((c) => c.optimizer),
        ...schedules.cases.map((c) => c.scheduler),
      ]);
      const bare = [...OPTIMIZERS, ...SCHEDULES].filter((name) =>
        !covered.has(name)
      );
      if (bare.length > 0) throw new Error(`No figures: ${bare.join(", ")}`);
      return Promise.resolve();
    });
  });
}

function construct<T>(name: string, ...args: unknown[]): T {
  const Class = classes[name];
  if (Class === undefined) throw new TypeError(`optim has no ${name}`);
  return new Class(...args) as T;
}

/** One step of training on what the problem is given. */
type TrainingStep = (...given: Tensor[]) => Tensor;

/** A function that figures give by its base: `step => base ** step`. */
const power = (base: unknown) =>
  Array.isArray(base)
    ? base.map((one: number) => (step: number) => one ** step)
    : (step: number) => (base as number) ** step;

/** A schedule, with those that it is made of. */
function makeSchedule(
  name: string,
  optimizer: AnyOptimizer,
  options: Options,
): { step(metric?: number): void } {
  const { lrLambda, scaleFn, schedulers } = options;
  const parts = (schedulers as [string, Options][] | undefined)
    ?.map(([name, options]) => makeSchedule(name, optimizer, options));
  if (name === "ChainedScheduler") return construct(name, parts);
  const made = {
    ...options,
    ...lrLambda !== undefined && { lrLambda: power(lrLambda) },
    ...scaleFn !== undefined && { scaleFn: power(scaleFn) },
    ...parts && { schedulers: parts },
  };
  const given = Object.keys(made).length > 0 ? [made] : [];
  return construct(name, optimizer, ...given);
}

/** Takes the 20 steps and compares the parameters after each. */
export async function checkTrajectory(
  figures: OptimizerCase,
  prepare: (step: TrainingStep) => TrainingStep = (step) => step,
): Promise<string[]> {
  const [some] = figures.path;
  if (refusesFloat64(some, () => void toTensor(some!))) return [];
  const groups = figures.groups.map(({ params, options }) => ({
    params: params.map((p) => new Parameter(toTensor(p))),
    ...options,
  }));
  const params: Tensor[] = groups.flatMap((group) => group.params);
  const single = groups.length === 1 && Object.keys(groups[0]!).length === 1;
  const optimizer = construct<AnyOptimizer>(
    figures.optimizer,
    single ? params : groups,
    ...Object.keys(figures.options).length > 0 ? [figures.options] : [],
  );
  const given = figures.given.map((t) => toTensor(t));
  const path = figures.path.map((t) => toTensor(t));
  const losses = decode(figures.losses).data;
  // One that evaluates the loss several times takes what precedes its step.
  const evaluates = figures.optimizer === "LBFGS";
  const train = prepare((...given) => {
    optimizer.zeroGrad();
    const loss = PROBLEMS[figures.problem](params, given);
    loss.backward();
    if (!evaluates) optimizer.step();
    return loss;
  });
  for (let step = 0; step < losses.length; step++) {
    using _ = scope();
    const now = figures.problem === "fixed" || figures.problem === "sparse"
      ? given.map((t) => t.select(0, step))
      : given;
    const value = evaluates
      ? await optimizer.step(() => train(...now))
      : await train(...now).item();
    if (!close(Number(value), losses[step]!, GRADIENTS)) {
      return [`loss ${value} instead of ${losses[step]} in step ${step}`];
    }
    for (const [k, p] of params.entries()) {
      const expected = path[k]!.select(0, step);
      const problem = await compareTensor(p, {
        shape: expected.shape,
        dtype: p.dtype,
        data: await expected.data(),
      }, GRADIENTS);
      if (problem !== null) {
        return [`parameter ${k} after step ${step}: ${problem}`];
      }
    }
  }
  return [];
}

/** Gives parameters the gradients of the figures, clips, and compares. */
async function checkClipping(figures: ClipCase): Promise<string[]> {
  const problems: string[] = [];
  const params = figures.grads.map((g) => {
    const wanted = toTensor(g);
    const p = new Parameter(tensor(new Float32Array(wanted.size), {
      shape: [...wanted.shape],
    }));
    p.mul(wanted).sum().backward();
    return p;
  });
  const { values: [options] } = decodeArguments([figures.options]);
  const functions = optim as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  const clip = functions[figures.clip];
  if (clip === undefined) return [`optim has no ${figures.clip}`];
  const norm = await clip(
    params,
    figures.limit,
    ...Object.keys(figures.options).length > 0 ? [options] : [],
  );
  if (figures.total) {
    const found = typeof norm === "number"
      ? norm
      : Number(await (norm as Tensor).item());
    const expected = decode(figures.total).data[0]!;
    if (!close(found, expected, VALUES)) {
      problems.push(`norm ${found} instead of ${expected}`);
    }
  }
  for (const [k, p] of params.entries()) {
    const problem = await compareTensor(
      p.grad!,
      decode(figures.out[k]!),
      VALUES,
    );
    if (problem !== null) problems.push(`gradient ${k}: ${problem}`);
  }
  return problems;
}

/** Compares the learning rates (and momenta) before and after each step. */
export function checkSchedule(figures: ScheduleCase): Promise<string[]> {
  const parameter = () => new Parameter(tensor([0]));
  const groups = [
    { params: [parameter()] },
    { params: [parameter()], lr: 0.02 },
  ];
  const optimizer = construct<AnyOptimizer>(
    figures.optimizer,
    groups,
    figures.optimizer === "SGD" ? { lr: 0.1, momentum: 0.9 } : { lr: 0.1 },
  );
  const scheduler = makeSchedule(
    figures.scheduler,
    optimizer,
    figures.options,
  );
  const problems: string[] = [];
  for (const [step, lrs] of figures.lrs.entries()) {
    if (step > 0) {
      optimizer.step();
      if (figures.metrics) scheduler.step(figures.metrics[step - 1]!);
      else scheduler.step();
    }
    const compare = (what: string, found: unknown, expected: number) => {
      if (!close(Number(found), expected, { rtol: 1e-9, atol: 1e-12 })) {
        problems.push(
          `${what} ${found} instead of ${expected} after ${step} steps`,
        );
      }
    };
    for (const [k, group] of optimizer.paramGroups.entries()) {
      compare(`rate of group ${k}`, group.lr, lrs[k]!);
      const momentum = figures.momenta?.[step]?.[k];
      if (momentum === undefined) continue;
      const betas = group.betas as readonly number[] | undefined;
      compare(
        `momentum of group ${k}`,
        betas?.[0] ?? group.momentum,
        momentum,
      );
    }
    if (problems.length > 0) break;
  }
  return Promise.resolve(problems);
}
