import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, ones, ShapeError, tensor } from "@tenfold/core";
import { clean, waiting } from "./_testing.ts";
import { describeLayer } from "./_layer_testing.ts";
import * as nn from "./mod.ts";
import { Linear } from "./linear.ts";

describe("Linear", () => {
  it(
    "starts from the same weights for the same seed, within ±1/√in",
    clean(() => {
      manualSeed(3);
      using one = new nn.Linear(16, 8);
      manualSeed(3);
      using other = new nn.Linear(16, 8);
      assertEquals(one.weight.toArraySync(), other.weight.toArraySync());
      for (const parameter of one.parameters()) {
        const largest = parameter.abs().max().itemSync();
        assert(largest <= 0.25 && largest > 0.15, `${largest}`);
      }
    }),
  );

  it(
    "is made on a device, of a dtype, with or without a bias",
    clean(() => {
      using wide = new nn.Linear(2, 1, { dtype: "float64", bias: false });
      assertEquals([wide.weight.dtype, wide.bias], ["float64", null]);
      assertEquals(wide.parameters().length, 1);
      using far = new nn.Linear(2, 1, { device: waiting("far") });
      assertEquals(far.bias!.device.name, "far");
    }),
  );

  it(
    "takes integers and other floats by their common dtype",
    clean(() => {
      using layer = new nn.Linear(2, 1);
      const whole = tensor([[1, 2]], { dtype: "int32" });
      assertEquals(layer.forward(whole).dtype, "float32");
      assertEquals(
        layer.forward(whole.cast("float64")).dtype,
        "float64",
      );
    }),
  );

  it(
    "names the field and value of a bad option, and the shapes of a bad input",
    clean(() => {
      const cases: [() => unknown, string][] = [
        [
          () => new nn.Linear(0, 1),
          "inFeatures must be a positive integer: got 0",
        ],
        [
          () => new nn.Linear(1, 1.5),
          "outFeatures must be a positive integer: got 1.5",
        ],
      ];
      for (const [make, why] of cases) {
        assertThrows(make, RangeError, `Cannot make a Linear as ${why}`);
      }
      assertThrows(
        () => new nn.Linear(1, 1, { bais: false } as nn.LinearOptions),
        TypeError,
        "there is no such option: got bais",
      );
      using layer = new nn.Linear(3, 2);
      assertThrows(() => layer.forward(ones([4, 2])), ShapeError, "[4, 2]");
    }),
  );
});

describeLayer("Linear", {
  make: () => new Linear(4, 2),
  inputs: [[3, 4]],
  outputs: [[3, 2]],
  state: { weight: [2, 4], bias: [2] },
  shown: "Linear(inFeatures=4, outFeatures=2, bias=true)",
});
