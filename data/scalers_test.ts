import { assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { tensor } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { MinMaxScaler } from "./min_max_scaler.ts";
import { StandardScaler } from "./standard_scaler.ts";

describe("both scalers", () => {
  const x = tensor([[1, 7], [3, 7]]);

  it("take a constant feature to 0, exactly", async () => {
    const same = tensor([[0.1], [0.1], [0.1], [0.1], [0.1], [0.1], [0.1]]);
    for (const scaler of [new StandardScaler(), new MinMaxScaler()]) {
      using _ = scaler;
      const scaled = await scaler.fitTransform(same).data();
      assertEquals([...scaled], [0, 0, 0, 0, 0, 0, 0]);
    }
  });

  it("save and load their figures", async () => {
    for (const Scaler of [StandardScaler, MinMaxScaler]) {
      const scaler = new Scaler();
      const scaled = await scaler.fitTransform(x).toArray();
      using loaded = new Scaler();
      loaded.loadStateDict({ ...scaler.stateDict() });
      scaler.dispose();
      assertEquals(await loaded.transform(x).toArray(), scaled);
    }
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
        assertThrows(use, TypeError, "as it is not fitted yet: call fit");
      }
    }
  });
});
