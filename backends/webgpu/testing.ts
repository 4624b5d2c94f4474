/**
 * What the tests of this backend share: an adapter, if there is one.
 *
 * @module
 */
import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertRejects } from "@std/assert";
import { DeviceError, memory, scope } from "@tenfold/core";
import { WebgpuBackend } from "./backend.ts";
import { profileOf, type ProfileOverrides } from "./device/profile.ts";
import { findGpu, openDevice, webgpu } from "./open.ts";
import { probeWebgpu } from "./probe.ts";

function environment(name: string): string | undefined {
  const { process } = globalThis as {
    process?: { env: Record<string, string | undefined> };
  };
  return process?.env[name];
}

const gpu = await findGpu();
const adapter = await gpu?.requestAdapter() ?? null;

/** Whether shaders can have operations over subgroups, which know their numbers. */
export const hasSubgroups: boolean =
  (adapter?.features?.has("subgroups") ?? false) &&
  (gpu?.wgslLanguageFeatures?.has("subgroup_id") ?? false);

/** A new adapter, each of which gives one device. */
export async function requestAdapter(): Promise<GPUAdapter> {
  return (await gpu!.requestAdapter())!;
}

/** A backend on a device of its own, its profile changed as the test wants. */
export async function openWith(
  overrides: ProfileOverrides = {},
): Promise<WebgpuBackend> {
  const found = await requestAdapter();
  const device = await openDevice(found, { gpu });
  return new WebgpuBackend(
    device,
    profileOf(device, found.info, overrides),
    "test",
  );
}

/** A test in a scope of its own that must leave nothing behind. */
export function clean(
  test: () => void | Promise<void>,
): () => Promise<void> {
  return async () => {
    const { tensors, buffers, bytes } = memory();
    {
      using _ = scope();
      await test();
    }
    const after = memory();
    assertEquals(
      [after.tensors, after.buffers, after.bytes],
      [tensors, buffers, bytes],
    );
  };
}

/**
 * Declares tests that need an adapter. Without one it declares a single test
 * that says so: it fails in CI where the runtime has WebGPU, and otherwise
 * checks how `webgpu()` refuses.
 */
export function describeWithAdapter(name: string, tests: () => void): void {
  if (adapter) {
    describe(name, tests);
    return;
  }
  const reason = probeWebgpu() ?? "no adapter was found";
  describe(`${name} (${reason})`, () => {
    it("is refused with the reason", async () => {
      if (environment("CI") && probeWebgpu() === null) {
        throw new Error(
          "CI has no WebGPU adapter: install libvulkan1 and mesa-vulkan-drivers",
        );
      }
      await assertRejects(() => webgpu(), DeviceError);
    });
  });
}

/** Profiles under which every variant of a kernel comes into use. */
export const PROFILES: Readonly<Record<string, ProfileOverrides>> = {
  "as the adapter is": {},
  "as on a graphics card": {
    software: false,
    invocations: 4096,
    workgroup: 256,
  },
  "with few workgroups": { maxGroups: 41, workgroup: 64, invocations: 256 },
};
