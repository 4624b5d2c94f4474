import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Tensor } from "@tenfold/core";
import "./_testing.ts";
import { DECIMALS, ROWS, WIDTHS } from "./_embedded/breast_cancer.ts";
import { decodeDigits, decodeTable } from "./_embedded/decode.ts";
import { DIGITS } from "./_embedded/digits.ts";
import * as iris from "./_embedded/iris.ts";
import { loadBreastCancer } from "./breast_cancer.ts";
import { loadDigits } from "./digits.ts";
import { loadIris } from "./iris.ts";

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
describe("the embedded figures are those of the original tables", () => {
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

  it("iris", async () => {
    const { features, labels } = decodeTable(
      iris.ROWS,
      iris.WIDTHS,
      iris.DECIMALS,
    );
    assertEquals(
      await sha256(features),
      "012f498fe9c8b3b34212c3c5d98e1f03f2f79931cd49349beb1bad64dcf164a7",
    );
    assertEquals(
      await sha256(labels),
      "4a6a37bf170811d96e7a0037885a4e551c8c43ea2e842868ff0c5c18b56dcfbc",
    );
  });

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
});

describe("the embedded data sets", () => {
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

  it("iris: 150 flowers of three classes", async () => {
    const { data, target, featureNames, targetNames } = await loadIris();
    assertEquals(data.shape, [150, 4]);
    assertEquals(featureNames.length, 4);
    assertEquals(targetNames.length, 3);
    assertEquals(await sumOf(target), 150);
    assertEquals(
      [...(await data.data()).subarray(0, 4)],
      [5.1, 3.5, 1.4, 0.2].map(Math.fround),
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

  it("name their source and licence", async () => {
    for (const load of [loadDigits, loadIris, loadBreastCancer]) {
      const { description } = await load();
      assert(/UCI\s+Machine\s+Learning\s+Repository/.test(description));
      assert(description.includes("https://doi.org/10.24432/"));
      assert(description.includes("CC BY 4.0"));
    }
  });

  it("name the field of a wrong option", async () => {
    await assertRejects(
      () => loadDigits({ layout: "cube" as "flat" }),
      RangeError,
      'Cannot load the digits as layout must be "flat" or "image": got "cube"',
    );
  });

  it("say that they are promises where their fields are read at once", async () => {
    for (const load of [loadDigits, loadIris, loadBreastCancer]) {
      const promise = load();
      const set = await promise;
      assertEquals(Object.keys(promise), []);
      for (const field of Object.keys(set)) {
        assertThrows(
          () => Reflect.get(promise, field),
          TypeError,
          `Cannot read ${field} of what ${load.name} returns as it is a promise: write await ${load.name}()`,
        );
      }
    }
  });
});
