import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fileOf, resultOf } from "./_testing.ts";
import { compareRuns, comparisonText, judge, suspects } from "./compare.ts";
import { isContended } from "./contention.ts";
import type { Result } from "./schema.ts";

const calm = [[100, 101, 102], [99, 100, 103], [100, 102, 104]];
const times = (factor: number, rounds = calm) =>
  rounds.map((round) => round.map((x) => x * factor));

describe("judge()", () => {
  it("finds no change between two runs of one build", () => {
    const drifted = resultOf([[104, 103, 106], [101, 100, 102], [
      107,
      105,
      108,
    ]]);
    assertEquals(judge(resultOf(calm), drifted, true), "same");
    assertEquals(judge(drifted, resultOf(calm), true), "same");
  });

  it("finds what became slower or faster", () => {
    assertEquals(judge(resultOf(calm), resultOf(times(2)), true), "slower");
    assertEquals(judge(resultOf(times(2)), resultOf(calm), true), "faster");
  });

  it("asks every round to agree", () => {
    const [first, ...others] = calm;
    const mixed = resultOf([first!, ...times(2, others)]);
    assertEquals(judge(resultOf(calm), mixed, true), "same");
  });

  it("asks for more than what happens within one run", () => {
    const restless = [[130, 132, 135], [290, 300, 310], [170, 180, 190]];
    assertEquals(judge(resultOf(calm), resultOf(restless), true), "same");
    assertEquals(judge(resultOf(restless), resultOf(calm), true), "same");
  });

  it("does not tell what is below the floor", () => {
    assertEquals(judge(resultOf(calm), resultOf(times(1.12)), true), "same");
  });

  it("proves nothing while other programs stand in the way", () => {
    const slow = resultOf(times(2));
    assertEquals(judge(resultOf(calm), slow, false), "unsure");
    assertEquals(judge(resultOf(calm), resultOf(calm), false), "same");
  });
});

describe("isContended()", () => {
  it("asks for others that are busy and a processor that is full", () => {
    const contended = (own: number, others: number) =>
      isContended(resultOf(calm, { own, others }), 2);
    assert(contended(0.7, 1.3));
    assert(contended(1.2, 0.8));
    assert(!contended(1, 0.7));
    assert(!contended(1.9, 0.1));
    assert(!isContended(resultOf(calm), 2));
  });
});

function run(slow: number): Result[] {
  const one = (name: string, kernels: string[], factor = 1) =>
    resultOf(times(factor), { case: name, kernels });
  return [
    one("square 64", ["matmul"], slow),
    one("square 128", ["matmul"], slow),
    one("a layer", ["map(add)", "matmul"], slow),
    one("add", ["map(add)"]),
    one("sum", ["sum(copy)"]),
  ];
}

describe("compareRuns()", () => {
  it("reports no regression between equal runs", () => {
    const comparison = compareRuns(fileOf(run(1)), fileOf(run(1.02)));
    assert(comparison.changes.every(({ verdict }) => verdict === "same"));
    const text = comparisonText(comparison, false);
    assertStringIncludes(text, "5 compared: no regression, 0 faster");
  });

  it("names the slower cases and the kernel that they have in common", () => {
    const comparison = compareRuns(fileOf(run(1)), fileOf(run(2)));
    assertEquals(suspects(comparison.changes), [
      "matmul on cpu-typedarray (3 cases, 2.00×)",
    ]);
    const text = comparisonText(comparison, false);
    assertStringIncludes(text, "slower  matmul: square 64, cpu-typedarray");
    assertStringIncludes(text, "Likely kernels: matmul on cpu-typedarray");
    assertStringIncludes(text, "5 compared: 3 slower, 0 faster");
  });

  it("tells what fails now and what one file lacks", () => {
    const before = fileOf(run(1));
    const [first, second, ...others] = run(1);
    const after = fileOf(others);
    const { suite, case: work, backend } = first!;
    after.failures.push({ suite, case: work, backend, error: "Out of luck" });
    const { broken, missing } = compareRuns(before, after);
    assertEquals(broken, ["matmul: square 64, cpu-typedarray"]);
    assertEquals(missing, [`matmul: ${second!.case}, cpu-typedarray`]);
  });
});
