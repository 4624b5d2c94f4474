/**
 * The table of ratios.
 *
 * @module
 */
import { align, digits, showTime } from "../harness/format.ts";
import type { BackendLine, Failure, Result } from "../harness/schema.ts";
import { geometricMean } from "../harness/stats.ts";
import type { Participant } from "./participants.ts";
import type { WorkSpec } from "./works.ts";

const GROUPS = { cpu: "On the processor", gpu: "On the GPU" } as const;

/**
 * How many times as long everybody takes as ours: a line for each piece of
 * work, a column for each participant.
 */
export function ratioTables(
  works: readonly WorkSpec[],
  participants: readonly Participant[],
  results: readonly Result[],
  failures: readonly Failure[],
  backends: readonly BackendLine[] = [],
): string {
  // A ratio says which kernels it was made against, fallbacks above all.
  const told = (name: string) => {
    const { reason } = backends.find((each) => each.name === name) ?? {};
    return reason ? `${name}: ${reason}` : name;
  };
  const lines: string[] = [];
  const notes: string[] = [];
  for (const group of ["cpu", "gpu"] as const) {
    const measured = new Set(
      [...results, ...failures].map(({ backend }) => backend),
    );
    const own = participants.filter((each) =>
      each.group === group && measured.has(each.name)
    );
    const [base, ...others] = own;
    if (!base || base.library !== "tenfold") continue;
    const letters = others.map((_, i) => String.fromCharCode(97 + i));
    const find = (spec: WorkSpec, { name }: Participant) =>
      results.find((result) =>
        result.case === spec.name && result.backend === name
      );
    const ratios = others.map((): number[] => []);
    const rows = works.map((spec) => {
      const ours = find(spec, base);
      const cells = others.map((other, i) => {
        const result = find(spec, other);
        if (!result) return note(spec, other, failures, notes);
        if (!ours) return showTime(result.median);
        const ratio = result.median / ours.median;
        ratios[i]!.push(ratio);
        return `${digits(ratio)}×`;
      });
      const time = ours
        ? showTime(ours.median)
        : note(spec, base, failures, notes);
      return [spec.name, time, ...cells];
    });
    const means = ratios.map((all) =>
      all.length > 0 ? `${digits(geometricMean(all))}×` : "—"
    );
    lines.push(
      `${
        GROUPS[group]
      }: how many times as long as ${base.name} (more than 1: ours is faster)`,
      ...others.map(({ name }, i) => `  ${letters[i]}  ${told(name)}`),
      "",
      ...align(
        [["", base.setting, ...letters], ...rows, ["mean ratio", "", ...means]],
        [{}, ...own.map(() => ({ right: true }))],
      ),
      "",
    );
  }
  return [...lines, ...notes.map((text, i) => `[${i + 1}] ${text}`), ""]
    .join("\n");
}

/** A mark that leads to the reason why there is no figure. */
function note(
  spec: WorkSpec,
  { name }: Participant,
  failures: readonly Failure[],
  notes: string[],
): string {
  const failure = failures.find((each) =>
    each.case === spec.name && each.backend === name
  );
  if (!failure) return "—";
  const text = `${name}: ${failure.error}`;
  if (!notes.includes(text)) notes.push(text);
  return `[${notes.indexOf(text) + 1}]`;
}
