/**
 * Opens an adapter as a backend.
 *
 * @module
 */
import { DeviceError } from "@tenfold/core";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { useKept, WebgpuBackend } from "./backend.ts";
import { oneLine } from "./device/deferred_errors.ts";
import { profileOf } from "./device/profile.ts";
import { findPackage } from "./package.ts";
import { probeWebgpu } from "./probe.ts";

/**
 * Options of {@linkcode webgpu}.
 *
 * @example The faster of two cards
 * ```ts
 * import type { WebgpuOptions } from "@tenfold/backends/webgpu";
 *
 * const options: WebgpuOptions = { powerPreference: "high-performance" };
 * // await setBackend(await webgpu(options))
 * ```
 */
export interface WebgpuOptions {
  /**
   * The `GPU` that an adapter is requested from. By default it is that of the
   * runtime, `navigator.gpu`, or else that of the npm package `webgpu`.
   */
  gpu?: GPU;
  /** The adapter to use, instead of `gpu` and `powerPreference`. */
  adapter?: GPUAdapter;
  /** The kind of adapter to prefer where there are several. */
  powerPreference?: "low-power" | "high-performance";
  /**
   * Whether float16 is stored in two bytes per element, where the device has
   * the feature `shader-f16`. Otherwise float16 takes four bytes, with the same
   * values.
   *
   * @default {true}
   */
  shaderF16?: boolean;
  /**
   * Whether the invocations of a subgroup combine their values directly, in
   * reductions, softmax and running sums, where the adapter has the feature
   * `subgroups` and WGSL the extension `subgroup_id`. The last bits of sums
   * differ without it.
   *
   * @default {true}
   */
  subgroups?: boolean;
  /**
   * Whether matrix products use the tile sizes that were measured to be best on
   * the adapter: those stored by an earlier run, or else those that
   * {@linkcode WebgpuBackend.tune} measures now, within some three seconds.
   *
   * @default {false}
   */
  tune?: boolean;
}

const having = <T>(method: string) =>
  z.custom<T>(
    (value) =>
      typeof value === "object" && value !== null &&
      typeof (value as Record<string, unknown>)[method] === "function",
    `must have a method ${method}`,
  );

const OPTIONS = z.strictObject({
  gpu: z.optional(having<GPU>("requestAdapter")),
  adapter: z.optional(having<GPUAdapter>("requestDevice")),
  powerPreference: z.optional(z.enum(
    ["low-power", "high-performance"],
    'must be "low-power" or "high-performance"',
  )),
  shaderF16: z.optional(z.boolean()),
  subgroups: z.optional(z.boolean()),
  tune: z.optional(z.boolean()),
}).check(z.refine(
  ({ adapter, gpu, powerPreference }) => !adapter || (!gpu && !powerPreference),
  "an adapter leaves nothing to choose: pass it without gpu and powerPreference",
));

/** A `GPU` must outlive its devices: Dawn's ends the process otherwise. */
const sources = new WeakMap<WebgpuBackend, GPU>();

/**
 * Opens the GPU as a backend: on Deno and in browsers with the built-in WebGPU,
 * on Bun and Node with the npm package `webgpu` if it is installed, and
 * anywhere with a `GPU` that is passed in.
 *
 * All work is recorded and submitted in the background; values are read with
 * `await`. Errors that the device reports later are thrown by the next read.
 *
 * @param options The adapter, or how to find it.
 * @returns The backend.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 * @throws {DeviceError} If there is no WebGPU, no adapter or no device.
 *
 * @example Compute on the GPU where there is one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { setBackend, tensor } from "@tenfold/core";
 * import { webgpu } from "@tenfold/backends/webgpu";
 *
 * const backend = await webgpu().catch(() => null);
 * if (backend) {
 *   await setBackend(backend);
 *   assertEquals(await tensor([1, 2, 3]).mul(2).toArray(), [2, 4, 6]);
 * }
 * ```
 *
 * @example Pass in a GPU
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { webgpu } from "@tenfold/backends/webgpu";
 *
 * // Such as that of another package. This one has no adapter.
 * const gpu = {
 *   requestAdapter: () => Promise.resolve(null),
 * } as unknown as GPU;
 * await assertRejects(() => webgpu({ gpu, powerPreference: "low-power" }));
 * ```
 */
export async function webgpu(
  options: WebgpuOptions = {},
): Promise<WebgpuBackend> {
  const chosen = parseArguments(OPTIONS, {}, options, arguments, "open webgpu");
  const gpu = chosen.adapter ? undefined : chosen.gpu ?? await findGpu();
  const adapter = chosen.adapter ??
    await findAdapter(gpu, chosen.powerPreference);
  const device = await openDevice(adapter, { ...chosen, gpu });
  const { info } = adapter;
  const language = (gpu ?? globalThis.navigator?.gpu)?.wgslLanguageFeatures;
  const backend = new WebgpuBackend(
    device,
    profileOf(device, info ?? {}, {
      packedDots: language?.has("packed_4x8_integer_dot_product"),
    }),
    nameOf(info),
  );
  if (gpu) sources.set(backend, gpu);
  if (chosen.tune && !backend[useKept]()) await backend.tune();
  return backend;
}

/**
 * The runtime's `GPU`, or one of the npm package `webgpu` at this address;
 * undefined where there is neither.
 *
 * @throws {DeviceError} If the package does not load.
 */
export async function findGpu(
  path: string | null = findPackage(),
): Promise<GPU | undefined> {
  const own = globalThis.navigator?.gpu;
  if (own) return own;
  if (path === null) return undefined;
  try {
    const { create }: { create(flags: string[]): GPU } = await import(
      /* @vite-ignore */ path
    );
    return create([]);
  } catch (error) {
    throw new DeviceError(
      `Cannot open webgpu as the npm package webgpu does not load: ${
        oneLine(String(error))
      }`,
      { cause: error },
    );
  }
}

async function findAdapter(
  gpu: GPU | undefined,
  powerPreference: GPUPowerPreference | undefined,
): Promise<GPUAdapter> {
  if (!gpu) throw new DeviceError(`Cannot open webgpu as ${probeWebgpu()}`);
  const adapter = await gpu.requestAdapter(
    powerPreference ? { powerPreference } : {},
  );
  if (adapter) return adapter;
  throw new DeviceError(
    `Cannot open webgpu as there is no adapter: ${
      globalThis.navigator?.gpu
        ? "a graphics driver is missing, or the browser blocks it"
        : "a graphics driver is missing, or lacks what Dawn needs"
    }`,
  );
}

/**
 * Requests a device with the limits of its adapter, and the features that it
 * has and we use. A `GPU` that does not tell of `subgroup_id` gets no shaders
 * with subgroups: wgpu refuses the `enable` that Dawn asks for.
 */
export async function openDevice(
  adapter: GPUAdapter,
  { gpu = globalThis.navigator?.gpu, shaderF16 = true, subgroups = true }: {
    gpu?: GPU | undefined;
    shaderF16?: boolean | undefined;
    subgroups?: boolean | undefined;
  } = {},
): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {};
  for (const name of LIMITS) requiredLimits[name] = adapter.limits[name];
  try {
    const known = gpu?.wgslLanguageFeatures?.has("subgroup_id") ?? false;
    const wanted: [name: GPUFeatureName, wanted: boolean][] = [
      ["shader-f16", shaderF16],
      ["subgroups", subgroups && known],
    ];
    const requiredFeatures = wanted
      .filter(([name, wanted]) => wanted && adapter.features?.has(name))
      .map(([name]) => name);
    return await adapter.requestDevice({ requiredFeatures, requiredLimits });
  } catch (error) {
    throw new DeviceError(
      `Cannot open webgpu as its adapter gives no device: ${
        error instanceof Error ? error.message : String(error)
      }`,
      { cause: error },
    );
  }
}

/** The limits that our kernels depend on. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupStorageSize",
  "minUniformBufferOffsetAlignment",
] as const;

function nameOf(info: GPUAdapterInfo | undefined): string {
  const words = [info?.description, info?.vendor, info?.architecture];
  return `runs on ${words.find(Boolean) ?? "an adapter without a name"}`;
}
