/**
 * A backend under watch: it counts what is alive, and refuses what core must
 * not ask for and what no backend should have to expect.
 *
 * @module
 */
import {
  type Access,
  type Backend,
  type Buffer,
  DeviceError,
  type DType,
  type Kernel,
  type KernelCall,
  type Launch,
  type RoutineName,
  type Slot,
  type TypedArray,
} from "@tenfold/core";

interface Allocation {
  readonly dtype: DType;
  readonly size: number;
}

/** One operand of a kernel: its dtype and what is promised of it. */
interface Promised {
  readonly dtype: DType;
  readonly access: Access;
  /** Which dims of the loop the promise speaks of. */
  readonly from: number;
  readonly to: number;
}

/** A backend that passes everything on and keeps count. */
export class WatchedBackend implements Backend {
  readonly #inner: Backend;
  readonly #live = new Map<Buffer, Allocation>();
  readonly #missing = new Set<RoutineName>();
  /** Reads at once, where the backend can. */
  readonly readSync?: NonNullable<Backend["readSync"]>;
  /** Hears of each operation, where the backend wants to. */
  readonly enter?: NonNullable<Backend["enter"]>;
  /** Waits for all work, where the backend needs it. */
  readonly synchronize?: NonNullable<Backend["synchronize"]>;
  /** Gives everything back, where there is something to give. */
  readonly dispose?: NonNullable<Backend["dispose"]>;

  /** Watches `inner`. */
  constructor(inner: Backend) {
    this.#inner = inner;
    if (inner.readSync) {
      this.readSync = (buffer, offset, length) => {
        this.#checkRange("read", buffer, offset, length);
        return inner.readSync!(buffer, offset, length);
      };
    }
    if (inner.enter) this.enter = (operation) => inner.enter!(operation);
    if (inner.synchronize) this.synchronize = () => inner.synchronize!();
    if (inner.dispose) this.dispose = () => inner.dispose!();
  }

  /** The name of the watched backend. */
  get name(): string {
    return this.#inner.name;
  }

  /** The dtypes of the watched backend. */
  get dtypes(): readonly DType[] {
    return this.#inner.dtypes;
  }

  /** The bound of the watched backend. */
  get maxBufferBytes(): number {
    return this.#inner.maxBufferBytes;
  }

  /** Whether it keeps numbers below the normal range. */
  get subnormals(): boolean {
    return this.#inner.subnormals ?? true;
  }

  /** How many buffers are alive. */
  get live(): number {
    return this.#live.size;
  }

  /**
   * Whether an error says what the backend has declared: that it does not have
   * a routine, which core cannot put together from other kernels.
   */
  excuses(error: unknown): boolean {
    return error instanceof DeviceError &&
      [...this.#missing].some((name) =>
        error.message.startsWith(`Cannot ${name} on ${this.name}`)
      );
  }

  /** Allocates, and counts. */
  alloc(dtype: DType, size: number): Buffer {
    if (!Number.isInteger(size) || size < 1) {
      throw new Error(`A buffer of ${size} elements was asked for`);
    }
    if (!this.dtypes.includes(dtype)) {
      throw new Error(`A buffer of ${dtype} was asked for`);
    }
    const buffer = this.#inner.alloc(dtype, size);
    if (this.#live.has(buffer)) {
      throw new Error("A buffer that is in use was handed out again");
    }
    this.#live.set(buffer, { dtype, size });
    return buffer;
  }

  /** Frees, once. */
  free(buffer: Buffer): void {
    if (!this.#live.delete(buffer)) {
      throw new Error("A buffer was freed that is not alive");
    }
    this.#inner.free(buffer);
  }

  /** Writes inside a live buffer. */
  write(buffer: Buffer, offset: number, data: TypedArray): void {
    this.#checkRange("write", buffer, offset, data.length);
    this.#inner.write(buffer, offset, data);
  }

  /** Reads inside a live buffer. */
  read(buffer: Buffer, offset: number, length: number): Promise<TypedArray> {
    this.#checkRange("read", buffer, offset, length);
    return this.#inner.read(buffer, offset, length);
  }

  /** Prepares a kernel whose calls are checked. */
  prepare(kernel: Kernel): Launch | null {
    const launch = this.#inner.prepare(kernel);
    if (launch === null) {
      if (kernel.kind !== "routine") {
        throw new Error(`A ${kernel.kind} kernel was answered with null`);
      }
      this.#missing.add(kernel.name);
      return null;
    }
    const operands = operandsOf(kernel);
    return (call) => {
      this.#checkCall(kernel, operands, call);
      launch(call);
    };
  }

  #checkRange(
    what: string,
    buffer: Buffer,
    offset: number,
    length: number,
  ): void {
    const known = this.#live.get(buffer);
    if (!known) throw new Error(`A ${what} of a buffer that is not alive`);
    if (offset < 0 || offset + length > known.size) {
      throw new Error(
        `A ${what} of elements ${offset} to ${
          offset + length
        } of a buffer of ${known.size}`,
      );
    }
  }

  #checkCall(
    kernel: Kernel,
    operands: readonly Promised[],
    call: KernelCall,
  ): void {
    const fault = this.#faultOf(kernel, operands, call);
    if (!fault) return;
    const { buffers: _, ...rest } = call;
    throw new Error(
      `A kernel was launched with ${fault}: ${JSON.stringify(kernel)} ${
        JSON.stringify(rest)
      }`,
    );
  }

  #faultOf(
    kernel: Kernel,
    operands: readonly Promised[],
    { shape, buffers, offsets, strides, scalars }: KernelCall,
  ): string | null {
    const rank = kernel.rank +
      (kernel.kind === "reduce" ? kernel.reducedRank : 0);
    if (shape.length !== rank) return "a loop of another rank";
    if (shape.slice(0, rank - reducedDims(kernel)).includes(0)) {
      return "an empty loop";
    }
    if (
      buffers.length !== operands.length ||
      offsets.length !== operands.length || strides.length !== operands.length
    ) return "another number of operands";
    if (kernel.kind !== "routine" && scalars.length !== kernel.scalars) {
      return "another number of scalars";
    }
    for (const [i, operand] of operands.entries()) {
      const known = this.#live.get(buffers[i]);
      if (!known) return `operand ${i} not alive`;
      if (known.dtype !== operand.dtype) return `operand ${i} of another dtype`;
      const steps = strides[i]!;
      if (steps.length !== rank) return `operand ${i} with too few strides`;
      const extents = extentsOf(kernel, i, shape, scalars[0] ?? 1);
      const [low, high] = reach(extents, steps, offsets[i]!);
      const bounded = !(kernel.kind === "routine" &&
        kernel.name === "maxPool2d" && i === 2);
      if (
        bounded && !extents.includes(0) && (low < 0 || high >= known.size)
      ) {
        return `operand ${i} outside of its buffer`;
      }
      const { access, from, to } = operand;
      if (!holds(access, shape.slice(from, to), steps.slice(from, to))) {
        return `operand ${i} that is not ${access}`;
      }
    }
    return null;
  }
}

const strided = (dtype: DType): Promised => ({
  dtype,
  access: "strided",
  from: 0,
  to: 0,
});

function operandsOf(kernel: Kernel): Promised[] {
  switch (kernel.kind) {
    case "map": {
      const whole = ({ dtype, access }: Slot): Promised => ({
        dtype,
        access,
        from: 0,
        to: kernel.rank,
      });
      return [...kernel.outputs.map(whole), ...kernel.inputs.map(whole)];
    }
    case "reduce": {
      const { rank, reducedRank } = kernel;
      // A promise that does not hold for the kept dims is caught by the other.
      return [
        strided(kernel.output),
        ...kernel.inputs.map(({ dtype, access }) => ({
          dtype,
          access,
          from: rank,
          to: rank + reducedRank,
        })),
      ];
    }
    case "routine":
      return [...kernel.outputs, ...kernel.inputs].map(strided);
  }
}

/** How many of the last dims of the loop are summed over, and may be empty. */
function reducedDims(kernel: Kernel): number {
  if (kernel.kind === "reduce") return kernel.reducedRank;
  if (kernel.kind === "map") return 0;
  return kernel.name === "conv2d" ? 3 : kernel.name === "matmul" ? 1 : 0;
}

/** The extents that operand `i` walks: an indexed one has a bound instead. */
function extentsOf(
  kernel: Kernel,
  i: number,
  shape: readonly number[],
  bound: number,
): readonly number[] {
  const indexed = kernel.kind === "routine" &&
    ((kernel.name === "gather" && i === 1) ||
      (kernel.name === "scatterAdd" && i === 0));
  return indexed ? [...shape.slice(0, -1), bound] : shape;
}

/** The lowest and highest address of a walk. */
function reach(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): [number, number] {
  let [low, high] = [offset, offset];
  for (let d = 0; d < shape.length; d++) {
    const far = (shape[d]! - 1) * strides[d]!;
    if (far < 0) low += far;
    else high += far;
  }
  return [low, high];
}

/** Whether the promise of an access holds. */
function holds(
  access: Access,
  shape: readonly number[],
  strides: readonly number[],
): boolean {
  if (shape.includes(0)) return true;
  switch (access) {
    case "dense": {
      let expected = 1;
      for (let d = shape.length - 1; d >= 0; d--) {
        if (shape[d] !== 1 && strides[d] !== expected) return false;
        expected *= shape[d]!;
      }
      return true;
    }
    case "uniform":
      return shape.every((extent, d) => extent === 1 || strides[d] === 0);
    case "row":
      return strides[strides.length - 1] === 1;
    case "splat":
      return strides[strides.length - 1] === 0;
    case "strided":
      return true;
  }
}
