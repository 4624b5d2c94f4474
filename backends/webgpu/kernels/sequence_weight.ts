/**
 * How much code a kernel adds to the shader of a sequence, in statements with
 * every function of ours written out: what drivers take their time over. A
 * shader of a kernel by itself serves every layout and is compiled once; that of
 * a sequence holds extents and strides, and is compiled for each plan.
 *
 * @module
 */
import type { Kernel, KernelCall } from "@tenfold/core/backend";
import type { Profile } from "../device/profile.ts";
import { renderExpressions } from "../wgsl/expression.ts";
import { LIBRARY } from "../wgsl/library.ts";
import { tileOf } from "./sequence_code.ts";

/** The loop, the positions and the addresses of any kernel. */
const FRAME = 8;

const known = new Map<string, number>();

/** Statements of a text, and of the functions of ours that it calls. */
function statementsIn(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(/;/g)) count++;
  for (const [name] of text.matchAll(/\btf_\w+(?=\()/g)) {
    count += statementsOf(name);
  }
  return count;
}

function statementsOf(name: string): number {
  let count = known.get(name);
  if (count === undefined) {
    const source = LIBRARY[name] ?? "";
    count = statementsIn(source.slice(source.indexOf("{")));
    known.set(name, count);
  }
  return count;
}

/** The statements that a kernel adds. */
export function weightOf(
  profile: Profile,
  kernel: Kernel,
  call: KernelCall,
): number {
  if (kernel.kind !== "routine") {
    const roots = kernel.kind === "map"
      ? kernel.exprs
      : [kernel.element, kernel.epilogue];
    const { statements } = renderExpressions(roots, {
      arg: (index) => `x${index}`,
      scalar: (index) => `s${index}`,
      position: (dim) => `p${dim}`,
      accumulator: "total",
    });
    return FRAME + statementsIn(statements.join("\n"));
  }
  switch (kernel.name) {
    case "matmul": {
      const [rows, columns] = tileOf(profile, call);
      return FRAME + 3 * rows * columns + rows + columns;
    }
    case "softmax":
    case "logSoftmax":
      return FRAME + statementsIn("tf_max(); tf_exp(); tf_exp(); tf_log();");
    default:
      return FRAME;
  }
}
