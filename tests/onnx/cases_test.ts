/**
 * The cases of the ONNX project on every backend: those of single operators
 * that lie in this repository, and others where they lie beside it.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type Backend,
  memory,
  noGrad,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/core";
import { importOnnx } from "@tenfold/onnx";
import process from "node:process";
import { readTensor } from "../../onnx/_proto/read.ts";
import { type Constant, constantOf } from "../../onnx/_tensor_data.ts";
import { assertNear, casesOf, tensorOf, untar } from "../../onnx/_testing.ts";
import { backendsUnderTest } from "../goldens/backends.ts";

const beside = (path: string) => new URL(path, import.meta.url);
const committed = await untar(
  beside("../../onnx/_testdata/onnx_cases.tar.gz"),
);
const further = await untar(beside("../../../shared/data/onnx.tar.gz"))
  .catch(() => null);
if (further === null) {
  console.warn("Further cases of ONNX are left out: ../shared/data is missing");
}

/** What a device without float64 can hold of a double. */
const heldBy = (device: Backend, values: ArrayLike<number>) =>
  device.dtypes.includes("float64") ? values : Array.from(values, Math.fround);

for (const backend of await backendsUnderTest()) {
  const on = (name: string, test: () => Promise<void>) =>
    it(`${name} on ${backend.name}`, async () => {
      await setBackend(backend);
      const before = memory();
      await test();
      assertEquals(memory().tensors, before.tensors);
      assertEquals(memory().bytes, before.bytes);
    });

  describe("operators give what the ONNX project says", () => {
    const cases = new Map(
      [...casesOf(committed), ...casesOf(further ?? new Map())]
        .map((one) => [one.name, one]),
    );
    for (const { name, model, inputs, outputs } of cases.values()) {
      on(name, async () => {
        using net = await importOnnx<Tensor | Tensor[]>(model);
        await tidy(async () => {
          const result = net.forward(
            ...inputs.map((input) => tensorOf(input, backend)),
          );
          const results = Array.isArray(result) ? result : [result];
          assertEquals(results.length, outputs.length);
          for (const [i, { shape, numbers }] of outputs.entries()) {
            assertEquals(results[i]!.shape, [...shape]);
            assertNear(
              await results[i]!.data(),
              heldBy(backend, numbers),
              { atol: 1e-6, rtol: 1e-5 },
            );
          }
        });
      });
    }
  });

  /** The others take minutes where sums are slow. */
  const quick = /squeezenet|shufflenet|inception_v1/;
  const all = backend.name === "wasm-simd" || process.env.TENFOLD_BACKEND;
  const nets = [...further?.keys() ?? []].filter((path) =>
    /light_\w+\.onnx$/.test(path) && (all || quick.test(path))
  );
  // Outside of the tests, as Bun gives a test five seconds.
  const results = new Map<string, Constant>();
  await setBackend(backend);
  for (const path of nets) results.set(path, await outputOf(path));
  if (nets.length > 0) {
    describe("whole nets give what the ONNX project says", () => {
      for (const [path, actual] of results) {
        it(`${path.match(/light_(\w+)/)![1]} on ${backend.name}`, () => {
          const expected = constantOf(
            readTensor(further!.get(path.replace(".onnx", "_output_0.pb"))!),
          );
          assertEquals(actual.shape, [...expected.shape]);
          // Weights are all alike, so that sums are long and of one sign.
          assertNear(
            actual.numbers,
            expected.numbers,
            { atol: 1e-6, rtol: 1e-5 },
          );
        });
      }
    });
  }
}

/** What a net gives for an image; the cases hold no input. */
async function outputOf(path: string): Promise<Constant> {
  using net = await importOnnx(further!.get(path)!);
  using _ = noGrad();
  const pixels = 3 * 224 * 224;
  using x = tensor(
    Float32Array.from({ length: pixels }, (_, i) => i / pixels),
    { shape: [1, 3, 224, 224] },
  );
  using y = net.forward(x);
  const numbers = await y.data() as Float32Array;
  return { type: 1, shape: y.shape, numbers };
}

describe("the cases that are there", () => {
  it("are 56 in the repository", () => {
    assertEquals(casesOf(committed).length, 56);
    assert(casesOf(committed).every(({ outputs }) => outputs.length > 0));
  });
});
