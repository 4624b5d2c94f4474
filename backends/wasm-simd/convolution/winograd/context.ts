/**
 * What the emitters of Winograd's algorithm share: the arguments of a call.
 *
 * @module
 */
import { ArgumentLayout } from "../../arguments.ts";
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
} from "../../assembler.ts";
import type { RoutineKernel } from "@tenfold/core/backend";
import { smaller } from "../../matmul/panels.ts";
import { SCALARS } from "./plan.ts";
import type { Scheme } from "./scheme.ts";

const RANK = 8;

/** The layout of the arguments of a call. */
export function layoutOf({ outputs, inputs }: RoutineKernel): ArgumentLayout {
  return new ArgumentLayout(
    [...outputs, ...inputs],
    RANK,
    SCALARS.map((_, index) => ({ kind: "scalar", index, dtype: "int32" })),
  );
}

/** Reads the arguments of a call, each once. */
export class Arguments {
  readonly #f: FunctionBuilder;
  readonly #layout: ArgumentLayout;
  readonly #args: Local<"i32">;

  /** Reads from an address. */
  constructor(
    f: FunctionBuilder,
    layout: ArgumentLayout,
    args: Local<"i32">,
  ) {
    this.#f = f;
    this.#layout = layout;
    this.#args = args;
  }

  /** The extent of a loop dim. */
  extent(dim: number): Local<"i32"> {
    return this.#f.hoist(this.#layout.extent(this.#args, dim));
  }

  /** A stride in bytes. */
  stride(buffer: number, dim: number): Local<"i32"> {
    return this.#f.hoist(this.#layout.stride(this.#args, buffer, dim));
  }

  /** A new local with the address of a buffer's view. */
  pointer(buffer: number): Local<"i32"> {
    return this.#f.let(this.#layout.pointer(this.#args, buffer));
  }

  /** One of the integers beside the operands. */
  scalar(name: (typeof SCALARS)[number]): Local<"i32"> {
    return this.#f.hoist(
      this.#layout.integer(this.#args, SCALARS.indexOf(name)),
    );
  }

  /** The workspace of a thread. */
  workspace(thread: Local<"i32">): Local<"i32"> {
    return this.#f.let(
      i32.add(
        this.scalar("workspace"),
        i32.mul(thread, this.scalar("workspaceBytes")),
      ),
    );
  }
}

/** Where a segment of tiles is. */
export interface Segment {
  /** Its plane. */
  readonly plane: Local<"i32">;
  /** The first of its rows of positions, and how many of them there are. */
  readonly row: Local<"i32">;
  readonly rows: Local<"i32">;
  /** The first position within them. */
  readonly column: Local<"i32">;
  /** Tiles and positions of it. */
  readonly tiles: Local<"i32">;
  readonly width: Local<"i32">;
}

/** Emits where a segment is, of planes of a height and width. */
export function locate(
  f: FunctionBuilder,
  reads: Arguments,
  { shift }: Scheme,
  segment: Local<"i32">,
  height: Local<"i32">,
  width: Local<"i32">,
): Segment {
  const segments = reads.scalar("segments");
  const tiles = reads.scalar("segmentTiles");
  const line = f.let(i32.div_u(segment, segments));
  const by = i32.const(shift);
  const spare = i32.const((1 << shift) - 1);
  const lines = f.let(i32.shr_u(i32.add(height, spare), by));
  const row = f.let(i32.shl(i32.rem_u(line, lines), by));
  const across = i32.rem_u(segment, segments);
  const column = f.let(i32.shl(i32.mul(across, tiles), by));
  const left = f.let(i32.sub(width, column));
  const all = f.let(i32.shl(tiles, by));
  f.if(i32.gt_s(left, all), () => f.set(left, all));
  return {
    plane: f.let(i32.div_u(line, lines)),
    row,
    rows: smaller(f, i32.sub(height, row), i32.const(1 << shift)),
    column,
    tiles: f.let(i32.shr_u(i32.add(left, spare), by)),
    width: left,
  };
}

/** The sum of addresses and of products of an index and a stride. */
export function place(
  start: Code<"i32">,
  ...steps: readonly (readonly [index: Code<"i32">, stride: Code<"i32">])[]
): Code<"i32"> {
  return steps.reduce(
    (sum, [index, stride]) => i32.add(sum, i32.mul(index, stride)),
    start,
  );
}
