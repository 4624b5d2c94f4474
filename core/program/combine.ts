/**
 * Launches put together: one in the place of an input of another, behind a
 * reduction, or beside another.
 *
 * @module
 */
import { arg, type Expr } from "../expr/expr.ts";
import { collapse, stridesAlong } from "../lower/geometry.ts";
import { MapProgram, ReduceProgram } from "../lower/program.ts";
import { sameShape, type Shape, sizeOf } from "../shape.ts";
import type { Storage } from "../storage.ts";
import { denseStrides, View } from "../view.ts";
import { Interner, rewriter, storedExpr } from "./expression.ts";
import type {
  LateScalar,
  MapLaunch,
  Place,
  RecordedLaunch,
  ReduceLaunch,
} from "./launch.ts";
import { viewsThrough } from "./through.ts";

/** Whether a launch writes to one of these places. */
export function writesTo(
  { outputs }: RecordedLaunch,
  places: readonly Place[],
): boolean {
  return outputs.some((o) => places.some((p) => p.storage === o.storage));
}

function loopOf(launch: MapLaunch | ReduceLaunch): Shape {
  return launch.kind === "map" ? launch.outputs[0]!.view.shape : launch.shape;
}

/** Whether two views are the same elements, in order, along a loop. */
export function sameElements(a: View, b: View, shape: Shape): boolean {
  const strides = stridesAlong(b, shape);
  return a.offset === b.offset &&
    stridesAlong(a, shape).every((s, d) => s === strides[d] || shape[d] === 1);
}

/** Whether what is written is read where it is written, if at all. */
export function writesInPlace(
  outputs: readonly Place[],
  inputs: readonly Place[],
  shape: Shape,
): boolean {
  return outputs.every((output) =>
    inputs.every(({ storage, view }) =>
      storage !== output.storage || sameElements(view, output.view, shape)
    )
  );
}

/** How many elements the loop of a launch visits. */
export function loopSize(launch: MapLaunch | ReduceLaunch): number {
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
export function absorb(
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
  const inPlace = reader.kind === "reduce"
    ? !writesTo(reader, operands.places)
    : writesInPlace(reader.outputs, operands.places, shape);
  if (!inPlace) return null;
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
export function epilogue(
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

/**
 * Two maps over one shape as one of several outputs.
 *
 * @param needed Which outputs of the first somebody else reads.
 */
export function merge(
  first: MapLaunch,
  second: MapLaunch,
  needed: readonly boolean[],
  limit: number,
): RecordedLaunch | null {
  const shape = first.outputs[0]!.view.shape;
  if (!sameShape(shape, second.outputs[0]!.view.shape)) return null;
  const all = [...first.outputs, ...second.outputs];
  if (new Set(all.map((o) => o.storage)).size < all.length) return null;
  const outputs = all.filter((_, i) => needed[i] ?? true);
  // What the second reads of the first has to be what is written right there.
  const from = second.inputs.map(({ storage }) =>
    first.outputs.findIndex((p) => p.storage === storage)
  );
  const there = second.inputs.every(({ view }, i) =>
    from[i]! < 0 || sameElements(view, first.outputs[from[i]!]!.view, shape)
  );
  if (!there) return null;
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
  second.inputs.forEach(({ storage, view }, i) => {
    const o = from[i]!;
    inputs.push(o < 0 ? operands.read(storage, view) : exprs[o]!);
  });
  if (operands.places.length + outputs.length > limit) return null;
  // What one writes the other may not read elsewhere.
  if (!writesInPlace(outputs, operands.places, shape)) return null;
  const rewrite = rewriter(operands.interner, {
    arg: (k) => inputs[k]!,
    scalar: (i) => after + i,
  });
  return {
    kind: "map",
    label: joined(first.label, second.label),
    program: new MapProgram(
      operands.dtypes,
      [
        ...exprs.filter((_, i) => needed[i]),
        ...second.program.exprs.map(rewrite),
      ],
      operands.scalars.length,
    ),
    outputs,
    inputs: operands.places,
    scalars: operands.scalars,
    late: operands.late,
  };
}

/** A map with those of its outputs that are needed, or null without any. */
export function keeping(
  launch: MapLaunch,
  needed: readonly boolean[],
): MapLaunch | null {
  if (!needed.includes(true)) return null;
  const { inputs, exprs, scalars } = launch.program;
  return {
    ...launch,
    outputs: launch.outputs.filter((_, i) => needed[i]),
    program: new MapProgram(inputs, exprs.filter((_, i) => needed[i]), scalars),
  };
}

function joined(a: string, b: string): string {
  return a === b || a === "" ? b : `${a}, ${b}`;
}
