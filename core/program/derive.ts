/**
 * What all readers of a result make of it first, such as one over the deviation
 * of a variance: it is made once, where the result is, and kept in its place.
 *
 * @module
 */
import { type Expr, operandsOf, topological } from "../expr/expr.ts";
import { MapProgram, ReduceProgram } from "../lower/program.ts";
import type { Storage } from "../storage.ts";
import {
  Interner,
  replacing,
  rewriter,
  showNumber,
  storedExpr,
} from "./expression.ts";
import type { MapLaunch, RecordedLaunch, ReduceLaunch } from "./launch.ts";
import type { LaunchOrder } from "./order.ts";

/** A launch with expressions. */
type Computed = MapLaunch | ReduceLaunch;

/** What may be done. */
export interface DeriveOptions {
  /** Whether nobody needs a storage after the last launch. */
  readonly temporary: (storage: Storage) => boolean;
  /** Whether every operation is rounded, as memory rounds. */
  readonly rounds: boolean;
}

/** One operation on what was made before. */
interface Step {
  readonly node: Expr;
  /** Equal for equal operations. */
  readonly key: string;
}

/** Has results hold what all their readers make of them. */
export function deriveAll(
  launches: LaunchOrder,
  { temporary, rounds }: DeriveOptions,
): void {
  for (let a = 0; a < launches.length; a++) {
    const producer = launches.at(a);
    if (producer === null || producer.kind === "routine") continue;
    for (const { storage, view } of producer.outputs) {
      const whole = view.dense && view.size === storage.size;
      if (!temporary(storage) || !whole || launches.writers(storage) > 1) {
        continue;
      }
      if (!rounds && storage.dtype === "float32") continue;
      derive(launches, a, storage);
    }
  }
}

function derive(launches: LaunchOrder, a: number, storage: Storage): void {
  const readers = launches.readersAfter(storage, a);
  const found: [at: number, paths: Path[]][] = [];
  for (const r of readers) {
    const paths = pathsOf(launches.at(r)!, storage);
    if (paths === null) return;
    found.push([r, paths]);
  }
  const paths = found.flatMap(([_, paths]) => paths);
  const [first, ...others] = paths;
  if (first === undefined) return;
  // As many steps as all have in common, of which the last is of its dtype.
  let length = 0;
  for (let i = 0; i < first.steps.length; i++) {
    const { key, node } = first.steps[i]!;
    if (others.some(({ steps }) => steps[i]?.key !== key)) break;
    if (node.dtype === storage.dtype) length = i + 1;
  }
  if (length === 0) return;
  const producer = launches.at(a) as Computed;
  const reader = launches.at(readers[0]!) as Computed;
  launches.set(
    a,
    withSteps(producer, storage, first.steps.slice(0, length), reader),
  );
  for (const [r, paths] of found) {
    launches.set(r, without(launches.at(r) as Computed, paths, length));
  }
}

/** What a reader makes of one of its inputs, step by step. */
interface Path {
  readonly leaf: Expr;
  readonly steps: readonly Step[];
}

/** The paths from where a launch reads a storage; null where it may not change. */
function pathsOf(launch: RecordedLaunch, storage: Storage): Path[] | null {
  if (launch.kind === "routine") return null;
  // In place it would have to hold both.
  if (launch.outputs.some((place) => place.storage === storage)) return null;
  const roots = rootsOf(launch);
  const nodes = topological(roots);
  const parents = new Map<Expr, Set<Expr>>();
  for (const node of nodes) {
    for (const operand of operandsOf(node)) {
      const known = parents.get(operand);
      if (known) known.add(node);
      else parents.set(operand, new Set([node]));
    }
  }
  const paths: Path[] = [];
  for (const leaf of nodes) {
    if (leaf.kind !== "arg" || launch.inputs[leaf.index]!.storage !== storage) {
      continue;
    }
    const steps: Step[] = [];
    for (let at: Expr = leaf; !roots.includes(at);) {
      const [node, ...more]: Expr[] = [...parents.get(at)!];
      const key = more.length === 0 ? keyOf(node!, at, launch) : null;
      if (key === null) break;
      steps.push({ node: node!, key });
      at = node!;
    }
    paths.push({ leaf, steps });
  }
  return paths;
}

function rootsOf({ program }: Computed): readonly Expr[] {
  return program instanceof MapProgram
    ? program.exprs
    : [program.element, program.epilogue];
}

/** What a node does with `from` and numbers; null where it takes anything else. */
function keyOf(
  node: Expr,
  from: Expr,
  { scalars, late }: Computed,
): string | null {
  const numbers: string[] = [];
  for (const operand of operandsOf(node)) {
    if (operand === from) numbers.push("it");
    else if (operand.kind === "const") {
      numbers.push(`${showNumber(operand.value)} ${operand.dtype}`);
    } else if (
      operand.kind === "scalar" && late.every(({ at }) => at !== operand.index)
    ) {
      numbers.push(`${showNumber(scalars[operand.index]!)} ${operand.dtype}`);
    } else return null;
  }
  switch (node.kind) {
    case "call":
      return `${node.fn}(${numbers}) ${node.stored}`;
    case "cast":
      return `${node.dtype}(${numbers}) ${node.stored}`;
    default:
      return null;
  }
}

/** A launch with the last of these steps in the place of one of its results. */
function withSteps(
  launch: Computed,
  storage: Storage,
  steps: readonly Step[],
  reader: Computed,
): Computed {
  const scalars = [...launch.scalars];
  const interner = new Interner();
  const root = launch.kind === "reduce"
    ? 1
    : launch.outputs.findIndex((place) => place.storage === storage);
  return withRoots(
    launch,
    scalars,
    (expr, i) =>
      i !== root ? expr : rewriter(interner, {
        arg: () => storedExpr(interner, expr),
        scalar: (index) => scalars.push(reader.scalars[index]!) - 1,
      })(steps.at(-1)!.node),
  );
}

/** A launch that reads what its first steps made before. */
function without(
  launch: Computed,
  paths: readonly Path[],
  length: number,
): Computed {
  const rewrite = replacing(
    new Map(paths.map(({ leaf, steps }) => [steps[length - 1]!.node, leaf])),
  );
  return withRoots(launch, launch.scalars, rewrite);
}

/** A launch with other expressions. */
function withRoots(
  launch: Computed,
  scalars: readonly number[],
  rewrite: (root: Expr, i: number) => Expr,
): Computed {
  const { inputs } = launch.program;
  const roots = rootsOf(launch).map(rewrite);
  const count = scalars.length;
  if (launch.kind === "map") {
    return {
      ...launch,
      scalars,
      program: new MapProgram(inputs, roots, count),
    };
  }
  const [element, epilogue] = roots as [Expr, Expr];
  const { combine } = launch.program;
  const program = new ReduceProgram(inputs, element, combine, epilogue, count);
  return { ...launch, scalars, program };
}
