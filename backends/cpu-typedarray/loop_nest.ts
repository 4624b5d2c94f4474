/**
 * Writes a nest of loops over strided operands as JavaScript text.
 *
 * @module
 */
import type { Access } from "@tenfold/core/backend";

/** How the address of an operand moves along a loop dim. */
export type Step = "none" | "unit" | "stride";

/** An operand of a kernel as the nest addresses it. */
export interface Operand {
  /** The name of its typed array in the text. */
  readonly name: string;
  /** The index among the buffers of a call. */
  readonly buffer: number;
  /** Its step along each dim of the kernel's loop. */
  readonly steps: readonly Step[];
}

/** The steps that an access promises along `rank` dims. */
export function stepsOf(access: Access, rank: number): Step[] {
  const outer: Step = access === "uniform" ? "none" : "stride";
  const inner: Step = access === "dense" || access === "row"
    ? "unit"
    : access === "strided"
    ? "stride"
    : "none";
  return [...new Array<Step>(rank - 1).fill(outer), inner];
}

/**
 * One loop: over a whole dim, over chunks of it, or over the part of it that
 * is the present chunk.
 */
export interface Loop {
  readonly dim: number;
  readonly over: "whole" | "chunks" | "part";
  /** Positions that a chunk holds at most. */
  readonly chunk?: number;
}

/** The text of a kernel: loops are opened and closed, lines go where it is. */
export class Nest {
  readonly #operands: readonly Operand[];
  readonly #lines: string[] = [];
  /** The loops that are open, with the address texts from before each. */
  readonly #open: { loop: Loop; addresses: readonly string[] }[] = [];
  #addresses: readonly string[];
  #variables = 0;

  /** Begins with the names of arrays, offsets, extents and strides. */
  constructor(operands: readonly Operand[], rank: number) {
    this.#operands = operands;
    this.line("const { shape, buffers, offsets, strides, scalars } = call;");
    for (let d = 0; d < rank; d++) this.line(`const n${d} = shape[${d}];`);
    this.#addresses = operands.map(({ name, buffer, steps }) => {
      if (steps.length === 1 && steps[0] === "unit") {
        // An array that begins at the view spares the sum in each address.
        this.line(
          `const ${name} = from(buffers[${buffer}], offsets[${buffer}]);`,
        );
        return "0";
      }
      this.line(
        `const ${name} = buffers[${buffer}], ${name}at = offsets[${buffer}];`,
      );
      steps.forEach((step, d) => {
        if (step !== "stride") return;
        this.line(`const ${name}step${d} = strides[${buffer}][${d}];`);
      });
      return `${name}at`;
    });
  }

  /** Adds a line. */
  line(text: string): void {
    this.#lines.push("  ".repeat(this.#open.length + 1) + text);
  }

  /** The name of the position along a loop that is open. */
  static #index({ dim, over }: Loop): string {
    return over === "whole"
      ? `i${dim}`
      : over === "part"
      ? `j${dim}`
      : `c${dim}`;
  }

  /** The text of the position along a dim. */
  position(dim: number): string {
    const chunked = this.#open.some(({ loop }) =>
      loop.dim === dim && loop.over === "chunks"
    );
    return chunked ? `(c${dim} + j${dim})` : `i${dim}`;
  }

  /** The text of the address of operand `k` at the present position. */
  address(k: number): string {
    return this.#addresses[k]!;
  }

  /** Opens a loop inside those that are open. */
  open(loop: Loop): void {
    const index = Nest.#index(loop);
    const { dim, over, chunk } = loop;
    const starts: string[] = [`${index} = 0`];
    const steps: string[] = [
      over === "chunks" ? `${index} += ${chunk}` : `${index}++`,
    ];
    const addresses = this.#operands.map(({ name, steps: by }, k) => {
      const before = this.#addresses[k]!;
      if (by[dim] === "none") return before;
      if (by[dim] === "unit") {
        return before === "0" ? index : `(${before} + ${index} | 0)`;
      }
      const variable = `${name}p${this.#variables++}`;
      const stride = `${name}step${dim}`;
      starts.push(`${variable} = ${before}`);
      steps.push(
        over === "chunks"
          ? `${variable} = ${variable} + ${chunk} * ${stride} | 0`
          : `${variable} = ${variable} + ${stride} | 0`,
      );
      return variable;
    });
    const extent = over === "part" ? `m${dim}` : `n${dim}`;
    this.line(
      `for (let ${starts.join(", ")}; ${index} < ${extent}; ${
        steps.join(", ")
      }) {`,
    );
    this.#open.push({ loop, addresses: this.#addresses });
    this.#addresses = addresses;
    if (over === "chunks") {
      this.line(`const m${dim} = Math.min(${chunk}, n${dim} - ${index});`);
    }
  }

  /** Closes the innermost loop. */
  close(): void {
    this.#addresses = this.#open.pop()!.addresses;
    this.line("}");
  }

  /** The whole text, all loops closed. */
  finish(): string {
    while (this.#open.length > 0) this.close();
    return this.#lines.join("\n");
  }
}
