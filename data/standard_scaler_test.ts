import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory, scope, ShapeError, tensor, zeros } from "@tenfold/core";
import {
  assertFigures,
  DTYPES,
  SCALERS,
  table,
} from "./_testdata/scaler_figures.ts";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { StandardScaler } from "./standard_scaler.ts";

for (const [dtype, tolerance] of DTYPES) {
  describe(`StandardScaler on ${dtype} gives scikit-learn's figures`, () => {
    const x = table(SCALERS.table, dtype);
    const other = table(SCALERS.other, dtype);

    it("by mean and deviation", async () => {
      using scaler = new StandardScaler().fit(x);
      await assertFigures(scaler.mean, SCALERS.mean, tolerance);
      await assertFigures(scaler.variance, SCALERS.variance, tolerance);
      await assertFigures(scaler.scale, SCALERS.scale, tolerance);
      const scaled = scaler.transform(other);
      assertEquals(scaled.dtype, dtype);
      await assertFigures(scaled, SCALERS.standard, tolerance);
      const back = scaler.inverseTransform(scaled);
      await assertFigures(back, SCALERS.other, tolerance);
    });

    it("by one of them alone", async () => {
      using centred = new StandardScaler({ withStd: false }).fit(x);
      await assertFigures(centred.transform(other), SCALERS.centred, tolerance);
      using divided = new StandardScaler({ withMean: false }).fit(x);
      const scaled = divided.transform(other);
      await assertFigures(scaled, SCALERS.divided, tolerance);
      const back = divided.inverseTransform(scaled);
      await assertFigures(back, SCALERS.other, tolerance);
    });
  });
}

describe("StandardScaler", () => {
  const x = tensor([[1, 7], [3, 7]]);

  it("keeps its accuracy far from 0", async () => {
    const far = tensor([[1e6 + 1], [1e6 + 2], [1e6 + 3]]);
    using scaler = new StandardScaler().fit(far);
    assertEquals(await scaler.mean.toArray(), [1e6 + 2]);
    assertAlmostEquals(await scaler.variance.item(), 2 / 3, 1e-6);
  });

  it("owns its figures: a scope does not take them", async () => {
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

  it("refuses data of another shape", () => {
    using scaler = new StandardScaler().fit(x);
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

  it("names the field of a wrong option", () => {
    assertThrows(
      () => new StandardScaler({ withMean: 1 as unknown as boolean }),
      TypeError,
      "Cannot make a StandardScaler as withMean must be true or false: got 1",
    );
  });
});
