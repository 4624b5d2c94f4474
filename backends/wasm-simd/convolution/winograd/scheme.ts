/**
 * What differs between Winograd's F(2×2, 3×3) and F(4×4, 3×3): the positions of
 * a tile, the values that it is transformed to, and the transforms.
 *
 * @module
 */
import type {
  Func,
  FunctionBuilder,
  Local,
  ModuleBuilder,
} from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";

/** A number of a transform. */
export type Scalar = Local<"f32">;

/** Types of the parameters of every transform. */
export const PARAMETERS = [
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
  "i32",
] as const;

/**
 * Transforms the tiles of a segment, whose inputs overlap by two positions.
 *
 * Parameters: the first row, the bytes from one row to the next, the number of
 * rows, the number of tiles, the number of positions of a row, where to, the
 * bytes between the planes of the values.
 */
export type TransformTiles = Func<typeof PARAMETERS, "none">;

/**
 * Transforms products back, to the positions of a segment.
 *
 * Parameters: the first plane, the bytes between planes, the first row of the
 * output, the bytes from one row to the next, the number of rows, the number of
 * positions, the address of the bias.
 */
export type TransformOutput = TransformTiles;

/** One of the two algorithms. */
export interface Scheme {
  /** A tile has `2 ** shift` by `2 ** shift` positions. */
  readonly shift: 1 | 2;
  /** Values of a transformed tile. */
  readonly values: 16 | 36;
  /**
   * Defines the transform of inputs; rows and positions count those of outputs.
   *
   * @param strict Whether what lies beyond the rows counts as zero; otherwise
   * its tiles have any values.
   */
  input(
    module: ModuleBuilder,
    arithmetic: Arithmetic,
    strict: boolean,
  ): TransformTiles;
  /** Defines the transform of outputs. */
  output(module: ModuleBuilder, arithmetic: Arithmetic): TransformOutput;
  /**
   * Defines the transform of gradients, which do not overlap; what lies beyond
   * counts as zero.
   */
  gradient(module: ModuleBuilder, arithmetic: Arithmetic): TransformTiles;
  /** Three taps as the values of a line. */
  spread(f: FunctionBuilder, taps: readonly Scalar[]): Scalar[];
  /** The sums of a line as the gradients of three taps. */
  gather(f: FunctionBuilder, sums: readonly Scalar[]): Scalar[];
}
