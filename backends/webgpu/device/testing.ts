/**
 * A GPU without an adapter behind it, for tests on every runtime: its buffers
 * can be written, copied and read, its shaders do nothing but are kept as text,
 * and it finds the errors that a test wants.
 *
 * @module
 */

/** A buffer that is ordinary memory. */
class FakeBuffer {
  destroyed = false;
  /** Its size in bytes. */
  readonly size: number;
  readonly #gpu: FakeGpu;
  #bytes: Uint8Array<ArrayBuffer> | null = null;

  constructor(gpu: FakeGpu, { size }: GPUBufferDescriptor) {
    this.size = size;
    this.#gpu = gpu;
  }

  /** Its contents, which are allocated when they are first read. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes ??= new Uint8Array(this.size);
  }

  mapAsync(): Promise<void> {
    const { refusal } = this.#gpu;
    return refusal ? Promise.reject(refusal) : Promise.resolve();
  }

  getMappedRange(offset: number, size: number): ArrayBuffer {
    return this.bytes.buffer.slice(offset, offset + size);
  }

  unmap(): void {}

  destroy(): void {
    this.destroyed = true;
  }
}

/** Commands that are run when they are submitted. */
class FakeEncoder {
  readonly commands: (() => void)[] = [];

  copyBufferToBuffer(
    from: FakeBuffer,
    fromByte: number,
    to: FakeBuffer,
    toByte: number,
    bytes: number,
  ): void {
    this.commands.push(() =>
      to.bytes.set(from.bytes.subarray(fromByte, fromByte + bytes), toByte)
    );
  }

  clearBuffer(buffer: FakeBuffer, byte: number, bytes: number): void {
    this.commands.push(() => buffer.bytes.fill(0, byte, byte + bytes));
  }

  beginComputePass() {
    return {
      setPipeline() {},
      setBindGroup() {},
      dispatchWorkgroups() {},
      end() {},
    };
  }

  finish(): this {
    return this;
  }
}

/** A GPU, its one adapter and its one device. */
export class FakeGpu {
  /** What the adapter was asked for with. */
  asked: unknown = null;
  /** The limits that the device was asked for with. */
  limits: Record<string, number> = {};
  /** The features that its adapter has, and WGSL of its GPU. */
  readonly offers: { features: string[]; language: string[] } = {
    features: [],
    language: [],
  };
  /** The features that the device was asked for with. */
  features: readonly string[] = [];
  /** Every buffer made. */
  readonly buffers: FakeBuffer[] = [];
  /** The shaders compiled, by their text, with their labels. */
  readonly shaders: Map<string, string> = new Map();
  /** The error scopes opened. */
  readonly scopes: string[] = [];
  /** The errors that the next scopes to be closed report. */
  readonly found: (Error | null)[] = [];
  /** Why no buffer can be mapped, if so. */
  refusal: Error | null = null;
  readonly #events = new EventTarget();
  readonly #lost = Promise.withResolvers<{ reason: string; message: string }>();

  /** As what it is passed to `webgpu`. */
  get gpu(): GPU {
    const requestAdapter = (options: unknown) => {
      this.asked = options;
      return Promise.resolve(this.adapter);
    };
    const wgslLanguageFeatures = new Set(this.offers.language);
    return { requestAdapter, wgslLanguageFeatures } as unknown as GPU;
  }

  /** Its adapter. */
  get adapter(): GPUAdapter {
    const requestDevice = (
      { requiredFeatures, requiredLimits }: {
        requiredFeatures: readonly string[];
        requiredLimits: Record<string, number>;
      },
    ) => {
      this.limits = requiredLimits;
      this.features = requiredFeatures;
      return Promise.resolve(this.device);
    };
    return {
      info: { description: "a fake", isFallbackAdapter: true },
      limits: LIMITS,
      features: new Set(this.offers.features),
      requestDevice,
    } as unknown as GPUAdapter;
  }

  /** Its device. */
  get device(): GPUDevice {
    return {
      limits: LIMITS,
      lost: this.#lost.promise,
      addEventListener: this.#events.addEventListener.bind(this.#events),
      pushErrorScope: (filter: string) => this.scopes.push(filter),
      popErrorScope: () => Promise.resolve(this.found.shift() ?? null),
      createBuffer: (descriptor: GPUBufferDescriptor) => {
        const buffer = new FakeBuffer(this, descriptor);
        this.buffers.push(buffer);
        return buffer;
      },
      createCommandEncoder: () => new FakeEncoder(),
      createShaderModule: ({ code, label }: GPUShaderModuleDescriptor) => {
        this.shaders.set(code, label ?? "");
        return {};
      },
      createBindGroupLayout: () => ({}),
      createPipelineLayout: () => ({}),
      createBindGroup: () => ({}),
      createComputePipeline: () => ({}),
      createComputePipelineAsync: () => Promise.resolve({}),
      destroy: () => this.lose({ reason: "destroyed", message: "" }),
      queue: {
        writeBuffer(
          to: FakeBuffer,
          byte: number,
          data: ArrayBuffer,
          from: number,
          bytes: number,
        ) {
          to.bytes.set(new Uint8Array(data, from, bytes), byte);
        },
        submit(encoders: readonly FakeEncoder[]) {
          for (const { commands } of encoders) {
            for (const command of commands) command();
          }
        },
      },
    } as unknown as GPUDevice;
  }

  /** Loses the device. */
  lose(info: { reason: string; message: string }): void {
    this.#lost.resolve(info);
  }

  /** Fires the event of an error that no scope caught. */
  fail(error: Error): void {
    this.#events.dispatchEvent(
      Object.assign(new Event("uncapturederror", { cancelable: true }), {
        error,
      }),
    );
  }
}

const LIMITS: Readonly<Record<string, number>> = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 10,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeWorkgroupStorageSize: 32768,
  minUniformBufferOffsetAlignment: 64,
};
