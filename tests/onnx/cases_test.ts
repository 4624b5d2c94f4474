/**
 * The cases of the ONNX project on every backend: those of single operators
 * that lie in this repository, and others where they lie beside it.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
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
import {
  assertNear,
  type Case,
  casesOf,
  heldBy,
  inputOf,
  untar,
} from "../../onnx/_testing.ts";
import { backendsUnderTest } from "../goldens/backends.ts";

const beside = (path: string) => new URL(path, import.meta.url);
const committed = await untar(
  beside("../../onnx/_testdata/onnx_cases.tar.gz"),
);
const suite = await untar(
  beside("../../onnx/_testdata/onnx_suite.tar.gz"),
);
const further = await untar(beside("../../../shared/data/onnx.tar.gz"))
  .catch(() => null);
if (further === null) {
  console.warn("Further cases of ONNX are left out: ../shared/data is missing");
}

/** How far the numbers of the cases may be off. */
const STRICT = { atol: 1e-6, rtol: 1e-5 };

/** The same for the rest of the suite, as it says. */
const OF_SUITE = { atol: 1e-7, rtol: 1e-3 };

for (const backend of await backendsUnderTest()) {
  const on = (name: string, test: () => Promise<void>) =>
    it(`${name} on ${backend.name}`, async () => {
      await setBackend(backend);
      const before = memory();
      await test();
      assertEquals(memory().tensors, before.tensors);
      assertEquals(memory().bytes, before.bytes);
    });

  /** Runs a case and compares what it gives. */
  const check = async (
    { model, inputs, outputs }: Case,
    tolerance: typeof STRICT,
  ) => {
    using net = await importOnnx<Tensor | Tensor[]>(model);
    await tidy(async () => {
      const result = net.forward(
        ...inputs.map((input) => inputOf(input, backend)),
      );
      const results = Array.isArray(result) ? result : [result];
      assertEquals(results.length, outputs.length);
      for (const [i, { shape, numbers }] of outputs.entries()) {
        assertEquals(results[i]!.shape, [...shape]);
        assertNear(
          await results[i]!.data(),
          heldBy(backend, numbers),
          tolerance,
        );
      }
    });
  };

  describe("operators give what the ONNX project says", () => {
    const cases = new Map(
      [...casesOf(committed), ...casesOf(further ?? new Map())]
        .map((one) => [one.name, one]),
    );
    for (const one of cases.values()) {
      on(one.name, () => check(one, STRICT));
    }
  });

  describe("operators give what the backend test suite of ONNX says", () => {
    // Some hundreds of short ones, by the first letters of their names.
    const cases = Map.groupBy(
      casesOf(suite),
      ({ name }) => name.slice("test_".length, "test_".length + 3),
    );
    for (const [letters, list] of cases) {
      on(`those of ${letters}`, async () => {
        for (const one of list) {
          await check(one, OF_SUITE).catch((cause) => {
            throw new Error(`${one.name}: ${cause.message}`, { cause });
          });
        }
      });
    }
  });

  /** The others take ten seconds and more, and 151 to 411 MB for one weight. */
  const quick = /squeezenet|shufflenet|inception|resnet50|densenet121/;
  const all = backend.name === "wasm-simd" || process.env.TENFOLD_BACKEND;
  const nets = [...further?.keys() ?? []].filter((path) =>
    /light_\w+\.onnx$/.test(path) && (all || quick.test(path))
  );
  // Outside of the tests, as Bun gives a test five seconds.
  const results = new Map<string, Constant | Error>();
  await setBackend(backend);
  for (const path of nets) {
    results.set(path, await outputOf(path).catch((error) => error));
  }
  if (nets.length > 0) {
    describe("whole nets give what the ONNX project says", () => {
      for (const [path, actual] of results) {
        it(`${path.match(/light_(\w+)/)![1]} on ${backend.name}`, () => {
          if (actual instanceof Error) {
            // On webgpu, adapters say how much one buffer may hold.
            assertMatch(actual.message, /one buffer holds at most \d+ bytes/);
            assertMatch(path, /alexnet|vgg19|zfnet512/);
            return;
          }
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
  it("are 56 in the repository, and 937 of the suite", () => {
    assertEquals(casesOf(committed).length, 56);
    assertEquals(casesOf(suite).length, 937);
    assert(casesOf(committed).every(({ outputs }) => outputs.length > 0));
  });
});
