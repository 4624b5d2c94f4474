import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { scope, ShapeError, type Tensor, tensor } from "@tenfold/core";
import { clean } from "../core/_testing.ts";
import { toTensor } from "../tests/goldens/operation.ts";
import { readFigures, type TensorFigure } from "../tests/goldens/read.ts";
import "./_testing.ts";
import { KFold, StratifiedKFold } from "./k_fold.ts";
import { OneHotEncoder } from "./one_hot_encoder.ts";
import { PCA, type PCAOptions, type PCAState } from "./pca.ts";
import { SimpleImputer, type SimpleImputerOptions } from "./simple_imputer.ts";

type Strategy = NonNullable<SimpleImputerOptions["strategy"]>;

interface Figures {
  readonly folds: readonly {
    readonly samples: number;
    readonly nSplits: number;
    readonly tests: readonly (readonly number[])[];
  }[];
  readonly stratified: readonly {
    readonly labels: readonly number[];
    readonly nSplits: number;
    readonly tests: readonly (readonly number[])[];
  }[];
  readonly holes: TensorFigure;
  readonly filled: { readonly [S in Strategy]: TensorFigure };
  readonly kinds: TensorFigure;
  readonly oneHot: TensorFigure;
  readonly dropped: TensorFigure;
  readonly pca: readonly (
    & { readonly options: PCAOptions }
    & { readonly [K in keyof PCAState | "x" | "z" | "back"]: TensorFigure }
  )[];
}

const { cases: [figures] } = await readFigures<Figures>("preprocessing");
const { folds, stratified, holes, filled, kinds, oneHot, dropped, pca } =
  figures!;

/** Compares with figures of float64. */
async function assertClose(found: Tensor, expected: TensorFigure) {
  using wanted = toTensor(expected);
  assertEquals(found.shape, wanted.shape);
  const [values, truth] = [await found.data(), await wanted.data()];
  values.forEach((value, i) => assertAlmostEquals(value, truth[i]!, 1e-10));
}

describe("folds beside scikit-learn's", () => {
  it("KFold", () => {
    for (const { samples, nSplits, tests } of folds) {
      const found = new KFold({ nSplits }).split({ length: samples });
      assertEquals(found.map(([, test]) => [...test]), tests);
      for (const [train, test] of found) {
        const all = [...train, ...test].sort((a, b) => a - b);
        assertEquals(all, [...new Array(samples).keys()]);
      }
    }
  });

  it("StratifiedKFold", () => {
    for (const { labels, nSplits, tests } of stratified) {
      const found = new StratifiedKFold({ nSplits }).split([...labels]);
      assertEquals(found.map(([, test]) => [...test]), tests);
    }
  });

  it("shuffled, hold each sample once, by the seed", () => {
    const labels = Array.from({ length: 40 }, (_, i) => i % 4);
    for (const kind of [KFold, StratifiedKFold]) {
      const [one, same, other] = [3, 3, 4].map((seed) =>
        new kind({ nSplits: 4, shuffle: true, seed }).split(labels)
          .map(([, test]) => [...test])
      );
      assertEquals(one, same);
      assert(JSON.stringify(one) !== JSON.stringify(other));
      assertEquals(one!.flat().sort((a, b) => a - b), [
        ...labels.keys(),
      ]);
    }
    const found = new StratifiedKFold({ nSplits: 5, shuffle: true, seed: 1 })
      .split(labels);
    for (const [, test] of found) {
      const classes = [...test].map((i) => labels[i]!).sort();
      assertEquals(classes, [0, 0, 1, 1, 2, 2, 3, 3]);
    }
  });

  it("refuse what they cannot divide", () => {
    assertThrows(() => new KFold({ nSplits: 1 }), RangeError, "from 2 on");
    assertThrows(
      () => new KFold().split(4),
      RangeError,
      "into 5 folds as there must be as many at least: got 4",
    );
    assertThrows(
      () => new StratifiedKFold({ nSplits: 2 }).split(["a", "a", "b"]),
      RangeError,
      "each class must have as many at least: got 1 of b",
    );
  });

  it(
    "take the classes of a tensor",
    clean(() => {
      using labels = tensor([0, 1, 0, 1], { dtype: "int32" });
      const found = new StratifiedKFold({ nSplits: 2 }).split(labels);
      assertEquals(found.map(([, test]) => [...test]), [[0, 1], [2, 3]]);
    }),
  );
});

describe("SimpleImputer", () => {
  it(
    "fills as scikit-learn does",
    clean(async () => {
      using x = toTensor(holes);
      for (const strategy of Object.keys(filled) as Strategy[]) {
        const imputer = new SimpleImputer({ strategy, fillValue: -2.5 });
        using found = imputer.fitTransform(x);
        await assertClose(found, filled[strategy]);
        const other = new SimpleImputer();
        other.loadStateDict(imputer.stateDict());
        using again = other.transform(x);
        await assertClose(again, filled[strategy]);
        imputer.dispose();
        other.dispose();
      }
    }),
  );

  it(
    "refuses a feature without values, and other features",
    clean(() => {
      using x = tensor([[1, NaN], [2, NaN]]);
      assertThrows(
        () => new SimpleImputer().fit(x),
        RangeError,
        'feature 1 has no value: leave it out, or use the strategy "constant"',
      );
      const imputer = new SimpleImputer({ strategy: "constant" }).fit(x);
      using wide = tensor([[1, 2, 3]]);
      assertThrows(() => imputer.transform(wide), ShapeError, "[samples, 2]");
      assertThrows(() => new SimpleImputer().transform(x), TypeError, "fitted");
      imputer.dispose();
    }),
  );
});

describe("OneHotEncoder", () => {
  it(
    "encodes as scikit-learn does",
    clean(async () => {
      using x = toTensor(kinds);
      for (
        const [options, expected] of [
          [{}, oneHot],
          [{ drop: "first" }, dropped],
        ] as const
      ) {
        const encoder = new OneHotEncoder(options);
        using found = encoder.fitTransform(x);
        await assertClose(found, expected);
        const other = new OneHotEncoder(options);
        other.loadStateDict(JSON.parse(JSON.stringify(encoder.stateDict())));
        using again = other.transform(x);
        await assertClose(again, expected);
      }
    }),
  );

  it(
    "refuses or leaves out what was not there in fitting",
    clean(async () => {
      using x = tensor([[0], [2]], { dtype: "int32" });
      using other = tensor([[2], [1]], { dtype: "int32" });
      assertThrows(
        () => new OneHotEncoder().fit(x).transform(other),
        RangeError,
        "a value of feature 0 was not there in fitting: got 1, expected one of 0, 2",
      );
      const encoder = new OneHotEncoder({ handleUnknown: "ignore" }).fit(x);
      using found = encoder.transform(other);
      assertEquals(await found.toArray(), [[0, 1], [0, 0]]);
      using missing = tensor([[NaN]]);
      assertThrows(() => encoder.fit(missing), RangeError, "missing value");
      assertEquals(encoder.categories, [[0, 2]]);
      assertThrows(() => new OneHotEncoder().categories, TypeError, "fitted");
    }),
  );
});

describe("PCA", () => {
  for (const [i, { options, x, z, back, ...state }] of pca.entries()) {
    it(
      `gives scikit-learn's figures, case ${i}`,
      clean(async () => {
        using _ = scope();
        const table = toTensor(x);
        const found = new PCA(options).fit(table);
        for (const [name, expected] of Object.entries(state)) {
          await assertClose(found[name as keyof PCAState], expected);
        }
        const coordinates = found.transform(table);
        await assertClose(coordinates, z);
        await assertClose(found.inverseTransform(coordinates), back);
        const other = new PCA(options);
        other.loadStateDict(found.stateDict());
        await assertClose(other.transform(table), z);
        found.dispose();
        other.dispose();
      }),
    );
  }

  it(
    "refuses what it cannot do",
    clean(() => {
      using x = tensor([[1, 2], [3, 5]]);
      assertThrows(
        () => new PCA({ nComponents: 3 }).fit(x),
        RangeError,
        "fewer features or samples than components: got [2, 2] for 3",
      );
      using one = tensor([[1, 2]]);
      assertThrows(() => new PCA().fit(one), ShapeError, "two samples");
      assertThrows(() => new PCA({ nComponents: 1.5 }), RangeError, "integer");
      assertThrows(() => new PCA().transform(x), TypeError, "not fitted");
      const pca = new PCA({ nComponents: 1 }).fit(x);
      using wide = tensor([[1, 2, 3]]);
      assertThrows(() => pca.transform(wide), ShapeError, "[samples, 2]");
      assertThrows(
        () => pca.loadStateDict({ ...pca.stateDict(), mean: wide }),
        ShapeError,
        "mean is missing or of another shape: got [1, 3]",
      );
      pca.dispose();
    }),
  );
});
