import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { confusionMatrixSvg } from "./confusion_matrix_svg.ts";

const texts = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);

describe("confusionMatrixSvg", () => {
  it("draws a cell for each pair, with its count unless it is 0", () => {
    const svg = confusionMatrixSvg([[5, 1, 0], [0, 4, 2], [0, 0, 3]], {
      labels: ["cat", "dog & co", "owl"],
      title: "Pets",
    });
    assert(svg.startsWith("<svg") && svg.trimEnd().endsWith("</svg>"));
    assertEquals(svg.match(/<rect/g)!.length, 9 + 1);
    const written = texts(svg);
    for (const text of ["Pets", "cat", "dog &amp; co", "owl", "5", "2", "3"]) {
      assert(written.includes(text), `${text} in ${written}`);
    }
    assert(!written.includes("0"));
    // A row of one class is as dark as can be.
    assertStringIncludes(svg, 'fill="rgb(0,64,128)"');
  });

  it("takes shares, empty rows and no class at all", () => {
    const svg = confusionMatrixSvg([[0.25, 0.75], [0, 0]]);
    assert(texts(svg).includes("0.75"));
    assert(!svg.includes("NaN"));
    assert(confusionMatrixSvg([]).startsWith("<svg"));
  });

  it("stays a picture with many classes", () => {
    const n = 100;
    const matrix = Array.from(
      { length: n },
      (_, i) => Array.from({ length: n }, (_, j) => i === j ? 9 : 1),
    );
    const svg = confusionMatrixSvg(matrix);
    const width = Number(/width="([\d.]+)"/.exec(svg)![1]);
    assert(width < 900, `${width}`);
  });

  it("refuses what is not a confusion matrix", () => {
    assertThrows(
      () => confusionMatrixSvg([[1, 2]]),
      RangeError,
      "as many numbers in each row as it has rows",
    );
    assertThrows(
      () => confusionMatrixSvg([[1, -2], [0, 1]]),
      RangeError,
      "finite numbers from 0 on: got -2",
    );
    assertThrows(
      () => confusionMatrixSvg([[1]], { labels: ["a", "b"] }),
      RangeError,
      "a label for each: got 2",
    );
  });
});
