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
import { tileOf } from "./sequence_code.ts";
import { statementsFor, statementsIn } from "./statements.ts";

/** The loop, the positions and the addresses of any kernel. */
const FRAME = 8;

/** The statements that a kernel adds. */
export function weightOf(
  profile: Profile,
  kernel: Kernel,
  call: KernelCall,
): number {
  if (kernel.kind !== "routine") {
    return FRAME + statementsFor(
      kernel.kind === "map" ? kernel.exprs : [kernel.element, kernel.epilogue],
    );
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
