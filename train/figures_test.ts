import { assertAlmostEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { scope, ShapeError, tensor } from "@tenfold/core";
import { Identity } from "@tenfold/nn";
import { clean } from "../core/_testing.ts";
import { readFigures } from "../tests/goldens/read.ts";
import "./_testing.ts";
import { evaluate } from "./evaluate.ts";
import { multilabel, type MultilabelOptions } from "./multilabel.ts";
import {
  averagePrecision,
  type RankingAverage,
  rocAuc,
} from "./ranking_metrics.ts";
import { mae, mse, r2, rmse } from "./regression_metrics.ts";
import { logLoss, perplexity, topK } from "./score_metrics.ts";

type By = { readonly [average: string]: number };

interface Case {
  readonly kind: "binary" | "single" | "classes" | "labels" | "regression";
  readonly shape: readonly number[];
  readonly scores: readonly number[] & readonly (readonly number[])[];
  readonly actual: readonly number[] & readonly (readonly number[])[];
  readonly predicted: readonly number[];
  readonly guess: readonly (readonly number[])[];
  readonly rocAuc: number & By;
  readonly averagePrecision: number & By;
  readonly ovr: By;
  readonly ovo: By;
  readonly topK: By;
  readonly logLoss: number;
  readonly figures: {
    readonly [by: string]: {
      readonly precision: number;
      readonly recall: number;
      readonly f1: number;
    };
  };
  readonly subsetAccuracy: number;
  readonly hammingLoss: number;
  readonly mae: number;
  readonly mse: number;
  readonly rmse: number;
  readonly r2: number;
}

const { cases } = await readFigures<Case>("ranking");
const of = (kind: Case["kind"]) => cases.filter((c) => c.kind === kind);
const near = (found: number, expected: number) =>
  assertAlmostEquals(found, expected, 1e-9);

describe("metrics of scores beside scikit-learn's", () => {
  it(
    "of two classes, with ties",
    clean(async () => {
      for (const c of of("binary")) {
        near(await rocAuc(c.scores, c.actual), c.rocAuc);
        near(await averagePrecision(c.scores, c.actual), c.averagePrecision);
        using scores = tensor([...c.scores], { dtype: "float64" });
        using actual = tensor([...c.actual], { dtype: "int32" });
        near(await rocAuc(scores, actual), c.rocAuc);
      }
    }),
  );

  it(
    "of one class alone: no area, and a precision",
    clean(async () => {
      for (const c of of("single")) {
        await assertRejects(
          () => rocAuc(c.scores, c.actual),
          RangeError,
          "Cannot compute rocAuc as there must be samples of both kinds: got",
        );
        near(await averagePrecision(c.scores, c.actual), c.averagePrecision);
      }
    }),
  );

  it(
    "of several classes",
    clean(async () => {
      for (const c of of("classes")) {
        for (const multiClass of ["ovr", "ovo"] as const) {
          for (const [average, expected] of Object.entries(c[multiClass])) {
            const options = { average: average as RankingAverage, multiClass };
            near(await rocAuc(c.scores, c.actual, options), expected);
          }
        }
        for (const [k, expected] of Object.entries(c.topK)) {
          near(await topK(c.scores, c.actual, { k: Number(k) }), expected);
        }
        near(await logLoss(c.scores, c.actual), c.logLoss);
      }
    }),
  );

  it(
    "of several labels",
    clean(async () => {
      for (const c of of("labels")) {
        for (const [name, expected] of Object.entries(c.rocAuc)) {
          const average = name as RankingAverage;
          near(await rocAuc(c.scores, c.actual, { average }), expected);
          near(
            await averagePrecision(c.scores, c.actual, { average }),
            c.averagePrecision[name]!,
          );
        }
        for (const [by, expected] of Object.entries(c.figures)) {
          const options = {
            average: by.slice(0, -1) as MultilabelOptions["average"] & string,
            zeroDivision: Number(by.at(-1)),
          };
          const found = await multilabel(c.guess, c.actual, options);
          near(found.precision, expected.precision);
          near(found.recall, expected.recall);
          near(found.f1, expected.f1);
          near(found.subsetAccuracy, c.subsetAccuracy);
          near(found.hammingLoss, c.hammingLoss);
        }
      }
    }),
  );
});

describe("metrics of numbers beside scikit-learn's", () => {
  it(
    "at once, and batch by batch",
    clean(async () => {
      for (const c of of("regression")) {
        using _ = scope();
        const options = { shape: c.shape, dtype: "float64" } as const;
        const output = tensor([...c.predicted], options);
        const target = tensor([...c.actual], options);
        near(await mae(output, target), c.mae);
        near(await mse(output, target), c.mse);
        near(await rmse(output, target), c.rmse);
        near(await r2(output, target), c.r2);
        const half = c.shape[0]! >> 1;
        const parts = [[0, half], [half, c.shape[0]! - half]] as const;
        const figures = await evaluate(
          new Identity(),
          parts.map(([from, count]) => [
            output.narrow(0, from, count),
            target.narrow(0, from, count),
          ]),
          { metrics: [mae(), mse(), rmse(), r2()] },
        );
        for (const name of ["mae", "mse", "rmse", "r2"] as const) {
          near(figures[name]!, c[name]);
        }
      }
    }),
  );

  it(
    "takes one output in a column, and arrays",
    clean(async () => {
      using output = tensor([[1], [5]]);
      using target = tensor([1, 2]);
      near(await mae(output, target), 1.5);
      near(await r2([1, 2, 4], new Float32Array([1, 2, 3])), 0.5);
      near(await r2([[1, 0], [3, 2]], [[1, 0], [3, 2]]), 1);
    }),
  );
});

describe("perplexity", () => {
  it(
    "is of what counts",
    clean(async () => {
      using logits = tensor([[0, 0, 0, 0], [9, 1, 1, 1]]);
      using target = tensor([2, -100], { dtype: "int32" });
      assertAlmostEquals(await perplexity(logits, target), 4, 1e-5);
      using some = tensor([2, 3], { dtype: "int32" });
      assertAlmostEquals(
        await perplexity(logits, some, { ignoreIndex: 3 }),
        4,
        1e-5,
      );
    }),
  );
});

describe("figures of bad input", () => {
  it(
    "are refused",
    clean(async () => {
      await assertRejects(
        () => mae([1, 2], [1]),
        ShapeError,
        "got predictions of [2] and targets of [1]",
      );
      await assertRejects(
        () => rocAuc([0.1, 0.2], [0, 2]),
        RangeError,
        "a target is not a class: got 2, expected 0 to 1",
      );
      await assertRejects(() => rocAuc([NaN, 1], [0, 1]), RangeError, "NaN");
      await assertRejects(
        () => rocAuc([[1, 2], [3]], [0, 1]),
        ShapeError,
        "the rows of scores differ in length",
      );
      await assertRejects(
        () => rocAuc([1, 2, 3], [0, 1]),
        ShapeError,
        "got scores of [3] and targets of [2]",
      );
      await assertRejects(
        () =>
          rocAuc([[1, 2], [2, 1]], [0, 1], {
            average: "micro",
            multiClass: "ovo",
          }),
        RangeError,
        'average "micro" is for several labels of each sample',
      );
      await assertRejects(
        () => multilabel([1, 0], [1, 0]),
        ShapeError,
        "both must have shape [samples, labels]",
      );
      await assertRejects(() => topK([1, 2], [0, 1]), ShapeError, "[samples,");
      assertThrows(() => topK({ k: 0 }), RangeError, "k must be a positive");
      assertThrows(() => mse([1, 2] as never), TypeError, "without targets");
      assertThrows(() => mae({ k: 1 } as never), TypeError, "no such option");
    }),
  );
});
