import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { resultOf } from "./_testing.ts";
import { AFTER, BEFORE, ratioLines, ratiosOf } from "./ratios.ts";
import type { Result } from "./schema.ts";

function of(build: string, rounds: number[], fields: Partial<Result> = {}) {
  return resultOf(rounds.map((ns) => [ns]), { backend: build, ...fields });
}

function ratio(before: Result, after: Result) {
  const [found, ...others] = ratiosOf([before, after], "wasm-simd");
  assertEquals(others, []);
  return found!;
}

describe("ratiosOf()", () => {
  it("pairs the turns of both builds", () => {
    const found = ratio(
      of(BEFORE, [100, 200, 400]),
      of(AFTER, [110, 210, 400]),
    );
    assertEquals(found.ratios, [1.1, 1.05, 1]);
    assertEquals(found.ratio, 1.05);
    assertEquals([found.least, found.most], [1, 1.1]);
    assertEquals(found.fastest, 1.1);
    assertEquals([found.backend, found.disturbed], ["wasm-simd", 0]);
  });

  it("is not moved by what both builds suffer", () => {
    const found = ratio(
      of(BEFORE, [100, 900, 50]),
      of(AFTER, [200, 1800, 100]),
    );
    assertEquals([found.least, found.ratio, found.most], [2, 2, 2]);
  });

  it("takes the lower quartile of a turn, where interruptions are not", () => {
    const found = ratio(
      of(BEFORE, [100, 900], { quartiles: [90, 95] }),
      of(AFTER, [800, 100], { quartiles: [90, 95] }),
    );
    assertEquals(found.ratios, [1, 1]);
  });

  it("sets turns aside that other programs disturbed", () => {
    const found = ratio(
      of(BEFORE, [100, 100, 100, 100], { busy: [1, 0.99, 0.3, 1] }),
      of(AFTER, [100, 800, 100, 102], { busy: [1, 0.5, 1, 1.01] }),
    );
    assertEquals(found.ratios, [1, 1.02]);
    assertEquals(found.disturbed, 2);
  });

  it("counts the better half where most turns were disturbed", () => {
    const found = ratio(
      of(BEFORE, [100, 100, 100, 100], { busy: [1, 0.5, 0.6, 0.2] }),
      of(AFTER, [101, 102, 103, 104], { busy: [0.1, 1, 1, 1] }),
    );
    assertEquals(found.ratios, [1.02, 1.03]);
    assertEquals(found.disturbed, 2);
  });

  it("tells nothing of a case that one build has not", () => {
    assertEquals(ratiosOf([of(BEFORE, [1]), of(BEFORE, [2])], "webgpu"), []);
    const other = of(AFTER, [100], { case: "square 128" });
    assertEquals(ratiosOf([of(BEFORE, [100]), other], "webgpu"), []);
  });
});

describe("ratioLines()", () => {
  it("has the median, the spread and the mean of a suite", () => {
    const two = [
      ratio(of(BEFORE, [100, 100, 100]), of(AFTER, [400, 390, 410])),
      ratio(of(BEFORE, [100, 100]), of(AFTER, [100, 100])),
    ];
    const lines = ratioLines(two, []).split("\n");
    assertEquals(lines.length, 4);
    assertMatch(lines[1]!, /4\.000× +3\.900× – 4\.100× +3\.900× +3 of 3$/);
    assertEquals(lines[3], "mean ratio 2.000×");
    assertAlmostEquals(two[0]!.ratio, 4);
  });

  it("says why a case has no ratio", () => {
    const failure = {
      suite: "matmul",
      case: "square 64",
      backend: "wasm-simd",
      error: "before: it ended with exit code 1",
    };
    const lines = ratioLines([], [failure]).split("\n");
    assert(lines[1]!.endsWith("wasm-simd  before: it ended with exit code 1"));
  });
});
