/**
 * Single operators on every backend against figures of onnxruntime-node 1.30.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memory, setBackend, type Tensor, tidy } from "@tenfold/core";
import { importOnnx } from "@tenfold/onnx";
import { readFile } from "node:fs/promises";
import { allocate } from "../../onnx/_element.ts";
import { assertNear, tensorOf } from "../../onnx/_testing.ts";
import { backendsUnderTest } from "../goldens/backends.ts";
import { CASES } from "./operator_cases.ts";
import { modelOf, TYPE_OF } from "./operator_model.ts";

interface Figure {
  readonly dims: readonly number[];
  readonly values: readonly (number | string)[];
}

const figures = JSON.parse(
  await readFile(new URL("./figures/operators.json", import.meta.url), "utf8"),
) as { readonly [name: string]: readonly Figure[] };

for (const backend of await backendsUnderTest()) {
  describe(`operators on ${backend.name}`, () => {
    for (const one of CASES) {
      it(one.name, async () => {
        await setBackend(backend);
        const before = memory();
        {
          using net = await importOnnx<Tensor | Tensor[]>(modelOf(one));
          await tidy(async () => {
            const result = net.forward(
              ...one.inputs.flatMap((input) => {
                if (input === null || input.constant) return [];
                const type = TYPE_OF[input.type];
                const numbers = allocate(type, input.data.length);
                numbers.set(input.data);
                return [
                  tensorOf({ type, shape: input.dims, numbers }, backend),
                ];
              }),
            );
            const results = Array.isArray(result) ? result : [result];
            const due = figures[one.name]!;
            assertEquals(results.length, due.length);
            for (const [i, { dims, values }] of due.entries()) {
              assertEquals(results[i]!.shape, [...dims]);
              assertNear(await results[i]!.data(), values.map(Number), {
                atol: 2e-5,
                rtol: 2e-5,
              });
            }
          });
        }
        assertEquals(memory().tensors, before.tensors);
        assertEquals(memory().bytes, before.bytes);
      });
    }
  });
}

describe("the figures of operators", () => {
  it("are there for each case", () => {
    assertEquals(
      Object.keys(figures).sort(),
      CASES.map(({ name }) => name).sort(),
    );
  });
});
