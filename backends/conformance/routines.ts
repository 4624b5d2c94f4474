/**
 * Routines that are prepared and launched without core between, over operands
 * of any layout.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import {
  type ComputeDType,
  type RoutineName,
  View,
} from "@tenfold/core/backend";
import { firstDifference } from "./compare.ts";
import { showElementOperands } from "./element_operands.ts";
import { checkOutput, type Held, launch } from "./held.ts";
import { addressesOf } from "./layout.ts";
import { ALONG_TRIALS } from "./ops/along.ts";
import { GATHER_TRIALS } from "./ops/gather.ts";
import { PRODUCT_TRIALS } from "./ops/product.ts";
import { SCATTER_TRIALS } from "./ops/scatter.ts";
import { SORT_TRIALS } from "./ops/sort.ts";
import { reference, toleranceOf } from "./ops/table.ts";
import { Maker, type Trials, viewed } from "./ops/trial.ts";
import type { Random } from "./random.ts";
import type { Session } from "./session.ts";

/** The routines whose loop core hands over as the op has it. */
type DirectRoutine = Exclude<
  RoutineName,
  "conv2d" | "maxPool2d" | "linalg" | "lines" | "linearInt8" | "dotsInt8"
>;

/** The trials of each routine. */
export const ROUTINES: { readonly [N in DirectRoutine]: Trials } = {
  ...PRODUCT_TRIALS,
  ...GATHER_TRIALS,
  ...SCATTER_TRIALS,
  ...SORT_TRIALS,
  ...ALONG_TRIALS,
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
      outputs: outputs.map((held) => dtypeOf(held)),
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

function dtypeOf({ memory }: Held): ComputeDType {
  if (memory instanceof Float32Array) return "float32";
  if (memory instanceof Float64Array) return "float64";
  return memory instanceof Int32Array ? "int32" : "bool";
}
