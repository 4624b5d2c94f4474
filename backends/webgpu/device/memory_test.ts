import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { memory, OutOfMemoryError, tensor } from "@tenfold/core";
import { webgpu } from "../mod.ts";
import { FakeGpu } from "./testing.ts";

const MIB = 1024 * 1024;
/** Elements of 64 MiB. */
const LARGE = 16 * MIB;

/** Allocates as many buffers at once, and frees them. */
function use(backend: Awaited<ReturnType<typeof webgpu>>, count: number) {
  const buffers = Array.from(
    { length: count },
    () => backend.alloc("float32", LARGE),
  );
  for (const buffer of buffers) backend.free(buffer);
}

describe("the buffers that webgpu keeps", () => {
  it("are as many as were in use, up to eight times the largest", async () => {
    const fake = new FakeGpu();
    const backend = await webgpu({ gpu: fake.gpu });
    assertEquals(backend.maxBufferBytes, 256 * MIB);
    use(backend, 10);
    assertEquals(backend.counters.idleBytes, 640 * MIB);
    use(backend, 10);
    assertEquals(fake.buffers.filter(({ destroyed }) => destroyed).length, 0);
    use(backend, 20);
    assertEquals(backend.counters.idleBytes, 1024 * MIB);
    assertEquals(backend.reservedBytes, 1024 * MIB);
    backend.dispose();
  });

  it("are given back where they have not been used for long", async () => {
    const backend = await webgpu({ gpu: new FakeGpu().gpu });
    use(backend, 10);
    const small = backend.alloc("float32", 4);
    for (let i = 0; i < 3000; i++) {
      await backend.read(small, 0, 1);
      backend.free(backend.alloc("float32", 400));
    }
    backend.free(small);
    const { idleBytes } = backend.counters;
    assert(idleBytes <= 256 * MIB, `${idleBytes} bytes are idle`);
    backend.dispose();
  });

  it("are all given back where the device has no room, and fewer are kept from then on", async () => {
    const fake = new FakeGpu();
    const backend = await webgpu({ gpu: fake.gpu });
    use(backend, 10);
    fake.found.push(new Error("no room"));
    const failed = backend.alloc("float32", 1000);
    await assertRejects(() => backend.read(failed, 0, 1), OutOfMemoryError);
    backend.free(failed);
    assertEquals(backend.counters.idleBytes, 0);
    use(backend, 10);
    assert(backend.counters.idleBytes <= 321 * MIB);
    backend.dispose();
  });

  it("are told by memory() where it is asked", async () => {
    const backend = await webgpu({ gpu: new FakeGpu().gpu });
    const before = memory({ reserved: true }).reserved!;
    const x = tensor([1, 2, 3], { device: backend });
    assertEquals(memory({ reserved: true }).reserved! - before, 256);
    x.dispose();
    assertEquals(memory({ reserved: true }).reserved! - before, 256);
    assertEquals("reserved" in memory(), false);
    backend.dispose();
  });
});
