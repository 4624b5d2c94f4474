/**
 * Modules to ONNX files.
 *
 * @module
 */
import { type Device, Tensor } from "@tenfold/core";
import type { Value } from "@tenfold/core/backend";
import { parseArguments, tidyNow, VALUE } from "@tenfold/core/internal";
import type { AnyModule } from "@tenfold/nn";
import * as z from "zod/mini";
import { GraphBuilder, infoOf, type Named } from "./_export/builder.ts";
import { NoCounterpart } from "./_export/expression.ts";
import { Origins } from "./_export/origins.ts";
import { writePrimitive } from "./_export/primitives.ts";
import { recurrence } from "./_export/recurrent.ts";
import { Keys, type Step, traceModel } from "./_export/record.ts";
import { MODEL } from "./_proto/messages.ts";
import { writeMessage } from "./_proto/write.ts";

/** The operator set that files are written with. */
const OPSET = 17;
/** The version of the format itself that goes with it. */
const IR_VERSION = 8;

/**
 * Options of {@linkcode exportOnnx}.
 *
 * @example Names of the inputs and outputs
 * ```ts
 * import { nn, ones } from "@tenfold/tenfold";
 * import { exportOnnx, type ExportOnnxOptions } from "@tenfold/onnx";
 *
 * const options: ExportOnnxOptions = {
 *   inputNames: ["features"],
 *   outputNames: ["logits"],
 * };
 * const file = await exportOnnx(new nn.Linear(2, 3), ones([1, 2]), options);
 * ```
 */
export interface ExportOnnxOptions {
  /** Names of the inputs. @default {["input"], or "input_0" and so on} */
  readonly inputNames?: readonly string[];
  /** Names of the outputs. @default {["output"], or "output_0" and so on} */
  readonly outputNames?: readonly string[];
}

const names = z.readonly(z.array(z.string(), "must be an array of names"));
const schema = z.strictObject({
  inputNames: z.exactOptional(names),
  outputNames: z.exactOptional(names),
});

/**
 * Writes a model as an ONNX file of operator set 17, by running it once and
 * recording its operations. Parameters and buffers become initialisers under
 * the names of the state dict, and nodes are named after the modules they
 * belong to.
 *
 * The shapes of the example inputs are fixed in the file: export one file for
 * each set of shapes. Call `model.eval()` first; operations that draw random
 * numbers or update running statistics cannot be exported. int32 stays int32.
 *
 * @param model The model.
 * @param exampleInputs The arguments of `forward`: a tensor, or an array of
 * tensors.
 * @param options Names of inputs and outputs.
 * @returns The bytes of the file.
 * @throws {RangeError} If the model has operations without an ONNX operator;
 * the error names all of them.
 * @throws {TypeError} If an input is not a tensor, or the result contains no
 * tensor.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exportOnnx, importOnnx } from "@tenfold/onnx";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU());
 * const bytes = await exportOnnx(model, ones([1, 4]));
 * const again = await importOnnx(bytes);
 * assertEquals(Object.keys(again.stateDict()), ["0.weight", "0.bias"]);
 * ```
 */
export async function exportOnnx(
  model: AnyModule,
  exampleInputs: Tensor | readonly Tensor[],
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  const { inputNames, outputNames } = parseArguments(
    schema,
    { model, exampleInputs },
    options,
    arguments,
    "export a model to ONNX",
  );
  const inputs = exampleInputs instanceof Tensor
    ? [exampleInputs]
    : exampleInputs;
  const wrong = inputs.find((input) => !(input instanceof Tensor));
  if (wrong !== undefined || inputs.length === 0) {
    throw new TypeError(
      "Cannot export a model to ONNX without example inputs: pass a tensor or an array of tensors",
    );
  }
  const { device } = inputs[0]!;
  const keys = new Keys();
  const graph = new GraphBuilder();
  const known = new Map<string, Named>();
  const data = new Map<Named, Value>();
  const name = (tensor: Tensor, wanted: string): Named => {
    const named: Named = {
      name: graph.unique(wanted),
      shape: tensor.shape,
      dtype: tensor.dtype,
    };
    known.set(keys.of(tensor[VALUE]), named);
    return named;
  };
  const given = inputs.map((input, i) =>
    name(input, inputNames?.[i] ?? defaultName("input", i, inputs.length))
  );
  const members = [...model.namedParameters(), ...model.namedBuffers()];
  for (const [own, tensor] of members) {
    data.set(name(tensor, own), tensor[VALUE]);
  }
  const held: Value[] = [];
  try {
    const { steps, outside, results } = tidyNow(() => {
      const trace = traceModel(
        model,
        device,
        keys,
        new Set(known.keys()),
        () => (model.forward as (...inputs: Tensor[]) => unknown)(...inputs),
      );
      const results = tensorsIn(trace.result)
        .map((tensor) => [keys.of(tensor[VALUE]), tensor] as const);
      return { ...trace, result: null, results: results.map(([key]) => key) };
    });
    for (const [key, value] of outside) {
      held.push(value);
      const { shape, dtype } = value;
      const named: Named = { name: graph.unique("constant"), shape, dtype };
      known.set(key, named);
      data.set(named, value);
    }
    if (results.length === 0) {
      throw new TypeError(
        "Cannot export a model to ONNX whose forward gives no tensor",
      );
    }
    writeSteps(steps, keys, known, graph);
    const outputs = results.map((key, i) =>
      output(
        known.get(key)!,
        outputNames?.[i] ?? defaultName("output", i, results.length),
        graph,
      )
    );
    graph.prune(outputs.map((value) => value.name));
    await writeData(graph, data, device);
    return bytesOf(model, graph, given, outputs);
  } finally {
    for (const value of held) value.release();
  }
}

function defaultName(word: string, at: number, count: number): string {
  return count === 1 ? word : `${word}_${at}`;
}

/** The tensors in what a model gave, in order. */
function tensorsIn(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (typeof result !== "object" || result === null) return [];
  return Object.values(result).flatMap(tensorsIn);
}

/** Writes all steps, or says what of them has no counterpart. */
function writeSteps(
  steps: readonly Step[],
  keys: Keys,
  known: Map<string, Named>,
  graph: GraphBuilder,
): void {
  const origins = new Origins();
  const missing = new Set<string>();
  for (const { op, inputs, results, path } of steps) {
    graph.path = path;
    const named = inputs.map((input) => known.get(keys.of(input))!);
    try {
      if (op.name === "recurrence") {
        recurrence(op, named, results, graph)
          .forEach((value, i) => known.set(keys.of(results[i]!), value));
        continue;
      }
      const values = writePrimitive(op, named, results, { graph, origins });
      values.forEach((value, i) => {
        const key = keys.of(results[i]!);
        // What only looks at its input anew is that input.
        if (named.includes(known.get(key)!)) return;
        known.set(key, value);
        origins.note(value, op, named);
      });
    } catch (error) {
      if (!(error instanceof NoCounterpart)) throw error;
      // What comes behind is looked at as well.
      for (const result of results) {
        const { shape, dtype } = result;
        known.set(keys.of(result), { name: "missing", shape, dtype });
      }
      missing.add(
        path === "" ? error.message : `${error.message} in ${path}`,
      );
    }
  }
  if (missing.size > 0) {
    throw new RangeError(
      `Cannot export a model to ONNX as it has no operator for what the model does: ${
        [...missing].join(", ")
      }, call model.eval() before if it draws random numbers or changes running figures`,
    );
  }
}

/** An output under its own name. */
function output(value: Named, wanted: string, graph: GraphBuilder): Named {
  const name = graph.unique(wanted);
  graph.path = "";
  graph.nodes.push({
    name: `${name}/Identity`,
    opType: "Identity",
    input: [value.name],
    output: [name],
  });
  return { ...value, name };
}

/** Initialisers of the parameters, buffers and constants that are used. */
async function writeData(
  graph: GraphBuilder,
  data: ReadonlyMap<Named, Value>,
  device: Device,
): Promise<void> {
  const used = new Set(graph.nodes.flatMap(({ input }) => input!));
  for (const [named, value] of data) {
    if (!used.has(named.name)) continue;
    graph.initializer(named, await device.read(value));
  }
}

function bytesOf(
  model: AnyModule,
  graph: GraphBuilder,
  inputs: readonly Named[],
  outputs: readonly Named[],
): Uint8Array {
  return writeMessage(MODEL, {
    irVersion: IR_VERSION,
    producerName: "tenfold",
    opsetImport: [{ domain: "", version: OPSET }],
    graph: {
      name: model.constructor.name,
      node: graph.nodes,
      initializer: [...graph.initializers.values()],
      input: inputs.map(infoOf),
      output: outputs.map(infoOf),
    },
  });
}
