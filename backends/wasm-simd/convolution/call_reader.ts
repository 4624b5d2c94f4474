/**
 * What the emitters of convolutions share: the arguments of a call.
 *
 * @module
 */
import { ArgumentLayout } from "../arguments.ts";
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
} from "../assembler.ts";
import type { RoutineKernel } from "@tenfold/core/backend";

const RANK = 8;

/** The layout of the arguments of a call, with integers beside the operands. */
export function layoutOf(
  { outputs, inputs }: RoutineKernel,
  scalars: readonly string[],
): ArgumentLayout {
  return new ArgumentLayout(
    [...outputs, ...inputs],
    RANK,
    scalars.map((_, index) => ({ kind: "scalar", index, dtype: "int32" })),
  );
}

/** Reads the arguments of a call, each once. */
export class Arguments<N extends string = never> {
  readonly #f: FunctionBuilder;
  readonly #layout: ArgumentLayout;
  readonly #args: Local<"i32">;
  readonly #scalars: readonly N[];

  /** Reads from an address. */
  constructor(
    f: FunctionBuilder,
    layout: ArgumentLayout,
    args: Local<"i32">,
    scalars: readonly N[] = [],
  ) {
    this.#f = f;
    this.#layout = layout;
    this.#args = args;
    this.#scalars = scalars;
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
  scalar(name: N): Local<"i32"> {
    return this.#f.hoist(
      this.#layout.integer(this.#args, this.#scalars.indexOf(name)),
    );
  }
}

/** The workspace of a thread. */
export function workspaceOf(
  f: FunctionBuilder,
  reads: Pick<Arguments<"workspace" | "workspaceBytes">, "scalar">,
  thread: Local<"i32">,
): Local<"i32"> {
  return f.let(
    place(reads.scalar("workspace"), [thread, reads.scalar("workspaceBytes")]),
  );
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
