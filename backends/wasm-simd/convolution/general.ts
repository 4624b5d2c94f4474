/**
 * Convolutions of any kind: a matrix product whose right side is not a matrix in
 * memory but a table of offsets, so that windows are never copied as a whole.
 *
 * @module
 */

import type { Launch, RoutineKernel } from "@tenfold/core/backend";
import type { Block } from "../allocator.ts";
import { ArgumentLayout } from "../arguments.ts";
import { i32 } from "../assembler.ts";
import type { Engine } from "../engine.ts";
import { launchOf } from "../launch.ts";
import { arithmeticOf } from "../matmul/arithmetic.ts";
import { TILE_COLUMNS } from "../matmul/micro.ts";
import { definePanels } from "../matmul/panels.ts";
import { convolve } from "./convolve.ts";
import { convolveByDots, defineDots, suitsDots } from "./dots.ts";
import { defineOffsets } from "./offsets.ts";
import { definePackColumns, definePackRows } from "./pack.ts";
import {
  type EmitContext,
  type Tools,
  WORKSPACE_PARTS,
  workspaceLayout,
} from "./emit_context.ts";

const RANK = 8;
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.04;

/** The workspace of each engine: all its convolutions use the same. */
const workspaces: WeakMap<Engine, Block> = new WeakMap();

function workspaceOf(engine: Engine, bytes: number): Block {
  let workspace = workspaces.get(engine);
  if (workspace === undefined) {
    workspace = engine.allocate("bool", bytes * engine.threads);
    workspaces.set(engine, workspace);
  }
  return workspace;
}

/** Compiles the kernel, for float32. */
export function compileGeneral(
  engine: Engine,
  { inputs, outputs }: RoutineKernel,
): Launch {
  const arithmetic = arithmeticOf("float32", engine.fused);
  const layout = new ArgumentLayout(
    [...outputs, ...inputs],
    RANK,
    [{ kind: "scalar", index: 0, dtype: "int32" }],
  );
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
  module.func("run", ["i32", "i32", "i32", "i32"], "none", (
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
    const biased = inputs.length === 3;
    const context: EmitContext = {
      f,
      args,
      layout,
      tools,
      biased,
      begin,
      end,
      at,
    };
    f.if(
      suitsDots(context),
      () => convolveByDots(context),
      () => convolve(context),
    );
  });
  const program = engine.finish(draft);
  return launchOf(engine, {
    program,
    layout,
    scalars: () => [workspaceOf(engine, workspaceParts.bytes).pointer | 0],
    work({ shape }) {
      const [b, g, m, y, x, c, i, j] = shape as number[] & { length: 8 };
      const size = b! * y! * x!;
      const nanoseconds = NANOSECONDS * size * g! * m! * c! * i! * j!;
      return { entry: "run", size, grain: TILE_COLUMNS, nanoseconds };
    },
  });
}
