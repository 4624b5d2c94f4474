/**
 * Sequences: kernels that run again and again in one order, as one function that
 * calls them with constants in place. JavaScript crosses over once for all of
 * them.
 *
 * @module
 */

import type {
  CallGroup,
  KernelCall,
  RepeatedCall,
} from "@tenfold/core/backend";
import type { Block } from "./allocator.ts";
import {
  type Code,
  type Func,
  type FunctionBuilder,
  i32,
  select,
} from "./assembler.ts";
import { STATUS } from "./addresses.ts";
import type { Engine, Program } from "./engine.ts";
import {
  type Parts,
  type Stage,
  stageOf,
  type Stages,
  type Work,
} from "./launch.ts";
import { findStrips, type Strips } from "./strips.ts";

/** Fewer calls are not worth a function of their own. */
const FEWEST = 2;
/** More functions than this for one call (products of a batch) are too long. */
const MOST = 16;

/** One call of an exported function. */
interface Step {
  readonly program: Program;
  readonly args: number;
  readonly work: Work;
  /** How it is done in parts, where it can be. */
  readonly parts: Parts | null;
  /** Throws where the function has left a status. */
  refuse: (() => never) | null;
}

/** A call with its steps and the memory of their arguments. */
interface Part {
  readonly call: RepeatedCall;
  readonly stage: Stage;
  readonly blocks: readonly Block[];
  readonly steps: readonly Step[];
  readonly written: Written;
}

/** The addresses and scalars that the arguments in memory stand for. */
class Written {
  readonly #pointers: number[];
  readonly #offsets: number[];
  readonly #scalars: number[];

  constructor({ buffers, offsets, scalars }: KernelCall) {
    this.#pointers = buffers.map((buffer) => (buffer as Block).pointer);
    this.#offsets = [...offsets];
    this.#scalars = [...scalars];
  }

  /** Whether a call has others; they are remembered. */
  update({ buffers, offsets, scalars }: KernelCall): boolean {
    let changed = false;
    for (let i = 0; i < buffers.length; i++) {
      const { pointer } = buffers[i] as Block;
      if (this.#pointers[i] === pointer && this.#offsets[i] === offsets[i]) {
        continue;
      }
      this.#pointers[i] = pointer;
      this.#offsets[i] = offsets[i]!;
      changed = true;
    }
    for (let i = 0; i < scalars.length; i++) {
      if (Object.is(this.#scalars[i], scalars[i])) continue;
      this.#scalars[i] = scalars[i]!;
      changed = true;
    }
    return changed;
  }
}

/** Writes arguments to new memory. */
class Recorder implements Stages {
  readonly again = false;
  readonly blocks: Block[] = [];
  readonly steps: Step[] = [];
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  room(bytes: number): number {
    const block = this.#engine.allocate("bool", bytes);
    this.blocks.push(block);
    return block.pointer;
  }

  add(
    program: Program,
    args: number,
    work: Work,
    parts: Parts | null = null,
  ): void {
    this.steps.push({ program, args, work, parts, refuse: null });
  }

  check(refuse: () => never): void {
    this.steps.at(-1)!.refuse = refuse;
  }
}

/** Writes arguments to where they were before. */
class Rewriter implements Stages {
  readonly again = true;
  blocks: readonly Block[] = [];
  next = 0;

  room(): number {
    return this.blocks[this.next++]!.pointer;
  }

  add(): void {}

  check(): void {}
}

/** Joins calls that follow one another, as long as threads do not help. */
export function joinCalls(
  engine: Engine,
  calls: readonly RepeatedCall[],
): CallGroup[] {
  const groups: CallGroup[] = [];
  let parts: Part[] = [];
  let begin = 0;
  const end = (next: number) => {
    if (parts.length >= FEWEST) {
      groups.push(new Sequence(engine, begin, parts));
    } else free(engine, parts);
    parts = [];
    begin = next;
  };
  try {
    calls.forEach((call, i) => {
      // What a refused index leaves out may not happen before.
      if (call.waits && parts.some(isChecked)) end(i);
      const part = record(engine, call);
      if (part === null) end(i + 1);
      else parts.push(part);
    });
    end(calls.length);
  } catch (error) {
    free(engine, parts);
    for (const group of groups) group.dispose?.();
    throw error;
  }
  return groups;
}

function isChecked({ steps }: Part): boolean {
  return steps.some(({ refuse }) => refuse !== null);
}

function free({ allocator }: Engine, parts: readonly Part[]): void {
  for (const { blocks } of parts) blocks.forEach((b) => allocator.free(b));
}

/** The steps of a call; null where it should rather run by itself. */
function record(engine: Engine, call: RepeatedCall): Part | null {
  const stage = stageOf(call.launch);
  if (stage === undefined) return null;
  const recorder = new Recorder(engine);
  const { blocks, steps } = recorder;
  try {
    stage(call.call, recorder);
  } catch (error) {
    blocks.forEach((block) => engine.allocator.free(block));
    throw error;
  }
  const { pool } = engine;
  const fits = steps.length <= MOST &&
    steps.every(({ program, work }) =>
      pool === null || !program.portable || work.size <= work.grain ||
      !pool.pays(work.nanoseconds)
    );
  if (fits) {
    return { call, stage, blocks, steps, written: new Written(call.call) };
  }
  blocks.forEach((block) => engine.allocator.free(block));
  return null;
}

class Sequence implements CallGroup {
  readonly begin: number;
  readonly count: number;
  readonly #engine: Engine;
  readonly #parts: readonly Part[];
  /** Those whose arguments change from run to run. */
  readonly #changing: readonly Part[];
  readonly #refusals: readonly (() => never)[];
  readonly #rewriter = new Rewriter();
  readonly #run: () => number;

  constructor(engine: Engine, begin: number, parts: readonly Part[]) {
    this.#engine = engine;
    this.begin = begin;
    this.count = parts.length;
    this.#parts = parts;
    this.#changing = parts.filter(({ call }) => call.changes);
    const steps = parts.flatMap((part) => part.steps);
    this.#refusals = steps.flatMap(({ refuse }) => refuse ?? []);
    const pieces = parts.flatMap(({ call: { call }, steps }) =>
      steps.map(({ work, parts, refuse }) =>
        steps.length === 1 && refuse === null ? { call, work, parts } : null
      )
    );
    const strips = findStrips(pieces);
    this.#run = compileSteps(engine, inParts(steps, strips), strips);
  }

  run(): void {
    this.#rewrite(this.#changing);
    if (this.#refusals.length > 0) this.#engine.memory.i32[STATUS / 4] = 0;
    const failed = this.#run();
    if (failed > 0) this.#refusals[failed - 1]!();
  }

  rebind(): void {
    this.#rewrite(this.#parts);
  }

  dispose(): void {
    free(this.#engine, this.#parts);
  }

  #rewrite(parts: readonly Part[]): void {
    const rewriter = this.#rewriter;
    for (let i = 0; i < parts.length; i++) {
      const { stage, call, blocks, written } = parts[i]!;
      if (!written.update(call.call)) continue;
      rewriter.blocks = blocks;
      rewriter.next = 0;
      stage(call.call, rewriter);
    }
  }
}

/** The steps, those that strips divide by what they reduce in parts. */
function inParts(steps: readonly Step[], strips: readonly Strips[]): Step[] {
  const out = [...steps];
  for (const { begin, divided } of strips) {
    for (const i of divided) {
      const { args, work, parts } = steps[begin + i]!;
      const { program, size } = parts!;
      out[begin + i] = {
        program: program(),
        args,
        work: { ...work, entry: "run", size },
        parts,
        refuse: null,
      };
    }
  }
  return out;
}

/**
 * A function that runs all steps. It returns 0, or which of those that may leave
 * a status has left one, counted from 1; the steps behind that do not run.
 */
function compileSteps(
  engine: Engine,
  steps: readonly Step[],
  strips: readonly Strips[],
): () => number {
  const imports: WebAssembly.ModuleImports = {};
  const names = new Map<unknown, string>();
  const { module } = engine.draft();
  const functions = new Map<unknown, Func>();
  for (const { program, work } of steps) {
    const entry = program.exports[work.entry]!;
    if (names.has(entry)) continue;
    const name = `step${names.size}`;
    names.set(entry, name);
    imports[name] = entry;
    // An exported function has the length of its parameters.
    const parameters = new Array<"i32">(entry.length).fill("i32");
    functions.set(
      entry,
      module.importFunction(name, parameters, "none") as unknown as Func,
    );
  }
  const call = (
    f: FunctionBuilder,
    { program, args, work }: Step,
    begin: Code<"i32">,
    end: Code<"i32">,
  ) => {
    const entry = program.exports[work.entry]!;
    const operands = [i32.const(args | 0), begin, end, i32.const(0)];
    f.do(functions.get(entry)!.call(
      ...operands.slice(0, entry.length) as [],
    ) as never);
  };
  let checked = 0;
  module.func("run", [], "i32", (f) => {
    for (let i = 0; i < steps.length;) {
      const strip = strips.find(({ begin }) => begin === i);
      if (strip !== undefined) {
        const { count, rows, height } = strip;
        const begin = f.let(i32.const(0));
        f.for(begin, i32.const(rows), height, () => {
          const next = i32.add(begin, i32.const(height));
          const last = i32.const(rows);
          const end = f.let(select(i32.lt_s(next, last), next, last));
          for (const step of steps.slice(i, i + count)) {
            const each = i32.const(step.work.size / rows);
            call(f, step, i32.mul(begin, each), i32.mul(end, each));
          }
        });
        i += count;
        continue;
      }
      const step = steps[i++]!;
      call(f, step, i32.const(0), i32.const(step.work.size));
      if (step.refuse === null) continue;
      const number = ++checked;
      f.if(
        i32.load(i32.const(STATUS)),
        () => f.return(i32.const(number)),
      );
    }
    f.result(i32.const(0));
  });
  return engine.instantiate(module, imports).run as unknown as () => number;
}
