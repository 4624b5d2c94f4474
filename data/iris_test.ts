import { assertEquals } from "@std/assert";
import { describe } from "@std/testing/bdd";
import type { Tensor } from "@tenfold/core";
import { decodeTable } from "./_embedded/decode.ts";
import * as iris from "./_embedded/iris.ts";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
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
describe("loadIris", () => {
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
});
