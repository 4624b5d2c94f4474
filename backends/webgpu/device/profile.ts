/**
 * What is known of an adapter, and what the choice of a kernel's variant
 * depends on.
 *
 * @module
 */

/** Limits of a device, and how to divide work for it. */
export interface Profile {
  /** True for an adapter that runs on the processor. */
  readonly software: boolean;
  /** Invocations that keep it busy. */
  readonly invocations: number;
  /** Invocations of a workgroup that share memory. */
  readonly workgroup: number;
  /** Bytes that the invocations of a workgroup can share. */
  readonly sharedBytes: number;
  /** Workgroups that one dim of a dispatch can have. */
  readonly maxGroups: number;
  /** Storage buffers that one shader can use. */
  readonly maxBindings: number;
  /** Bytes of the largest buffer. */
  readonly maxBufferBytes: number;
  /** Bytes of a buffer that a shader can use at once. */
  readonly maxBindingBytes: number;
  /** Bytes that offsets into the uniform buffer are multiples of. */
  readonly uniformAlignment: number;
  /** Whether shaders have float16; else its elements are stored as float32. */
  readonly nativeHalf: boolean;
  /** Whether shaders have operations over subgroups, which know their numbers. */
  readonly subgroups: boolean;
  /** Whether shaders multiply four integers of 8 bits in one instruction. */
  readonly packedDots?: boolean | undefined;
}

/** The fields of {@linkcode Profile} that tests of every variant choose. */
export type ProfileOverrides = Partial<
  Pick<
    Profile,
    | "software"
    | "invocations"
    | "workgroup"
    | "maxGroups"
    | "maxBufferBytes"
    | "nativeHalf"
    | "subgroups"
    | "packedDots"
    | "maxBindingBytes"
    | "maxBindings"
  >
>;

/** Bindings of a buffer: work on more of them would take long. */
const MAX_BINDINGS = 8;

const wholeBlocks = (bytes: number): number => Math.floor(bytes / 256) * 256;

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|warp|basic render/i;

/** Reads the profile of a device and its adapter. */
export function profileOf(
  device: GPUDevice,
  info: Partial<GPUAdapterInfo>,
  overrides: ProfileOverrides = {},
): Profile {
  const { limits } = device;
  const software = overrides.software ??
    ((info.isFallbackAdapter ?? false) ||
      SOFTWARE.test(
        [info.vendor, info.architecture, info.device, info.description].join(),
      ));
  // Positions in a binding are 32-bit integers, and sums of two must be too.
  const addressable = 2 ** 31 - 4;
  const maxBindingBytes = wholeBlocks(Math.min(
    limits.maxBufferSize,
    limits.maxStorageBufferBindingSize,
    overrides.maxBufferBytes ?? Infinity,
    addressable,
  ));
  return {
    software,
    invocations: software ? 64 : 65536,
    workgroup: Math.min(
      software ? 64 : 256,
      limits.maxComputeInvocationsPerWorkgroup,
      limits.maxComputeWorkgroupSizeX,
    ),
    sharedBytes: limits.maxComputeWorkgroupStorageSize,
    maxGroups: limits.maxComputeWorkgroupsPerDimension,
    maxBindings: limits.maxStorageBuffersPerShaderStage,
    maxBufferBytes: wholeBlocks(
      Math.min(limits.maxBufferSize, MAX_BINDINGS * maxBindingBytes),
    ),
    maxBindingBytes,
    uniformAlignment: limits.minUniformBufferOffsetAlignment,
    nativeHalf: device.features?.has("shader-f16") ?? false,
    subgroups: device.features?.has("subgroups") ?? false,
    ...overrides,
  };
}
