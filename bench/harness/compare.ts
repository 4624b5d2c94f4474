/**
 * Compares two files of results.
 *
 * @module
 */
import { isContended } from "./contention.ts";
import { align, digits, showFigure } from "./format.ts";
import type { Result, ResultsFile } from "./schema.ts";
import { geometricMean, mean } from "./stats.ts";

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
    const calm = !isContended(old, a.machine.cores) &&
      !isContended(now, b.machine.cores);
    const verdict = judge(old, now, calm);
    changes.push({ before: old, after: now, ratio, verdict });
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
 * the other, and the change is larger than the floor and than any between the
 * rounds of one run. Where other programs stood in the way, it is no proof.
 */
export function judge(before: Result, after: Result, calm: boolean): Verdict {
  const outside = beyond(before, after)
    ? "slower"
    : beyond(after, before)
    ? "faster"
    : "same";
  return outside !== "same" && !calm ? "unsure" : outside;
}

/** Whether `high` lies above `low` by more than chance. */
function beyond(low: Result, high: Result): boolean {
  const least = Math.max(FLOOR, unrest(low), unrest(high));
  return high.median > least * low.median && high.min > FLOOR * low.min &&
    high.p25 > low.p75 && Math.min(...high.rounds) > Math.max(...low.rounds);
}

/** How far the rounds of one run lie apart. */
function unrest({ rounds }: Result): number {
  return Math.max(...rounds) / Math.min(...rounds);
}

/**
 * The kernels that explain slower cases, the likeliest first: the cases that
 * run them became slower, and the others on that backend did not.
 */
export function suspects(changes: readonly Change[]): string[] {
  const found: { text: string; weight: number }[] = [];
  const backends = new Set(changes.map(({ after }) => after.backend));
  for (const backend of backends) {
    const own = changes.filter(({ after }) =>
      after.backend === backend && after.kernels
    );
    const kernels = new Set(
      own.filter(({ verdict }) => verdict === "slower")
        .flatMap(({ after }) => after.kernels!),
    );
    for (const kernel of kernels) {
      const runs = (change: Change) => change.after.kernels!.includes(kernel);
      const [among, others] = [own.filter(runs), own.filter((c) => !runs(c))];
      const excess = meanLog(among) - meanLog(others);
      if (excess < Math.log(FLOOR)) continue;
      const times = digits(Math.exp(excess));
      found.push({
        text: `${kernel} on ${backend} (${among.length} cases, ${times}×)`,
        // As in a test of means, many cases count more than one.
        weight: excess * Math.sqrt(among.length),
      });
    }
  }
  found.sort((a, b) => b.weight - a.weight);
  return found.filter(({ weight }) => weight >= 0.5 * found[0]!.weight)
    .map(({ text }) => text);
}

function meanLog(changes: readonly Change[]): number {
  return changes.length === 0
    ? 0
    : mean(changes.map(({ ratio }) => Math.log(ratio)));
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
      `${unsure.length} changes prove nothing, as other programs stood in the way`,
    );
  }
  const suspected = suspects(changes);
  if (suspected.length > 0) {
    lines.push(`Likely kernels: ${suspected.slice(0, 3).join(", ")}`);
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
