/**
 * A graph of ONNX as a module.
 *
 * @module
 */
import { currentDevice, type Device, Tensor } from "@tenfold/core";
import { checkCount, noGradNow, unscopedNow } from "@tenfold/core/internal";
import { type AnyModule, Buffer, Module, Parameter } from "@tenfold/nn";
import type { RunFacts } from "./_call.ts";
import type { Plan } from "./_graph.ts";
import {
  infoOf,
  type OnnxInput,
  type OnnxValueInfo,
  valueOf,
} from "./_inputs.ts";
import { runNode, runPlan } from "./_run.ts";
import {
  isKnown,
  type Known,
  ofConstant,
  upload,
  Uploads,
  type Value,
} from "./_value.ts";
import { type Weights, weightsOf } from "./_weights.ts";

/** What {@linkcode OnnxModule} is made of; for the importer alone. */
interface Parts {
  readonly plan: Plan;
  readonly opset: number;
  readonly device: Device;
}

/** The parts of the module that is being made. */
let pending: Parts | null = null;

/**
 * A model that was read from an ONNX file. Its floating-point initialisers (and
 * the Constant nodes of more than one float) are parameters under their own
 * names, so that it can be trained, frozen, saved and moved like any module.
 * The running mean and variance of batch normalisation are buffers. Integers,
 * and floats that operators need to know as numbers, stay part of the graph.
 *
 * It runs as ONNX specifies for inference: Dropout passes its input through,
 * and batch normalisation uses its running statistics, in training mode too.
 *
 * @typeParam Output What `forward` returns: a tensor, or an array of them.
 *
 * @example Outputs by name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 * import { exportOnnx, importOnnx, type OnnxModule } from "@tenfold/onnx";
 *
 * const file = await exportOnnx(new nn.Linear(2, 3), ones([1, 2]));
 * const model: OnnxModule = await importOnnx(file);
 * const { output } = model.run({ input: ones([1, 2]) });
 * assertEquals(output?.shape, [1, 3]);
 * ```
 */
export class OnnxModule<Output extends Tensor | Tensor[] = Tensor>
  extends Module<OnnxInput[], Output> {
  readonly #plan: Plan;
  readonly #weights: Weights;
  readonly #uploads = new Uploads();
  readonly #constants = new Map<Plan, Map<string, Value>>();
  readonly #known = new Set<Value>();
  readonly #opset: number;

  /** Created by {@linkcode importOnnx}. */
  constructor() {
    super();
    if (pending === null) {
      throw new TypeError(
        "Cannot make an OnnxModule by itself: call importOnnx(source)",
      );
    }
    const { plan, opset, device } = pending;
    pending = null;
    this.#plan = plan;
    this.#opset = opset;
    this.#weights = weightsOf(plan);
    for (const [graph, constants] of this.#weights) {
      const values = new Map<string, Value>();
      for (const [name, { constant, role, name: own }] of constants) {
        const value = ofConstant(constant);
        values.set(
          name,
          role === "number"
            ? this.#remember(value)
            : this.#hold(own, value, role, device),
        );
      }
      this.#constants.set(graph, values);
    }
    this.#fold(plan, [], device);
  }

  /** The version of ONNX's own operator set that the model uses. */
  get opset(): number {
    return this.#opset;
  }

  /** The inputs, in the order in which `forward` takes them. */
  get inputs(): OnnxValueInfo[] {
    return this.#plan.inputs.map(infoOf);
  }

  /** The outputs, in the order in which `forward` returns them. */
  get outputs(): OnnxValueInfo[] {
    return this.#plan.outputs.map(infoOf);
  }

  #remember(value: Known): Known {
    this.#known.add(value);
    return value;
  }

  /** Makes a parameter or buffer, and the value that reads it. */
  #hold(
    name: string,
    value: Known,
    role: "parameter" | "buffer",
    device: Device,
  ): Value {
    let key = name;
    while (key in this) key += "_";
    const tensor = upload(value, device);
    const member = role === "parameter"
      ? new Parameter(tensor)
      : new Buffer(tensor);
    tensor.dispose();
    Object.defineProperty(this, key, {
      value: member,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    return new MemberValue(this, key, value.type);
  }

  /** Computes once what depends on constants alone. */
  #fold(
    plan: Plan,
    outer: readonly ReadonlyMap<string, Value>[],
    device: Device,
  ): void {
    const values = this.#constants.get(plan)!;
    const visible = plan.open ? [values, ...outer] : [values];
    const facts = this.#facts(device);
    for (const node of plan.nodes) {
      for (const graph of node.graphs) this.#fold(graph, visible, device);
      const { operator, inputs, outputs } = node;
      if (operator.random || node.graphs.length > 0) continue;
      const found = inputs.map((name) =>
        name === "" ? null : this.#constantOf(name, visible)
      );
      if (found.includes(undefined)) continue;
      let results: readonly Value[];
      try {
        results = runNode(node, found as (Value | null)[], facts, () => []);
      } catch {
        // It fails again, with its name, if the model gets there.
        continue;
      }
      outputs.forEach((name, i) => {
        const value = results[i];
        if (name === "" || value === undefined) return;
        values.set(
          name,
          isKnown(value)
            ? this.#remember(value)
            : this.#keepFolded(name, value, node.facts.name),
        );
      });
    }
  }

  /** A constant that is not a weight. */
  #constantOf(
    name: string,
    visible: readonly ReadonlyMap<string, Value>[],
  ): Value | undefined {
    for (const values of visible) {
      const value = values.get(name);
      if (value === undefined) continue;
      return value instanceof MemberValue && !value.folded ? undefined : value;
    }
    return undefined;
  }

  /** A tensor that was computed once: it moves with the module. */
  #keepFolded(name: string, value: Value, node: string): Value {
    let key = name || node;
    while (key in this) key += "_";
    const buffer = new Buffer(value.tensor!, { persistent: false });
    value.tensor!.dispose();
    Object.defineProperty(this, key, {
      value: buffer,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    return new MemberValue(this, key, value.type, true);
  }

  #facts(device: Device): RunFacts {
    return {
      device,
      uploads: this.#uploads,
      isConstant: (value) => this.#known.has(value),
    };
  }

  /**
   * Runs the model.
   *
   * @param inputs Its inputs, in the order of `inputs`: tensors, or numbers.
   * @returns Its output; an array if it has several.
   * @throws {TypeError} If there are too few or too many inputs, or one has a
   * wrong dtype.
   * @throws {ShapeError} If the shape of an input is not the model's.
   */
  override forward(...inputs: OnnxInput[]): Output {
    const due = this.#plan.inputs;
    if (inputs.length !== due.length) {
      throw new TypeError(
        `Cannot run the ONNX model with ${inputs.length} inputs as it takes ${due.length}: ${
          due.map(({ name }) => name).join(", ")
        }`,
      );
    }
    const device = this.#deviceOf(inputs);
    const { dtypes } = device.backend;
    const values = due.map((info, i) => valueOf(inputs[i]!, info, dtypes));
    const results = runPlan(
      this.#plan,
      values,
      this.#facts(device),
      (plan) => this.#constants.get(plan)!,
    );
    const tensors = results.map((value) =>
      isKnown(value) ? upload(value, device) : value.tensor!
    );
    return (tensors.length === 1 ? tensors[0] : tensors) as Output;
  }

  /**
   * Runs the model with named inputs and outputs.
   *
   * @param inputs The inputs by name.
   * @returns The outputs by name.
   * @throws {TypeError} If an input is missing or unknown.
   */
  run(inputs: { readonly [name: string]: OnnxInput }): {
    [name: string]: Tensor;
  } {
    checkCount("run", arguments.length, 1);
    const names = this.#plan.inputs.map(({ name }) => name);
    const given = Object.keys(inputs);
    const wrong = given.filter((name) => !names.includes(name));
    const missing = names.filter((name) => !given.includes(name));
    if (wrong.length > 0 || missing.length > 0) {
      throw new TypeError(
        `Cannot run the ONNX model as it takes ${names.join(", ")}: got ${
          given.join(", ") || "nothing"
        }`,
      );
    }
    const result = this.forward(...names.map((name) => inputs[name]!));
    const all: Tensor[] = Array.isArray(result) ? result : [result];
    return Object.fromEntries(
      this.#plan.outputs.map(({ name }, i) => [name, all[i]!]),
    );
  }

  #deviceOf(inputs: readonly OnnxInput[]): Device {
    for (const input of inputs) {
      if (input instanceof Tensor) return input.device;
    }
    const [first] = [...this.parameters(), ...this.buffers()];
    return first?.device ?? currentDevice();
  }

  /**
   * Returns a copy of the model with the same values; see
   * {@linkcode Module.copy}.
   */
  override copy(): this {
    checkCount("copy", arguments.length, 0);
    const device = this.#deviceOf([]);
    pending = { plan: this.#plan, opset: this.#opset, device };
    const copy = new OnnxModule<Output>() as this;
    copy.training = this.training;
    const fields = copy as unknown as Record<string, Tensor>;
    for (const [name, tensor] of this.namedParameters()) {
      const { requiresGrad } = tensor;
      const data = noGradNow(() => unscopedNow(() => tensor.clone()));
      fields[name]?.dispose();
      fields[name] = new Parameter(data, { requiresGrad });
      data.dispose();
    }
    for (const [name, tensor] of this.namedBuffers()) {
      const { persistent } = tensor;
      const data = noGradNow(() => unscopedNow(() => tensor.clone()));
      fields[name]?.dispose();
      fields[name] = new Buffer(data, { persistent });
      data.dispose();
    }
    return copy;
  }

  /** Releases the memory of parameters, buffers and constants. */
  override dispose(): void {
    super.dispose();
    this.#uploads.dispose();
  }

  /** Describes the inputs and outputs. */
  override describe(): string {
    const show = ({ name, type, shape }: OnnxValueInfo) =>
      `${name}: ${type}[${
        shape?.map((extent) => extent ?? "?").join(", ") ?? "..."
      }]`;
    return `${this.inputs.map(show).join(", ")} → ${
      this.outputs.map(show).join(", ")
    }, opset ${this.#opset}`;
  }
}

/** Makes a module of a plan. */
export function makeModule(parts: Parts): OnnxModule {
  pending = parts;
  try {
    return new OnnxModule();
  } finally {
    pending = null;
  }
}

/** The value of a parameter or buffer, whatever it holds by then. */
class MemberValue implements Value {
  readonly numbers = null;

  constructor(
    readonly module: AnyModule,
    readonly key: string,
    readonly type: number,
    readonly folded = false,
  ) {}

  get tensor(): Tensor {
    return (this.module as unknown as { [key: string]: Tensor })[this.key]!;
  }

  get shape(): readonly number[] {
    return this.tensor.shape;
  }
}
