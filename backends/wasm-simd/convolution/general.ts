/**
 * Convolutions of any kind: a matrix product whose right side is not a matrix in
 * memory but a table of offsets, so that windows are never copied as a whole.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import { i32 } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { launchOf } from "../launch.ts";
import { arithmeticOf } from "../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../matmul/micro.ts";
import { definePanels } from "../matmul/panels.ts";
import { convolve } from "./convolve.ts";
import { convolveByDots, defineDots, suitsDots, TALL } from "./dots.ts";
import { layoutOf } from "./call_reader.ts";
import { defineOffsets } from "./offsets.ts";
import { definePackColumns, definePackRows } from "./pack.ts";
import {
  type EmitContext,
  type Tools,
  WORKSPACE_PARTS,
  workspaceLayout,
} from "./emit_context.ts";

/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.04;

/** Compiles the kernel, for float32. */
export function compileGeneral(engine: Engine, kernel: RoutineKernel): Launch {
  const arithmetic = arithmeticOf("float32", engine.fused);
  const layout = layoutOf(kernel, ["workspace"]);
  const workspaceParts = workspaceLayout(arithmetic);
  const draft = engine.draft();
  const { module } = draft;
  const tools: Tools = {
    arithmetic,
    panels: definePanels(module, arithmetic),
    offsets: defineOffsets(module),
    packColumns: definePackColumns(module),
    packRows: definePackRows(module),
    dots: defineDots(module, arithmetic),
  };
  const biased = kernel.inputs.length === 3;
  const entry = (name: string, emit: (context: EmitContext) => void) =>
    module.func(name, ["i32", "i32", "i32", "i32"], "none", (
      f,
      args,
      begin,
      end,
      thread,
    ) => {
      const workspace = f.let(
        i32.add(
          layout.integer(args, 0),
          i32.mul(thread, i32.const(workspaceParts.bytes)),
        ),
      );
      const at = Object.fromEntries(
        WORKSPACE_PARTS.map((name) => [
          name,
          f.let(i32.add(workspace, i32.const(workspaceParts.offsets[name]))),
        ]),
      ) as EmitContext["at"];
      emit({ f, args, layout, tools, biased, begin, end, at });
    });
  entry("dots", convolveByDots);
  entry("run", convolve);
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    scalars: () => [engine.work(workspaceParts.bytes) | 0],
    work(call) {
      const [b, g, m, y, x, c, i, j] = call.shape as number[] & { length: 8 };
      const size = b! * y! * x!;
      const nanoseconds = NANOSECONDS * size * g! * m! * c! * i! * j!;
      return suitsDots(call)
        ? { entry: "dots", size: m!, grain: TALL, nanoseconds }
        : { entry: "run", size, grain: TILE_COLUMNS, nanoseconds };
    },
  });
}
