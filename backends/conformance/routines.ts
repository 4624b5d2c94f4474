/**
 * Routines that are prepared and launched without core between, over operands
 * of any layout.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  type AlongOp,
  type Op,
  type RoutineName,
  View,
} from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import { EVERY } from "./cases/case.ts";
import { LINE_NAMES } from "./ops/along.ts";
import { type Plain, reference } from "./reference/mod.ts";
import { toleranceOf } from "./tolerance.ts";
import { firstDifference } from "./compare.ts";
import { showElementOperands } from "./element_operands.ts";
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
import { common, type Draw, ties } from "./values.ts";

/** The operands of one launch, and the op with the same meaning. */
interface Trial {
  readonly name: DirectRoutine;
  readonly shape: readonly number[];
  readonly outputs: readonly Held[];
  readonly inputs: readonly Held[];
  readonly scalars: readonly number[];
  /** The op that means the same, and its inputs. */
  readonly op: Op;
  readonly plains: readonly Plain[];
}

/** The routines whose loop core hands over as the op has it. */
type DirectRoutine = Exclude<RoutineName, "conv2d" | "maxPool2d">;

/** Rows and the dim along which a routine works. */
function loopOf(random: Random): number[] {
  return [
    ...Array.from({ length: random.whole(1, 2) }, () => random.whole(1, 5)),
    random.pick([1, 2, 3, 7, 17, 33]),
  ];
}

/** Creates operands of one session. */
class Maker {
  readonly session: Session;
  readonly random: Random;

  constructor(session: Session, random: Random) {
    this.session = session;
    this.random = random;
  }

  input(shape: readonly number[], dtype: DType, draw: Draw = common): Held {
    const { session, random } = this;
    const laid = layOut(shape, random.pick(ALL_LAYOUTS));
    return hold(session, dtype, laid, () => draw(random, dtype));
  }

  output(shape: readonly number[], dtype: DType, dense = false): Held {
    const { session, random } = this;
    const laid = layOut(shape, dense ? "dense" : random.pick(APART));
    return hold(session, dtype, laid, () => random.whole(0, 1));
  }

  plain(held: Held, dtype: DType): Plain {
    return { shape: held.view.shape, dtype, data: shownBy(held) };
  }
}

/** The operand with a view along the whole loop. */
function viewed(
  held: Held,
  shape: readonly number[],
  strides: readonly number[],
): Held {
  return { ...held, view: new View(shape, strides, held.view.offset) };
}

function matmul(maker: Maker, dtype: DType): Trial {
  const { random } = maker;
  const size = () => random.pick([1, 2, 3, 5, 8, 17, 33]);
  const [m, n, k] = [size(), size(), size()];
  const batch = Array.from(
    { length: random.whole(0, 2) },
    () => random.whole(1, 3),
  );
  const shape = [...batch, m, n, k];
  const a = maker.input([...batch, m, k], dtype);
  const b = maker.input([...batch, k, n], dtype);
  const out = maker.output([...batch, m, n], dtype, true);
  const bias = random.chance(0.5) ? maker.input([...batch, m, n], dtype) : null;
  const lead = batch.length;
  const [x, y] = [a.view.strides, b.view.strides];
  const rows = (s: readonly number[]) => s.slice(0, lead);
  const inputs = [
    viewed(a, shape, [...rows(x), x[lead]!, 0, x[lead + 1]!]),
    viewed(b, shape, [...rows(y), 0, y[lead + 1]!, y[lead]!]),
  ];
  if (bias) inputs.push(viewed(bias, shape, [...bias.view.strides, 0]));
  return {
    name: "matmul",
    shape,
    outputs: [viewed(out, shape, [...out.view.strides, 0])],
    inputs,
    scalars: [],
    op: { name: "matmul" },
    plains: [a, b, ...(bias ? [bias] : [])]
      .map((held) => maker.plain(held, dtype)),
  };
}

/** A shape with another extent along its last dim. */
const ending = (shape: readonly number[], n: number): number[] => [
  ...shape.slice(0, -1),
  n,
];

function gather(maker: Maker, dtype: DType): Trial {
  const { random } = maker;
  const shape = loopOf(random);
  const bound = random.whole(1, 9);
  const x = maker.input(ending(shape, bound), dtype);
  const index = maker.input(shape, "int32", () => random.whole(0, bound - 1));
  return {
    name: "gather",
    shape,
    outputs: [maker.output(shape, dtype)],
    inputs: [viewed(x, shape, x.view.strides), index],
    scalars: [bound],
    op: { name: "gather", dim: shape.length - 1 },
    plains: [maker.plain(x, dtype), maker.plain(index, "int32")],
  };
}

function scatterAdd(maker: Maker, dtype: DType): Trial {
  const { random } = maker;
  const shape = loopOf(random);
  const bound = random.whole(1, 9);
  const out = maker.output(ending(shape, bound), dtype);
  const index = maker.input(shape, "int32", () => random.whole(0, bound - 1));
  const src = maker.input(shape, dtype);
  return {
    name: "scatterAdd",
    shape,
    outputs: [out],
    inputs: [index, src],
    scalars: [bound],
    op: { name: "scatterAdd", dim: shape.length - 1 },
    plains: [
      maker.plain(out, dtype),
      maker.plain(index, "int32"),
      maker.plain(src, dtype),
    ],
  };
}

function arg(name: "argmax" | "argmin") {
  return (maker: Maker, dtype: DType): Trial => {
    const shape = loopOf(maker.random);
    const out = maker.output(ending(shape, 1), "int32");
    const x = maker.input(shape, dtype, ties);
    return {
      name,
      shape,
      outputs: [out],
      inputs: [x],
      scalars: [],
      op: { name, dim: shape.length - 1, keepDim: true },
      plains: [maker.plain(x, dtype)],
    };
  };
}

function sort(maker: Maker, dtype: DType): Trial {
  const shape = loopOf(maker.random);
  const descending = maker.random.chance(0.5);
  const x = maker.input(shape, dtype, ties);
  return {
    name: "sort",
    shape,
    outputs: [
      maker.output(shape, dtype, true),
      maker.output(shape, "int32", true),
    ],
    inputs: [x],
    scalars: [descending ? 1 : 0],
    op: { name: "sort", dim: shape.length - 1, descending },
    plains: [maker.plain(x, dtype)],
  };
}

function along(name: AlongOp["name"]) {
  return (maker: Maker, dtype: DType): Trial => {
    const shape = loopOf(maker.random);
    const x = maker.input(shape, dtype);
    return {
      name,
      shape,
      outputs: [maker.output(shape, dtype)],
      inputs: [x],
      scalars: [],
      op: { name, dim: shape.length - 1 },
      plains: [maker.plain(x, dtype)],
    };
  };
}

/** The dtypes that a routine works in, and its trials. */
interface DirectTrials {
  readonly dtypes: readonly DType[];
  readonly trial: (maker: Maker, dtype: DType) => Trial;
}

/** They work in the dtypes that the op leaves as they are. */
const ALONG_ROUTINES = Object.fromEntries(LINE_NAMES.map((name) => [name, {
  dtypes: EVERY.filter((dtype) =>
    infer({ name, dim: 0 }, [{ shape: [1], dtype }])[0]!.dtype === dtype
  ),
  trial: along(name),
}])) as unknown as { [N in AlongOp["name"]]: DirectTrials };

/** The routines whose launches are tried without core. */
export const ROUTINES: { readonly [N in DirectRoutine]: DirectTrials } = {
  matmul: { dtypes: ["int32", "float32", "float64"], trial: matmul },
  gather: { dtypes: ["bool", "int32", "float32", "float64"], trial: gather },
  scatterAdd: { dtypes: ["int32", "float32", "float64"], trial: scatterAdd },
  argmax: {
    dtypes: ["bool", "int32", "float32", "float64"],
    trial: arg("argmax"),
  },
  argmin: {
    dtypes: ["bool", "int32", "float32", "float64"],
    trial: arg("argmin"),
  },
  sort: { dtypes: ["bool", "int32", "float32", "float64"], trial: sort },
  ...ALONG_ROUTINES,
};

/** The strides of an operand along the loop of a trial. */
function alongLoop(held: Held, shape: readonly number[]): Held {
  const strides = held.view.strides.map((s, d) =>
    held.view.shape[d] === 1 && shape[d] !== 1 ? 0 : s
  );
  return viewed(held, shape, strides);
}

/** Launches a routine once over random operands. */
export async function checkRoutine(
  session: Session,
  name: DirectRoutine,
  dtype: DType,
  random: Random,
): Promise<void> {
  const trial = ROUTINES[name].trial(new Maker(session, random), dtype);
  const { shape, outputs, inputs, scalars, op, plains } = trial;
  const expected = reference(op, plains);
  const tolerance = toleranceOf(op, plains, expected);
  try {
    const kernel = {
      kind: "routine",
      name,
      rank: shape.length,
      outputs: expected.map((result) => result.dtype),
      inputs: inputs.map((held) => dtypeOf(held)),
    } as const;
    // An arg-reduction's output has stride 0 along the reduced dim.
    const operands = [
      ...outputs.map((held) => alongLoop(held, shape)),
      ...inputs,
    ];
    if (!launch(session, kernel, shape, operands, scalars)) return;
    for (const [i, output] of outputs.entries()) {
      const result = expected[i]!;
      const seen = await session.backend.read(
        output.buffer,
        0,
        output.memory.length,
      );
      const own = name === "matmul"
        ? new View(result.shape, output.view.strides.slice(0, -1), 0)
        : output.view;
      const got = addressesOf(own).map((at) => seen[at]!);
      const list = Float64Array.from(got);
      const what = () =>
        `${JSON.stringify(kernel)} over [${shape.join(", ")}] with strides ${
          JSON.stringify(operands.map(({ view }) => view.strides))
        }`;
      const at = firstDifference(
        list,
        result,
        tolerance,
        session.backend.subnormals ? null : { flushed: result, exact: result },
      );
      if (at >= 0) {
        throw new Error(
          `${what()}: element ${at} of output ${i} is ${got[at]}, expected ${
            result.data[at]
          }${showElementOperands(op, plains, i, at)}`,
        );
      }
      // Beside its elements, nothing may have changed.
      await checkOutput(session, { ...output, view: own }, got, what);
    }
  } finally {
    for (const { buffer } of [...outputs, ...inputs]) {
      session.backend.free(buffer);
    }
  }
}

function dtypeOf({ memory }: Held): DType {
  if (memory instanceof Float32Array) return "float32";
  if (memory instanceof Float64Array) return "float64";
  return memory instanceof Int32Array ? "int32" : "bool";
}
