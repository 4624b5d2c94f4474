/**
 * The errors of the ONNX package.
 *
 * @module
 */

/**
 * An operator of a model that is not supported.
 *
 * @example A list of what is missing
 * ```ts
 * import { type MissingOperator, OnnxOperatorError } from "@tenfold/onnx";
 *
 * function list(error: OnnxOperatorError): string[] {
 *   return error.missing.map(({ opType, node }: MissingOperator) =>
 *     `${opType} in ${node}`
 *   );
 * }
 * ```
 */
export interface MissingOperator {
  /** The domain of its operator set; ONNX's own is `"ai.onnx"`. */
  readonly domain: string;
  /** Its name. */
  readonly opType: string;
  /** The version of the operator set that the model uses. */
  readonly version: number;
  /** The node that uses it. */
  readonly node: string;
  /** The part that is not supported, if the operator is otherwise supported. */
  readonly reason?: string;
}

/**
 * Thrown when a model uses operators that are not supported, before anything
 * runs; it names all of them.
 *
 * @example Which operators are missing
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { OnnxOperatorError } from "@tenfold/onnx";
 *
 * const error = new OnnxOperatorError([
 *   { domain: "ai.onnx", opType: "RoiAlign", version: 16, node: "boxes" },
 * ]);
 * assertEquals(error.missing[0]?.opType, "RoiAlign");
 * ```
 */
export class OnnxOperatorError extends RangeError {
  /** Always `"OnnxOperatorError"`. */
  override name = "OnnxOperatorError";
  /** What is missing. */
  readonly missing: readonly MissingOperator[];

  /**
   * Creates an error about some operators.
   *
   * @param missing The missing operators.
   */
  constructor(missing: readonly MissingOperator[]) {
    const lines = missing.map(({ domain, opType, version, node, reason }) =>
      `${domain} ${opType} of version ${version} at node ${
        JSON.stringify(node)
      }${reason === undefined ? "" : ` (${reason})`}`
    );
    super(
      `Cannot import the ONNX model as it uses ${missing.length} operators that are not supported: ${
        lines.join(", ")
      }`,
    );
    this.missing = missing;
  }
}
