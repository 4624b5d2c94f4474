import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type DType,
  memory,
  scope,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import "./_testing.ts";
import { SCALERS } from "./_testdata/scalers.ts";
import { MinMaxScaler } from "./min_max_scaler.ts";
import { StandardScaler } from "./standard_scaler.ts";

function table(values: number[], dtype: DType): Tensor {
  return tensor(values, { dtype }).reshape([-1, 6]);
}

/** Compares with scikit-learn's figures, NaN with NaN. */
async function assertFigures(
  actual: Tensor,
  expected: number[],
  tolerance: number,
): Promise<void> {
  const values = await actual.data();
  assertEquals(values.length, expected.length);
  expected.forEach((figure, i) => {
    if (Number.isNaN(figure)) assert(Number.isNaN(values[i]!), `at ${i}`);
    else {
      const bound = tolerance * Math.max(1, Math.abs(figure));
      assertAlmostEquals(values[i]!, figure, bound, `at ${i}`);
    }
  });
}

// A few roundings of each type: 9e-16 and 5e-7 at most were measured.
const DTYPES: [DType, number][] = [["float64", 1e-14], ["float32", 1e-6]];

for (const [dtype, tolerance] of DTYPES) {
  describe(`scalers on ${dtype} give scikit-learn's figures`, () => {
    const x = table(SCALERS.table, dtype);
    const other = table(SCALERS.other, dtype);

    it("StandardScaler", async () => {
      const scaler = new StandardScaler().fit(x);
      await assertFigures(scaler.mean, SCALERS.mean, tolerance);
      await assertFigures(scaler.variance, SCALERS.variance, tolerance);
      await assertFigures(scaler.scale, SCALERS.scale, tolerance);
      const scaled = scaler.transform(other);
      assertEquals(scaled.dtype, dtype);
      await assertFigures(scaled, SCALERS.standard, tolerance);
      const back = scaler.inverseTransform(scaled);
      await assertFigures(back, SCALERS.other, tolerance);
    });

    it("StandardScaler of mean or deviation alone", async () => {
      const centred = new StandardScaler({ withStd: false }).fit(x);
      await assertFigures(centred.transform(other), SCALERS.centred, tolerance);
      const divided = new StandardScaler({ withMean: false }).fit(x);
      const scaled = divided.transform(other);
      await assertFigures(scaled, SCALERS.divided, tolerance);
      const back = divided.inverseTransform(scaled);
      await assertFigures(back, SCALERS.other, tolerance);
    });

    it("MinMaxScaler", async () => {
      const scaler = new MinMaxScaler().fit(x);
      await assertFigures(scaler.dataMin, SCALERS.dataMin, tolerance);
      await assertFigures(scaler.dataMax, SCALERS.dataMax, tolerance);
      await assertFigures(scaler.scale, SCALERS.minMaxScale, tolerance);
      const scaled = scaler.transform(other);
      await assertFigures(scaled, SCALERS.unit, tolerance);
      const back = scaler.inverseTransform(scaled);
      await assertFigures(back, SCALERS.other, tolerance);
    });

    it("MinMaxScaler with a range of its own, cut off", async () => {
      const scaler = new MinMaxScaler({ featureRange: [-2, 3], clip: true });
      await assertFigures(
        scaler.fit(x).transform(other),
        SCALERS.wide,
        tolerance,
      );
    });
  });
}

describe("scalers", () => {
  const x = tensor([[1, 7], [3, 7]]);

  it("take a constant feature to 0, exactly", async () => {
    const same = tensor([[0.1], [0.1], [0.1], [0.1], [0.1], [0.1], [0.1]]);
    for (const scaler of [new StandardScaler(), new MinMaxScaler()]) {
      const scaled = await scaler.fitTransform(same).data();
      assertEquals([...scaled], [0, 0, 0, 0, 0, 0, 0]);
    }
  });

  it("keep their accuracy far from 0", async () => {
    const far = tensor([[1e6 + 1], [1e6 + 2], [1e6 + 3]]);
    const scaler = new StandardScaler().fit(far);
    assertEquals(await scaler.mean.toArray(), [1e6 + 2]);
    assertAlmostEquals(await scaler.variance.item(), 2 / 3, 1e-6);
  });

  it("make floats of integers", async () => {
    const whole = tensor([[0], [4]], { dtype: "int32" });
    const scaled = new MinMaxScaler().fitTransform(whole);
    assertEquals(scaled.dtype, "float32");
    assertEquals(await scaled.toArray(), [[0], [1]]);
  });

  it("save and load their figures", async () => {
    for (const Scaler of [StandardScaler, MinMaxScaler]) {
      const scaler = new Scaler();
      const scaled = await scaler.fitTransform(x).toArray();
      const loaded = new Scaler();
      loaded.loadStateDict({ ...scaler.stateDict() });
      scaler.dispose();
      assertEquals(await loaded.transform(x).toArray(), scaled);
    }
  });

  it("own their figures: a scope does not take them", async () => {
    const before = memory().bytes;
    const scaler = new StandardScaler();
    {
      using _ = scope();
      scaler.fit(tensor([[1], [3]]));
    }
    assertEquals(await scaler.mean.toArray(), [2]);
    // Mean, variance and scale of one feature, and nothing else.
    assertEquals(memory().bytes - before, 12);
    {
      using _ = scope();
      scaler.fit(tensor([[2], [4]]));
    }
    assertEquals(memory().bytes - before, 12);
    scaler.dispose();
    assertEquals(memory().bytes, before);
  });

  it("are used before they have figures: they say so", () => {
    for (const scaler of [new StandardScaler(), new MinMaxScaler()]) {
      const uses = [
        () => scaler.transform(x),
        () => scaler.inverseTransform(x),
        () => scaler.stateDict(),
        () => scaler.scale,
      ];
      for (const use of uses) {
        assertThrows(use, TypeError, "as it has no figures yet: call fit");
      }
    }
  });

  it("refuse data of another shape", () => {
    const scaler = new StandardScaler().fit(x);
    const cases: [() => unknown, string][] = [
      [
        () => scaler.transform(tensor([[1, 2, 3]])),
        "Cannot transform data with a StandardScaler as the data must have shape [samples, 2]: got [1, 3]",
      ],
      [
        () => scaler.fit(tensor([1, 2])),
        "Cannot fit a StandardScaler as the data must have shape [samples, features]: got [2]",
      ],
      [() => scaler.fit(zeros([0, 2])), "there is no sample: got [0, 2]"],
      [
        () => scaler.loadStateDict({ mean: tensor([1]) }),
        "variance must have shape [1]: got none",
      ],
    ];
    for (const [use, message] of cases) assertThrows(use, ShapeError, message);
    // What failed has changed nothing.
    assertEquals(scaler.mean.shape, [2]);
  });

  it("name the field of a wrong option", () => {
    assertThrows(
      () => new StandardScaler({ withMean: 1 as unknown as boolean }),
      TypeError,
      "Cannot make a StandardScaler as withMean must be true or false: got 1",
    );
    assertThrows(
      () => new MinMaxScaler({ featureRange: [1, 1] }),
      RangeError,
      "Cannot make a MinMaxScaler as featureRange must ascend: got [1, 1]",
    );
  });
});
