import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeviceError, tensor } from "@tenfold/core";
import { webgpu } from "../mod.ts";
import { describeWithAdapter, openWith } from "../testing.ts";
import { FakeGpu } from "./testing.ts";

const MIB = 1024 * 1024;
/** Elements of 18 MiB and a bit. */
const LARGE = 4.5 * MIB + 3;

const PERIOD = 65_521;

/** Different numbers everywhere, and others for other seeds. */
function numbers(seed: number, length = LARGE): Float32Array {
  const all = new Float32Array(length);
  const first = all.subarray(0, PERIOD);
  for (let i = 0; i < first.length; i++) first[i] = (i * 7 + seed) % PERIOD;
  for (let at = PERIOD; at < length; at += PERIOD) {
    all.set(first.subarray(0, length - at), at);
  }
  return all;
}

/** Whether both hold the same numbers; a message would be long. */
function isSame(a: ArrayLike<number>, b: Float32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

async function openFake() {
  const fake = new FakeGpu();
  const backend = await webgpu({ gpu: fake.gpu });
  const hold = (seed: number) => {
    const buffer = backend.alloc("float32", LARGE);
    backend.write(buffer, 0, numbers(seed));
    return buffer;
  };
  return { fake, backend, hold };
}

describe("large reads of webgpu", () => {
  it("take 16 MiB of staging buffers, however many there are at once", async () => {
    const { fake, backend, hold } = await openFake();
    const buffers = [1, 2, 3].map(hold);
    await backend.synchronize();
    const before = fake.buffers.length;
    const read = await Promise.all([
      ...buffers.map((buffer) => backend.read(buffer, 0, LARGE)),
      backend.read(buffers[0]!, 5, LARGE - 9),
    ]);
    for (const i of [0, 1, 2]) assert(isSame(read[i]!, numbers(i + 1)));
    assert(isSame(read[3]!, numbers(1).subarray(5, LARGE - 4)));
    const made = fake.buffers.slice(before).reduce(
      (n, { size }) => n + size,
      0,
    );
    assertEquals(made, 16 * MIB);
    backend.dispose();
  });

  it("hold what was there, though it is written, freed or destroyed meanwhile", async () => {
    const { backend, hold } = await openFake();
    const [a, b, c] = [1, 2, 3].map(hold);
    const read = [a!, b!, c!].map((buffer) => backend.read(buffer, 0, LARGE));
    backend.write(a!, 0, numbers(7));
    backend.free(b!);
    await backend.synchronize();
    backend.write(backend.alloc("float32", LARGE), 0, numbers(8));
    // So much is idle that the buffers freed first are destroyed.
    backend.free(c!);
    const others = Array.from(
      { length: 6 },
      () => backend.alloc("float32", 60 * MIB),
    );
    for (const other of others) backend.free(other);
    for (const [i, data] of (await Promise.all(read)).entries()) {
      assert(isSame(data, numbers(i + 1)), `read ${i}`);
    }
    assert(isSame(await backend.read(a!, 0, LARGE), numbers(7)));
    backend.dispose();
  });

  it("fail where a buffer cannot be mapped, and do not keep others from being read", async () => {
    const { fake, backend, hold } = await openFake();
    const [a, b] = [1, 2].map(hold);
    fake.refusal = new Error("no mapping");
    const failing = backend.read(a!, 0, LARGE);
    await assertRejects(() => failing, DeviceError, "no mapping");
    fake.refusal = null;
    assert(isSame(await backend.read(b!, 0, LARGE), numbers(2)));
    const made = fake.buffers.filter(({ size }) => size === 8 * MIB);
    assertEquals(made.filter(({ destroyed }) => !destroyed).length, 2);
    backend.dispose();
  });

  it("fail where the device is lost", async () => {
    const { fake, backend, hold } = await openFake();
    const [a, b] = [1, 2].map(hold);
    const read = [a!, b!].map((buffer) => backend.read(buffer, 0, LARGE));
    fake.refusal = new Error("the device is lost");
    fake.lose({ reason: "unknown", message: "the driver was reset" });
    for (const each of read) {
      await assertRejects(() => each, DeviceError, "the driver was reset");
    }
    backend.dispose();
  });
});

describeWithAdapter("large reads of webgpu from an adapter", () => {
  it("hold what was there before it is changed in place", async () => {
    const gpu = await openWith();
    const size = 5 * MIB;
    const x = tensor(numbers(1, size), { device: gpu });
    const y = tensor(numbers(2, size), { device: gpu });
    const read = [x.data(), y.data()];
    x.add_(y);
    y.fill_(3);
    const sum = x.data();
    x.dispose();
    y.dispose();
    const zeros = tensor(new Float32Array(size), { device: gpu }).add(1);
    assert(isSame(await read[0]!, numbers(1, size)));
    assert(isSame(await read[1]!, numbers(2, size)));
    const right = numbers(1, size);
    numbers(2, size).forEach((value, i) => right[i]! += value);
    assert(isSame(await sum, right));
    zeros.dispose();
    gpu.dispose();
  });

  it("belong to whoever reads", async () => {
    const gpu = await openWith();
    const size = MIB;
    const x = tensor(numbers(1, size), { device: gpu });
    const all: Float32Array[] = [];
    // The first finds out what the runtime hands out.
    for (let i = 0; i < 4; i++) {
      const data = await x.data() as Float32Array;
      assert(isSame(data, numbers(1, size)), `read ${i}`);
      all.push(data.fill(i));
    }
    x.dispose();
    gpu.dispose();
    all.forEach((data, i) => assert(data.every((value) => value === i)));
  });

  it("let timers run, also where one small read follows another", async () => {
    const gpu = await openWith();
    const x = tensor([1, 2, 3], { device: gpu });
    let rings = false;
    const timer = setTimeout(() => rings = true, 1);
    let reads = 0;
    while (!rings && reads < 100_000) {
      assertEquals([...await x.data()], [1, 2, 3]);
      reads++;
    }
    clearTimeout(timer);
    assert(rings, `${reads}`);
    x.dispose();
    gpu.dispose();
  });

  it("are refused once the device is given back", async () => {
    const gpu = await openWith();
    const x = tensor(numbers(1, 5 * MIB), { device: gpu });
    const read = x.data();
    gpu.dispose();
    await assertRejects(() => read, DeviceError);
    x.dispose();
  });
});
