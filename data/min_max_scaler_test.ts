import { assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import {
  assertFigures,
  DTYPES,
  SCALERS,
  table,
} from "./_testdata/scaler_figures.ts";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { MinMaxScaler } from "./min_max_scaler.ts";

for (const [dtype, tolerance] of DTYPES) {
  describe(`MinMaxScaler on ${dtype} gives scikit-learn's figures`, () => {
    const x = table(SCALERS.table, dtype);
    const other = table(SCALERS.other, dtype);

    it("in the range from 0 to 1", async () => {
      using scaler = new MinMaxScaler().fit(x);
      await assertFigures(scaler.dataMin, SCALERS.dataMin, tolerance);
      await assertFigures(scaler.dataMax, SCALERS.dataMax, tolerance);
      await assertFigures(scaler.scale, SCALERS.minMaxScale, tolerance);
      const scaled = scaler.transform(other);
      await assertFigures(scaled, SCALERS.unit, tolerance);
      const back = scaler.inverseTransform(scaled);
      await assertFigures(back, SCALERS.other, tolerance);
    });

    it("in a range of its own, cut off", async () => {
      using scaler = new MinMaxScaler({ featureRange: [-2, 3], clip: true });
      await assertFigures(
        scaler.fit(x).transform(other),
        SCALERS.wide,
        tolerance,
      );
    });
  });
}

describe("MinMaxScaler", () => {
  it("makes floats of integers", async () => {
    const whole = tensor([[0], [4]], { dtype: "int32" });
    using scaler = new MinMaxScaler();
    const scaled = scaler.fitTransform(whole);
    assertEquals(scaled.dtype, "float32");
    assertEquals(await scaled.toArray(), [[0], [1]]);
  });

  it("names the field of a wrong option", () => {
    assertThrows(
      () => new MinMaxScaler({ featureRange: [1, 1] }),
      RangeError,
      "Cannot make a MinMaxScaler as featureRange must ascend: got [1, 1]",
    );
  });
});
