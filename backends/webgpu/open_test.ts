import { describe, it } from "@std/testing/bdd";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import {
  DeviceError,
  listBackends,
  OutOfMemoryError,
  registerBackend,
  setBackend,
  tensor,
} from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import {
  clean,
  describeWithAdapter,
  requestAdapter as anAdapter,
} from "./testing.ts";
import { FakeGpu } from "./device/testing.ts";
import { probeWebgpu, webgpu } from "./mod.ts";
import { findGpu } from "./open.ts";
import { findPackage } from "./package.ts";

const refuses = (
  options: unknown,
  Fault: typeof TypeError | typeof RangeError,
  message: string,
) => assertRejects(() => webgpu(options as { gpu: GPU }), Fault, message);

describe("webgpu options", () => {
  it("are checked, by name", async () => {
    await refuses(
      { powerPreference: "none" },
      RangeError,
      'Cannot open webgpu as powerPreference must be "low-power" or "high-performance": got "none"',
    );
    await refuses(
      { powerPreference: 2 },
      TypeError,
      "powerPreference must be",
    );
    await refuses(
      { gpu: {} },
      RangeError,
      "Cannot open webgpu as gpu must have a method requestAdapter: got an object",
    );
    await refuses(
      { adapter: "mine" },
      TypeError,
      'adapter must have a method requestDevice: got "mine"',
    );
    await refuses(
      { adaptor: {} },
      TypeError,
      "Cannot open webgpu as there is no such option: got adaptor",
    );
    await refuses("high-performance", TypeError, "options go by name");
    const { adapter, gpu } = new FakeGpu();
    await refuses(
      { adapter, gpu },
      RangeError,
      "Cannot open webgpu as an adapter leaves nothing to choose",
    );
  });

  it("are not needed for a reason why there is no WebGPU", () => {
    if (globalThis.navigator?.gpu || findPackage()) {
      assertEquals(probeWebgpu(), null);
    } else {
      registerBackend("webgpu-probed", () => webgpu(), { probe: probeWebgpu });
      const status = listBackends().find(({ name }) =>
        name === "webgpu-probed"
      );
      assertEquals(status?.available, false);
      assertStringIncludes(status?.reason ?? "", "webgpu({ gpu })");
      assertStringIncludes(status?.reason ?? "", "npm package webgpu");
    }
  });

  it("may leave no adapter, which is the reason from then on", async () => {
    const requestAdapter = () => Promise.resolve(null);
    const gpu = { requestAdapter } as unknown as GPU;
    registerBackend("webgpu-without-adapter", () => webgpu({ gpu }));
    await assertRejects(
      () => setBackend("webgpu-without-adapter"),
      DeviceError,
      "there is no adapter",
    );
    const status = listBackends().find(({ name }) =>
      name === "webgpu-without-adapter"
    );
    assertEquals(status?.available, false);
    assertStringIncludes(status?.reason ?? "", "there is no adapter");
  });
});

describe("the npm package webgpu", () => {
  /** With packages of these texts in folders, each under a `node_modules`. */
  async function installed(
    texts: readonly string[],
    act: (folders: readonly string[]) => void | Promise<void>,
  ): Promise<void> {
    const top = await mkdtemp(join(tmpdir(), "tenfold-webgpu-"));
    const before = process.env.NODE_PATH;
    try {
      const folders = texts.map((_, i) => join(top, `${i}`));
      for (const [i, text] of texts.entries()) {
        const folder = join(folders[i]!, "node_modules", "webgpu");
        await mkdir(join(folder, "lib"), { recursive: true });
        await writeFile(join(folder, "lib", "start.mjs"), text);
        await writeFile(
          join(folder, "package.json"),
          JSON.stringify({ name: "webgpu", main: "lib/start.mjs" }),
        );
      }
      await act(folders);
    } finally {
      if (before === undefined) delete process.env.NODE_PATH;
      else process.env.NODE_PATH = before;
      await rm(top, { recursive: true });
    }
  }
  const without =
    "export const create = () => ({ requestAdapter: async () => null });";
  const own = globalThis.navigator?.gpu;

  it("is looked for above folders, and then in those of NODE_PATH", async () => {
    await installed([without, without], ([first, second]) => {
      process.env.NODE_PATH = join(second!, "node_modules");
      assertEquals(probeWebgpu(), null);
      const found = [
        findPackage([]),
        findPackage([join(first!, "src", "deep")]),
        findPackage([join(first!, "node_modules", "webgpu", "lib"), second!]),
      ];
      delete process.env.NODE_PATH;
      found.push(findPackage([]));
      const expected = [second, first, first]
        .map((folder) =>
          pathToFileURL(
            join(folder!, "node_modules", "webgpu", "lib", "start.mjs"),
          ).href
        );
      // A runtime with a GPU of its own, as Deno has, looks for none.
      assertEquals(found, own ? found.map(() => null) : [...expected, null]);
    });
  });

  it("is the GPU of a runtime that has none of its own", async () => {
    await installed([without], async ([folder]) => {
      const gpu = await findGpu(findPackage([folder!]));
      if (own) {
        assertEquals(gpu, own);
        return;
      }
      await assertRejects(
        () => webgpu({ gpu: gpu! }),
        DeviceError,
        "Cannot open webgpu as there is no adapter: a graphics driver is missing, or lacks what Dawn needs",
      );
    });
  });

  it("says why it does not load", async () => {
    const text = 'throw new Error("made for another system");';
    await installed([text], async ([folder]) => {
      if (own) return;
      await assertRejects(
        () => findGpu(findPackage([folder!])),
        DeviceError,
        "Cannot open webgpu as the npm package webgpu does not load: Error: made for another system",
      );
    });
  });
});

describe("a GPU from elsewhere", () => {
  it("is asked for what was chosen, and its adapter for all that it has", async () => {
    const fake = new FakeGpu();
    const { gpu } = fake;
    const backend = await webgpu({ gpu, powerPreference: "high-performance" });
    assertEquals(fake.asked, { powerPreference: "high-performance" });
    assertEquals(fake.limits["maxStorageBufferBindingSize"], 2 ** 27);
    assertEquals(fake.limits["maxComputeWorkgroupStorageSize"], 32768);
    assertEquals(backend.notice, "runs on a fake");
    // As much as one buffer holds, though a shader binds half of it.
    assertEquals(backend.maxBufferBytes, 2 ** 28);
    backend.dispose();
  });

  it("is asked for the features that we use, unless told not to", async () => {
    const asked = async (
      features: string[],
      language: string[],
      options: { shaderF16?: boolean; subgroups?: boolean } = {},
    ) => {
      const fake = new FakeGpu();
      fake.offers.features.push(...features);
      fake.offers.language.push(...language);
      (await webgpu({ gpu: fake.gpu, ...options })).dispose();
      return fake.features;
    };
    const all = ["shader-f16", "subgroups", "timestamp-query"];
    const numbers = ["subgroup_id"];
    assertEquals(await asked(all, numbers), ["shader-f16", "subgroups"]);
    assertEquals(await asked(["subgroups"], numbers), ["subgroups"]);
    assertEquals(await asked([], numbers), []);
    // wgpu would refuse the directive that Dawn wants.
    assertEquals(await asked(all, []), ["shader-f16"]);
    assertEquals(await asked(all, numbers, { subgroups: false }), [
      "shader-f16",
    ]);
    assertEquals(await asked(all, numbers, { shaderF16: false }), [
      "subgroups",
    ]);
    await refuses({ subgroups: "yes" }, TypeError, "subgroups");
  });

  it("holds tensors on every runtime, under the name that it gets", async () => {
    registerBackend("webgpu-brought", () => webgpu({ gpu: new FakeGpu().gpu }));
    await setBackend("webgpu-brought");
    {
      using x = tensor([1, 2, 3]);
      using flags = tensor([true, false, true]);
      assertEquals(await x.toArray(), [1, 2, 3]);
      assertEquals(await flags.toArray(), [true, false, true]);
    }
    const status = listBackends().find(({ name }) => name === "webgpu-brought");
    assertEquals(status, {
      name: "webgpu-brought",
      available: true,
      reason: "runs on a fake",
    });
    await setBackend(cpuTypedArray());
  });

  it("says with the operation what it had no memory for, and tries anew", async () => {
    const fake = new FakeGpu();
    const backend = await webgpu({ adapter: fake.adapter });
    const kept = backend.alloc("float32", 1000);
    backend.free(kept);
    assertEquals(backend.counters.idleBuffers, 1);
    fake.found.push(new Error("no room"));
    backend.enter("matmul");
    const failed = backend.alloc("float32", 5000);
    backend.enter("add");
    await assertRejects(
      () => backend.read(failed, 0, 1),
      OutOfMemoryError,
      "Cannot matmul as the device has no 20480 bytes left: no room",
    );
    // What was kept for later is given back, and the buffer is not kept.
    assertEquals(backend.counters.idleBuffers, 0);
    backend.free(failed);
    assertEquals(backend.counters.idleBuffers, 0);
    assertEquals(backend.counters.bytes, 0);
    assertEquals(fake.buffers.filter(({ destroyed }) => destroyed).length, 2);
    const next = backend.alloc("float32", 5000);
    assertEquals((await backend.read(next, 0, 2)).length, 2);
    backend.free(next);
    backend.dispose();
  });

  it("that cannot be read says why", async () => {
    const fake = new FakeGpu();
    const backend = await webgpu({ gpu: fake.gpu });
    const x = backend.alloc("int32", 4);
    fake.refusal = new Error("cannot be mapped");
    await assertRejects(
      () => backend.read(x, 0, 4),
      DeviceError,
      "Cannot read from webgpu: Error: cannot be mapped",
    );
    backend.enter("sort");
    fake.fail(new Error("a bind group is wrong"));
    await assertRejects(
      () => backend.read(x, 0, 4),
      DeviceError,
      "Cannot sort on webgpu: a bind group is wrong",
    );
    fake.lose({ reason: "unknown", message: "the driver was reset" });
    await assertRejects(
      () => backend.read(x, 0, 4),
      DeviceError,
      'was lost (the driver was reset): open a new one with await setBackend("webgpu")',
    );
    assert(backend.lost);
    backend.dispose();
  });
});

describeWithAdapter("an adapter", () => {
  it(
    "comes from a GPU, or is passed itself",
    clean(async () => {
      const adapter = await anAdapter();
      const requestAdapter = () => Promise.resolve(adapter);
      const mine = await webgpu({
        gpu: { requestAdapter } as unknown as GPU,
        powerPreference: "low-power",
      });
      assertEquals(await tensor([2], { device: mine }).item(), 2);
      assertStringIncludes(mine.notice, "runs on");
      mine.dispose();
      const direct = await webgpu({
        adapter: await anAdapter(),
      });
      assertEquals(await tensor([3], { device: direct }).item(), 3);
      direct.dispose();
    }),
  );
});
