/**
 * ONNX files to modules.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { deviceFor, parseArguments, unscopedNow } from "@tenfold/core/internal";
import { type ByteSource, type DeviceOption, readBytes } from "@tenfold/data";
import { deviceOption } from "@tenfold/data/internal";
import * as z from "zod/mini";
import { opsetOf, planModel } from "./_graph.ts";
import { loadOperators } from "./_operators/table.ts";
import type {
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
} from "./_proto/messages.ts";
import { readModel } from "./_proto/read.ts";
import { readExternal } from "./_tensor_data.ts";
import { makeModule, type OnnxModule } from "./model.ts";

/**
 * Options of {@linkcode importOnnx}.
 *
 * @example A model on another backend
 * ```ts
 * import { nn, ones } from "@tenfold/tenfold";
 * import {
 *   exportOnnx,
 *   importOnnx,
 *   type ImportOnnxOptions,
 * } from "@tenfold/onnx";
 *
 * const file = await exportOnnx(new nn.Linear(2, 3), ones([1, 2]));
 * const options: ImportOnnxOptions = { device: "cpu-typedarray" };
 * const model = await importOnnx(file, options);
 * ```
 */
export interface ImportOnnxOptions extends DeviceOption {
  /**
   * Returns the source of an external file that holds tensors of the model, by
   * its location in the model. By default, these files are read from beside the
   * model.
   */
  readonly external?: (location: string) => ByteSource;
}

const schema = z.strictObject({
  device: deviceOption,
  external: z.exactOptional(z.custom<(location: string) => ByteSource>(
    (value) => typeof value === "function",
    "must be a function from the name of a file to its source",
  )),
});

/**
 * Reads an ONNX model as a module. Its floating-point initialisers become named
 * parameters: the model runs on every backend, is differentiable, works in
 * compiled steps, and can be trained.
 *
 * Models of the operator sets 1 to 26 are read, with the operators that MLPs,
 * CNNs, recurrent nets and transformers use. float16 and bfloat16 are computed
 * in float32, and all integers in int32.
 *
 * @typeParam Output What `forward` returns: a tensor if the model has one
 * output, an array if it has several.
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options The device of the parameters, and the source of external
 * files.
 * @returns The model.
 * @throws {OnnxOperatorError} If operators are not supported; the error names
 * them all with domain, version and node.
 * @throws {DataFormatError} If the file is damaged or inconsistent.
 * @throws {FileError} If the file, or one beside it, cannot be read.
 *
 * @example The message for a file of another format
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { importOnnx } from "@tenfold/onnx";
 * import "@tenfold/tenfold";
 *
 * await assertRejects(() => importOnnx(new Uint8Array(9)), RangeError, "ONNX");
 * ```
 */
export async function importOnnx<Output extends Tensor | Tensor[] = Tensor>(
  source: ByteSource,
  options: ImportOnnxOptions = {},
): Promise<OnnxModule<Output>> {
  const { external, ...place } = parseArguments(
    schema,
    { source },
    options,
    arguments,
    "import an ONNX model",
  );
  const model = readModel(await readBytes(source));
  const { locations, operators } = needsOf(model);
  const [files] = await Promise.all([
    readExternal(locations, source, external),
    loadOperators(operators),
  ]);
  const plan = planModel(model, files);
  const device = deviceFor(place);
  return unscopedNow(() =>
    makeModule({ plan, opset: opsetOf(model), device })
  ) as OnnxModule<Tensor> as unknown as OnnxModule<Output>;
}

/** What a model needs besides itself. */
interface Needs {
  /** The files beside it that its tensors lie in. */
  readonly locations: Set<string>;
  /** The names of its operators. */
  readonly operators: Set<string>;
}

function needsOf(model: ModelProto): Needs {
  const needs: Needs = { locations: new Set(), operators: new Set() };
  const ofTensor = (tensor: TensorProto | null) => {
    if (tensor?.dataLocation !== 1) return;
    const entry = tensor.externalData.find(({ key }) => key === "location");
    needs.locations.add(entry?.value ?? "");
  };
  const ofNode = ({ opType, attribute }: NodeProto) => {
    needs.operators.add(opType);
    for (const { t, g } of attribute) {
      ofTensor(t);
      if (g !== null) ofGraph(g);
    }
  };
  const ofGraph = (graph: GraphProto) => {
    graph.initializer.forEach(ofTensor);
    graph.node.forEach(ofNode);
  };
  if (model.graph !== null) ofGraph(model.graph);
  for (const fn of model.functions) fn.node.forEach(ofNode);
  return needs;
}
