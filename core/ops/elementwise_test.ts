import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { APPLY } from "../members.ts";
import { clean, on, renamed } from "../_testing.ts";
import type { Backend } from "../backend.ts";
import { ones, tensor } from "../creation.ts";
import {
  ELEMENTWISE,
  ELEMENTWISE_PRIMITIVES,
  type ElementwiseName,
} from "./elementwise.ts";
import { grad } from "../autograd/grad.ts";
import type { Tensor } from "../tensor.ts";

/** A backend that counts what runs on it. */
function counting(): { backend: Backend; launches: string[] } {
  const launches: string[] = [];
  const inner = renamed("counting");
  const backend: Backend = {
    ...inner,
    prepare(kernel) {
      const launch = inner.prepare(kernel);
      return launch && ((call) => {
        launches.push(kernel.kind);
        launch(call);
      });
    },
  };
  return { backend, launches };
}

/** The kernels that the gradients of an op by all its operands take. */
function kernelsOf(
  launches: string[],
  name: ElementwiseName,
  operands: readonly Tensor[],
): string[] {
  const y = operands[0]![APPLY]({ name }, ...operands.slice(1));
  const gradOutputs = [ones(y.shape)];
  launches.length = 0;
  grad(y, operands, { gradOutputs });
  return launches.slice();
}

const names = Object.keys(ELEMENTWISE) as ElementwiseName[];
const FLOATS = names.filter((name) =>
  ["promote", "float"].includes(ELEMENTWISE[name].rule)
);

describe("the gradient of an elementwise primitive", () => {
  const { backend, launches } = counting();

  for (const name of FLOATS) {
    it(
      `of ${name} is at most one kernel an operand`,
      clean(() =>
        on(backend, () => {
          const { arity } = ELEMENTWISE[name];
          const operands = Array.from({ length: arity }, (_, p) =>
            tensor([0.5 + p, 0.25 + p], { requiresGrad: true }));
          const kernels = kernelsOf(launches, name, operands);
          assertEquals(
            kernels.filter((kind) =>
              kind !== "map"
            ),
            [],
          );
          assertEquals(kernels.length <= arity, true, `${kernels.length}`);
        })
      ),
    );
  }

  it(
    "is summed where it is computed, by what was broadcast",
    clean(() =>
      on(backend, () => {
        for (const name of ["mul", "div", "atan2", "maximum", "pow"] as const) {
          const row = tensor([1, 2, 3], { requiresGrad: true });
          const column = tensor([[1], [2]], { requiresGrad: true });
          assertEquals(kernelsOf(launches, name, [column, row]), [
            "reduce",
            "reduce",
          ], name);
        }
      })
    ),
  );

  it(
    "keeps the output alone where that is enough",
    () => {
      for (
        const name of [
          "exp",
          "sqrt",
          "rsqrt",
          "reciprocal",
          "tan",
          "tanh",
          "sigmoid",
          "relu",
        ] as const
      ) {
        const rules = ELEMENTWISE_PRIMITIVES[name].gradient;
        const rule = typeof rules === "function" ? rules({ name }, 0) : null;
        assertEquals(rule?.saves, ["output"], name);
      }
    },
  );

  it(
    "of elu and expm1 has its digits where the function is level",
    clean(() => {
      const x = tensor([-30], { dtype: "float64", requiresGrad: true });
      for (const y of [x.expm1(), x.elu()]) {
        assertEquals(grad(y, x)[0]!.itemSync(), Math.exp(-30));
      }
    }),
  );
});
