import { assertEquals } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { decodeDigits } from "./_embedded/decode.ts";
import { DIGITS } from "./_embedded/digits.ts";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { loadDigits } from "./digits.ts";

async function sha256(array: ArrayBufferView): Promise<string> {
  const hash = await crypto.subtle.digest(
    "SHA-256",
    array as Float64Array<ArrayBuffer>,
  );
  return Array.from(
    new Uint8Array(hash),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

// The hashes are of the figures of the original tables, as doubles and as
// int32, in C order and little-endian.
describe("loadDigits", () => {
  it("digits", async () => {
    const { features, labels } = decodeDigits(DIGITS);
    assertEquals(
      await sha256(features),
      "20def7f70a702f0af9732fbba4375e147a7d54fe70d8c45569b8e7c1c7010c10",
    );
    assertEquals(
      await sha256(labels),
      "3a0e68456f9a3c609b399717dd9ca55bb9153be1bccf72e38e3319cb740c75cd",
    );
  });

  it("digits: 1,797 images of ten classes", async () => {
    const { data, target, featureNames, targetNames } = await loadDigits();
    assertEquals(data.shape, [1797, 64]);
    assertEquals([data.dtype, target.dtype], ["float32", "int32"]);
    assertEquals(target.shape, [1797]);
    const values = await data.data();
    assertEquals([Math.min(...values), Math.max(...values)], [0, 16]);
    assertEquals(
      [...values.subarray(0, 8)],
      [0, 0, 5, 13, 9, 1, 0, 0],
    );
    assertEquals(featureNames.length, 64);
    assertEquals(featureNames[9], "pixel_1_1");
    assertEquals(targetNames, [..."0123456789"]);
  });

  it("digits as images have the same pixels", async () => {
    const images = await loadDigits({ layout: "image" });
    assertEquals(images.data.shape, [1797, 1, 8, 8]);
    const flat = await loadDigits();
    assertEquals(await images.data.data(), await flat.data.data());
  });
});
