/**
 * How two builds compare that took turns in one run.
 *
 * @module
 */
import * as z from "zod";
import { align, digits, showFigure } from "./format.ts";
import { BACKEND, FAILURE, MACHINE, type Result } from "./schema.ts";
import { geometricMean, median } from "./stats.ts";

const positive = z.number().positive();

const FIGURES = z.strictObject({
  median: positive,
  p25: positive,
  p75: positive,
  min: positive,
  /** The lower quartile of each turn. */
  turns: z.array(positive).min(1),
  /** How many samples there were. */
  count: z.int().min(1),
});

const RATIO = z.strictObject({
  suite: z.string().min(1),
  case: z.string().min(1),
  backend: z.string().min(1),
  unit: z.enum(["ns", "byte"]),
  /** The other revision. */
  before: FIGURES,
  /** This tree. */
  after: FIGURES,
  /** After over before, for each pair of turns that counts. */
  ratios: z.array(positive).min(1),
  /** How many pairs do not count, as others took the processor meanwhile. */
  disturbed: z.int().min(0),
  /** The middle of these. */
  ratio: positive,
  /** The least of these. */
  least: positive,
  /** The largest of these. */
  most: positive,
  /** The fastest sample over the fastest one before. */
  fastest: positive,
});

/** The file that `bench:against --json` writes. */
export const AGAINST_FILE = z.strictObject({
  format: z.literal("tenfold-bench-against"),
  version: z.literal(1),
  date: z.iso.datetime(),
  quick: z.boolean(),
  machine: MACHINE,
  runtime: z.strictObject({ name: z.string(), version: z.string() }),
  /** Versions of what took part; `commit` is that of this tree. */
  versions: z.record(z.string(), z.string()),
  /** The other revision: as it was asked for, and its commit. */
  against: z.strictObject({ revision: z.string(), commit: z.string() }),
  backends: z.array(BACKEND),
  ratios: z.array(RATIO),
  failures: z.array(FAILURE),
});

/** A case on a backend, after over before. */
export type Ratio = z.infer<typeof RATIO>;
/** All of a run. */
export type AgainstFile = z.infer<typeof AGAINST_FILE>;

/** A turn with such a part of the processor was not disturbed. */
const CALM = 0.9;

/** The results' name of the other revision. */
export const BEFORE = "before";
/** The results' name of this tree. */
export const AFTER = "after";

/** Ratios of what both builds measured on a backend. */
export function ratiosOf(
  results: readonly Result[],
  backend: string,
): Ratio[] {
  const of = (build: string) =>
    results.filter((result) => result.backend === build);
  const others = new Map(of(BEFORE).map((result) => [result.case, result]));
  return of(AFTER).flatMap((after) => {
    const before = others.get(after.case);
    return before ? [ratioOf(before, after, backend)] : [];
  });
}

function ratioOf(before: Result, after: Result, backend: string): Ratio {
  const { suite, case: work, unit } = after;
  const [a, b] = [turns(before), turns(after)];
  const pairs = Math.min(a.length, b.length);
  const calm = calmPairs(before, after, pairs);
  const ratios = calm.map((i) => b[i]! / a[i]!);
  return {
    suite,
    case: work,
    backend,
    unit,
    before: figures(before),
    after: figures(after),
    ratios,
    disturbed: pairs - calm.length,
    ratio: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
    fastest: after.min / before.min,
  };
}

/**
 * The pairs of turns in which both builds had the processor nearly as much as
 * in their best turn; where that was rare, the better half of the pairs.
 */
function calmPairs(before: Result, after: Result, pairs: number): number[] {
  const [a, b] = [shares(before), shares(after)];
  const all = Array.from({ length: pairs }, (_, i) => i);
  const calm = (i: number) => Math.min(a[i] ?? 1, b[i] ?? 1);
  const best = all.toSorted((i, j) => calm(j) - calm(i))
    .slice(0, Math.ceil(pairs / 2));
  return all.filter((i) => calm(i) >= CALM || best.includes(i));
}

/** The time of each turn: interruptions lie above its lower quartile. */
function turns({ rounds, quartiles = rounds }: Result): readonly number[] {
  return quartiles;
}

/** How much of the processor each turn had, beside the best one. */
function shares({ busy = [] }: Result): number[] {
  const most = Math.max(...busy);
  return most > 0 ? busy.map((cores) => cores / most) : [];
}

function figures(result: Result): Ratio["before"] {
  const { median, p25, p75, min, count } = result;
  return { median, p25, p75, min, turns: [...turns(result)], count };
}

const COLUMNS = [
  {},
  {},
  { right: true },
  { right: true },
  { right: true },
  {},
  { right: true },
  { right: true },
];

/** The ratios of a suite as text, their mean in the last line. */
export function ratioLines(
  ratios: readonly Ratio[],
  failures: AgainstFile["failures"],
): string {
  const rows = ratios.map((each) => [
    each.case,
    each.backend,
    showFigure(each.before.median, each.unit),
    showFigure(each.after.median, each.unit),
    times(each.ratio),
    `${times(each.least)} – ${times(each.most)}`,
    times(each.fastest),
    `${each.ratios.length} of ${each.ratios.length + each.disturbed}`,
  ]);
  const failed = failures.map((each) => [each.case, each.backend]);
  const table = align(
    [
      [
        "case",
        "backend",
        "before",
        "after",
        "ratio",
        "spread",
        "fastest",
        "calm turns",
      ],
      ...rows,
      ...failed,
    ],
    COLUMNS,
  );
  const whole = table.slice(0, rows.length + 1);
  const broken = table.slice(rows.length + 1)
    .map((line, i) => `${line}  ${failures[i]!.error}`);
  const mean = ratios.length > 1
    ? [`mean ratio ${times(geometricMean(ratios.map(({ ratio }) => ratio)))}`]
    : [];
  return [...whole, ...broken, ...mean].join("\n");
}

/** A ratio to a thousandth, or to three digits where it is large. */
function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(3) : digits(ratio)}×`;
}
