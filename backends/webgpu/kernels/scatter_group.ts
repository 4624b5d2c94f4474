/**
 * Combining at indices by a workgroup for each row: the first of its
 * invocations with an index combines the values of all that have it, in the
 * order of the source, so that the bits are those of one loop over the row.
 *
 * @module
 */
import type { ProgramSource } from "../device/program.ts";
import { int, uint } from "../wgsl/params.ts";
import { mainOf, workgroupNumber, WORKGROUPS } from "./loop.ts";
import { REPORT_TYPE, reportIndex } from "./report.ts";
import type { RowLayout } from "./rows.ts";

/** Renders the shader; `bound` and `reporter` are words of the parameters. */
export function renderGroupScatter(
  { layout, label, type, size, bound, reporter, combine }: {
    readonly layout: RowLayout;
    readonly label: string;
    readonly type: string;
    readonly size: number;
    readonly bound: number;
    readonly reporter: number;
    readonly combine: (a: string, b: string) => string;
  },
): ProgramSource {
  return {
    label,
    operands: [
      { type, writes: true },
      { type: "i32" },
      { type },
      { type: REPORT_TYPE, writes: true },
    ],
    words: layout.params.words,
    code: ([out, indices, source, report]) =>
      [
        `var<workgroup> places: array<i32, ${size}>;`,
        `var<workgroup> values: array<${type}, ${size}>;`,
        mainOf(size, WORKGROUPS),
        `let t = ${workgroupNumber()};`,
        `if (t >= ${layout.rows}) {`,
        "return;",
        "}",
        ...layout.begin("t"),
        `for (var part = 0; part < ${layout.n}; part += ${size}) {`,
        "let j = part + i32(lane);",
        "var index = -1;",
        `var value = ${type}();`,
        `if (j < ${layout.n}) {`,
        `index = ${indices}[${layout.at(1, "j")}];`,
        `value = ${source}[${layout.at(2, "j")}];`,
        `if ((index < 0) | (index >= ${int(bound)})) {`,
        ...reportIndex(report!, uint(reporter), "index", int(bound)),
        "index = -1;",
        "}",
        "}",
        "places[lane] = index;",
        "values[lane] = value;",
        "workgroupBarrier();",
        "var leads = index >= 0;",
        "for (var k = 0u; k < lane; k++) {",
        "if (!leads) {",
        "break;",
        "}",
        "leads = places[k] != index;",
        "}",
        "if (leads) {",
        `let place = ${layout.at(0, "index")};`,
        `var known = ${combine(`${out}[place]`, "value")};`,
        `for (var k = lane + 1u; k < ${size}u; k++) {`,
        "if (places[k] == index) {",
        `known = ${combine("known", "values[k]")};`,
        "}",
        "}",
        `${out}[place] = known;`,
        "}",
        // The next part reads what this one wrote, there and here.
        "storageBarrier();",
        "workgroupBarrier();",
        "}",
        "}",
      ].join("\n"),
  };
}
