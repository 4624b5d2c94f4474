import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { fftfreq, fftshift, rfftfreq } from "./mod.ts";

describe("fftfreq and rfftfreq", () => {
  it(
    "give the frequencies of even and odd lengths, as NumPy does",
    clean(async () => {
      assertEquals(await fftfreq(1).toArray(), [0]);
      assertEquals(await fftfreq(4).toArray(), [0, 0.25, -0.5, -0.25]);
      assertEquals(await fftfreq(5, 0.2).toArray(), [0, 1, 2, -2, -1]);
      assertEquals(await rfftfreq(1).toArray(), [0]);
      assertEquals(await rfftfreq(4).toArray(), [0, 0.25, 0.5]);
      assertEquals(await rfftfreq(5, 0.2).toArray(), [0, 1, 2]);
      const shifted = fftshift(fftfreq(4, 0.25), { pairs: false });
      assertEquals(await shifted.toArray(), [-2, -1, 0, 1]);
    }),
  );

  it(
    "take options, float32 without",
    clean(() => {
      assertEquals(fftfreq(4).dtype, "float32");
      const x = rfftfreq(4, 1, { dtype: "float64", requiresGrad: true });
      assertEquals([x.dtype, x.requiresGrad], ["float64", true]);
    }),
  );

  it("refuse lengths and spacings that make no sense", () => {
    assertThrows(
      () => fftfreq(2.5),
      RangeError,
      "Cannot compute fftfreq as the length must be a positive integer: got 2.5",
    );
    assertThrows(
      () => rfftfreq(4, 0),
      RangeError,
      "Cannot compute rfftfreq as the spacing must not be 0",
    );
    assertThrows(() => fftfreq(4, "1" as never), TypeError, "the spacing");
    const further = [4, 1, {}, 2] as unknown as Parameters<typeof fftfreq>;
    assertThrows(() => fftfreq(...further), TypeError, "fftfreq");
    assertThrows(
      () => fftfreq(4, 1, { size: 2 } as never),
      TypeError,
      "size",
    );
  });
});
