/**
 * Kernels that are prepared and launched without core between: random maps and
 * reductions over operands of any layout.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  type Access,
  accumulator,
  call,
  castExpr,
  type Combine,
  constant,
  type Expr,
  type Kernel,
  type ReduceKernel,
  type Slot,
  View,
} from "@tenfold/core/backend";
import { evaluator } from "./ops/evaluate.ts";
import { flatIndex, positions } from "./ops/plain.ts";
import { randomExpr } from "./expressions.ts";
import {
  APART,
  checkOutput,
  type Held,
  hold,
  launch,
  shownBy,
} from "./held.ts";
import { addressesOf, ALL_LAYOUTS, layOut } from "./layout.ts";
import type { Random } from "./random.ts";
import type { Session } from "./session.ts";

/** The most specific access that holds for strides along a loop. */
function accessOf(
  shape: readonly number[],
  strides: readonly number[],
): Access {
  const view = new View(shape, strides, 0);
  if (view.dense) return "dense";
  if (strides.every((s, d) => s === 0 || shape[d] === 1)) return "uniform";
  const inner = strides[strides.length - 1];
  return inner === 1 ? "row" : inner === 0 ? "splat" : "strided";
}

const slotOf = (
  dtype: DType,
  shape: readonly number[],
  strides: readonly number[],
  promising: boolean,
): Slot => ({
  dtype,
  access: promising ? accessOf(shape, strides) : "strided",
});

function numbersOf(session: Session): DType[] {
  return (["int32", "float32", "float64"] as const)
    .filter((dtype) => session.has(dtype));
}

const SCALARS: readonly number[] = [3, -2];

/** One random map kernel: several outputs, positions, scalars, in place. */
export async function checkMap(
  session: Session,
  random: Random,
): Promise<void> {
  const rank = random.whole(1, 4);
  const shape = Array.from({ length: rank }, () => random.whole(1, 6));
  const outputs = Array.from(
    { length: random.whole(1, 3) },
    (): DType => random.pick([...numbersOf(session), "bool"]),
  );
  const inputs = Array.from(
    { length: random.whole(0, 4) },
    (): DType => random.pick([...numbersOf(session), "bool"]),
  );
  const exprs = outputs.map((dtype): Expr => {
    const inner = dtype === "bool" ? random.pick(numbersOf(session)) : dtype;
    const expr = randomExpr(
      { inputs, dtype: inner, scalars: 2, dims: rank, limit: 2 ** 20 },
      3,
      random,
    );
    return castExpr(expr, dtype);
  });
  const fill = () => random.whole(-4, 4);
  const held = inputs.map((dtype) =>
    hold(session, dtype, layOut(shape, random.pick(ALL_LAYOUTS)), fill)
  );
  // An output may share the memory of an input, in the same layout.
  const taken = new Set<Held>();
  const targets = outputs.map((dtype) => {
    const place = held.find((input, i) =>
      inputs[i] === dtype && !taken.has(input) &&
      new Set(addressesOf(input.view)).size === input.view.size
    );
    if (place && random.chance(0.4)) {
      taken.add(place);
      return place;
    }
    return hold(session, dtype, layOut(shape, random.pick(APART)), fill);
  });
  const promising = random.chance(0.7);
  const slots = (dtypes: readonly DType[], all: readonly Held[]) =>
    dtypes.map((dtype, i) =>
      slotOf(dtype, shape, all[i]!.view.strides, promising)
    );
  const kernel: Kernel = {
    kind: "map",
    rank,
    outputs: slots(outputs, targets),
    inputs: slots(inputs, held),
    exprs,
    scalars: 2,
  };
  const values = held.map(shownBy);
  const expected = exprs.map((expr) => {
    const value = evaluator(expr, true);
    return positions(shape).map((position, at) =>
      value({
        args: values.map((list) => list[at]!),
        scalars: SCALARS,
        position,
      })
    );
  });
  try {
    launch(session, kernel, shape, [...targets, ...held], SCALARS);
    const what = () => `${JSON.stringify(kernel)} over [${shape.join(", ")}]`;
    for (const [i, target] of targets.entries()) {
      await checkOutput(
        session,
        target,
        expected[i]!,
        what,
        (at) => values.map((list) => [list[at]!]),
      );
    }
  } finally {
    for (const { buffer } of new Set([...targets, ...held])) {
      session.backend.free(buffer);
    }
  }
}

const IDENTITY: { readonly [C in Combine]: (dtype: DType) => number } = {
  sum: () => 0,
  prod: () => 1,
  max: (dtype) => dtype === "int32" ? -2147483648 : -Infinity,
  min: (dtype) => dtype === "int32" ? 2147483647 : Infinity,
};

const COMBINE: {
  readonly [C in Combine]: (a: number, b: number, dtype: DType) => number;
} = {
  sum: (a, b, dtype) => dtype === "int32" ? (a + b) | 0 : a + b,
  prod: (a, b, dtype) => dtype === "int32" ? Math.imul(a, b) : a * b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
};

/** One random reduction with an epilogue over what the kept dims know. */
export async function checkReduce(
  session: Session,
  random: Random,
): Promise<void> {
  const rank = random.whole(1, 3);
  const reducedRank = random.whole(1, 2);
  const kept = Array.from({ length: rank }, () => random.whole(1, 5));
  const reduced = Array.from(
    { length: reducedRank },
    () => random.chance(0.1) ? 0 : random.pick([1, 2, 3, 5, 9, 40]),
  );
  const shape = [...kept, ...reduced];
  const combine = random.pick(["sum", "prod", "max", "min"] as const);
  const dtype = combine === "prod" ? "int32" : random.pick(numbersOf(session));
  const inputs = Array.from(
    { length: random.whole(1, 3) },
    (): DType => random.pick([...numbersOf(session), "bool"]),
  );
  // The epilogue may look at inputs that are broadcast along the reduced dims.
  const broadcast = inputs.map(() => random.chance(0.4));
  const fill = () => random.whole(-4, 4);
  const held = inputs.map((own, i) => {
    if (!broadcast[i]) {
      return hold(session, own, layOut(shape, random.pick(ALL_LAYOUTS)), fill);
    }
    const { view, size } = layOut(kept, random.pick(ALL_LAYOUTS));
    const strides = [...view.strides, ...reduced.map(() => 0)];
    return hold(
      session,
      own,
      { view: new View(shape, strides, view.offset), size },
      fill,
    );
  });
  const leaves = { inputs, dtype, scalars: 2, dims: 0, limit: 2 ** 13 };
  const element = randomExpr(leaves, 3, random);
  const usable = inputs.map((_, i) => i).filter((i) => broadcast[i]);
  const total = call(
    "add",
    accumulator(dtype),
    randomExpr({ ...leaves, usable }, 2, random),
  );
  // An empty reduction of floats is infinite: compare it, do not add to it.
  const asks = random.chance(0.2) || (combine !== "sum" && reduced.includes(0));
  const epilogue = asks
    ? call("gt", accumulator(dtype), constant(1, dtype))
    : random.chance(0.8)
    ? total
    : castExpr(total, "float32");
  const output = hold(session, epilogue.dtype, layOut(kept, "dense"), fill);
  const promising = random.chance(0.7);
  const kernel: ReduceKernel = {
    kind: "reduce",
    rank,
    reducedRank,
    output: epilogue.dtype,
    inputs: inputs.map((own, i) => {
      const { strides } = held[i]!.view;
      const inner = slotOf(own, reduced, strides.slice(rank), promising);
      const outer = slotOf(own, kept, strides.slice(0, rank), promising);
      return { ...inner, kept: outer.access };
    }),
    element,
    combine,
    epilogue,
    scalars: 2,
  };
  const groups = positions(kept).map(() => IDENTITY[combine](dtype));
  const values = held.map(shownBy);
  const argsAt = (at: number) => values.map((list) => list[at]!);
  const elementAt = evaluator(element, true);
  positions(shape).forEach((position, at) => {
    const group = flatIndex(kept, position.slice(0, rank));
    const value = elementAt({ args: argsAt(at), scalars: SCALARS });
    groups[group] = COMBINE[combine](groups[group]!, value, dtype);
  });
  const perGroup = reduced.reduce((n, d) => n * d, 1);
  const keptArgs = (group: number): number[] =>
    held.map((input, i) => {
      if (perGroup > 0) return values[i]![group * perGroup]!;
      const position = positions(kept)[group]!;
      const at = position.reduce(
        (sum, p, d) => sum + p * input.view.strides[d]!,
        input.view.offset,
      );
      return broadcast[i] ? input.memory[at]! : 0;
    });
  const ending = evaluator(epilogue, true);
  const expected = groups.map((value, group) =>
    ending({ args: keptArgs(group), scalars: SCALARS, accumulator: value })
  );
  try {
    const target = {
      ...output,
      view: new View(shape, [
        ...output.view.strides,
        ...reduced.map(() => 0),
      ], 0),
    };
    launch(session, kernel, shape, [target, ...held], SCALARS);
    const what = () => `${JSON.stringify(kernel)} over [${shape.join(", ")}]`;
    await checkOutput(
      session,
      output,
      expected,
      what,
      (group) =>
        values.map((list) =>
          list.slice(group * perGroup, (group + 1) * perGroup)
        ),
    );
  } finally {
    for (const { buffer } of [output, ...held]) session.backend.free(buffer);
  }
}
