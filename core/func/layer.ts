/**
 * Layers: devices whose values are tensors of devices below, with something
 * beside them. Each operation on such a device becomes operations on what is
 * below, by a table of rules; the tape above neither knows nor cares, so that
 * transforms nest in each other and in gradients, in any order.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { CountedError, Device } from "../device.ts";
import type { DType, TypedArray } from "../dtype.ts";
import { DTYPES } from "../dtype.ts";
import { DeviceError } from "../errors.ts";
import { type Layering, setLayering } from "../layering.ts";
import { EDGE, OWNER, VALUE } from "../members.ts";
import type { Op } from "../op.ts";
import { tidyNow } from "../scope.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Storage } from "../storage.ts";
import { apply, type Tensor, wrapValue } from "../tensor.ts";
import { Value } from "../value.ts";
import { View } from "../view.ts";

/** What a value of a layer holds: tensors of layers below, or of none. */
export interface Part {
  /** What it is made of. */
  readonly inner: Tensor;
  /** The extents that the layer shows. */
  readonly shape: Shape;
}

/** Counts who holds tensors, in the place of memory. */
class Holder {
  readonly backend: Backend;
  readonly buffer = null;
  readonly dtype: DType;
  readonly size: number;
  readonly bytes: number;
  readonly #tensors: readonly Tensor[];
  #references = 1;

  constructor(backend: Backend, dtype: DType, size: number, held: Tensor[]) {
    this.backend = backend;
    this.dtype = dtype;
    this.size = size;
    this.bytes = size * DTYPES[dtype].bytes;
    this.#tensors = held;
  }

  get version(): number {
    return this.#tensors[0]![VALUE].storage.version;
  }

  get live(): boolean {
    return this.#references > 0;
  }

  get references(): number {
    return this.#references;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references > 0) return;
    for (const tensor of this.#tensors) tensor.dispose();
  }

  /** The tensors inside are counted, and watched, themselves. */
  countTensor(): void {}
  watch(): void {}
}

/** A value of a layer. */
export class LayerValue<P extends Part = Part> extends Value {
  /** The device that holds its memory. */
  readonly layer: Layer<P>;
  /** What it holds. */
  readonly part: P;

  constructor(layer: Layer<P>, part: P, storage: Storage) {
    super(storage, View.dense(part.shape));
    this.layer = layer;
    this.part = part;
  }

  override alias(): Value {
    return new LayerValue(this.layer, this.part, this.storage.retain());
  }
}

/** The layers in force, the innermost last. */
const stack: Layer[] = [];
/** Rules run as if there were only this many. */
let visible = Infinity;

const HOOKS: Layering = {
  deviceOf(op, device) {
    if (op.name !== "random" || device instanceof Layer) return device;
    for (let i = Math.min(stack.length, visible) - 1; i >= 0; i--) {
      if (stack[i]!.draws) return stack[i]!;
    }
    return device;
  },
  homeOf: (value, device) =>
    value instanceof LayerValue
      ? value.layer
      : device instanceof Layer
      ? device.base
      : device,
  lift(op, inputs) {
    let top: Device = inputs[0]!.device;
    for (const { device } of inputs) {
      if (level(device) > level(top)) top = device;
    }
    const layer = top;
    if (!(layer instanceof Layer)) {
      return inputs.every(({ device }) => device === layer)
        ? apply(op, inputs, layer)
        : null;
    }
    const lifted: Tensor[] = [];
    try {
      const own = inputs.map((input) => {
        if (input.device === layer) return input;
        if (input.device instanceof Layer || input.device === layer.base) {
          const value = layer.value(layer.constant(outside(input.alias())));
          const tensor = wrapValue(layer, value, input[EDGE]);
          lifted.push(tensor);
          return tensor;
        }
        throw new DeviceError(
          `Cannot ${op.name} tensors of two devices: got ${layer.base.name} and ${input.device.name}, move one with await tensor.to("${layer.base.name}")`,
        );
      });
      return apply(op, own, layer);
    } finally {
      for (const tensor of lifted) tensor.dispose();
    }
  },
};

const level = (device: Device): number =>
  device instanceof Layer ? device.level : 0;

/** A tensor that no scope owns. */
export function outside(tensor: Tensor): Tensor {
  tensor[OWNER] = null;
  return tensor;
}

/** A device whose values are tensors of devices below. */
export abstract class Layer<P extends Part = Part> implements Device {
  /** How it is called in messages: `"vmap"`. */
  abstract readonly transform: string;
  /** Whether random numbers are drawn by it. */
  readonly draws: boolean = false;
  /** The device at the bottom. */
  readonly base: Device;
  readonly name: string;
  readonly backend: Backend;
  /** How many layers are below it. */
  readonly level: number;
  #ended = false;

  /** Begins a layer above those in force, which {@linkcode end} ends. */
  constructor(over: Device) {
    this.base = over instanceof Layer ? over.base : over;
    this.name = this.base.name;
    // Nothing is read here.
    this.backend = Object.create(this.base.backend, {
      readSync: { value: undefined },
    });
    stack.push(this as unknown as Layer);
    this.level = stack.length;
    setLayering(HOOKS);
  }

  /** Ends it, and all above it. */
  end(): void {
    this.#ended = true;
    stack.length = Math.min(stack.length, this.level - 1);
    if (stack.length === 0) setLayering(null);
  }

  /** Applies an operation to what values hold. */
  protected abstract run(op: Op, parts: readonly P[]): readonly P[];
  /** What stands for a tensor from below. It takes the tensor over. */
  abstract constant(inner: Tensor): P;
  /** The tensors of a part. */
  protected abstract tensorsOf(part: P): Tensor[];

  /** A value that takes the tensors of a part over. */
  value(part: P): LayerValue<P> {
    const holder = new Holder(
      this.backend,
      part.inner.dtype,
      sizeOf(part.shape),
      this.tensorsOf(part).map(outside),
    );
    return new LayerValue(this, part, holder as unknown as Storage);
  }

  apply(op: Op, values: readonly Value[]): readonly Value[] {
    if (this.#ended) {
      throw new DeviceError(
        `Cannot ${op.name} a tensor of ${this.transform} as that has returned: return from its function what is needed outside`,
      );
    }
    const parts = values.map((value) => (value as LayerValue<P>).part);
    const before = visible;
    visible = this.level - 1;
    try {
      const results = tidyNow(() => this.run(op, parts));
      return results.map((part) => this.value(part));
    } finally {
      visible = before;
    }
  }

  upload(data: TypedArray, shape: Shape, dtype: DType): Value {
    const inner = wrapValue(this.base, this.base.upload(data, shape, dtype));
    return this.value(this.constant(inner));
  }

  read(): Promise<TypedArray> {
    return Promise.reject(this.#unreadable());
  }

  readSync(): TypedArray {
    throw this.#unreadable();
  }

  #unreadable(): DeviceError {
    return new DeviceError(
      `Cannot read a tensor within ${this.transform} as its function describes what is computed: return the tensor and read it outside, and use where() in place of a condition`,
    );
  }

  refuse(operation: string, refused: Value, error: CountedError): void {
    tidyNow(() => {
      const { inner } = (refused as LayerValue<P>).part;
      const sum = inner.ndim > 0 ? inner.sum() : inner;
      sum.device.refuse(operation, sum[VALUE], error);
    });
  }

  toString(): string {
    return this.name;
  }
}

/** What a tensor of a layer holds; null for one of another device. */
export function partOf<P extends Part>(
  tensor: Tensor,
  layer: Layer<P>,
): P | null {
  return tensor.device === layer ? (tensor[VALUE] as LayerValue<P>).part : null;
}
