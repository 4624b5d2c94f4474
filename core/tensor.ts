/**
 * The tensor: device, value and place on the tape. Methods are one line each;
 * what they mean lives in the tables of primitives. They stand by concern:
 * facts, reading, memory, autograd, elementwise, reductions, movement, indexing
 * and sorting, products, in place. Tensors are made in `creation.ts`.
 *
 * @module
 */
import "./dispose_symbol.ts";
import {
  ADOPT_GRAD,
  ADOPT_VALUE,
  APPLY,
  EDGE,
  OWNER,
  UPLOAD_LIKE,
  VALUE,
} from "./members.ts";
import { isRecording, modeInForce, withRecording } from "./autograd/mode.ts";
import { type Edge, lateGradients, TapeNode } from "./autograd/node.ts";
import { record } from "./autograd/record.ts";
import { type Leaf, walk } from "./autograd/backward.ts";
import type { TensorFactory } from "./autograd/rule_context.ts";
import {
  type HookHandle,
  registerTensorHook,
  type TensorHook,
} from "./autograd/tensor_hooks.ts";
import { type IndexSpec, indexTensor, resolveSlice } from "./compose/index.ts";
import {
  matmulTensors,
  padTensor,
  repeatTensor,
  splitSizes,
} from "./compose/shape.ts";
import { fillMasked } from "./compose/mask.ts";
import { deviationOf, normTensor } from "./compose/norm.ts";
import type { Device } from "./device.ts";
import { casting } from "./casting.ts";
import { layering } from "./layering.ts";
import {
  type AnyDType,
  checkDType,
  type DType,
  type ElementOf,
  type FloatOf,
  isFloating,
  type KnownDType,
  type NumberBeside,
  type NumberOf,
  type Promote,
  type TypedArray,
} from "./dtype.ts";
import {
  DeviceError,
  DTypeError,
  GradientError,
  IndexError,
  ReleasedError,
  ShapeError,
  showShape,
} from "./errors.ts";
import type { NormOp, Op, ReduceOp, UpdateProgram, WindowOp } from "./op.ts";
import type { ElementwiseName } from "./ops/elementwise.ts";
import { checkCount, checkNumber, showValue } from "./options.ts";
import { byPosition, isPlainObject } from "./option_messages.ts";
import { checkPlain, oneArray } from "./plain_options.ts";
import {
  ALPHA,
  BACKWARD,
  BOUNDS,
  EXTREMES,
  KEEP_DIM,
  MATMUL,
  NORM,
  PAD,
  SORT,
  TOPK,
  UNBIASED,
} from "./tensor_options.ts";
import { formatTensor, nest, type Nested } from "./print.ts";
import { openDevice } from "./registry.ts";
import { noteTensor } from "./report.ts";
import {
  currentScope,
  releasedBecause,
  type Scope,
  tidyNow,
  unscopedNow,
} from "./scope.ts";
import {
  broadcastShapes,
  checkShape,
  inferShape,
  normalizeDim,
  normalizeDims,
  sameShape,
  type Shape,
  sizeOf,
} from "./shape.ts";
import { showAs } from "./show_as.ts";
import { currentTask } from "./task.ts";
import { checkFits, type InPlaceName, overwriting, updates } from "./update.ts";
import type { Value } from "./value.ts";
import type { Backend } from "./backend.ts";
import { currentRecording } from "./program/recording.ts";
import { nextKey } from "./random_state.ts";

/**
 * An operand beside a tensor: another tensor, or a number.
 *
 * @example A tensor or a number
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, Tensor, type TensorLike } from "@tenfold/tenfold";
 *
 * function lerp(a: Tensor, b: Tensor, weight: TensorLike): Tensor {
 *   return a.add(b.sub(a).mul(weight));
 * }
 * assertEquals(await lerp(tensor(0), tensor(8), 0.25).item(), 2);
 * ```
 */
export type TensorLike<D extends DType = AnyDType> = Tensor<D> | number;

/**
 * Options of reductions.
 *
 * @example Rows that add up to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type KeepDim, tensor } from "@tenfold/tenfold";
 *
 * const options: KeepDim = { keepDim: true };
 * const x = tensor([[1, 3], [2, 2]]);
 * const shares = x.div(x.sum(1, options));
 * assertEquals(await shares.toArray(), [[0.25, 0.75], [0.5, 0.5]]);
 * ```
 */
export interface KeepDim {
  /** Whether reduced dims are kept with an extent of 1. @default {false} */
  readonly keepDim?: boolean;
}

/**
 * Options of {@linkcode Tensor.add} and similar methods.
 *
 * @example Half of the other operand
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Alpha, tensor } from "@tenfold/tenfold";
 *
 * const options: Alpha = { alpha: 0.5 };
 * const y = tensor([1, 2]).add(tensor([4, 8]), options);
 * assertEquals(await y.toArray(), [3, 6]);
 * ```
 */
export interface Alpha {
  /** Factor of the other operand. @default {1} */
  readonly alpha?: number;
}

/**
 * The largest or smallest elements along a dim, and their indices.
 *
 * @example The best class and its score
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Extremes, tensor } from "@tenfold/tenfold";
 *
 * const scores = tensor([[0.1, 0.7, 0.2]]);
 * const best: Extremes = scores.max(1, { indices: true });
 * assertEquals(await best.indices.toArray(), [1]);
 * ```
 */
export interface Extremes<D extends DType = AnyDType> {
  /** The values. */
  readonly values: Tensor<D>;
  /** Their int32 indices along the dim. */
  readonly indices: Tensor<"int32">;
}

/**
 * One dim or several; left out means all.
 *
 * @example The mean of each channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Dims, ones } from "@tenfold/tenfold";
 *
 * const dims: Dims = [0, 2, 3];
 * assertEquals(ones([8, 3, 4, 4]).mean(dims).shape, [3]);
 * ```
 */
export type Dims = number | readonly number[];

/** Its own text is what errors of cloning show. */
const cannotBeCloned = () =>
  "A tensor cannot be cloned or posted: send await x.data() with x.shape and x.dtype, and make it again with tensor(data, { shape, dtype })";

/** The gradient of a leaf, owned by the leaf. */
class LeafNode extends TapeNode implements Leaf {
  readonly tensor: Tensor;

  constructor(tensor: Tensor) {
    super("leaf", [], []);
    this.tensor = tensor;
  }

  accumulate(gradient: Tensor, createGraph: boolean): void {
    const { tensor } = this;
    if (tensor.released) return gradient.dispose();
    if (gradient.device !== tensor.device) {
      gradient.dispose();
      throw outsideOf(gradient, tensor);
    }
    currentRecording()?.leaf(tensor, true);
    const { grad } = tensor;
    if (!grad) {
      // Others may still look at the same memory; a leaf's gradient is its own.
      const shared = gradient[VALUE].storage.references > 1 ||
        !gradient[VALUE].view.dense;
      if (createGraph || !shared) return tensor[ADOPT_GRAD](gradient);
      tensor[ADOPT_GRAD](unscopedNow(() => gradient.clone()));
    } else if (createGraph) {
      tensor[ADOPT_GRAD](unscopedNow(() => grad.add(gradient)));
    } else {
      grad.add_(gradient);
    }
    gradient.dispose();
  }
}

function outsideOf(gradient: Tensor, leaf: Tensor): GradientError {
  return new GradientError(
    `Cannot add a gradient on ${gradient.device.name} to that of a tensor on ${leaf.device.name}: within a transform such as vmap, take gradients by tensors from outside with grad(), which returns them`,
  );
}

/** The factor of the other operand, which stays a whole number with its kind. */
function alphaOf(name: string, other: TensorLike, options: Alpha): number {
  checkPlain(ALPHA, options, name);
  if (typeof other !== "number") checkOperand(name, other);
  const { alpha = 1 } = options;
  if (
    typeof other === "number" || isFloating(other.dtype) ||
    Number.isInteger(alpha)
  ) return alpha;
  throw new DTypeError(
    `Cannot ${name} ${other.dtype} times ${alpha}: cast it to floats first`,
  );
}

/** What {@linkcode wrapValue} calls; set by the class, as only it may. */
let wrap: (device: Device, value: Value, edge: Edge | null) => Tensor;

/**
 * An n-dimensional array of numbers on a device, with a place on the tape.
 *
 * Made by {@linkcode tensor} and the other creation functions. Operations
 * leave their operands alone and return new tensors, except those whose names
 * end in an underscore.
 *
 * @example Compute and read
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assertEquals(await x.mul(2).sum(0).toArray(), [8, 12]);
 * ```
 */
export class Tensor<D extends DType = AnyDType> implements Disposable {
  /** The scope that releases it, if any. Changed by scopes alone. @internal */
  [OWNER]: Scope | null = null;
  /**
   * What structuredClone and postMessage stop at, as they copy own fields and
   * no private ones: the copy would be empty. Their error shows its text.
   */
  private readonly cloning: () => string = cannotBeCloned;
  #device: Device;
  #value: Value;
  #edge: Edge | null;
  #released = false;
  #grad: Tensor<D> | null = null;

  static {
    wrap = (device, value, edge) => new Tensor(device, value, edge);
  }

  /**
   * Takes over a value and a place on the tape. Programs call
   * {@linkcode tensor} and the other creation functions.
   */
  protected constructor(
    device: Device,
    value: Value,
    edge: Edge | null = null,
  ) {
    this.#device = device;
    this.#value = value;
    this.#edge = edge;
    edge?.node.retain();
    value.storage.countTensor(1);
    if (currentTask().scope !== null) currentScope()?.own(this);
    currentRecording()?.tensor(this);
    if (noteTensor !== null) noteTensor(this);
  }

  // Facts

  /**
   * The device that holds its memory; see {@linkcode Tensor.to}.
   *
   * @example Where a tensor is
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = await tensor([1, 2]).to("cpu-typedarray");
   * assertEquals(x.device.name, "cpu-typedarray");
   * ```
   */
  get device(): Device {
    return this.#device;
  }

  /**
   * The extent of each dim, outermost first; `[]` for a 0-d tensor.
   *
   * @example Of a matrix
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor, zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([2, 3]).shape, [2, 3]);
   * assertEquals(tensor(7).shape, []);
   * ```
   */
  get shape(): Shape {
    return this.#value.view.shape;
  }

  /**
   * The number of dims: the length of {@linkcode Tensor.shape}.
   *
   * @example Of a batch of images
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([8, 3, 28, 28]).ndim, 4);
   * ```
   */
  get ndim(): number {
    return this.#value.view.shape.length;
  }

  /**
   * The number of elements: the product of the extents, 1 for a 0-d tensor.
   *
   * @example Of a matrix
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([2, 3]).size, 6);
   * ```
   */
  get size(): number {
    return this.#value.view.size;
  }

  /**
   * The type of the elements; see {@linkcode Tensor.cast}.
   *
   * @example Of data, and of a comparison
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(tensor([1, 2]).dtype, "float32");
   * assertEquals(tensor([1, 2]).gt(1).dtype, "bool");
   * ```
   */
  get dtype(): KnownDType<D> {
    return this.#value.storage.dtype as KnownDType<D>;
  }

  /**
   * The distance in memory, in elements, between neighbours along each dim.
   *
   * @example A transpose only swaps them
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * const x = zeros([2, 3]);
   * assertEquals(x.strides, [3, 1]);
   * assertEquals(x.t().strides, [1, 3]);
   * ```
   */
  get strides(): readonly number[] {
    return this.#value.view.strides;
  }

  /**
   * True if operations on this tensor are recorded for `backward`: it is a leaf
   * that asks for a gradient, or was computed from one.
   *
   * @example Of a result
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const w = tensor([1, 2], { requiresGrad: true });
   * assertEquals(w.mul(2).requiresGrad, true);
   * assertEquals(w.detach().requiresGrad, false);
   * ```
   */
  get requiresGrad(): boolean {
    return this.#edge !== null;
  }

  /**
   * True if no recorded operation made this tensor. `backward` keeps gradients of
   * leaves that require one.
   *
   * @example A parameter and a result
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const w = tensor([1, 2], { requiresGrad: true });
   * assertEquals(w.isLeaf, true);
   * assertEquals(w.mul(2).isLeaf, false);
   * ```
   */
  get isLeaf(): boolean {
    return this.#edge === null || this.#edge.node instanceof LeafNode;
  }

  /**
   * The gradient that `backward` has accumulated for this leaf, or null if there
   * is none yet. It belongs to the leaf and is released with it.
   *
   * @example After backward
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const w = tensor([1, 2], { requiresGrad: true });
   * w.square().sum().backward();
   * assertEquals(await w.grad?.toArray(), [2, 4]);
   * ```
   */
  get grad(): Tensor<D> | null {
    currentRecording()?.leaf(this, true);
    return this.#grad ?? lateGradients?.grad(this) as Tensor<D> ?? null;
  }

  /**
   * Sets or clears (`null`) the gradient; the old one is released.
   *
   * @throws {ShapeError} If the gradient has another shape.
   * @throws {DTypeError} If the gradient has another dtype.
   * @example Start anew
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const w = tensor([1, 2], { requiresGrad: true });
   * w.sum().backward();
   * w.grad = null;
   * assertEquals(w.grad, null);
   * ```
   */
  set grad(gradient: Tensor | null) {
    if (gradient) checkTensor(gradient, "it", "set the gradient");
    if (gradient && !sameShape(gradient.shape, this.shape)) {
      throw new ShapeError(
        `Cannot set the gradient as its shape differs: got ${
          showShape(gradient.shape)
        } for a tensor of ${showShape(this.shape)}`,
      );
    }
    currentRecording()?.leaf(this, false);
    if (gradient && gradient.dtype !== this.dtype) {
      throw new DTypeError(
        `Cannot set the gradient as its dtype differs: got ${gradient.dtype} for a tensor of ${this.dtype}, cast it with cast("${this.dtype}")`,
      );
    }
    lateGradients?.drop(this);
    if (gradient) gradient[OWNER] = null;
    if (gradient !== this.#grad) this.#grad?.dispose();
    this.#grad = gradient;
  }

  /**
   * True once its memory has been given back, by `dispose` or at the end of a
   * scope. Its shape and dtype can still be asked for.
   *
   * @example After dispose
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2]);
   * x.dispose();
   * assertEquals(x.released, true);
   * ```
   */
  get released(): boolean {
    return this.#released;
  }

  /** The value, if it has not been released. @internal */
  get [VALUE](): Value {
    if (this.#released) throw this.#refusal();
    return this.#value;
  }

  #refusal(): ReleasedError {
    return new ReleasedError(
      `Cannot use a released tensor of shape ${showShape(this.shape)} as ${
        releasedBecause(this[OWNER])
      }`,
    );
  }

  /** The place on the tape. @internal */
  get [EDGE](): Edge | null {
    return this.#edge;
  }

  /** Replaces `.grad`, taking the gradient over. @internal */
  [ADOPT_GRAD](gradient: Tensor): void {
    gradient[OWNER] = null;
    if (gradient !== this.#grad) this.#grad?.dispose();
    this.#grad = gradient as Tensor<D>;
  }

  // Reading

  /**
   * A copy of the elements in C order. bool tensors give a `Uint8Array` of 0
   * and 1.
   *
   * @example Read all elements
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.t().data(), new Float32Array([1, 3, 2, 4]));
   * ```
   */
  data(): Promise<TypedArray<D>> {
    // Not an async function: one around another takes as long as a small read.
    try {
      checkCount("data", arguments.length, 0);
      return this.device.read(this[VALUE]) as Promise<TypedArray<D>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The one element as a number; 0 or 1 for bool tensors.
   *
   * @throws {ShapeError} If the tensor has another number of elements.
   * @example A loss as a number
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).sum().item(), 6);
   * ```
   */
  async item(): Promise<number> {
    checkCount("item", arguments.length, 0);
    this.#requireOne();
    return (await this.data())[0]!;
  }

  /**
   * The elements as nested arrays; a number for a 0-d tensor.
   *
   * @example Nested arrays
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { eye } from "@tenfold/tenfold";
   *
   * assertEquals(await eye(2).toArray(), [[1, 0], [0, 1]]);
   * ```
   */
  async toArray(): Promise<Nested<ElementOf<D>>> {
    checkCount("toArray", arguments.length, 0);
    const array = nest(await this.data(), this.shape, this.dtype);
    return array as Nested<ElementOf<D>>;
  }

  /**
   * The values, shape and dtype as text: what `console.log` prints on devices that
   * are read synchronously.
   *
   * @example As console.log prints it
   * ```ts
   * import { assertStringIncludes } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const text = await tensor([1, 2.5]).toText();
   * assertStringIncludes(text, "2.5");
   * ```
   */
  async toText(): Promise<string> {
    checkCount("toText", arguments.length, 0);
    return formatTensor(await this.data(), this.shape, this.dtype);
  }

  /**
   * {@linkcode Tensor.data} without waiting.
   *
   * @throws {DeviceError} If the device can only read asynchronously.
   * @example Without await
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = await tensor([1, 2]).to("cpu-typedarray");
   * assertEquals(x.dataSync(), new Float32Array([1, 2]));
   * ```
   */
  dataSync(): TypedArray<D> {
    checkCount("dataSync", arguments.length, 0);
    return this.device.readSync(this[VALUE]) as TypedArray<D>;
  }

  /**
   * {@linkcode Tensor.item} without waiting.
   *
   * @throws {ShapeError} If there is more or less than one element.
   * @throws {DeviceError} If the device can only read asynchronously.
   * @example Without await
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = await tensor([1, 2]).to("cpu-typedarray");
   * assertEquals(x.sum().itemSync(), 3);
   * ```
   */
  itemSync(): number {
    checkCount("itemSync", arguments.length, 0);
    this.#requireOne();
    return this.dataSync()[0]!;
  }

  /**
   * {@linkcode Tensor.toArray} without waiting.
   *
   * @throws {DeviceError} If the device can only read asynchronously.
   * @example Without await
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = await tensor([[1, 2], [3, 4]]).to("cpu-typedarray");
   * assertEquals(x.toArraySync(), [[1, 2], [3, 4]]);
   * ```
   */
  toArraySync(): Nested<ElementOf<D>> {
    checkCount("toArraySync", arguments.length, 0);
    const array = nest(this.dataSync(), this.shape, this.dtype);
    return array as Nested<ElementOf<D>>;
  }

  /**
   * The values, shape and dtype as text, or shape and dtype alone where the device
   * can only read asynchronously.
   *
   * @example In a template
   * ```ts
   * import { assertStringIncludes } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = await tensor([1, 2]).to("cpu-typedarray");
   * assertStringIncludes(`${x}`, "float32");
   * ```
   */
  toString(): string {
    checkCount("toString", arguments.length, 0);
    const facts = `shape ${showShape(this.shape)}, ${this.dtype}`;
    if (this.#released) return `Tensor(released, ${facts})`;
    if (!this.device.backend.readSync) {
      return `Tensor(${facts}, on ${this.device.name}: await tensor.toText() for the values)`;
    }
    return formatTensor(this.dataSync(), this.shape, this.dtype);
  }

  /**
   * Refuses to be written as JSON, where it would be an empty object.
   *
   * @throws {TypeError} Always, with what to write.
   * @example Write the array instead
   * ```ts
   * import { assertEquals, assertThrows } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2]);
   * assertThrows(() => JSON.stringify(x), TypeError);
   * assertEquals(JSON.stringify(await x.toArray()), "[1,2]");
   * ```
   */
  toJSON(): never {
    throw new TypeError(
      "Cannot write a tensor as JSON as its values are on a device: write JSON.stringify(await x.toArray())",
    );
  }

  /**
   * Its text in a template; refuses arithmetic and joining with `+`, which
   * know nothing of tensors.
   *
   * @throws {TypeError} Other than in a template or `String(x)`.
   */
  [Symbol.toPrimitive](hint: "string" | "number" | "default"): string {
    if (hint === "string") return this.toString();
    throw new TypeError(
      "Cannot take a tensor for a number or text: write x.add(y), x.lt(y) and so on for arithmetic, await x.item() for one number, await x.toText() for text",
    );
  }

  #requireOne(): void {
    if (this.size !== 1) {
      throw new ShapeError(
        `Cannot take the item of a tensor of shape ${
          showShape(this.shape)
        } as it has ${this.size} elements: use data() or toArray()`,
      );
    }
  }

  // Memory

  /**
   * Gives the memory back. Views and the tape keep theirs.
   *
   * @example Release one tensor
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { memory, ones } from "@tenfold/tenfold";
   *
   * const before = memory().tensors;
   * const x = ones([3]);
   * x.dispose();
   * assertEquals(memory().tensors, before);
   * ```
   */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    if (this.#released) return;
    this.#released = true;
    this[OWNER] = null;
    const value = this.#value;
    value.storage.countTensor(-1);
    value.storage.release();
    this.#edge?.node.release();
    this.#edge = null;
    lateGradients?.drop(this);
    this.#grad?.dispose();
    this.#grad = null;
  }

  /** {@linkcode Tensor.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * A second tensor on the same memory and at the same place on the tape. The
   * memory is given back when both are released.
   *
   * @example Each handle is released by itself
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2]);
   * const y = x.alias();
   * x.dispose();
   * assertEquals(await y.toArray(), [1, 2]);
   * ```
   */
  alias(): Tensor<D> {
    checkCount("alias", arguments.length, 0);
    return this.#aliasAs();
  }

  #aliasAs<E extends DType>(): Tensor<E> {
    return new Tensor(this.device, this[VALUE].alias(), this.#edge);
  }

  /**
   * Moves a leaf to another device, so that all who hold it (modules,
   * optimizers) find it there. Takes over one reference to the value's storage.
   *
   * @internal
   */
  [ADOPT_VALUE](device: Device, value: Value): void {
    const old = this[VALUE];
    old.storage.countTensor(-1);
    old.release();
    this.#device = device;
    this.#value = value;
    value.storage.countTensor(1);
  }

  /** A new tensor of host data on the same device. @internal */
  [UPLOAD_LIKE]<E extends DType>(
    data: TypedArray,
    shape: Shape,
    dtype: E,
  ): Tensor<E> {
    return new Tensor(this.device, this.device.upload(data, shape, dtype));
  }

  /**
   * A view of the same memory that is not recorded on the tape.
   *
   * @example No gradient flows through it
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([2], { requiresGrad: true });
   * x.mul(x.detach()).sum().backward();
   * assertEquals(await x.grad?.toArray(), [2]);
   * ```
   */
  detach(): Tensor<D> {
    checkCount("detach", arguments.length, 0);
    return new Tensor(this.device, this[VALUE].alias());
  }

  /**
   * A copy with memory of its own, dense in C order. Gradients flow through it; to
   * copy without, call `detach().clone()`.
   *
   * @example A change in place leaves the copy
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2]);
   * const copy = x.clone();
   * x.fill_(0);
   * assertEquals(await copy.toArray(), [1, 2]);
   * ```
   */
  clone(): Tensor<D> {
    checkCount("clone", arguments.length, 0);
    return this[APPLY]({ name: "copy" });
  }

  /**
   * This tensor with its elements in C order: an alias if they are so already, else
   * a dense copy.
   *
   * @example A transpose in C order
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * const x = zeros([2, 3]).t();
   * assertEquals(x.strides, [1, 3]);
   * assertEquals(x.contiguous().strides, [2, 1]);
   * ```
   */
  contiguous(): Tensor<D> {
    checkCount("contiguous", arguments.length, 0);
    return this[VALUE].view.dense ? this.alias() : this.clone();
  }

  /**
   * A copy on another device; shares the memory if the tensor is there already.
   *
   * @example On another backend and back
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = await tensor([1, 2]).to("cpu-typedarray");
   * assertEquals(x.device.name, "cpu-typedarray");
   * ```
   */
  async to(device: string | Backend | Device): Promise<Tensor<D>> {
    checkCount("to", arguments.length, 1);
    const target = await openDevice(device);
    if (target === this.device) return this.alias();
    const data = await this.data();
    return new Tensor(target, target.upload(data, this.shape, this.dtype));
  }

  // Autograd

  /**
   * Sets whether operations on this leaf are recorded from now on, and returns it.
   *
   * @param on Whether gradients are wanted. @default {true}
   * @throws {GradientError} If the tensor is not a leaf, or of a dtype other than a
   * float.
   * @example Freeze a parameter
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const w = tensor([1, 2], { requiresGrad: true });
   * w.requiresGrad_(false);
   * assertEquals(w.mul(2).requiresGrad, false);
   * ```
   */
  requiresGrad_(on = true): this {
    checkCount("requiresGrad_", arguments.length, 1);
    if (on === this.requiresGrad) return this;
    if (!this.isLeaf) {
      throw new GradientError(
        "Cannot stop recording at a tensor that an operation made: call detach()",
      );
    }
    if (on && !isFloating(this.dtype)) {
      throw new GradientError(
        `Cannot require a gradient of ${this.dtype}: only floats have one`,
      );
    }
    this.#edge?.node.release();
    this.#edge = on ? { node: new LeafNode(this), output: 0 } : null;
    this.#edge?.node.retain();
    return this;
  }

  /**
   * Has `backward` also keep the gradient of this tensor, which is not a leaf, in
   * its `grad`, and returns it. Nothing changes for a leaf.
   *
   * @throws {GradientError} If the tensor requires no gradient.
   * @example The gradient of a result
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const y = x.mul(3).retainGrad();
   * y.square().sum().backward();
   * assertEquals(await y.grad?.toArray(), [6, 12]);
   * ```
   */
  retainGrad(): this {
    checkCount("retainGrad", arguments.length, 0);
    if (!this.#edge) {
      throw new GradientError(
        "Cannot retain the gradient of a tensor that requires none",
      );
    }
    if (!this.isLeaf) {
      const { node, output } = this.#edge;
      (node.retained ??= new Map()).set(output, this);
    }
    return this;
  }

  /**
   * Registers a hook that is called with the gradient of this tensor whenever a
   * `backward` or `grad` has completed it, before it continues to the inputs of
   * the operation that made the tensor. A tensor that the hook returns replaces
   * the gradient.
   *
   * Hooks are called in the order in which they were registered, each with the
   * result of the one before; for a leaf, before the gradient is added to
   * `grad`. Tensors that they keep belong to the scope around the call of
   * `backward`. In a compiled function, their operations are recorded with all
   * others, and anything else they do is done once.
   *
   * @param hook Takes the gradient; returns nothing, or a replacement of the
   * same shape.
   * @returns A handle that removes the hook, by `remove` or at the end of a
   * `using` block.
   * @throws {TypeError} If the hook is not a function.
   * @throws {GradientError} If the tensor does not require a gradient.
   *
   * @example Look at a gradient on its way, and double it
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * const y = x.square();
   * const seen: unknown[] = [];
   * y.registerHook((gradient) => {
   *   seen.push(gradient.toArraySync());
   *   return gradient.mul(2);
   * });
   * y.sum().backward();
   * assertEquals(seen, [[1, 1]]);
   * assertEquals(await x.grad?.toArray(), [4, 8]);
   * ```
   */
  registerHook(hook: TensorHook): HookHandle {
    checkCount("registerHook", arguments.length, 1);
    return registerTensorHook(this, hook);
  }

  /**
   * Computes the gradient of this tensor with respect to every leaf, and adds
   * it to the leaf's `.grad`.
   *
   * @param gradient The gradient by this tensor. @default {1, for one element}
   * @param options `retainGraph` keeps the tape for another backward;
   * `createGraph` records the gradients themselves, for higher orders.
   * @throws {GradientError} If nothing was recorded, the tensor has several
   * elements and no gradient is given, or the tape was released before.
   * @example The slope of a square
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2], { requiresGrad: true });
   * x.square().sum().backward();
   * assertEquals(await x.grad?.toArray(), [2, 4]);
   * ```
   */
  backward(
    gradient?: Tensor,
    options: { retainGraph?: boolean; createGraph?: boolean } = {},
  ): void {
    checkCount("backward", arguments.length, 2);
    checkPlain(BACKWARD, options, "run backward");
    const createGraph = options.createGraph ?? false;
    walk([rootOf(this, gradient)], {
      createGraph,
      retainGraph: options.retainGraph ?? createGraph,
    }, FACTORY);
  }

  // Elementwise

  /** Applies a primitive with this as its first input. @internal */
  [APPLY]<E extends DType>(
    op: Exclude<Op, WindowOp>,
    ...others: Tensor[]
  ): Tensor<E> {
    return apply<E>(op, [this, ...others])[0]!;
  }

  #unary<E extends DType>(name: ElementwiseName): Tensor<E> {
    return apply<E>({ name }, [this])[0]!;
  }

  #binary<E extends DType>(
    name: ElementwiseName,
    other: TensorLike,
  ): Tensor<E> {
    return typeof other === "number"
      ? apply<E>({ name, operands: [null, other] }, [this])[0]!
      : apply<E>({ name }, [this, other])[0]!;
  }

  #scaled<E extends DType>(
    name: "add" | "sub",
    other: TensorLike,
    options: Alpha,
  ): Tensor<E> {
    const alpha = alphaOf(name, other, options);
    if (typeof other === "number") return this.#binary(name, alpha * other);
    return tidyNow(() => this.#binary(name, other.mul(alpha)));
  }

  /**
   * `this + alpha * other`, broadcasting.
   *
   * @param options `alpha`. @default {alpha: 1}
   * @example A row to every row
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.add(tensor([10, 20])).toArray(), [[11, 22], [13, 24]]);
   * ```
   */
  add<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
    options?: Alpha,
  ): Tensor<Promote<D, E>> {
    checkCount("add", arguments.length, 2);
    return options === undefined
      ? this.#binary("add", other)
      : this.#scaled("add", other, options);
  }

  /**
   * `this - alpha * other`, broadcasting; see {@linkcode Tensor.add}.
   *
   * @example A difference, and a scaled one
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([5, 7]);
   * assertEquals(await x.sub(1).toArray(), [4, 6]);
   * assertEquals(await x.sub(tensor([1, 2]), { alpha: 2 }).toArray(), [3, 3]);
   * ```
   */
  sub<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
    options?: Alpha,
  ): Tensor<Promote<D, E>> {
    checkCount("sub", arguments.length, 2);
    return options === undefined
      ? this.#binary("sub", other)
      : this.#scaled("sub", other, options);
  }

  /**
   * `this * other`, element by element, broadcasting; see {@linkcode Tensor.matmul}
   * for the matrix product.
   *
   * @example Rows times a vector
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.mul(tensor([1, 10])).toArray(), [[1, 20], [3, 40]]);
   * ```
   */
  mul<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<Promote<D, E>> {
    checkCount("mul", arguments.length, 1);
    return this.#binary("mul", other);
  }

  /**
   * `this / other`, broadcasting; integers give float32.
   *
   * @example Integers give fractions
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2], { dtype: "int32" });
   * assertEquals(await x.div(2).toArray(), [0.5, 1]);
   * ```
   */
  div<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<FloatOf<Promote<D, E>>> {
    checkCount("div", arguments.length, 1);
    return this.#binary("div", other);
  }

  /**
   * `this - other * floor(this / other)`: has the sign of the divisor.
   *
   * @example The sign of the divisor
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-5, 5]).remainder(3).toArray(), [1, 2]);
   * ```
   */
  remainder<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<NumberOf<Promote<D, E>>> {
    checkCount("remainder", arguments.length, 1);
    return this.#binary("remainder", other);
  }

  /**
   * `this` to the power of `exponent`, element by element, broadcasting.
   *
   * @example Cubes
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).pow(3).toArray(), [1, 8, 27]);
   * ```
   */
  pow<E extends DType = NumberBeside<D>>(
    exponent: TensorLike<E>,
  ): Tensor<NumberOf<Promote<D, E>>> {
    checkCount("pow", arguments.length, 1);
    if (exponent === 2) return this.#unary("square");
    return this.#binary("pow", exponent);
  }

  /**
   * The larger of two elements, broadcasting; NaN if either is. Equal elements share
   * the gradient. For the largest element of a dim, see {@linkcode Tensor.max}.
   *
   * @example With a vector and a number
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 5]);
   * assertEquals(await x.maximum(tensor([4, 2])).toArray(), [4, 5]);
   * assertEquals(await x.maximum(3).toArray(), [3, 5]);
   * ```
   */
  maximum<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<Promote<D, E>> {
    checkCount("maximum", arguments.length, 1);
    return this.#binary("maximum", other);
  }

  /**
   * The smaller of two elements, broadcasting; NaN if either is. Equal elements share
   * the gradient. For the smallest element of a dim, see {@linkcode Tensor.min}.
   *
   * @example With a vector and a number
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 5]);
   * assertEquals(await x.minimum(tensor([4, 2])).toArray(), [1, 2]);
   * assertEquals(await x.minimum(3).toArray(), [1, 3]);
   * ```
   */
  minimum<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<Promote<D, E>> {
    checkCount("minimum", arguments.length, 1);
    return this.#binary("minimum", other);
  }

  /**
   * The angle of the point (other, this), in radians from -π to π.
   *
   * @example The angle of the point (1, 1)
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const angle = tensor(1).atan2(1);
   * assertAlmostEquals(await angle.item(), Math.PI / 4, 1e-6);
   * ```
   */
  atan2<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<FloatOf<Promote<D, E>>> {
    checkCount("atan2", arguments.length, 1);
    return this.#binary("atan2", other);
  }

  /**
   * `sqrt(this^2 + other^2)` without overflow; its gradient at (0, 0) is NaN.
   *
   * @example The long side of a triangle
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const long = tensor([3, 5]).hypot(tensor([4, 12]));
   * assertEquals(await long.toArray(), [5, 13]);
   * ```
   */
  hypot<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<FloatOf<Promote<D, E>>> {
    checkCount("hypot", arguments.length, 1);
    return this.#binary("hypot", other);
  }

  /**
   * The negative of each element, `-this`.
   *
   * @example Other signs
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, -2]).neg().toArray(), [-1, 2]);
   * ```
   */
  neg(): Tensor<D> {
    checkCount("neg", arguments.length, 0);
    return this.#unary("neg");
  }

  /**
   * The absolute value of each element.
   *
   * @example Without signs
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-1, 2]).abs().toArray(), [1, 2]);
   * ```
   */
  abs(): Tensor<D> {
    checkCount("abs", arguments.length, 0);
    return this.#unary("abs");
  }

  /**
   * The sign of each element: -1, 0 or 1; NaN of NaN. Its gradient is 0.
   *
   * @example Signs alone
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-3, 0, 2]).sign().toArray(), [-1, 0, 1]);
   * ```
   */
  sign(): Tensor<D> {
    checkCount("sign", arguments.length, 0);
    return this.#unary("sign");
  }

  /**
   * e to the power of each element; integers give float32.
   *
   * @example The number e
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(1).exp().item(), Math.E, 1e-6);
   * ```
   */
  exp(): Tensor<FloatOf<D>> {
    checkCount("exp", arguments.length, 0);
    return this.#unary("exp");
  }

  /**
   * `exp(this) - 1`, accurate where elements are near 0; integers give float32.
   *
   * @example Of a small number
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(1e-5).expm1().item(), 1.000005e-5, 1e-10);
   * ```
   */
  expm1(): Tensor<FloatOf<D>> {
    checkCount("expm1", arguments.length, 0);
    return this.#unary("expm1");
  }

  /**
   * The natural logarithm of each element: -Infinity of 0, NaN of negative elements;
   * integers give float32.
   *
   * @example Of e
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(Math.E).log().item(), 1, 1e-6);
   * ```
   */
  log(): Tensor<FloatOf<D>> {
    checkCount("log", arguments.length, 0);
    return this.#unary("log");
  }

  /**
   * `log(1 + this)`, accurate where elements are near 0; integers give float32.
   *
   * @example Of a small number
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(1e-5).log1p().item(), 9.99995e-6, 1e-10);
   * ```
   */
  log1p(): Tensor<FloatOf<D>> {
    checkCount("log1p", arguments.length, 0);
    return this.#unary("log1p");
  }

  /**
   * The logarithm to base 2 of each element; integers give float32.
   *
   * @example Of powers of two
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 8]).log2().toArray(), [0, 3]);
   * ```
   */
  log2(): Tensor<FloatOf<D>> {
    checkCount("log2", arguments.length, 0);
    return this.#unary("log2");
  }

  /**
   * The square root of each element, NaN of negative ones; integers give float32.
   *
   * @example Of squares
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([4, 9]).sqrt().toArray(), [2, 3]);
   * ```
   */
  sqrt(): Tensor<FloatOf<D>> {
    checkCount("sqrt", arguments.length, 0);
    return this.#unary("sqrt");
  }

  /**
   * The reciprocal of the square root, `1 / sqrt(this)`; integers give float32.
   *
   * @example Of squares
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([4, 16]).rsqrt().toArray(), [0.5, 0.25]);
   * ```
   */
  rsqrt(): Tensor<FloatOf<D>> {
    checkCount("rsqrt", arguments.length, 0);
    return this.#unary("rsqrt");
  }

  /**
   * The reciprocal of each element, `1 / this`; integers give float32.
   *
   * @example Of powers of two
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([2, 4]).reciprocal().toArray(), [0.5, 0.25]);
   * ```
   */
  reciprocal(): Tensor<FloatOf<D>> {
    checkCount("reciprocal", arguments.length, 0);
    return this.#unary("reciprocal");
  }

  /**
   * The square of each element, `this * this`.
   *
   * @example Of a vector
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([2, -3]).square().toArray(), [4, 9]);
   * ```
   */
  square(): Tensor<NumberOf<D>> {
    checkCount("square", arguments.length, 0);
    return this.#unary("square");
  }

  /**
   * The sine of each element, in radians; integers give float32.
   *
   * @example Of a right angle
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(Math.PI / 2).sin().item(), 1, 1e-6);
   * ```
   */
  sin(): Tensor<FloatOf<D>> {
    checkCount("sin", arguments.length, 0);
    return this.#unary("sin");
  }

  /**
   * The cosine of each element, in radians; integers give float32.
   *
   * @example Of a straight angle
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(Math.PI).cos().item(), -1, 1e-6);
   * ```
   */
  cos(): Tensor<FloatOf<D>> {
    checkCount("cos", arguments.length, 0);
    return this.#unary("cos");
  }

  /**
   * The tangent of each element, in radians; integers give float32.
   *
   * @example Of half a right angle
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(Math.PI / 4).tan().item(), 1, 1e-6);
   * ```
   */
  tan(): Tensor<FloatOf<D>> {
    checkCount("tan", arguments.length, 0);
    return this.#unary("tan");
  }

  /**
   * The hyperbolic tangent of each element; integers give float32.
   *
   * @example Between -1 and 1
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(1).tanh().item(), 0.7615942, 1e-6);
   * ```
   */
  tanh(): Tensor<FloatOf<D>> {
    checkCount("tanh", arguments.length, 0);
    return this.#unary("tanh");
  }

  /**
   * The logistic function, `1 / (1 + exp(-this))`, without overflow; integers give
   * float32.
   *
   * @example Between 0 and 1
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-1000, 0, 1000]).sigmoid().toArray(), [0, 0.5, 1]);
   * ```
   */
  sigmoid(): Tensor<FloatOf<D>> {
    checkCount("sigmoid", arguments.length, 0);
    return this.#unary("sigmoid");
  }

  /**
   * The error function of each element; integers give float32.
   *
   * @example Of a half
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(0.5).erf().item(), 0.5204999, 1e-6);
   * ```
   */
  erf(): Tensor<FloatOf<D>> {
    checkCount("erf", arguments.length, 0);
    return this.#unary("erf");
  }

  /**
   * The larger of each element and 0, `max(this, 0)`. Its gradient at 0 is 0.
   *
   * @example Negative elements become 0
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-1, 0, 2]).relu().toArray(), [0, 0, 2]);
   * ```
   */
  relu(): Tensor<NumberOf<D>> {
    checkCount("relu", arguments.length, 0);
    return this.#unary("relu");
  }

  /**
   * `this` where positive, else `this * negativeSlope`.
   *
   * @param negativeSlope @default {0.01}
   * @example With a slope of 1/4
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-2, 2]).leakyRelu(0.25).toArray(), [-0.5, 2]);
   * ```
   */
  leakyRelu(negativeSlope = 0.01): Tensor<FloatOf<D>> {
    checkCount("leakyRelu", arguments.length, 1);
    return this.#binary("leakyRelu", negativeSlope);
  }

  /**
   * `this` where positive, else `alpha * (exp(this) - 1)`.
   *
   * @param alpha @default {1}
   * @example Of a negative element
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(-1).elu().item(), Math.exp(-1) - 1, 1e-6);
   * ```
   */
  elu(alpha = 1): Tensor<FloatOf<D>> {
    checkCount("elu", arguments.length, 1);
    return this.#binary("elu", alpha);
  }

  /**
   * The Gaussian error linear unit: `this * Φ(this)` with the distribution function
   * Φ of the standard normal distribution, exactly; integers give float32.
   *
   * @example Of 1
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(1).gelu().item(), 0.8413447, 1e-6);
   * ```
   */
  gelu(): Tensor<FloatOf<D>> {
    checkCount("gelu", arguments.length, 0);
    return this.#unary("gelu");
  }

  /**
   * The sigmoid linear unit, also called swish: `this * sigmoid(this)`; integers
   * give float32.
   *
   * @example Of 1
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(1).silu().item(), 0.7310586, 1e-6);
   * ```
   */
  silu(): Tensor<FloatOf<D>> {
    checkCount("silu", arguments.length, 0);
    return this.#unary("silu");
  }

  /**
   * A smooth version of `relu`: `log(1 + exp(this))`, without overflow; integers
   * give float32.
   *
   * @example Of 0
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertAlmostEquals(await tensor(0).softplus().item(), Math.LN2, 1e-6);
   * ```
   */
  softplus(): Tensor<FloatOf<D>> {
    checkCount("softplus", arguments.length, 0);
    return this.#unary("softplus");
  }

  /**
   * Rounds each element down: the largest integer that is not larger.
   *
   * @example Down
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-1.5, 1.5]).floor().toArray(), [-2, 1]);
   * ```
   */
  floor(): Tensor<NumberOf<D>> {
    checkCount("floor", arguments.length, 0);
    return this.#unary("floor");
  }

  /**
   * Rounds each element up: the smallest integer that is not smaller.
   *
   * @example Up
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-1.5, 1.5]).ceil().toArray(), [-1, 2]);
   * ```
   */
  ceil(): Tensor<NumberOf<D>> {
    checkCount("ceil", arguments.length, 0);
    return this.#unary("ceil");
  }

  /**
   * Rounds each element to the nearest integer, halves to the even one.
   *
   * @example Halves to even
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([0.5, 1.5, 2.4]).round().toArray(), [0, 2, 2]);
   * ```
   */
  round(): Tensor<NumberOf<D>> {
    checkCount("round", arguments.length, 0);
    return this.#unary("round");
  }

  /**
   * Rounds each element towards 0: its integer part.
   *
   * @example Towards 0
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([-1.5, 1.5]).trunc().toArray(), [-1, 1]);
   * ```
   */
  trunc(): Tensor<NumberOf<D>> {
    checkCount("trunc", arguments.length, 0);
    return this.#unary("trunc");
  }

  /**
   * Limits each element to the range from `min` to `max`; `max` wins if it is
   * below `min`. Elements on a bound take the whole gradient.
   *
   * @throws {TypeError} If neither bound is given.
   * @example Between bounds
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([-2, 0, 2]);
   * assertEquals(await x.clamp({ min: -1, max: 1 }).toArray(), [-1, 0, 1]);
   * ```
   */
  clamp<E extends DType = NumberBeside<D>>(
    bounds: { min?: TensorLike<E>; max?: TensorLike<E> },
  ): Tensor<NumberOf<Promote<D, E>>> {
    if (arguments.length > 1 || !isPlainObject(bounds)) {
      throw byPosition("clamp", ["min", "max"], BOUNDS, {
        given: Array.prototype.slice.call(arguments),
        most: 1,
      });
    }
    checkPlain(BOUNDS, bounds, "clamp");
    const { min, max } = bounds;
    if (min === undefined && max === undefined) {
      throw new TypeError(
        "Cannot clamp without a bound: give min, max or both",
      );
    }
    // One primitive also where a bound is open: an element on the other bound
    // keeps its whole gradient, where maximum would share it.
    const whole = min !== undefined && max !== undefined;
    if (!whole && !isFloating(this.dtype)) {
      return min === undefined
        ? this.#binary("minimum", max!)
        : this.#binary("maximum", min);
    }
    const [low = -Infinity, high = Infinity] = [min, max];
    const bounded: Tensor[] = [];
    const operand = (bound: TensorLike): number | null => {
      if (typeof bound === "number") return bound;
      checkOperand("clamp", bound);
      bounded.push(bound);
      return null;
    };
    const operands = [null, operand(low), operand(high)];
    return this[APPLY]({ name: "clamp", operands }, ...bounded);
  }

  /**
   * Whether elements are equal, broadcasting; NaN equals nothing.
   *
   * @example Equal to 2
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).eq(2).toArray(), [false, true, false]);
   * ```
   */
  eq<E extends DType = NumberBeside<D>>(other: TensorLike<E>): Tensor<"bool"> {
    checkCount("eq", arguments.length, 1);
    return this.#binary("eq", other);
  }

  /**
   * Whether elements differ, broadcasting; NaN differs from all.
   *
   * @example Different from 2
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).ne(2).toArray(), [true, false, true]);
   * ```
   */
  ne<E extends DType = NumberBeside<D>>(other: TensorLike<E>): Tensor<"bool"> {
    checkCount("ne", arguments.length, 1);
    return this.#binary("ne", other);
  }

  /**
   * Whether `this < other`, element by element, broadcasting.
   *
   * @example Less than 2
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).lt(2).toArray(), [true, false, false]);
   * ```
   */
  lt<E extends DType = NumberBeside<D>>(other: TensorLike<E>): Tensor<"bool"> {
    checkCount("lt", arguments.length, 1);
    return this.#binary("lt", other);
  }

  /**
   * Whether `this <= other`, element by element, broadcasting.
   *
   * @example At most 2
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).le(2).toArray(), [true, true, false]);
   * ```
   */
  le<E extends DType = NumberBeside<D>>(other: TensorLike<E>): Tensor<"bool"> {
    checkCount("le", arguments.length, 1);
    return this.#binary("le", other);
  }

  /**
   * Whether `this > other`, element by element, broadcasting.
   *
   * @example Greater than 2
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).gt(2).toArray(), [false, false, true]);
   * ```
   */
  gt<E extends DType = NumberBeside<D>>(other: TensorLike<E>): Tensor<"bool"> {
    checkCount("gt", arguments.length, 1);
    return this.#binary("gt", other);
  }

  /**
   * Whether `this >= other`, element by element, broadcasting.
   *
   * @example At least 2
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).ge(2).toArray(), [false, true, true]);
   * ```
   */
  ge<E extends DType = NumberBeside<D>>(other: TensorLike<E>): Tensor<"bool"> {
    checkCount("ge", arguments.length, 1);
    return this.#binary("ge", other);
  }

  /**
   * Whether both elements are not 0, broadcasting; NaN is not 0.
   *
   * @example All four cases
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([0, 0, 1, 1]);
   * const y = tensor([0, 1, 0, 1]);
   * assertEquals(await x.logicalAnd(y).toArray(), [false, false, false, true]);
   * ```
   */
  logicalAnd<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<"bool"> {
    checkCount("logicalAnd", arguments.length, 1);
    return this.#binary("logicalAnd", other);
  }

  /**
   * Whether at least one of two elements is not 0, broadcasting; NaN is not 0.
   *
   * @example All four cases
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([0, 0, 1, 1]);
   * const y = tensor([0, 1, 0, 1]);
   * assertEquals(await x.logicalOr(y).toArray(), [false, true, true, true]);
   * ```
   */
  logicalOr<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<"bool"> {
    checkCount("logicalOr", arguments.length, 1);
    return this.#binary("logicalOr", other);
  }

  /**
   * Whether exactly one of two elements is not 0, broadcasting; NaN is not 0.
   *
   * @example All four cases
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([0, 0, 1, 1]);
   * const y = tensor([0, 1, 0, 1]);
   * assertEquals(await x.logicalXor(y).toArray(), [false, true, true, false]);
   * ```
   */
  logicalXor<E extends DType = NumberBeside<D>>(
    other: TensorLike<E>,
  ): Tensor<"bool"> {
    checkCount("logicalXor", arguments.length, 1);
    return this.#binary("logicalXor", other);
  }

  /**
   * Whether each element is 0.
   *
   * @example Which are 0
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([0, 2]).logicalNot().toArray(), [true, false]);
   * ```
   */
  logicalNot(): Tensor<"bool"> {
    checkCount("logicalNot", arguments.length, 0);
    return this.#unary("logicalNot");
  }

  /**
   * Whether each element is NaN.
   *
   * @example Which are missing
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, NaN]).isNan().toArray(), [false, true]);
   * ```
   */
  isNan(): Tensor<"bool"> {
    checkCount("isNan", arguments.length, 0);
    return this.#unary("isNan");
  }

  /**
   * Whether each element is neither infinite nor NaN.
   *
   * @example Which can be computed with
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, Infinity, NaN]).isFinite().toArray(), [true, false, false]);
   * ```
   */
  isFinite(): Tensor<"bool"> {
    checkCount("isFinite", arguments.length, 0);
    return this.#unary("isFinite");
  }

  /**
   * Elements of this tensor where `condition` is not 0, else of `other`; all
   * are broadcast.
   *
   * @example Zero instead of negative elements
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([-1, 2]);
   * assertEquals(await x.where(x.gt(0), 0).toArray(), [0, 2]);
   * ```
   */
  where<E extends DType = NumberBeside<D>>(
    condition: Tensor,
    other: TensorLike<E>,
  ): Tensor<Promote<D, E>> {
    checkCount("where", arguments.length, 2);
    checkOperand("where", condition);
    if (typeof other === "number") {
      const operands = [null, null, other];
      return condition[APPLY]({ name: "where", operands }, this);
    }
    checkOperand("where", other);
    return condition[APPLY]({ name: "where" }, this, other);
  }

  /**
   * Replaces elements by one value where a mask is true; all are broadcast.
   *
   * @param mask A bool tensor.
   * @param value A number, or a tensor, cast to the dtype of this one.
   * @throws {DTypeError} If the mask is not bool.
   * @example Zero instead of NaN
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([NaN, 2]);
   * assertEquals(await x.maskedFill(x.isNan(), 0).toArray(), [0, 2]);
   * ```
   */
  maskedFill(mask: Tensor, value: TensorLike): Tensor<D> {
    checkCount("maskedFill", arguments.length, 2);
    checkOperand("maskedFill", mask);
    if (typeof value !== "number") checkOperand("maskedFill", value);
    return fillMasked(this, mask, value) as Tensor<D>;
  }

  /**
   * Converts the elements to another dtype; shares the memory if nothing
   * changes. Conversion to int32 truncates towards zero and saturates, and NaN
   * becomes 0; to bool it is `!= 0`, so that NaN is true.
   *
   * @example Floats to integers
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1.9, -1.9]).cast("int32");
   * assertEquals(await x.toArray(), [1, -1]);
   * ```
   */
  cast<E extends DType>(dtype: E): Tensor<E> {
    checkCount("cast", arguments.length, 1);
    checkDType(dtype, "cast");
    const same = dtype as DType === this.dtype;
    return same ? this.#aliasAs() : this[APPLY]({ name: "cast", dtype });
  }

  // Reductions

  #reduce<E extends DType>(
    name: (ReduceOp | NormOp)["name"],
    dim?: Dims,
    options?: KeepDim,
  ): Tensor<E> {
    checkPlain(KEEP_DIM, options, name);
    return this[APPLY]({
      name,
      dims: normalizeDims(dim, this.ndim, name),
      keepDim: options?.keepDim ?? false,
    });
  }

  /**
   * The sum over dims; bool tensors give int32.
   *
   * @example Over one dim, and over all
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.sum(0).toArray(), [4, 6]);
   * assertEquals(await x.sum(1, { keepDim: true }).toArray(), [[3], [7]]);
   * assertEquals(await x.sum().item(), 10);
   * ```
   */
  sum(dim?: Dims, options?: KeepDim): Tensor<NumberOf<D>> {
    checkCount("sum", arguments.length, 2);
    return this.#reduce("sum", dim, options);
  }

  /**
   * The mean over dims; integers give float32.
   *
   * @example The mean of rows
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 5]]);
   * assertEquals(await x.mean(1).toArray(), [1.5, 4]);
   * ```
   */
  mean(dim?: Dims, options?: KeepDim): Tensor<FloatOf<D>> {
    checkCount("mean", arguments.length, 2);
    return this.#reduce("mean", dim, options);
  }

  /**
   * The product of elements over dims, of all by default; bool tensors give int32.
   *
   * @param dim The dims. @default {all dims}
   * @param options `keepDim` keeps them with an extent of 1.
   * @example Of all, and of each row
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.prod().item(), 24);
   * assertEquals(await x.prod(1).toArray(), [2, 12]);
   * ```
   */
  prod(dim?: Dims, options?: KeepDim): Tensor<NumberOf<D>> {
    checkCount("prod", arguments.length, 2);
    return this.#reduce("prod", dim, options);
  }

  /**
   * The largest element over dims; NaN if any is. The gradient is shared
   * evenly by equal largest elements, or by all that are NaN.
   *
   * @param options `keepDim`, and `indices` to also return its index, for one
   * dim.
   * @example The largest of each row, and where it is
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 5], [4, 2]]);
   * assertEquals(await x.max(1).toArray(), [5, 4]);
   * const { indices } = x.max(1, { indices: true });
   * assertEquals(await indices.toArray(), [1, 0]);
   * ```
   */
  max(dim?: Dims, options?: KeepDim & { indices?: false }): Tensor<D>;
  /**
   * The largest element along a dim, and the index of its first occurrence,
   * which alone has a gradient.
   *
   * @example Where the largest is
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const { values, indices } = tensor([[1, 5], [4, 2]]).max(1, { indices: true });
   * assertEquals(await values.toArray(), [5, 4]);
   * assertEquals(await indices.toArray(), [1, 0]);
   * ```
   */
  max(dim: number, options: KeepDim & { indices: true }): Extremes<D>;
  max(
    dim?: Dims,
    options?: KeepDim & { indices?: boolean },
  ): Tensor<D> | Extremes<D> {
    checkCount("max", arguments.length, 2);
    return options?.indices === undefined
      ? this.#reduce("max", dim, options)
      : this.#extremes("max", dim, options);
  }

  /**
   * The smallest element over dims; see {@linkcode Tensor.max}.
   *
   * @example Of all, and of each row
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[3, 1], [2, 4]]);
   * assertEquals(await x.min().item(), 1);
   * assertEquals(await x.min(1).toArray(), [1, 2]);
   * ```
   */
  min(dim?: Dims, options?: KeepDim & { indices?: false }): Tensor<D>;
  /**
   * The smallest element along a dim, and the index of its first occurrence,
   * which alone has a gradient.
   *
   * @example Where the smallest is
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const { values, indices } = tensor([[1, 5], [4, 2]]).min(1, { indices: true });
   * assertEquals(await values.toArray(), [1, 2]);
   * assertEquals(await indices.toArray(), [0, 1]);
   * ```
   */
  min(dim: number, options: KeepDim & { indices: true }): Extremes<D>;
  min(
    dim?: Dims,
    options?: KeepDim & { indices?: boolean },
  ): Tensor<D> | Extremes<D> {
    checkCount("min", arguments.length, 2);
    return options?.indices === undefined
      ? this.#reduce("min", dim, options)
      : this.#extremes("min", dim, options);
  }

  #extremes(
    name: "max" | "min",
    dim: Dims | undefined,
    options: KeepDim & { indices?: boolean },
  ): Tensor<D> | Extremes<D> {
    checkPlain(EXTREMES, options, name);
    const { indices: wanted, ...rest } = options;
    if (!wanted) return this.#reduce(name, dim, rest);
    // Several dims have no position.
    const d = normalizeDim(dim as number, this.ndim, name);
    return tidyNow(() => {
      const indices = this.#arg(`arg${name}`, d, { keepDim: true });
      const values = this.gather(d, indices);
      return rest.keepDim || this.ndim === 0
        ? { values, indices }
        : { values: values.squeeze(d), indices: indices.squeeze(d) };
    });
  }

  /**
   * Whether any element over dims is not 0; of all elements by default.
   *
   * @param dim The dims. @default {all dims}
   * @param options `keepDim` keeps them with an extent of 1.
   * @example Of all, and of each row
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[0, 1], [0, 0]]);
   * assertEquals(await x.any().toArray(), true);
   * assertEquals(await x.any(1).toArray(), [true, false]);
   * ```
   */
  any(dim?: Dims, options?: KeepDim): Tensor<"bool"> {
    checkCount("any", arguments.length, 2);
    return this.#reduce("any", dim, options);
  }

  /**
   * Whether all elements over dims are not 0; of all elements by default.
   *
   * @param dim The dims. @default {all dims}
   * @param options `keepDim` keeps them with an extent of 1.
   * @example Of all, and of each row
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 1], [0, 1]]);
   * assertEquals(await x.all().toArray(), false);
   * assertEquals(await x.all(1).toArray(), [true, false]);
   * ```
   */
  all(dim?: Dims, options?: KeepDim): Tensor<"bool"> {
    checkCount("all", arguments.length, 2);
    return this.#reduce("all", dim, options);
  }

  #arg(
    name: "argmax" | "argmin",
    dim?: number,
    options?: KeepDim,
  ): Tensor<"int32"> {
    checkPlain(KEEP_DIM, options, name);
    const keepDim = options?.keepDim ?? false;
    if (dim === undefined) {
      return tidyNow(() => {
        const flat = this.flatten()[APPLY]<"int32">({
          name,
          dim: 0,
          keepDim: false,
        });
        return keepDim ? flat.reshape(this.shape.map(() => 1)) : flat;
      });
    }
    return this[APPLY]({
      name,
      dim: normalizeDim(dim, this.ndim, name),
      keepDim,
    });
  }

  /**
   * The index (int32) of the first largest element along a dim, or of all
   * elements in C order; NaN counts as largest.
   *
   * @example The class with the largest score
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const scores = tensor([[0.1, 0.9], [0.8, 0.2]]);
   * assertEquals(await scores.argmax(1).toArray(), [1, 0]);
   * ```
   */
  argmax(dim?: number, options?: KeepDim): Tensor<"int32"> {
    checkCount("argmax", arguments.length, 2);
    return this.#arg("argmax", dim, options);
  }

  /**
   * The index (int32) of the first smallest element along a dim, or of all elements
   * in C order; NaN counts as smallest.
   *
   * @example The nearest neighbour
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const distances = tensor([[3, 1, 2], [0, 5, 4]]);
   * assertEquals(await distances.argmin(1).toArray(), [1, 0]);
   * ```
   */
  argmin(dim?: number, options?: KeepDim): Tensor<"int32"> {
    checkCount("argmin", arguments.length, 2);
    return this.#arg("argmin", dim, options);
  }

  /**
   * The variance over dims.
   *
   * @param options `unbiased` divides by `n - 1` instead of `n`.
   * @default {unbiased: true}
   * @example Both divisors
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 3]);
   * assertEquals(await x.variance().item(), 2);
   * assertEquals(await x.variance(0, { unbiased: false }).item(), 1);
   * ```
   */
  variance(
    dim?: Dims,
    options: KeepDim & { unbiased?: boolean } = {},
  ): Tensor<FloatOf<D>> {
    checkCount("variance", arguments.length, 2);
    checkPlain(UNBIASED, options, "variance");
    return this[APPLY]({
      name: "variance",
      dims: normalizeDims(dim, this.ndim, "variance"),
      keepDim: options.keepDim ?? false,
      correction: options.unbiased ?? true ? 1 : 0,
    });
  }

  /**
   * The standard deviation over dims: the root of {@linkcode Tensor.variance}. Its
   * gradient is 0 where the variance is.
   *
   * @param options `unbiased` divides by `n - 1` instead of `n`.
   * @default {unbiased: true}
   * @example Both divisors
   * ```ts
   * import { assertAlmostEquals, assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 3, 5]);
   * assertEquals(await x.std().item(), 2);
   * const biased = await x.std(0, { unbiased: false }).item();
   * assertAlmostEquals(biased, Math.sqrt(8 / 3), 1e-6);
   * ```
   */
  std(
    dim?: Dims,
    options: KeepDim & { unbiased?: boolean } = {},
  ): Tensor<FloatOf<D>> {
    checkCount("std", arguments.length, 2);
    checkPlain(UNBIASED, options, "std");
    return tidyNow(() =>
      deviationOf(this.variance(dim, options)) as Tensor<FloatOf<D>>
    );
  }

  /**
   * The p-norm over dims: `sum(abs(x) ** p) ** (1 / p)`; p may be 0 (how many
   * are not 0) or ±Infinity. The gradient of a vector of zeros is 0.
   *
   * @param options `p`. @default {p: 2}
   * @example The length of a vector
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([3, 4]);
   * assertEquals(await x.norm().item(), 5);
   * assertEquals(await x.norm(0, { p: 1 }).item(), 7);
   * ```
   */
  norm(
    dim?: Dims,
    options: KeepDim & { p?: number } = {},
  ): Tensor<FloatOf<D>> {
    checkCount("norm", arguments.length, 2);
    checkPlain(NORM, options, "norm");
    return (options.p ?? 2) === 2
      ? this.#reduce("norm", dim, { keepDim: options.keepDim ?? false })
      : tidyNow(() =>
        normTensor(this, dim, options.p!, options) as Tensor<FloatOf<D>>
      );
  }

  /**
   * `log(sum(exp(this)))` over dims, without overflow; of all elements by default.
   *
   * @example Of large scores
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1000, 1000]);
   * assertAlmostEquals(await x.logsumexp().item(), 1000 + Math.LN2, 1e-4);
   * ```
   */
  logsumexp(dim?: Dims, options?: KeepDim): Tensor<FloatOf<D>> {
    checkCount("logsumexp", arguments.length, 2);
    checkPlain(KEEP_DIM, options, "logsumexp");
    return this[APPLY]({
      name: "logsumexp",
      dims: normalizeDims(dim, this.ndim, "logsumexp"),
      keepDim: options?.keepDim ?? false,
    });
  }

  #along<E extends DType>(
    name: "softmax" | "logSoftmax" | "cumsum" | "cumprod",
    dim: number,
  ): Tensor<E> {
    return this[APPLY]({ name, dim: normalizeDim(dim, this.ndim, name) });
  }

  /**
   * `exp(x) / sum(exp(x))` along a dim, without overflow.
   *
   * @example Scores to probabilities
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([5, 5]).softmax(0).toArray(), [0.5, 0.5]);
   * ```
   */
  softmax(dim: number): Tensor<FloatOf<D>> {
    checkCount("softmax", arguments.length, 1);
    return this.#along("softmax", dim);
  }

  /**
   * `log(softmax(this))` along a dim, computed without loss of digits.
   *
   * @example Of equal scores
   * ```ts
   * import { assertAlmostEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const y = tensor([5, 5]).logSoftmax(0);
   * assertAlmostEquals(await y.index(0).item(), -Math.LN2, 1e-6);
   * ```
   */
  logSoftmax(dim: number): Tensor<FloatOf<D>> {
    checkCount("logSoftmax", arguments.length, 1);
    return this.#along("logSoftmax", dim);
  }

  /**
   * The running sum along a dim.
   *
   * @example Running sums
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3]).cumsum(0).toArray(), [1, 3, 6]);
   * ```
   */
  cumsum(dim: number): Tensor<NumberOf<D>> {
    checkCount("cumsum", arguments.length, 1);
    return this.#along("cumsum", dim);
  }

  /**
   * The running product along a dim. Its gradient is also correct where
   * elements are zero.
   *
   * @param dim The dim; negative ones count from the last.
   * @returns A tensor of the same shape; int32 for bool, else of the same dtype.
   * @throws {ShapeError} If there is no such dim.
   *
   * @example Running products
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([2, 3, 4]).cumprod(0).toArray(), [2, 6, 24]);
   * ```
   */
  cumprod(dim: number): Tensor<NumberOf<D>> {
    checkCount("cumprod", arguments.length, 1);
    return this.#along("cumprod", dim);
  }

  // Movement

  /**
   * The same elements under another shape; one extent may be -1.
   *
   * @example Let one extent follow
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { arange } from "@tenfold/tenfold";
   *
   * assertEquals(arange(6).reshape([2, -1]).shape, [2, 3]);
   * ```
   */
  reshape(shape: Shape): Tensor<D> {
    if (!Array.isArray(shape) || arguments.length > 1) {
      throw oneArray("reshape", "the shape", arguments);
    }
    const target = inferShape(shape, this.size, this.shape);
    return this[APPLY]({ name: "reshape", shape: target });
  }

  /**
   * Flattens dims `start` to `end` (inclusive) into one; a 0-d tensor becomes a
   * vector.
   *
   * @param start The first dim. @default {0}
   * @param end The last dim. @default {-1}
   * @throws {IndexError} If `start` comes after `end`.
   * @example Images as vectors
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([8, 1, 28, 28]).flatten(1).shape, [8, 784]);
   * ```
   */
  flatten(start = 0, end = -1): Tensor<D> {
    checkCount("flatten", arguments.length, 2);
    if (this.ndim === 0) return this.reshape([1]);
    const from = normalizeDim(start, this.ndim, "flatten");
    const to = normalizeDim(end, this.ndim, "flatten");
    if (from > to) {
      throw new IndexError(
        `Cannot flatten from dim ${from} to dim ${to}: the first must not come after the last`,
      );
    }
    return this.reshape([
      ...this.shape.slice(0, from),
      sizeOf(this.shape.slice(from, to + 1)),
      ...this.shape.slice(to + 1),
    ]);
  }

  /**
   * Removes dims of extent 1: all of them, or those of the given dims that have
   * it.
   *
   * @example All, or one
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([1, 3, 1]).squeeze().shape, [3]);
   * assertEquals(zeros([1, 3, 1]).squeeze(0).shape, [3, 1]);
   * ```
   */
  squeeze(dim?: Dims): Tensor<D> {
    checkCount("squeeze", arguments.length, 1);
    const dims = normalizeDims(dim, this.ndim, "squeeze");
    return this.reshape(
      this.shape.filter((extent, d) => extent !== 1 || !dims.includes(d)),
    );
  }

  /**
   * Inserts a dim of extent 1 before dim `dim`; -1 appends one.
   *
   * @example A batch of one, and a column
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([3]).unsqueeze(0).shape, [1, 3]);
   * assertEquals(zeros([3]).unsqueeze(-1).shape, [3, 1]);
   * ```
   */
  unsqueeze(dim: number): Tensor<D> {
    checkCount("unsqueeze", arguments.length, 1);
    const at = normalizeDim(dim, this.ndim + 1, "unsqueeze");
    return this.reshape([
      ...this.shape.slice(0, at),
      1,
      ...this.shape.slice(at),
    ]);
  }

  /**
   * A view in which extents of 1 (and new leading dims) repeat; -1 keeps an
   * extent. Copies nothing.
   *
   * @example A row as a matrix
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const row = tensor([1, 2]).expand([3, 2]);
   * assertEquals(row.strides, [0, 1]);
   * ```
   */
  expand(shape: Shape): Tensor<D> {
    if (!Array.isArray(shape) || arguments.length > 1) {
      throw oneArray("expand", "the shape", arguments);
    }
    const lead = shape.length - this.ndim;
    const target = shape.map((extent, d) =>
      extent === -1 && d >= lead ? this.shape[d - lead]! : extent
    );
    return this[APPLY]({ name: "expand", shape: checkShape(target, "expand") });
  }

  /**
   * {@linkcode Tensor.expand} to the shape of another tensor.
   *
   * @example A bias for each row
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor, zeros } from "@tenfold/tenfold";
   *
   * const bias = tensor([1, 2]).expandAs(zeros([3, 2]));
   * assertEquals(bias.shape, [3, 2]);
   * ```
   */
  expandAs(other: Tensor): Tensor<D> {
    checkCount("expandAs", arguments.length, 1);
    checkOperand("expandAs", other);
    return this.expand(other.shape);
  }

  /**
   * The dims in another order; a view.
   *
   * @example Channels last
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([8, 3, 28, 30]).permute([0, 2, 3, 1]).shape, [8, 28, 30, 3]);
   * ```
   */
  permute(dims: readonly number[]): Tensor<D> {
    if (!Array.isArray(dims) || arguments.length > 1) {
      throw oneArray("permute", "the order", arguments);
    }
    const order = dims.map((d) => normalizeDim(d, this.ndim, "permute"));
    return this[APPLY]({ name: "permute", dims: order });
  }

  /**
   * Swaps two dims; a view.
   *
   * @example Channels before time
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(zeros([8, 50, 3]).transpose(1, 2).shape, [8, 3, 50]);
   * ```
   */
  transpose(dim0: number, dim1: number): Tensor<D> {
    checkCount("transpose", arguments.length, 2);
    const a = normalizeDim(dim0, this.ndim, "transpose");
    const b = normalizeDim(dim1, this.ndim, "transpose");
    const order = this.shape.map((_, d) => d === a ? b : d === b ? a : d);
    return this[APPLY]({ name: "permute", dims: order });
  }

  /**
   * The transpose of a matrix, a view; tensors of fewer dims are themselves.
   *
   * @throws {ShapeError} If there are more than 2 dims.
   * @example Rows to columns
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.t().toArray(), [[1, 3], [2, 4]]);
   * ```
   */
  t(): Tensor<D> {
    checkCount("t", arguments.length, 0);
    if (this.ndim > 2) {
      throw new ShapeError(
        `Cannot take t() of more than 2 dims: got shape ${
          showShape(this.shape)
        }, use transpose or permute`,
      );
    }
    return this.ndim < 2 ? this.alias() : this.transpose(0, 1);
  }

  /**
   * Elements `start` to `end` (exclusive) of a dim, every `step`-th; negative
   * bounds count from the end, and a negative step walks backwards. A view.
   *
   * @example Every second element, backwards
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { arange } from "@tenfold/tenfold";
   *
   * const x = arange(6);
   * assertEquals(await x.slice(0, 1, 4).toArray(), [1, 2, 3]);
   * assertEquals(await x.slice(0, null, null, -2).toArray(), [5, 3, 1]);
   * ```
   */
  slice(
    dim: number,
    start?: number | null,
    end?: number | null,
    step = 1,
  ): Tensor<D> {
    checkCount("slice", arguments.length, 4);
    const along = normalizeDim(dim, this.ndim, "slice");
    const spec = [start ?? null, end ?? null, step] as const;
    const part = resolveSlice(spec, this.shape[along]!);
    return this[APPLY]({ name: "slice", dim: along, ...part });
  }

  /**
   * NumPy's indexing, one spec a dim: a number, `null` (a new dim), `"..."`,
   * `":"`, `[start?, end?, step?]`, an int32 tensor or a bool mask. The values
   * of a mask decide the shape of the result, so it must be on a device that
   * can be read synchronously, which may be another one.
   *
   * @throws {IndexError} If an index is out of range.
   * @throws {DeviceError} If a mask is on a device that is read with `await`.
   * @example All kinds of specs
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { arange, tensor } from "@tenfold/tenfold";
   *
   * const x = arange(12).reshape([3, 4]);
   * assertEquals(await x.index(1, [1, 3]).toArray(), [5, 6]);
   * assertEquals(await x.index("...", -1).toArray(), [3, 7, 11]);
   * assertEquals(await x.index(tensor([2, 0], { dtype: "int32" }), 0).toArray(), [8, 0]);
   * ```
   */
  index(...specs: IndexSpec[]): Tensor<D> {
    return tidyNow(() => indexTensor(this, specs) as Tensor<D>);
  }

  /**
   * Selects one index of a dim, which is removed; a view. A negative index counts
   * from the end.
   *
   * @throws {IndexError} If the index is out of range.
   * @example One row, and the last column
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.select(0, 1).toArray(), [3, 4]);
   * assertEquals(await x.select(1, -1).toArray(), [2, 4]);
   * ```
   */
  select(dim: number, index: number): Tensor<D> {
    checkCount("select", arguments.length, 2);
    const d = normalizeDim(dim, this.ndim, "select");
    const extent = this.shape[d] ?? 0;
    if (!Number.isInteger(index) || index < -extent || index >= extent) {
      throw new IndexError(
        `Cannot select index ${index} of dim ${d} as it is out of range for an extent of ${extent}`,
      );
    }
    const start = index < 0 ? index + extent : index;
    return tidyNow(() =>
      this.narrow(d, start, 1)
        .reshape(this.shape.filter((_, i) => i !== d))
    );
  }

  /**
   * `length` elements of a dim from `start` on, a view. A negative start counts from
   * the end.
   *
   * @throws {IndexError} If they are not all within the dim.
   * @example Two elements from the second on
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2, 3, 4]).narrow(0, 1, 2).toArray(), [2, 3]);
   * ```
   */
  narrow(dim: number, start: number, length: number): Tensor<D> {
    checkCount("narrow", arguments.length, 3);
    const d = normalizeDim(dim, this.ndim, "narrow");
    const extent = this.shape[d] ?? 0;
    const from = start < 0 ? start + extent : start;
    if (
      !Number.isInteger(from) || !Number.isInteger(length) || from < 0 ||
      length < 0 || from + length > extent
    ) {
      throw new IndexError(
        `Cannot narrow dim ${d} of extent ${extent} to ${length} elements from ${start} on`,
      );
    }
    return this[APPLY]({ name: "slice", dim: d, start: from, length, step: 1 });
  }

  /**
   * Reverses the order of elements along dims, all by default; a view.
   *
   * @example A mirrored image
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const image = tensor([[1, 2], [3, 4]]);
   * assertEquals(await image.flip(1).toArray(), [[2, 1], [4, 3]]);
   * ```
   */
  flip(dim?: Dims): Tensor<D> {
    checkCount("flip", arguments.length, 1);
    const dims = normalizeDims(dim, this.ndim, "flip");
    return tidyNow(() =>
      dims.reduce<Tensor<D>>((x, d) => {
        const length = x.shape[d]!;
        const start = Math.max(0, length - 1);
        return x[APPLY]({ name: "slice", dim: d, start, length, step: -1 });
      }, this.alias())
    );
  }

  /**
   * Pads the last dims: `[left, right]` of the last,
   * `[left, right, top, bottom]` of the last two, and so on. Negative amounts
   * crop.
   *
   * @param options `value` that is added, cast to the dtype. @default {value: 0}
   * @example A border of zeros
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { ones } from "@tenfold/tenfold";
   *
   * const x = ones([1, 1]).pad([1, 1, 1, 1]);
   * assertEquals(await x.toArray(), [[0, 0, 0], [0, 1, 0], [0, 0, 0]]);
   * ```
   */
  pad(amounts: readonly number[], options: { value?: number } = {}): Tensor<D> {
    checkCount("pad", arguments.length, 2);
    if (!Array.isArray(amounts)) {
      throw oneArray("pad", "the amounts", arguments);
    }
    checkPlain(PAD, options, "pad");
    const value = checkNumber(options.value ?? 0, "the value", "pad a tensor");
    return tidyNow(() => padTensor(this, amounts, value) as Tensor<D>);
  }

  /**
   * Repeats the tensor `counts[d]` times along each dim; further counts make
   * new leading dims.
   *
   * @example Twice along a new dim
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2]).repeat([2, 1]).toArray(), [[1, 2], [1, 2]]);
   * ```
   */
  repeat(counts: readonly number[]): Tensor<D> {
    if (!Array.isArray(counts) || arguments.length > 1) {
      throw oneArray("repeat", "the counts", arguments);
    }
    return tidyNow(() => repeatTensor(this, counts) as Tensor<D>);
  }

  /**
   * As {@linkcode Tensor.repeat}, but fewer counts than dims apply to the last
   * dims.
   *
   * @example Twice along the last dim
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([[1, 2]]).tile([2]).toArray(), [[1, 2, 1, 2]]);
   * ```
   */
  tile(counts: readonly number[]): Tensor<D> {
    if (!Array.isArray(counts) || arguments.length > 1) {
      throw oneArray("tile", "the counts", arguments);
    }
    const lead = Math.max(0, this.ndim - counts.length);
    return this.repeat([...new Array(lead).fill(1), ...counts]);
  }

  /**
   * Splits a dim into at most `chunks` parts of equal size; views.
   *
   * @example At most three parts of two
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { arange } from "@tenfold/tenfold";
   *
   * const sizes = arange(5).chunk(3).map((part) => part.size);
   * assertEquals(sizes, [2, 2, 1]);
   * ```
   */
  chunk(chunks: number, dim = 0): Tensor<D>[] {
    checkCount("chunk", arguments.length, 2);
    const extent = this.shape[normalizeDim(dim, this.ndim, "chunk")] ?? 1;
    if (!Number.isInteger(chunks) || chunks < 1) {
      throw new RangeError(
        `Cannot chunk into ${chunks} parts: give a positive integer`,
      );
    }
    return this.split(Math.max(1, Math.ceil(extent / chunks)), dim);
  }

  /**
   * Splits a dim into parts of `size` (the last may be smaller), or of the
   * sizes listed.
   *
   * @example Parts of two
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { arange } from "@tenfold/tenfold";
   *
   * const parts = arange(5).split(2);
   * assertEquals(parts.map((part) => part.size), [2, 2, 1]);
   * ```
   */
  split(size: number | readonly number[], dim = 0): Tensor<D>[] {
    checkCount("split", arguments.length, 2);
    const d = normalizeDim(dim, this.ndim, "split");
    let start = 0;
    return splitSizes(size, this.shape[d]!).map((length) => {
      const part = this.narrow(d, start, length);
      start += length;
      return part;
    });
  }

  /**
   * Splits a tensor into those at each index of a dim, which is removed; views.
   * Backward joins all of their gradients in one operation.
   *
   * @example The rows of a matrix
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const rows = tensor([[1, 2], [3, 4]]).unbind();
   * assertEquals(await rows[1]?.toArray(), [3, 4]);
   * ```
   */
  unbind(dim = 0): Tensor<D>[] {
    checkCount("unbind", arguments.length, 1);
    const d = normalizeDim(dim, this.ndim, "unbind");
    const extent = this.shape[d];
    if (extent === undefined) {
      throw new ShapeError("Cannot unbind a 0-d tensor as it has no dim");
    }
    return Array.from({ length: extent }, (_, i) => this.select(d, i));
  }

  /**
   * Windows of `size` along a dim, `step` apart, as a new last dim; a view.
   *
   * @example Sliding windows
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { arange } from "@tenfold/tenfold";
   *
   * const windows = arange(4).unfold(0, 2, 1);
   * assertEquals(await windows.toArray(), [[0, 1], [1, 2], [2, 3]]);
   * ```
   */
  unfold(dim: number, size: number, step: number): Tensor<D> {
    checkCount("unfold", arguments.length, 3);
    const d = normalizeDim(dim, this.ndim, "unfold");
    return this[APPLY]({ name: "unfold", dim: d, size, step });
  }

  /**
   * The lower triangle of the last two dims; `diagonal` shifts its edge up.
   *
   * @example Below the diagonal
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { ones } from "@tenfold/tenfold";
   *
   * assertEquals(await ones([2, 2]).tril(-1).toArray(), [[0, 0], [1, 0]]);
   * ```
   */
  tril(diagonal = 0): Tensor<D> {
    checkCount("tril", arguments.length, 1);
    return this[APPLY]({ name: "tril", diagonal });
  }

  /**
   * The upper triangle of the last two dims, the rest 0; `diagonal` shifts its edge
   * up.
   *
   * @example Which positions may not be attended to
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { ones } from "@tenfold/tenfold";
   *
   * assertEquals(await ones([2, 2]).triu(1).toArray(), [[0, 1], [0, 0]]);
   * ```
   */
  triu(diagonal = 0): Tensor<D> {
    checkCount("triu", arguments.length, 1);
    return this[APPLY]({ name: "triu", diagonal });
  }

  /**
   * The diagonal of two dims as a new last dim; a view.
   *
   * @param offset Which diagonal: above the main one if positive. @default {0}
   * @param dim1 The dim of the rows. @default {0}
   * @param dim2 The dim of the columns. @default {1}
   * @example Of a matrix
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assertEquals(await x.diagonal().toArray(), [1, 4]);
   * assertEquals(await x.diagonal(1).toArray(), [2]);
   * ```
   */
  diagonal(offset = 0, dim1 = 0, dim2 = 1): Tensor<D> {
    checkCount("diagonal", arguments.length, 3);
    const a = normalizeDim(dim1, this.ndim, "diagonal");
    const b = normalizeDim(dim2, this.ndim, "diagonal");
    return this[APPLY]({ name: "diagonal", shift: offset, dim1: a, dim2: b });
  }

  // Indexing and sorting

  /**
   * `out[.., j, ..] = this[.., index[.., j, ..], ..]` along a dim; the index
   * has as many dims as this tensor.
   *
   * @throws {IndexError} If an index is out of range.
   * @example The score of each row's class
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const scores = tensor([[0.25, 0.75], [0.5, 0.5]]);
   * const classes = tensor([[1], [0]], { dtype: "int32" });
   * assertEquals(await scores.gather(1, classes).toArray(), [[0.75], [0.5]]);
   * ```
   */
  gather(dim: number, index: Tensor): Tensor<D> {
    checkCount("gather", arguments.length, 2);
    return this[APPLY](
      { name: "gather", dim: normalizeDim(dim, this.ndim, "gather") },
      index,
    );
  }

  /**
   * Selects slices of a dim by the indices in a 1-d int32 tensor.
   *
   * @throws {IndexError} If an index is out of range.
   * @example Some rows
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { eye, tensor } from "@tenfold/tenfold";
   *
   * const rows = tensor([2, 0], { dtype: "int32" });
   * assertEquals(await eye(3).indexSelect(0, rows).toArray(), [[0, 0, 1], [1, 0, 0]]);
   * ```
   */
  indexSelect(dim: number, index: Tensor): Tensor<D> {
    checkCount("indexSelect", arguments.length, 2);
    const d = normalizeDim(dim, this.ndim, "indexSelect");
    checkOperand("indexSelect", index);
    if (index.ndim !== 1) {
      throw new ShapeError(
        `Cannot indexSelect as the index must have 1 dim: got shape ${
          showShape(index.shape)
        }`,
      );
    }
    if (this.ndim === 0) {
      return tidyNow(() => this.reshape([1]).gather(0, index));
    }
    const spread = this.shape.map((_, i) => i === d ? index.size : 1);
    const target = this.shape.map((extent, i) => i === d ? index.size : extent);
    return tidyNow(() => this.gather(d, index.reshape(spread).expand(target)));
  }

  /**
   * A copy of this tensor with the elements of `src` added at the indices in
   * `index` along a dim; values at equal indices accumulate. Bools are true
   * where any of them is.
   *
   * @throws {DTypeError} If this tensor cannot hold the elements of `src`, such
   * as int32 and floats: cast it first.
   * @throws {IndexError} If an index is out of range.
   * @example A histogram
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { ones, tensor, zeros } from "@tenfold/tenfold";
   *
   * const bins = tensor([0, 2, 2], { dtype: "int32" });
   * const counts = zeros([3]).scatterAdd(0, bins, ones([3]));
   * assertEquals(await counts.toArray(), [1, 0, 2]);
   * ```
   */
  scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor<D> {
    checkCount("scatterAdd", arguments.length, 3);
    const name = "scatterAdd";
    const d = normalizeDim(dim, this.ndim, name);
    return this[APPLY]({ name, dim: d }, index, src);
  }

  /**
   * {@linkcode Tensor.gather} with an index that broadcasts along the other dims.
   * Without `dim`, both are flattened first.
   *
   * @throws {IndexError} If an index is out of range.
   * @example Values in the order of argsort
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([[3, 1, 2]]);
   * assertEquals(await x.takeAlongDim(x.argsort(1), 1).toArray(), [[1, 2, 3]]);
   * ```
   */
  takeAlongDim(index: Tensor, dim?: number): Tensor<D> {
    checkCount("takeAlongDim", arguments.length, 2);
    checkOperand("takeAlongDim", index);
    if (dim === undefined) {
      return tidyNow(() => this.flatten().gather(0, index.flatten()));
    }
    const d = normalizeDim(dim, this.ndim, "takeAlongDim");
    const others = (shape: Shape) => shape.map((e, i) => i === d ? 1 : e);
    const common = broadcastShapes(
      others(this.shape),
      others(index.shape),
      "takeAlongDim",
    );
    const withDim = (extent: number) =>
      common.map((e, i) => i === d ? extent : e);
    return tidyNow(() =>
      this.expand(withDim(this.shape[d]!))
        .gather(d, index.expand(withDim(index.shape[d]!)))
    );
  }

  /**
   * One-hot encoding: a new last dim with 1 at each element's class and 0
   * elsewhere, int32.
   *
   * @throws {IndexError} If a class is out of range.
   * @example Classes as vectors
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const classes = tensor([1, 0], { dtype: "int32" });
   * assertEquals(await classes.oneHot(2).toArray(), [[0, 1], [1, 0]]);
   * ```
   */
  oneHot(classes: number): Tensor<"int32"> {
    checkCount("oneHot", arguments.length, 1);
    if (!Number.isInteger(classes) || classes < 1) {
      throw new RangeError(
        `Cannot make one-hot vectors of ${classes} classes: give a positive integer`,
      );
    }
    const full = (shape: Shape, value: number) =>
      apply<"int32">(
        { name: "full", shape, value, dtype: "int32" },
        [],
        this.device,
      )[0]!;
    return tidyNow(() => {
      const index = this.unsqueeze(-1);
      return full([...this.shape, classes], 0)
        .scatterAdd(-1, index, full(index.shape, 1));
    });
  }

  /**
   * Sorts along a dim; stable; NaN counts as largest.
   *
   * @returns The sorted values and their int32 indices before sorting.
   * @example Values and where they were
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const { values, indices } = tensor([3, 1, 2]).sort();
   * assertEquals(await values.toArray(), [1, 2, 3]);
   * assertEquals(await indices.toArray(), [1, 2, 0]);
   * ```
   */
  sort(dim = -1, options: { descending?: boolean } = {}): {
    values: Tensor<D>;
    indices: Tensor<"int32">;
  } {
    checkCount("sort", arguments.length, 2);
    checkPlain(SORT, options, "sort");
    const [values, indices]: Tensor[] = apply({
      name: "sort",
      dim: normalizeDim(dim, this.ndim, "sort"),
      descending: options.descending ?? false,
    }, [this]);
    return {
      values: values as Tensor<D>,
      indices: indices as Tensor<"int32">,
    };
  }

  /**
   * The int32 indices that sort a dim; see {@linkcode Tensor.sort}.
   *
   * @example Places from best to worst
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const scores = tensor([0.1, 0.7, 0.2]);
   * const order = scores.argsort(0, { descending: true });
   * assertEquals(await order.toArray(), [1, 2, 0]);
   * ```
   */
  argsort(dim = -1, options: { descending?: boolean } = {}): Tensor<"int32"> {
    checkCount("argsort", arguments.length, 2);
    checkPlain(SORT, options, "argsort");
    const { values, indices } = this.sort(dim, options);
    values.dispose();
    return indices;
  }

  /**
   * The `k` largest (or smallest) elements of a dim, in order.
   *
   * @example The two best
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const { indices } = tensor([0.1, 0.7, 0.2]).topk(2);
   * assertEquals(await indices.toArray(), [1, 2]);
   * ```
   */
  topk(k: number, dim = -1, options: { largest?: boolean } = {}): {
    values: Tensor<D>;
    indices: Tensor<"int32">;
  } {
    checkCount("topk", arguments.length, 3);
    checkPlain(TOPK, options, "topk");
    const d = normalizeDim(dim, this.ndim, "topk");
    const extent = this.shape[d] ?? 1;
    if (!Number.isInteger(k) || k < 0 || k > extent) {
      throw new RangeError(
        `Cannot take the top ${k} of ${extent} elements of dim ${d}`,
      );
    }
    const sorted = this.sort(d, { descending: options.largest ?? true });
    if (this.ndim === 0) return sorted;
    const top = {
      values: sorted.values.narrow(d, 0, k),
      indices: sorted.indices.narrow(d, 0, k),
    };
    sorted.values.dispose();
    sorted.indices.dispose();
    return top;
  }

  // Products

  /**
   * The matrix product, batched and broadcasting; vectors as in NumPy.
   *
   * @param options `bias` that is added to the product, in the same kernel.
   * @throws {ShapeError} If the inner dimensions differ.
   * @example A matrix times a vector
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const a = tensor([[1, 2], [3, 4]]);
   * assertEquals(await a.matmul(tensor([1, 1])).toArray(), [3, 7]);
   * ```
   */
  matmul<E extends DType>(
    other: Tensor<E>,
    options?: { bias?: Tensor },
  ): Tensor<NumberOf<Promote<D, E>>> {
    checkCount("matmul", arguments.length, 2);
    checkPlain(MATMUL, options, "matmul");
    // The common case makes nothing in between and needs no scope.
    if (options?.bias) checkOperand("matmul", options.bias);
    const dtype: DType = this.dtype;
    const product = this.ndim > 1 && other?.ndim > 1 && dtype === other.dtype
      ? matmulTensors(this, other, options?.bias)
      : this.#matmulApart(other, options?.bias);
    return product as Tensor<NumberOf<Promote<D, E>>>;
  }

  #matmulApart(other: Tensor, bias?: Tensor): Tensor {
    checkOperand("matmul", other);
    return tidyNow(() => matmulTensors(this, other, bias));
  }

  /**
   * The dot product of two vectors, a 0-d tensor.
   *
   * @throws {ShapeError} If one is not a vector, or their lengths differ.
   * @example Of two vectors
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2]).dot(tensor([3, 4])).item(), 11);
   * ```
   */
  dot<E extends DType>(other: Tensor<E>): Tensor<NumberOf<Promote<D, E>>> {
    checkCount("dot", arguments.length, 1);
    checkOperand("dot", other);
    if (this.ndim !== 1 || !sameShape(this.shape, other.shape)) {
      throw new ShapeError(
        `Cannot take the dot product of other than two vectors of one length: got ${
          showShape(this.shape)
        } and ${showShape(other.shape)}`,
      );
    }
    return this.matmul(other);
  }

  /**
   * The outer product of two vectors.
   *
   * @example A table of products
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([1, 2]);
   * assertEquals(await x.outer(x).toArray(), [[1, 2], [2, 4]]);
   * ```
   */
  outer<E extends DType>(other: Tensor<E>): Tensor<Promote<D, E>> {
    checkCount("outer", arguments.length, 1);
    checkOperand("outer", other);
    return tidyNow(() =>
      this.flatten().unsqueeze(1).mul(other.flatten().unsqueeze(0))
    );
  }

  // In place

  #update(program: UpdateProgram, scalars: number[], others: Tensor[]): this {
    updateInPlace(program, [this], others, scalars);
    return this;
  }

  #combine(name: InPlaceName, other: TensorLike, options?: Alpha): this {
    const { dtype } = this;
    const alpha = options ? alphaOf(`${name}_`, other, options) : 1;
    if (typeof other === "number") {
      const value = alpha * other;
      return this.#update(updates.withNumber(name, dtype, value), [value], []);
    }
    checkOperand(`${name}_`, other);
    return alpha === 1
      ? this.#update(updates.withTensor(name, dtype, other.dtype, 0), [], [
        other,
      ])
      : this.#update(updates.withTensor(name, dtype, other.dtype, 1), [alpha], [
        other,
      ]);
  }

  /** Writes what is computed from this tensor into it. */
  #overwrite(label: string, compute: () => Tensor): this {
    const { dtype } = this;
    tidyNow(() => {
      const found = withRecording(false, compute);
      checkFits(label, dtype, found.dtype);
      this.#update(overwriting(label, dtype, found.dtype), [], [found]);
    });
    return this;
  }

  /**
   * Overwrites the elements with those of another tensor, broadcasting and cast
   * to the dtype of this one.
   *
   * @example Into a view
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor, zeros } from "@tenfold/tenfold";
   *
   * const x = zeros([2, 2]);
   * x.select(0, 1).copy_(tensor([5, 6]));
   * assertEquals(await x.toArray(), [[0, 0], [5, 6]]);
   * ```
   */
  copy_(source: Tensor): this {
    checkCount("copy_", arguments.length, 1);
    checkOperand("copy_", source);
    return this.#update(overwriting("copy_", this.dtype, source.dtype), [], [
      source,
    ]);
  }

  /**
   * Overwrites every element with a number, cast to the dtype of this tensor.
   *
   * @throws {TypeError} If the value is not a number.
   * @example All of them 3
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { zeros } from "@tenfold/tenfold";
   *
   * assertEquals(await zeros([2]).fill_(3).toArray(), [3, 3]);
   * ```
   */
  fill_(value: number): this {
    checkCount("fill_", arguments.length, 1);
    checkNumber(value, "the value", "fill_ a tensor");
    return this.#update(updates.fill(this.dtype), [value], []);
  }

  /**
   * Overwrites every element with 0.
   *
   * @example All of them 0
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { ones } from "@tenfold/tenfold";
   *
   * assertEquals(await ones([2]).zero_().toArray(), [0, 0]);
   * ```
   */
  zero_(): this {
    checkCount("zero_", arguments.length, 0);
    return this.fill_(0);
  }

  /**
   * Adds a tensor or number to the elements; for bool tensors this is `or`.
   *
   * @throws {DTypeError} If the dtype of the sum does not fit this tensor: a
   * float into int32, a number into bool.
   *
   * @example A running total
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor, zeros } from "@tenfold/tenfold";
   *
   * const total = zeros([2]);
   * total.add_(tensor([1, 2])).add_(1);
   * assertEquals(await total.toArray(), [2, 3]);
   * ```
   */
  add_(other: TensorLike, options?: Alpha): this {
    checkCount("add_", arguments.length, 2);
    return this.#combine("add", other, options);
  }

  /**
   * Subtracts a tensor or number, times `alpha`, from the elements.
   *
   * @param options `alpha`. @default {alpha: 1}
   * @throws {DTypeError} As {@linkcode Tensor.add_}, and for bool tensors.
   * @example Twice another tensor
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([5, 5]);
   * x.sub_(tensor([1, 2]), { alpha: 2 });
   * assertEquals(await x.toArray(), [3, 1]);
   * ```
   */
  sub_(other: TensorLike, options?: Alpha): this {
    checkCount("sub_", arguments.length, 2);
    return this.#combine("sub", other, options);
  }

  /**
   * Multiplies the elements by a tensor or number; for bool tensors this is
   * `and`.
   *
   * @throws {DTypeError} If the dtype of the product does not fit this tensor:
   * a float into int32, a number into bool.
   * @example Twice as much
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([1, 2]).mul_(2).toArray(), [2, 4]);
   * ```
   */
  mul_(other: TensorLike): this {
    checkCount("mul_", arguments.length, 1);
    return this.#combine("mul", other);
  }

  /**
   * Divides the elements by a tensor or number.
   *
   * @throws {DTypeError} If the dtype is not a float.
   * @example Half as much
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([2, 4]).div_(2).toArray(), [1, 2]);
   * ```
   */
  div_(other: TensorLike): this {
    checkCount("div_", arguments.length, 1);
    return this.#combine("div", other);
  }

  /**
   * Raises the elements to a power.
   *
   * @throws {DTypeError} As {@linkcode Tensor.add_}.
   * @example Squares
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * assertEquals(await tensor([2, 3]).pow_(2).toArray(), [4, 9]);
   * ```
   */
  pow_(exponent: TensorLike): this {
    checkCount("pow_", arguments.length, 1);
    return this.#combine("pow", exponent);
  }

  /**
   * {@linkcode Tensor.clamp} in place.
   *
   * @example Within the bounds
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   *
   * const x = tensor([-1, 0.5, 2]).clamp_({ min: 0, max: 1 });
   * assertEquals(await x.toArray(), [0, 0.5, 1]);
   * ```
   */
  clamp_(bounds: { min?: TensorLike; max?: TensorLike }): this {
    checkCount("clamp_", arguments.length, 1);
    return this.#overwrite("clamp_", () => this.clamp(bounds));
  }

  /**
   * {@linkcode Tensor.maskedFill} in place.
   *
   * @example No attention to what comes later
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { ones } from "@tenfold/tenfold";
   *
   * const later = ones([2, 2], { dtype: "bool" }).triu(1);
   * const scores = ones([2, 2]).maskedFill_(later, -Infinity);
   * assertEquals(await scores.toArray(), [[1, -Infinity], [1, 1]]);
   * ```
   */
  maskedFill_(mask: Tensor, value: TensorLike): this {
    checkCount("maskedFill_", arguments.length, 2);
    return this.#overwrite("maskedFill_", () => this.maskedFill(mask, value));
  }

  /**
   * Zeroes elements at random with probability `p` and scales the others by
   * `1 / (1 - p)`; draws from the generator that `manualSeed` sets.
   *
   * @example Half of the elements
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { manualSeed, ones } from "@tenfold/tenfold";
   *
   * manualSeed(1);
   * const y = ones([1000]).dropout(0.5);
   * assertEquals(await y.max().item(), 2);
   * ```
   */
  dropout(p: number): Tensor<FloatOf<D>> {
    checkCount("dropout", arguments.length, 1);
    checkNumber(p, "the probability", "drop out");
    if (!(p >= 0 && p <= 1)) {
      throw new RangeError(
        `Cannot drop out with probability ${p}: give a number from 0 to 1`,
      );
    }
    return this[APPLY]({ name: "dropout", p, key: nextKey() });
  }
}

// A table of the values, and a picture of images.
showAs(
  Tensor.prototype,
  async (tensor) => (await import("./display/tensor.ts")).displayTensor(tensor),
);

/**
 * The class of tensors, for `instanceof` alone.
 *
 * @example Whether a value is a tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { tensorClass } from "@tenfold/core/internal";
 *
 * assertEquals(tensor([1]) instanceof tensorClass, true);
 * ```
 */
export const tensorClass: new () => Tensor = Tensor as never;

/**
 * A tensor that takes over a value and a place on the tape.
 *
 * @example A second handle of the same memory
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { VALUE, wrapValue } from "@tenfold/core/internal";
 *
 * const x = tensor([1, 2]);
 * const y = wrapValue(x.device, x[VALUE].alias());
 * assertEquals(await y.toArray(), [1, 2]);
 * ```
 */
export function wrapValue(
  device: Device,
  value: Value,
  edge: Edge | null = null,
): Tensor {
  return wrap(device, value, edge);
}

/** The gradient that a walk from `tensor` begins with. */
export function rootOf(
  tensor: Tensor,
  gradient: Tensor | undefined,
): { edge: Edge; gradient: Tensor } {
  const { [EDGE]: edge } = tensor;
  void tensor[VALUE];
  if (!edge) {
    throw new GradientError(
      `Cannot run backward from a tensor of shape ${
        showShape(tensor.shape)
      } as nothing was recorded: no input required a gradient, or it was computed under noGrad${modeInForce()}`,
    );
  }
  if (!gradient && tensor.size !== 1) {
    throw new GradientError(
      `Cannot run backward from a tensor of shape ${
        showShape(tensor.shape)
      } without a gradient as it is not a scalar: reduce it, such as with sum() or mean(), or pass the gradient`,
    );
  }
  if (gradient) {
    checkTensor(
      gradient,
      "the gradient, which comes before options,",
      "run backward",
    );
  }
  if (gradient && !sameShape(gradient.shape, tensor.shape)) {
    throw new ShapeError(
      `Cannot run backward as the gradient's shape differs: got ${
        showShape(gradient.shape)
      } for a tensor of ${showShape(tensor.shape)}`,
    );
  }
  // A cast to its own dtype is another handle on it.
  const start = unscopedNow(() =>
    gradient ? gradient.cast(tensor.dtype) : apply(
      {
        name: "full",
        shape: tensor.shape,
        value: 1,
        dtype: tensor.dtype,
      },
      [],
      tensor.device,
    )[0]!
  );
  return { edge, gradient: start };
}

/** Where a value lives that was saved for something that is on `device`. */
export const homeOf = (value: Value, device: Device): Device =>
  layering === null ? device : layering.homeOf(value, device);

/** How a walk makes tensors. */
export const FACTORY: TensorFactory = {
  wrap: (value, like, edge) => wrap(homeOf(value, like.device), value, edge),
  apply: (op, inputs, like) => apply(op, inputs, like.device),
};

/**
 * Applies a primitive to tensors of one device, recording it where a gradient
 * will be needed. Every operation of the library passes through here on its
 * way to `device.apply`.
 *
 * @param device Where it runs: that of the first input, if there is one.
 * @returns Its results.
 * @throws {DeviceError} If the tensors live on several devices.
 *
 * @example The sum of a vector
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { apply } from "@tenfold/core/internal";
 *
 * const op = { name: "sum", dims: [0], keepDim: false } as const;
 * const [y] = apply(op, [tensor([1, 2])]);
 * assertEquals(await y?.item(), 3);
 * ```
 */
export function apply<E extends DType = DType>(
  op: Op,
  inputs: readonly Tensor[],
  device: Device = inputs[0]!.device,
): Tensor<E>[] {
  if (casting !== null) {
    const cast = casting.through(
      op.name,
      inputs,
      (inputs) => apply<E>(op, inputs, device),
    );
    if (cast !== null) return cast;
  }
  const values: Value[] = new Array(inputs.length);
  const recording = currentRecording();
  if (layering !== null && inputs.length === 0) {
    device = layering.deviceOf(op, device);
  }
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!;
    if (input?.device !== device) {
      checkOperand(op.name, input);
      const lifted = layering?.lift(op, inputs) ?? null;
      if (lifted !== null) return lifted as Tensor<E>[];
      throw twoDevices(op.name, device, input.device);
    }
    values[i] = input[VALUE];
    recording?.uses(input);
  }
  const results = device.apply(op, values);
  const node = isRecording() ? record(op, inputs, results) : null;
  const tensors: Tensor<E>[] = new Array(results.length);
  for (let i = 0; i < results.length; i++) {
    const edge = node !== null && isFloating(results[i]!.dtype)
      ? { node, output: i }
      : null;
    tensors[i] = wrap(device, results[i]!, edge) as Tensor<E>;
  }
  return tensors;
}

/**
 * Checks that a value is a tensor; the message says what to pass.
 *
 * @param value What was passed.
 * @param what What it is, for messages: `"the input"`.
 * @param operation What is being done, for messages: `"apply relu"`.
 * @throws {TypeError} If it is not a tensor.
 *
 * @example What is refused
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkTensor } from "@tenfold/core/internal";
 *
 * assertThrows(() => checkTensor([1], "the input", "apply relu"), TypeError);
 * ```
 */
export function checkTensor(
  value: unknown,
  what: string,
  operation: string,
): asserts value is Tensor {
  if (value instanceof Tensor) return;
  throw new TypeError(
    `Cannot ${operation} as ${what} must be a tensor: got ${showValue(value)}${
      typeof value === "number" || Array.isArray(value) ||
        ArrayBuffer.isView(value)
        ? ", make a tensor of it with tensor(data)"
        : ""
    }`,
  );
}

/** Refuses what is neither a number, which was looked for, nor a tensor. */
export function checkOperand(
  name: string,
  operand: unknown,
): asserts operand is Tensor {
  if (operand instanceof Tensor) return;
  throw new TypeError(
    `Cannot ${name} as each operand must be a tensor or a number: got ${
      showValue(operand)
    }${
      Array.isArray(operand) || ArrayBuffer.isView(operand)
        ? ", make a tensor of it with tensor(data)"
        : ""
    }`,
  );
}

function twoDevices(name: string, a: Device, b: Device): DeviceError {
  return new DeviceError(
    `Cannot ${name} tensors of two devices: got ${a.name} and ${b.name}, move one with await tensor.to("${a.name}")`,
  );
}

/**
 * Changes tensors in place by one kernel: each target becomes its expression
 * over the targets, the other inputs and the run-time scalars. This is how
 * optimizers step.
 *
 * @throws {GradientError} If backward would need what is being changed.
 *
 * @example Half of a tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expr, tensor } from "@tenfold/tenfold";
 * import { arg, updateInPlace } from "@tenfold/core/backend";
 *
 * const halve = {
 *   label: "halve",
 *   inputs: ["float32"],
 *   exprs: [expr.div(arg(0, "float32"), 2)],
 * } as const;
 * const x = tensor([2, 4]);
 * updateInPlace(halve, [x], [], []);
 * assertEquals(await x.toArray(), [1, 2]);
 * ```
 */
export function updateInPlace(
  program: UpdateProgram,
  targets: readonly Tensor[],
  others: readonly Tensor[],
  scalars: readonly number[],
): void {
  const inputs = [...targets, ...others];
  if (isRecording()) {
    for (const input of inputs) {
      if (!input.requiresGrad) continue;
      throw new GradientError(
        `Cannot ${program.label} in place while gradients are recorded as a tensor of shape ${
          showShape(input.shape)
        } requires a gradient: use noGrad(() => ...) or an operation that returns a new tensor`,
      );
    }
  }
  withRecording(false, () =>
    apply(
      { name: "update", targets: targets.length, program, scalars },
      inputs,
    ));
}
