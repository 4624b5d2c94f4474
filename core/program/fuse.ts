/**
 * Fusion: launches put into one another by substitution of their expressions,
 * where that saves memory traffic and launches without computing much twice.
 *
 * @module
 */
import { arg, type Expr } from "../expr.ts";
import { collapse, stridesAlong } from "../lower/geometry.ts";
import { MapProgram, ReduceProgram } from "../lower/program.ts";
import { sameShape, type Shape, sizeOf } from "../shape.ts";
import type { Storage } from "../storage.ts";
import { denseStrides, View } from "../view.ts";
import { costOf, Interner, rewriter, storedExpr } from "./expression.ts";
import type {
  LateScalar,
  MapLaunch,
  Place,
  RecordedLaunch,
  ReduceLaunch,
} from "./recording.ts";
import { share } from "./share.ts";
import { viewsThrough } from "./through.ts";

/** What fusion may do. */
export interface FuseOptions {
  /** Whether nobody needs a storage after the last launch. */
  readonly temporary: (storage: Storage) => boolean;
  /** How many outputs and inputs a kernel may have. */
  readonly operands: number;
  /**
   * Whether maps may go into the elements of reductions, whose layout decides
   * in which order a backend sums.
   */
  readonly reorders: boolean;
}

/** Instructions that may be computed again in each of several readers. */
const CHEAP = 4;

/** The fused launches, in order. */
export function fuse(
  launches: readonly RecordedLaunch[],
  options: FuseOptions,
): RecordedLaunch[] {
  const fusion = new Fusion(share(launches, options.temporary), options);
  fusion.dropDead();
  fusion.absorbAll();
  fusion.mergeAll();
  return fusion.launches;
}

class Fusion {
  launches: RecordedLaunch[];
  readonly #options: FuseOptions;

  constructor(launches: readonly RecordedLaunch[], options: FuseOptions) {
    this.launches = [...launches];
    this.#options = options;
  }

  /** Leaves out launches whose results nobody reads. */
  dropDead(): void {
    const needed = new Set<Storage>();
    const kept: RecordedLaunch[] = [];
    for (const launch of this.launches.toReversed()) {
      const used = launch.outputs.some(({ storage }) =>
        needed.has(storage) || !this.#options.temporary(storage)
      );
      if (!used) continue;
      kept.push(launch);
      for (const { storage } of launch.inputs) needed.add(storage);
    }
    this.launches = kept.reverse();
  }

  /** Puts maps into their readers, and readers of reductions into these. */
  absorbAll(): void {
    for (let a = 0; a < this.launches.length;) {
      if (this.#intoReaders(a) || this.#intoEpilogue(a)) {
        // A producer before may now fit into its reader.
        a = Math.max(0, a - 1);
      } else a++;
    }
  }

  /** Joins maps over one shape of which one reads what the other writes. */
  mergeAll(): void {
    for (let a = 0; a < this.launches.length;) {
      if (!this.#merge(a)) a++;
    }
  }

  /** The launches behind `a` that read a storage. */
  #readers(storage: Storage, a: number): number[] {
    const found: number[] = [];
    for (let i = a + 1; i < this.launches.length; i++) {
      if (this.launches[i]!.inputs.some((p) => p.storage === storage)) {
        found.push(i);
      }
    }
    return found;
  }

  /** Whether the only writer of a storage is `a`, and writes all of it. */
  #isWhole({ storage, view }: Place, a: number): boolean {
    return view.dense && view.offset === 0 && view.size === storage.size &&
      this.launches.every((launch, i) =>
        i === a || launch.outputs.every((p) => p.storage !== storage)
      ) &&
      this.launches[a]!.outputs.filter((p) => p.storage === storage).length ===
        1;
  }

  /** Whether a launch behind `a` and before `b` writes to one of these. */
  #overwritten(places: readonly Place[], a: number, b: number): boolean {
    for (let i = a + 1; i < b; i++) {
      if (writesTo(this.launches[i]!, places)) return true;
    }
    return false;
  }

  #intoReaders(a: number): boolean {
    const producer = this.launches[a]!;
    if (producer.kind !== "map" || producer.outputs.length !== 1) return false;
    const [output] = producer.outputs as [Place];
    const { storage } = output;
    if (!this.#options.temporary(storage) || !this.#isWhole(output, a)) {
      return false;
    }
    const readers = this.#readers(storage, a);
    if (readers.length === 0) return false;
    const cost = costOf(producer.program.exprs);
    const size = output.view.size;
    let traffic = 0;
    const made: RecordedLaunch[] = [];
    for (const r of readers) {
      const reader = this.launches[r]!;
      if (reader.kind === "routine") return false;
      if (reader.kind === "reduce" && !this.#options.reorders) return false;
      if (this.#overwritten(producer.inputs, a, r)) return false;
      const fused = absorb(producer, reader, this.#options.operands);
      if (fused === null) return false;
      // Elements that are computed again.
      const repeats = loopSize(reader) / size;
      if (repeats > 1.5 && cost > CHEAP) return false;
      for (const { storage: of, view } of producer.inputs) {
        if (reader.inputs.some((p) => p.storage === of)) continue;
        traffic += Math.min(view.size, of.size) / size;
      }
      made.push(fused);
    }
    if (readers.length > 1) {
      if (cost > CHEAP || traffic > readers.length + 1) return false;
    }
    readers.forEach((r, i) => this.launches[r] = made[i]!);
    this.launches.splice(a, 1);
    return true;
  }

  #intoEpilogue(a: number): boolean {
    const producer = this.launches[a]!;
    if (producer.kind !== "reduce") return false;
    const [output] = producer.outputs;
    const { storage } = output;
    if (!this.#options.temporary(storage) || !this.#isWhole(output, a)) {
      return false;
    }
    const readers = this.#readers(storage, a);
    if (readers.length !== 1) return false;
    const [r] = readers as [number];
    const reader = this.launches[r]!;
    if (
      reader.kind !== "map" || this.#overwritten(producer.inputs, a, r) ||
      writesTo(reader, producer.inputs)
    ) return false;
    const fused = epilogue(producer, reader, this.#options.operands);
    if (fused === null) return false;
    this.launches[r] = fused;
    this.launches.splice(a, 1);
    return true;
  }

  #merge(a: number): boolean {
    const first = this.launches[a]!;
    if (first.kind !== "map") return false;
    for (let b = a + 1; b < this.launches.length; b++) {
      const second = this.launches[b]!;
      if (second.kind !== "map") continue;
      const linked = second.inputs.some((p) =>
        first.outputs.some((o) => o.storage === p.storage) ||
        first.inputs.some((q) => q.storage === p.storage && q.view.size > 1)
      );
      if (!linked || !this.#movesTo(a, b)) continue;
      const merged = merge(first, second, this.#options.operands);
      if (merged === null) continue;
      this.launches[a] = merged;
      this.launches.splice(b, 1);
      return true;
    }
    return false;
  }

  /** Whether launch `b` may run right behind `a`. */
  #movesTo(a: number, b: number): boolean {
    const moved = this.launches[b]!;
    for (let i = a + 1; i < b; i++) {
      const between = this.launches[i]!;
      if (
        writesTo(between, moved.inputs) || writesTo(between, moved.outputs) ||
        writesTo(moved, between.inputs)
      ) return false;
    }
    return true;
  }
}

function writesTo(
  { outputs }: RecordedLaunch,
  places: readonly Place[],
): boolean {
  return outputs.some((o) => places.some((p) => p.storage === o.storage));
}

function loopOf(launch: MapLaunch | ReduceLaunch): Shape {
  return launch.kind === "map" ? launch.outputs[0]!.view.shape : launch.shape;
}

function loopSize(launch: MapLaunch | ReduceLaunch): number {
  return sizeOf(loopOf(launch));
}

/** The operands of a kernel that is being put together. */
class Operands {
  readonly places: Place[] = [];
  readonly scalars: number[] = [];
  readonly late: LateScalar[] = [];
  readonly interner = new Interner();
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  /** The element of a place, over the loop. */
  read(storage: Storage, view: View): Expr {
    const strides = stridesAlong(view, this.#shape);
    let index = this.places.findIndex((p) =>
      p.storage === storage && p.view.offset === view.offset &&
      p.view.strides.every((s, d) => s === strides[d] || this.#shape[d] === 1)
    );
    if (index < 0) {
      index = this.places.length;
      this.places.push({
        storage,
        view: new View(this.#shape, strides, view.offset),
      });
    }
    return this.interner.intern(arg(index, storage.dtype));
  }

  /** Takes over the scalars of a launch; gives the number of the first. */
  take({ scalars, late }: RecordedLaunch): number {
    const first = this.scalars.length;
    this.scalars.push(...scalars);
    this.late.push(...late.map((l) => ({ ...l, at: l.at + first })));
    return first;
  }

  get dtypes() {
    return this.places.map(({ storage }) => storage.dtype);
  }
}

/** `reader` with the expressions of `producer` in the place of its output. */
function absorb(
  producer: MapLaunch,
  reader: MapLaunch | ReduceLaunch,
  limit: number,
): RecordedLaunch | null {
  // Reductions know no positions.
  if (reader.kind === "reduce" && !producer.program.collapses) return null;
  const made = producer.outputs[0]!.storage;
  const shape = loopOf(reader);
  const operands = new Operands(shape);
  const before = operands.take(producer);
  const after = operands.take(reader);
  const inputs: Expr[] = [];
  for (const { storage, view } of reader.inputs) {
    if (storage !== made) {
      inputs.push(operands.read(storage, view));
      continue;
    }
    const views = viewsThrough(producer, shape, view);
    if (views === null) return null;
    const rewrite = rewriter(operands.interner, {
      arg: (k) => operands.read(producer.inputs[k]!.storage, views[k]!),
      scalar: (i) => before + i,
    });
    inputs.push(
      storedExpr(operands.interner, rewrite(producer.program.exprs[0]!)),
    );
  }
  if (operands.places.length + reader.outputs.length > limit) return null;
  // In place, an element may only be read where it is written.
  for (const output of reader.outputs) {
    for (const { storage, view } of operands.places) {
      if (storage !== output.storage) continue;
      if (reader.kind === "reduce") return null;
      const strides = stridesAlong(output.view, shape);
      const same = view.offset === output.view.offset &&
        view.strides.every((s, d) => s === strides[d] || shape[d] === 1);
      if (!same) return null;
    }
  }
  const rewrite = rewriter(operands.interner, {
    arg: (k) => inputs[k]!,
    scalar: (i) => after + i,
  });
  const common = {
    label: joined(producer.label, reader.label),
    inputs: operands.places,
    scalars: operands.scalars,
    late: operands.late,
  };
  if (reader.kind === "map") {
    const exprs = reader.program.exprs.map(rewrite);
    const program = new MapProgram(
      operands.dtypes,
      exprs,
      operands.scalars.length,
    );
    return { ...reader, ...common, program };
  }
  const { element, combine, epilogue } = reader.program;
  const program = new ReduceProgram(
    operands.dtypes,
    rewrite(element),
    combine,
    rewrite(epilogue),
    operands.scalars.length,
  );
  return { ...reader, ...common, program };
}

/** `producer` with what `reader` makes of its result as its epilogue. */
function epilogue(
  producer: ReduceLaunch,
  reader: MapLaunch,
  limit: number,
): RecordedLaunch | null {
  if (reader.outputs.length !== 1 || !reader.program.collapses) return null;
  const [output] = reader.outputs as [Place];
  const made = producer.outputs[0];
  const loop = output.view.shape;
  if (!output.view.dense || output.view.size !== made.view.size) return null;
  const { shape, dims } = producer;
  const kept = shape.filter((_, d) => !dims.includes(d));
  const operands = new Operands(shape);
  const before = operands.take(producer);
  const after = operands.take(reader);
  const rewriteProducer = rewriter(operands.interner, {
    arg: (k) => {
      const { storage, view } = producer.inputs[k]!;
      return operands.read(storage, view);
    },
    scalar: (i) => before + i,
  });
  const element = rewriteProducer(producer.program.element);
  const result = storedExpr(
    operands.interner,
    rewriteProducer(producer.program.epilogue),
  );
  const inputs: Expr[] = [];
  for (const { storage, view } of reader.inputs) {
    const strides = stridesAlong(view, loop);
    if (storage === made.storage) {
      const flat = collapse(loop, [strides, denseStrides(loop)]);
      const inOrder = view.offset === 0 && flat.shape.length === 1 &&
        (flat.strides[0]![0] === 1 || view.size === 1);
      if (!inOrder || view.size !== made.view.size) return null;
      inputs.push(result);
      continue;
    }
    const own = new View(loop, strides, view.offset).reshape(kept);
    if (own === null) return null;
    const along: number[] = [];
    for (let d = 0, i = 0; d < shape.length; d++) {
      along.push(dims.includes(d) ? 0 : own.strides[i++]!);
    }
    inputs.push(operands.read(storage, new View(shape, along, own.offset)));
  }
  if (operands.places.length + 1 > limit) return null;
  if (writesTo(reader, operands.places)) return null;
  const rewrite = rewriter(operands.interner, {
    arg: (k) => inputs[k]!,
    scalar: (i) => after + i,
  });
  return {
    kind: "reduce",
    label: joined(producer.label, reader.label),
    program: new ReduceProgram(
      operands.dtypes,
      element,
      producer.program.combine,
      rewrite(reader.program.exprs[0]!),
      operands.scalars.length,
    ),
    shape,
    dims,
    outputs: [output],
    inputs: operands.places,
    scalars: operands.scalars,
    late: operands.late,
  };
}

/** Two maps over one shape as one of several outputs. */
function merge(
  first: MapLaunch,
  second: MapLaunch,
  limit: number,
): RecordedLaunch | null {
  const shape = first.outputs[0]!.view.shape;
  if (!sameShape(shape, second.outputs[0]!.view.shape)) return null;
  const outputs = [...first.outputs, ...second.outputs];
  if (new Set(outputs.map((o) => o.storage)).size < outputs.length) return null;
  const operands = new Operands(shape);
  const before = operands.take(first);
  const after = operands.take(second);
  const rewriteFirst = rewriter(operands.interner, {
    arg: (k) => operands.read(first.inputs[k]!.storage, first.inputs[k]!.view),
    scalar: (i) => before + i,
  });
  const exprs = first.program.exprs.map((expr) =>
    storedExpr(operands.interner, rewriteFirst(expr))
  );
  const inputs: Expr[] = [];
  for (const { storage, view } of second.inputs) {
    const o = first.outputs.findIndex((p) => p.storage === storage);
    if (o < 0) {
      inputs.push(operands.read(storage, view));
      continue;
    }
    const strides = stridesAlong(view, shape);
    const written = stridesAlong(first.outputs[o]!.view, shape);
    const same = view.offset === first.outputs[o]!.view.offset &&
      strides.every((s, d) => s === written[d] || shape[d] === 1);
    if (!same) return null;
    inputs.push(exprs[o]!);
  }
  if (operands.places.length + outputs.length > limit) return null;
  // What one writes the other may not read elsewhere.
  for (const output of outputs) {
    const written = stridesAlong(output.view, shape);
    for (const { storage, view } of operands.places) {
      if (storage !== output.storage) continue;
      const same = view.offset === output.view.offset &&
        view.strides.every((s, d) => s === written[d] || shape[d] === 1);
      if (!same) return null;
    }
  }
  const rewrite = rewriter(operands.interner, {
    arg: (k) => inputs[k]!,
    scalar: (i) => after + i,
  });
  return {
    kind: "map",
    label: joined(first.label, second.label),
    program: new MapProgram(
      operands.dtypes,
      [...exprs, ...second.program.exprs.map(rewrite)],
      operands.scalars.length,
    ),
    outputs,
    inputs: operands.places,
    scalars: operands.scalars,
    late: operands.late,
  };
}

function joined(a: string, b: string): string {
  return a === b || a === "" ? b : `${a}, ${b}`;
}
