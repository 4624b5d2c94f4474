/**
 * Compares two files of results.
 *
 * @module
 */
import { align, digits, showFigure } from "./format.ts";
import type { Result, ResultsFile } from "./schema.ts";
import { geometricMean } from "./stats.ts";
import { BUSY_CORES } from "./table.ts";

/** What is said of a case. */
export type Verdict = "same" | "slower" | "faster" | "unsure";

/** One case on one backend, before and after. */
export interface Change {
  /** Before. */
  readonly before: Result;
  /** After. */
  readonly after: Result;
  /** How many times as long it takes now. */
  readonly ratio: number;
  /** Whether that lies outside the spread. */
  readonly verdict: Verdict;
}

/** Two runs side by side. */
export interface Comparison {
  /** What both measured. */
  readonly changes: readonly Change[];
  /** Cases of which one run has nothing. */
  readonly missing: readonly string[];
  /** Cases that went well before and fail now. */
  readonly broken: readonly string[];
}

/** Smaller changes are never told; layout of code and memory makes them. */
export const FLOOR = 1.15;

function nameOf({ suite, case: work, backend }: {
  suite: string;
  case: string;
  backend: string;
}): string {
  return `${suite}: ${work}, ${backend}`;
}

/** Compares what two runs have in common. */
export function compareRuns(a: ResultsFile, b: ResultsFile): Comparison {
  const before = new Map(a.results.map((result) => [nameOf(result), result]));
  const after = new Map(b.results.map((result) => [nameOf(result), result]));
  const changes: Change[] = [];
  for (const [name, old] of before) {
    const now = after.get(name);
    if (!now) continue;
    const ratio = now.median / old.median;
    changes.push({ before: old, after: now, ratio, verdict: judge(old, now) });
  }
  const broken = b.failures.map(nameOf).filter((name) => before.has(name));
  const one = [
    ...[...before.keys()].filter((name) => !after.has(name)),
    ...[...after.keys()].filter((name) => !before.has(name)),
  ];
  const missing = one.filter((name) => !broken.includes(name));
  return { changes, missing, broken };
}

/**
 * Says whether the change lies outside the spread: the quarters in the middle
 * have nothing in common, every round of one run lies beyond every round of
 * the other, and medians and bests differ by more than the floor. While other
 * programs use the machine, a change is no proof.
 */
export function judge(before: Result, after: Result): Verdict {
  const outside = beyond(before, after)
    ? "slower"
    : beyond(after, before)
    ? "faster"
    : "same";
  const others = Math.max(before.others ?? 0, after.others ?? 0);
  return outside !== "same" && others > BUSY_CORES ? "unsure" : outside;
}

/** Whether `high` lies above `low` by more than chance. */
function beyond(low: Result, high: Result): boolean {
  return high.median > FLOOR * low.median && high.min > FLOOR * low.min &&
    high.p25 > low.p75 && Math.min(...high.rounds) > Math.max(...low.rounds);
}

/**
 * The kernels that explain slower cases: those that run in slower cases and
 * hardly in the others, the likeliest first.
 */
export function suspects(changes: readonly Change[]): string[] {
  const tally = new Map<string, { slower: number; all: number }>();
  for (const { after, verdict } of changes) {
    if (verdict === "unsure") continue;
    for (const kernel of after.kernels ?? []) {
      const key = `${kernel} on ${after.backend}`;
      const count = tally.get(key) ?? { slower: 0, all: 0 };
      count.all++;
      if (verdict === "slower") count.slower++;
      tally.set(key, count);
    }
  }
  return [...tally].filter(([, { slower, all }]) =>
    slower > 0 && slower / all >= 0.6
  ).sort(([, a], [, b]) =>
    b.slower / b.all - a.slower / a.all || b.slower - a.slower
  ).map(([name, { slower, all }]) => `${name} (${slower} of ${all} cases)`);
}

function line({ before, after, ratio, verdict }: Change): string[] {
  const { unit } = before;
  return [
    verdict,
    nameOf(before),
    showFigure(before.median, unit),
    "→",
    showFigure(after.median, unit),
    `${digits(ratio)}×`,
  ];
}

const COLUMNS = [{}, {}, { right: true }, {}, { right: true }, { right: true }];

/** The comparison as text. */
export function comparisonText(
  { changes, missing, broken }: Comparison,
  all: boolean,
): string {
  const ordered = (verdict: Verdict) =>
    changes.filter((change) => change.verdict === verdict)
      .sort((a, b) => b.ratio - a.ratio);
  const [slower, faster] = [ordered("slower"), ordered("faster")];
  const unsure = ordered("unsure");
  const shown = all
    ? [...changes]
    : [...slower, ...unsure, ...faster.reverse()];
  const lines = [
    ...align(shown.map(line), COLUMNS),
    ...(shown.length > 0 ? [""] : []),
    ...suiteMeans(changes),
    "",
  ];
  for (const name of broken) lines.push(`fails now: ${name}`);
  if (missing.length > 0) {
    lines.push(`${missing.length} cases are in one of the files only`);
  }
  if (unsure.length > 0) {
    lines.push(
      `${unsure.length} changes prove nothing, as other programs used the machine meanwhile`,
    );
  }
  const suspected = suspects(changes);
  if (suspected.length > 0) {
    lines.push(`Kernels in common: ${suspected.slice(0, 3).join(", ")}`);
  }
  lines.push(
    `${changes.length} compared: ${
      slower.length + broken.length === 0
        ? "no regression"
        : `${slower.length + broken.length} slower`
    }, ${faster.length} faster`,
  );
  return lines.join("\n");
}

/** The mean ratio of each suite and backend. */
function suiteMeans(changes: readonly Change[]): string[] {
  const suites = [...new Set(changes.map(({ before }) => before.suite))];
  const backends = [...new Set(changes.map(({ before }) => before.backend))];
  const rows = suites.map((suite) => [
    suite,
    ...backends.map((backend) => {
      const ratios = changes
        .filter(({ before }) =>
          before.suite === suite && before.backend === backend
        )
        .map(({ ratio }) => ratio);
      return ratios.length > 0 ? `${digits(geometricMean(ratios))}×` : "—";
    }),
  ]);
  return align(
    [["mean ratio", ...backends], ...rows],
    [{}, ...backends.map(() => ({ right: true }))],
  );
}
