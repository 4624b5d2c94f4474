/**
 * What the routine is compiled with. It is handed over, as a module that loads
 * late and imports those that load at first would split a bundle.
 *
 * @module
 */

import type { ArgumentLayout } from "../arguments.ts";
import type { launchOf } from "../launch.ts";

/** The assembler. */
export type Assembler = typeof import("../assembler.ts");

/** The assembler, and what makes a launch of its code. */
export interface Tools {
  /** Instructions, and modules. */
  readonly assembler: Assembler;
  /** The layout of arguments. */
  readonly ArgumentLayout: typeof ArgumentLayout;
  /** The launch of a kernel. */
  readonly launchOf: typeof launchOf;
}
