import { assertEquals } from "@std/assert";
import { describe } from "@std/testing/bdd";
import type { Tensor } from "@tenfold/core";
import { DECIMALS, ROWS, WIDTHS } from "./_embedded/breast_cancer.ts";
import { decodeTable } from "./_embedded/decode.ts";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { loadBreastCancer } from "./breast_cancer.ts";

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

async function sumOf(x: Tensor): Promise<number> {
  return Array.from(await x.data()).reduce((a, b) => a + b, 0);
}

// The hashes are of the figures of the original tables, as doubles and as
// int32, in C order and little-endian.
describe("loadBreastCancer", () => {
  it("breast cancer", async () => {
    const { features, labels } = decodeTable(ROWS, WIDTHS, DECIMALS);
    assertEquals(
      await sha256(features),
      "6b202a2072f9a0385f405a8f8605b1b06f6f36ae6d23d9cd6cbbc0974a416bc7",
    );
    assertEquals(
      await sha256(labels),
      "87c312fd4d24bc09c1ae4226107ad639989de53817109dd83465b2af8125f92b",
    );
  });

  it("breast cancer: 569 tumours of two classes", async () => {
    const { data, target, featureNames, targetNames } =
      await loadBreastCancer();
    assertEquals(data.shape, [569, 30]);
    assertEquals(featureNames.length, 30);
    assertEquals(featureNames[29], "worst fractal dimension");
    assertEquals(targetNames, ["malignant", "benign"]);
    assertEquals(await sumOf(target), 357);
  });
});
