/**
 * Models that PyTorch 1.13 exported, with what PyTorch gives for the inputs.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memory, setBackend, type Tensor, tensor, tidy } from "@tenfold/core";
import { importOnnx } from "@tenfold/onnx";
import { readFile } from "node:fs/promises";
import { assertNear } from "../../onnx/_testing.ts";
import { backendsUnderTest } from "../goldens/backends.ts";

interface Numbers {
  readonly dims: readonly number[];
  readonly int: boolean;
  readonly values: readonly number[];
}

interface Fixture {
  readonly file: string;
  readonly inputs: readonly Numbers[];
  readonly outputs: readonly Numbers[];
}

const fixtures = JSON.parse(
  await readFile(new URL("./figures/torch.json", import.meta.url), "utf8"),
) as { readonly [name: string]: Fixture };

const tensorOf = ({ dims, int, values }: Numbers) =>
  tensor(int ? Int32Array.from(values) : Float32Array.from(values), {
    shape: [...dims],
  });

for (const backend of await backendsUnderTest()) {
  describe(`models of PyTorch on ${backend.name}`, () => {
    for (const [name, { file, inputs, outputs }] of Object.entries(fixtures)) {
      it(`${name} gives what PyTorch gives, and gradients by all weights`, async () => {
        await setBackend(backend);
        const before = memory();
        {
          using model = await importOnnx<Tensor | Tensor[]>(
            Uint8Array.from(atob(file), (char) => char.charCodeAt(0)),
          );
          await tidy(async () => {
            const result = model.forward(...inputs.map(tensorOf));
            const results = Array.isArray(result) ? result : [result];
            assertEquals(results.length, outputs.length);
            for (const [i, { dims, values }] of outputs.entries()) {
              assertEquals(results[i]!.shape, [...dims]);
              assertNear(await results[i]!.data(), values, {
                atol: 1e-5,
                rtol: 1e-4,
              });
            }
            if (model.parameters().length === 0) return;
            results[0]!.square().sum().backward();
            const without = model.namedParameters()
              .filter(([, parameter]) => parameter.grad === null);
            assertEquals(without.map(([name]) => name), []);
            model.zeroGrad();
          });
        }
        assertEquals(memory().tensors, before.tensors);
        assertEquals(memory().bytes, before.bytes);
      });
    }
  });
}
