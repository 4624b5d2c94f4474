/**
 * Real models against figures of onnxruntime-node, where their packages are
 * installed: `TENFOLD_ONNX_MODELS` names the folder that holds `node_modules`
 * (`tools/onnx/real_models.ts --folder` makes one).
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { noGrad, setBackend, type Tensor, tensor, tidy } from "@tenfold/core";
import { importOnnx } from "@tenfold/onnx";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { assertNear } from "../../onnx/_testing.ts";
import { MODELS, valuesOf } from "../../tools/onnx/models.ts";
import { backendsUnderTest } from "../goldens/backends.ts";

interface Figure {
  readonly dims: readonly number[];
  readonly step: number;
  readonly values: readonly number[];
}

const { figures } = JSON.parse(
  await readFile(
    new URL("./figures/real_models.json", import.meta.url),
    "utf8",
  ),
) as { figures: { readonly [name: string]: readonly Figure[] } };

describe("the figures of real models", () => {
  it("are there for each of them", () => {
    assertEquals(
      Object.keys(figures).sort(),
      MODELS.map(({ name }) => name).sort(),
    );
  });
});

const folder = process.env.TENFOLD_ONNX_MODELS;
for (const backend of folder ? await backendsUnderTest() : []) {
  describe(`real models on ${backend.name}`, () => {
    for (const { name, file, inputs } of MODELS) {
      it(`${name} gives what onnxruntime-node gives`, async () => {
        await setBackend(backend);
        using net = await importOnnx<Tensor | Tensor[]>(
          `${folder}/node_modules/${file}`,
        );
        await tidy(async () => {
          using _ = noGrad();
          const result = net.forward(
            ...inputs.map((input) =>
              input.type === "int64"
                ? valuesOf(input)[0]!
                : tensor(valuesOf(input), { shape: [...input.dims] })
            ),
          );
          const results = Array.isArray(result) ? result : [result];
          for (const [i, { dims, step, values }] of figures[name]!.entries()) {
            assertEquals(results[i]!.shape, [...dims]);
            const all = Array.from(await results[i]!.data());
            assertNear(
              all.filter((_, at) => at % step === 0),
              values,
              { atol: 1e-4, rtol: 0 },
            );
          }
        });
      });
    }
  });
}
