/**
 * The part of `@std/testing/bdd` that our tests use, for machines that cannot
 * reach JSR, for Bun and for Node. Suites are recorded as a tree, then handed to
 * the runtime's own test runner.
 *
 * @module
 */

type Body = () => void | Promise<void>;
type HookName = "beforeAll" | "afterAll" | "beforeEach" | "afterEach";

/** What a suite or a test can be told beside its name and body. */
export interface Options {
  /** Runs this one and leaves out its siblings without the mark. */
  only?: boolean;
  /** Leaves this one out. */
  ignore?: boolean;
}

/** A suite or test as one object. */
export interface Definition extends Options {
  /** What the suite or test is about. */
  name: string;
  /** The body. */
  fn: Body;
}

type Arguments =
  | [name: string, fn: Body]
  | [name: string, options: Options, fn: Body]
  | [definition: Definition];

/** `describe` or `it`: a function with `only`, `ignore` and `skip` forms. */
export interface Declare {
  (...args: Arguments): void;
  /** Runs this one and leaves out its siblings without the mark. */
  only(...args: Arguments): void;
  /** Leaves this one out. */
  ignore(...args: Arguments): void;
  /** The same as `ignore`. */
  skip(...args: Arguments): void;
}

interface Case extends Definition {
  kind: "case";
}

interface Suite extends Definition {
  kind: "suite";
  parts: (Case | Suite)[];
  hooks: Record<HookName, Body[]>;
}

/** The methods of `bun:test` that we hand suites to; those of Node are alike. */
interface BunRunner {
  describe: BunDeclare;
  test: BunDeclare;
  beforeAll(fn: Body, timeout?: number): void;
  afterAll(fn: Body, timeout?: number): void;
  beforeEach(fn: Body, timeout?: number): void;
  afterEach(fn: Body, timeout?: number): void;
}
type BunDeclareFunction = (name: string, fn: Body, timeout?: number) => void;
type BunDeclare = BunDeclareFunction & {
  only: BunDeclareFunction;
  skip: BunDeclareFunction;
};

/** Deno sets no limit to a test or hook; Bun's five seconds would be a difference. */
const BUN_TIMEOUT_MS = 15 * 60 * 1000;

// The name is not a literal so that Deno does not look for the module.
const bunModule = "bun:test";
const bun: BunRunner | undefined = "Bun" in globalThis
  ? await import(bunModule)
  : "Deno" in globalThis
  ? undefined
  : await nodeRunner();

/** The test runner of Node under the names of Bun's; it sets no limit of time. */
async function nodeRunner(): Promise<BunRunner> {
  const nodeModule = "node:test";
  const { describe, it, ...hooks } = await import(nodeModule);
  const test = (name: string, fn: Body) => it(name, () => fn());
  return {
    describe,
    test: Object.assign(test, { only: test, skip: it.skip }),
    beforeAll: (fn) => hooks.before(() => fn()),
    afterAll: (fn) => hooks.after(() => fn()),
    beforeEach: (fn) => hooks.beforeEach(() => fn()),
    afterEach: (fn) => hooks.afterEach(() => fn()),
  };
}

let current: Suite | undefined;

/** Declares a suite of tests. */
export const describe: Declare = declare((definition) => {
  const suite: Suite = {
    ...definition,
    kind: "suite",
    parts: [],
    hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] },
  };
  if (suite.ignore) return add(suite);
  const parent = current;
  current = suite;
  try {
    const returned: unknown = definition.fn();
    if (returned instanceof Promise) {
      throw new TypeError(
        `Cannot declare the suite "${suite.name}" as its body returns a promise`,
      );
    }
  } finally {
    current = parent;
  }
  add(suite);
});

/** Declares a test. */
export const it: Declare = declare((definition) => {
  add({ ...definition, kind: "case" });
});

/** The same as {@linkcode it}. */
export const test: Declare = it;

/** Runs before the suite's first test. */
export function beforeAll(fn: Body): void {
  hook("beforeAll", fn);
}

/** Runs after the suite's last test. */
export function afterAll(fn: Body): void {
  hook("afterAll", fn);
}

/** Runs before each test of the suite. */
export function beforeEach(fn: Body): void {
  hook("beforeEach", fn);
}

/** Runs after each test of the suite, whether it passed or not. */
export function afterEach(fn: Body): void {
  hook("afterEach", fn);
}

export { afterAll as after, beforeAll as before };

function declare(record: (definition: Definition) => void): Declare {
  const plain = (...args: Arguments) => record(toDefinition(args));
  const ignore = (...args: Arguments) =>
    record({ ...toDefinition(args), ignore: true });
  const only = (...args: Arguments) =>
    record({ ...toDefinition(args), only: true });
  return Object.assign(plain, { only, ignore, skip: ignore });
}

function toDefinition(args: Arguments): Definition {
  if (args.length === 1) return args[0];
  return args.length === 2
    ? { name: args[0], fn: args[1] }
    : { ...args[1], name: args[0], fn: args[2] };
}

function hook(name: HookName, fn: Body): void {
  if (!current) {
    throw new TypeError(`Cannot call ${name} as it stands outside a suite`);
  }
  current.hooks[name].push(fn);
}

function add(part: Case | Suite): void {
  if (current) current.parts.push(part);
  else if (bun) handToBun(part, bun);
  else handToDeno(part);
}

/** Whether the part, or one inside it, is marked `only`. */
function marked(part: Case | Suite): boolean {
  return part.only === true ||
    part.kind === "suite" && part.parts.some(marked);
}

/** The parts that take part: the marked ones where there is one. */
function chosen(suite: Suite): (Case | Suite)[] {
  const some = suite.parts.filter(marked);
  return some.length > 0 ? some : suite.parts;
}

function handToDeno(part: Case | Suite): void {
  Deno.test({
    name: part.name,
    ignore: part.ignore ?? false,
    only: marked(part),
    fn: (t) => runOnDeno(part, t, []),
  });
}

async function runOnDeno(
  part: Case | Suite,
  t: Deno.TestContext,
  around: Suite[],
): Promise<void> {
  if (part.kind === "case") return await runCase(part, around);
  for (const fn of part.hooks.beforeAll) await fn();
  try {
    for (const inner of chosen(part)) {
      await t.step({
        name: inner.name,
        ignore: inner.ignore ?? false,
        fn: (step) => runOnDeno(inner, step, [...around, part]),
      });
    }
  } finally {
    for (const fn of part.hooks.afterAll) await fn();
  }
}

async function runCase(part: Case, around: Suite[]): Promise<void> {
  const [outer, ...inner] = around;
  if (!outer) return await part.fn();
  for (const fn of outer.hooks.beforeEach) await fn();
  try {
    await runCase(part, inner);
  } finally {
    for (const fn of outer.hooks.afterEach) await fn();
  }
}

function handToBun(part: Case | Suite, runner: BunRunner): void {
  const declareOn = part.kind === "suite" ? runner.describe : runner.test;
  const form = part.ignore ? "skip" : part.only ? "only" : undefined;
  const declarePart = form ? declareOn[form] : declareOn;
  if (part.kind === "case") {
    declarePart(part.name, part.fn, BUN_TIMEOUT_MS);
    return;
  }
  declarePart(part.name, () => {
    for (const name of Object.keys(part.hooks) as HookName[]) {
      for (const fn of part.hooks[name]) runner[name](fn, BUN_TIMEOUT_MS);
    }
    for (const inner of part.parts) handToBun(inner, runner);
  });
}
