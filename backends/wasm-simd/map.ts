/**
 * Map kernels: outputs computed element by element.
 *
 * @module
 */

import {
  type DType,
  type Launch,
  type MapKernel,
  type Slot,
  usesIndex,
} from "@tenfold/core";
import { ArgumentLayout } from "./arguments.ts";
import { type FunctionBuilder, i32, i32x4, type Local } from "./assembler.ts";
import { ARGUMENTS, type Engine, importsOf } from "./engine.ts";
import { ExpressionWriter } from "./expression.ts";
import {
  alongInner,
  overRows,
  positionsFrom,
  read,
  type Row,
  stepOf,
  walker,
  write,
} from "./loops.ts";
import { mapTurned, turnedSlots } from "./turned.ts";
import { loadSplat, type Quad } from "./values.ts";
import { priceOf, weightOf } from "./weight.ts";

/** How many vectors a round of the loop takes: more for cheap expressions. */
function unrollOf(slots: readonly Slot[], weight: number): number {
  if (slots.some(({ access }) => stepOf(access) === "strided")) return 1;
  return weight <= 12 ? 4 : weight <= 30 ? 2 : 1;
}

/** A function that runs a map: what its parts have in common. */
export interface MapSite {
  /** The kernel. */
  readonly kernel: MapKernel;
  /** Outputs, then inputs. */
  readonly slots: readonly Slot[];
  /** How it takes its arguments. */
  readonly layout: ArgumentLayout;
  /** The function. */
  readonly f: FunctionBuilder;
  /** Where the arguments are. */
  readonly args: Local<"i32">;
  /** What writes the expressions. */
  readonly writer: ExpressionWriter;
  /** Whether positions are used. */
  readonly indexed: boolean;
  /** Roughly how many instructions four elements take. */
  readonly weight: number;
}

/** Writes the expressions for four elements. */
export function valuesAt(
  { kernel, f, args, layout, writer }: MapSite,
  arg: (slot: number) => Quad,
  positions: readonly Local<"i32">[],
  ahead = 0,
): Quad[] {
  return writer.write(kernel.exprs, {
    arg: (index) => arg(kernel.outputs.length + index),
    scalar: (index: number, dtype: DType) =>
      layout.scalar(f, args, index, dtype),
    index: (dim) =>
      dim === kernel.rank - 1
        ? positionsFrom(f, i32.add(positions[dim]!, i32.const(4 * ahead)))
        : splatOf(f, positions[dim]!),
  });
}

/** Writes the loop along one row. */
export function mapRow(site: MapSite, row: Row): void {
  const { kernel, slots, layout, f, args, indexed, weight } = site;
  const { outputs, rank } = kernel;
  // What does not move along the row is read once.
  const still = new Map<number, Quad>();
  const walkers = slots.map((slot, k) => {
    const pointer = row.pointers[k]!;
    if (k >= outputs.length && stepOf(slot.access) === "none") {
      still.set(k, loadSplat(f, slot.dtype, pointer));
    }
    return walker(f, slot, pointer, () => layout.stride(args, k, rank - 1));
  });
  alongInner(
    f,
    walkers,
    row.length,
    unrollOf(slots, weight),
    indexed ? row.positions[rank - 1]! : null,
    (at, ahead, count) => {
      const values = valuesAt(
        site,
        (k) => still.get(k) ?? read(f, at[k]!, ahead),
        row.positions,
        ahead,
      );
      const store = (count?: Local<"i32">) =>
        values.forEach((value, k) => write(f, at[k]!, value, ahead, count));
      if (count === undefined) store();
      else {
        f.if(
          i32.ge_s(count, i32.const(4)),
          () => store(),
          () => store(count),
        );
      }
    },
  );
}

/**
 * Compiles a map kernel.
 *
 * @param engine Where it will run.
 * @param kernel What it computes.
 * @returns What runs it.
 */
export function compileMap(engine: Engine, kernel: MapKernel): Launch {
  const { outputs, inputs, exprs, rank } = kernel;
  const slots = [...outputs, ...inputs];
  const layout = new ArgumentLayout(
    slots.map(({ dtype }) => dtype),
    rank,
    exprs,
  );
  const weight = weightOf(exprs);
  const draft = engine.draft(importsOf(exprs));
  const define = (
    name: string,
    body: (
      site: MapSite,
      range: readonly [Local<"i32">, Local<"i32">],
    ) => void,
  ) =>
    draft.module.func(name, ["i32", "i32", "i32"], "none", (
      f,
      args,
      begin,
      end,
    ) => {
      const writer = new ExpressionWriter(f, engine.fused, draft.imported);
      const indexed = usesIndex(exprs);
      body({ kernel, slots, layout, f, args, writer, indexed, weight }, [
        begin,
        end,
      ]);
    });
  define("run", (site, range) => {
    overRows(site.f, layout, site.args, range, slots, rank, (row) => {
      mapRow(site, row);
    });
  });
  const turned = turnedSlots(kernel, weight);
  if (turned.length > 0) {
    define("turned", (site, range) => mapTurned(site, range, turned));
  }
  const flat = rank === 1 &&
    slots.every(({ access }) => stepOf(access) !== "strided");
  const program = engine.finish(draft);
  const { memory } = engine;
  const { run } = program.exports;
  if (flat && engine.pool === null) {
    return (call) => {
      layout.write(memory, call, true);
      run!(ARGUMENTS, 0, call.shape[0]!, 0);
    };
  }
  const price = priceOf(exprs);
  const grain = rank === 1 ? 64 : 1;
  return (call) => {
    layout.write(memory, call, flat);
    const { shape, strides } = call;
    let elements = shape[0]!;
    for (let d = 1; d < rank; d++) elements *= shape[d]!;
    const turns = turned.length > 0 &&
      turned.every((k) => strides[k]![rank - 2] === 1);
    const entry = turns ? "turned" : "run";
    engine.run(program, entry, shape[0]!, grain, elements * price);
  };
}

function splatOf(f: FunctionBuilder, position: Local<"i32">): Quad {
  return { dtype: "int32", parts: [f.let(i32x4.splat(position))] };
}
