/**
 * Which kernels of a compiled step are one dispatch, and in which order they
 * run: small ones stand side by side where what they take allows it.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { Kernel, KernelCall } from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Profile } from "../device/profile.ts";
import { outputsOf, type Part, prepareSequence, runAll } from "./sequence.ts";
import { extentOf } from "./sequence_code.ts";
import { weightOf } from "./sequence_weight.ts";

/** Kernels of fewer than this many are not worth a shader of their own. */
const FEWEST = 2;

/** Parts of more statements run by themselves. */
const PART_STATEMENTS = 100;

/** How many statements shaders may have. */
interface Budget {
  /** Each of them. */
  readonly shader: number;
  /** All of a plan. */
  readonly plan: number;
}

/**
 * Drivers take their time over each shader, while a call waits: the software
 * adapter 2 s of a processor for one of 400 statements, half of it for two of
 * 200. So the kernels of a small step are one shader, those of a longer one
 * several, and what is left runs one by one.
 */
const BUDGETS: readonly Budget[] = [
  { shader: 450, plan: 500 },
  { shader: 250, plan: 800 },
];

/** Parts that follow one another as one sequence. */
interface Stretch {
  /** The first of them. */
  readonly begin: number;
  /** How many there are. */
  readonly count: number;
}

/** Calls that follow one another, and what makes them in another order. */
export interface Run extends Stretch {
  /** Makes all of them. */
  run(): void;
}

/**
 * Runs of `parts` that are worth joining: small ones are one dispatch, and go
 * before or behind large ones where more of them become one so.
 */
export function joinParts(gpu: Gpu, parts: readonly Part[]): Run[] {
  const weights = parts.map((part) => weightIn(gpu.profile, part));
  const order = orderOf(parts, weights.map((weight) => weight !== null));
  const sorted = order.map((p) => parts[p]!);
  const stretches = findSequences(
    gpu.profile,
    sorted,
    order.map((p) => weights[p]!),
  );
  const runs: Run[] = [];
  let begin = 0;
  let last = -1;
  let acts: (() => void)[] = [];
  for (let at = 0; at < sorted.length;) {
    const stretch = stretches.find(({ begin }) => begin === at);
    const count = stretch?.count ?? 1;
    const these = sorted.slice(at, at + count);
    acts.push(
      stretch ? prepareSequence(gpu, these) : () => runAll(gpu, these),
    );
    last = Math.max(last, ...order.slice(at, at + count));
    at += count;
    // Up to here they are those that were first, in whatever order.
    if (last >= at) continue;
    if (at - begin > 1) {
      const all = acts;
      runs.push({
        begin,
        count: at - begin,
        run: all.length === 1 ? all[0]! : () => all.forEach((act) => act()),
      });
    }
    begin = at;
    acts = [];
  }
  return runs;
}

/** Which parts are sequences; weights are null for those that stand alone. */
function findSequences(
  profile: Profile,
  parts: readonly Part[],
  weights: readonly (number | null)[],
): Stretch[] {
  const [small, large] = BUDGETS as [Budget, Budget];
  return stretchesOf(profile, parts, weights, small, true) ??
    stretchesOf(profile, parts, weights, large, false)!;
}

/** The same within a budget; null where `whole` and that does not do. */
function stretchesOf(
  profile: Profile,
  parts: readonly Part[],
  weights: readonly (number | null)[],
  budget: Budget,
  whole: boolean,
): Stretch[] | null {
  const found: Stretch[] = [];
  let left = budget.plan;
  for (let begin = 0; begin < parts.length;) {
    const blocks = new Set<Block>();
    let words = 64;
    let statements = 0;
    let end = begin;
    for (; end < parts.length; end++) {
      const { call } = parts[end]!;
      const more = weights[end]!;
      if (more === null) break;
      if (statements + more > Math.min(budget.shader, left)) {
        if (whole) return null;
        break;
      }
      for (const buffer of call.buffers) blocks.add((buffer as Memory).block);
      words += call.scalars.length + 1;
      // One binding is for reports.
      if (blocks.size + 1 > profile.maxBindings || words > 2048) break;
      statements += more;
    }
    const count = end - begin;
    if (count >= FEWEST) {
      found.push({ begin, count });
      left -= statements;
    }
    begin += count >= FEWEST ? count : 1;
  }
  return found;
}

/** The statements of a part; null where it does not stand with others. */
function weightIn(profile: Profile, { kernel, call }: Part): number | null {
  if (!isSmall(profile, kernel, call)) return null;
  const weight = weightOf(profile, kernel, call);
  return weight <= PART_STATEMENTS ? weight : null;
}

/** Whether one workgroup does it as fast as many. */
function isSmall(
  profile: Profile,
  kernel: Kernel,
  { buffers, shape }: KernelCall,
): boolean {
  const [outer, inner] = extentOf(kernel, shape);
  const isLarge = (buffer: unknown) =>
    (buffer as Memory).block.bytes > profile.maxBindingBytes;
  if (buffers.some(isLarge)) return false;
  if (kernel.kind === "routine") {
    if (!ROUTINES.has(kernel.name) || kernel.epilogue) return false;
    const isSoftmax = kernel.name.endsWith("oftmax");
    const isFloat = (dtype: DType) =>
      dtype === "float32" || dtype === "float16" && !isSoftmax;
    if (kernel.name !== "gather" && !isFloat(kernel.inputs[0]!)) return false;
  }
  if (inner > LONGEST) return false;
  if (kernel.kind === "map" && outer >= LARGEST_MAP) return false;
  if (profile.software) return outer * inner <= 2 ** 16;
  return Math.ceil(outer / profile.workgroup) * inner <= 64;
}

/** Sums of more terms are better summed in parts. */
const LONGEST = 1024;

/** Maps of more elements are worth a dispatch, which reads four at a time. */
const LARGEST_MAP = 2 ** 14;

const ROUTINES: ReadonlySet<string> = new Set([
  "matmul",
  "gather",
  "softmax",
  "logSoftmax",
]);

/**
 * The numbers of `parts` in the order in which they run: all small ones that
 * can, then all large ones that can, and so on. What reads or writes what
 * another one writes stays behind it, or before it.
 */
function orderOf(
  parts: readonly Part[],
  small: readonly boolean[],
): number[] {
  const { after, waits } = dependencies(parts);
  // Each list is in order; what becomes ready comes behind what made it so.
  const ready = (of: boolean) =>
    parts.flatMap((_, p) => small[p] === of && waits[p] === 0 ? [p] : []);
  const queues = { small: ready(true), large: ready(false) };
  const order: number[] = [];
  let now: "small" | "large" = small[0] ? "small" : "large";
  while (order.length < parts.length) {
    const next = queues[now].shift();
    if (next === undefined) {
      now = now === "small" ? "large" : "small";
      continue;
    }
    order.push(next);
    for (const later of after[next]!) {
      if (--waits[later]! > 0) continue;
      const queue = queues[small[later] ? "small" : "large"];
      const place = queue.findIndex((p) => p > later);
      queue.splice(place < 0 ? queue.length : place, 0, later);
    }
  }
  return order;
}

/** Which parts wait for each, and for how many each waits. */
function dependencies(parts: readonly Part[]) {
  const before = parts.map(() => new Set<number>());
  const written = new Map<Block, number>();
  const read = new Map<Block, number[]>();
  parts.forEach(({ kernel, call }, p) => {
    const outputs = outputsOf(kernel);
    const blocks = call.buffers.map((buffer) => (buffer as Memory).block);
    for (const block of blocks) {
      const writer = written.get(block);
      if (writer !== undefined) before[p]!.add(writer);
    }
    blocks.forEach((block, at) => {
      if (at >= outputs) {
        read.set(block, [...read.get(block) ?? [], p]);
        return;
      }
      for (const reader of read.get(block) ?? []) before[p]!.add(reader);
    });
    for (const block of blocks.slice(0, outputs)) {
      written.set(block, p);
      read.delete(block);
    }
    before[p]!.delete(p);
  });
  const after = parts.map((): number[] => []);
  before.forEach((all, p) => all.forEach((q) => after[q]!.push(p)));
  return { after, waits: before.map(({ size }) => size) };
}
