import { afterAll, beforeAll, describe, it as declare } from "@std/testing/bdd";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  DeviceError,
  ones,
  OutOfMemoryError,
  randn,
  registerBackend,
  scope,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import type { Buffer } from "@tenfold/core/backend";
import { VALUE } from "../../core/members.ts";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import type { WebgpuBackend } from "./backend.ts";
import { clean, describeWithAdapter, openWith } from "./testing.ts";

const it = (name: string, test: () => void | Promise<void>): void =>
  declare(name, clean(test));

describeWithAdapter("webgpu", () => {
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openWith();
  });
  afterAll(() => gpu.dispose());

  describe("values", () => {
    it("hold what was written, in every dtype", async () => {
      for (const dtype of ["float32", "int32", "bool"] as const) {
        const x = tensor([1, 0, 1, 1, 0], { dtype, device: gpu });
        assertEquals([...await x.data()], [1, 0, 1, 1, 0]);
        assertEquals([...await x.slice(0, 1, 4).data()], [0, 1, 1]);
      }
      assertEquals((await zeros([0, 3], { device: gpu }).data()).length, 0);
    });

    it("come from shared and resizable memory as from any other", async () => {
      const memories = [
        new SharedArrayBuffer(16),
        new ArrayBuffer(16, { maxByteLength: 32 }),
      ];
      for (const memory of memories) {
        const before = tensor([9, 9, 9, 9], { device: gpu }).add(1);
        const floats = new Float32Array(memory).fill(1.5);
        const x = tensor(floats, { device: gpu });
        assertEquals([...await x.data()], [1.5, 1.5, 1.5, 1.5]);
        const ints = new Int32Array(memory, 4, 2).fill(-7);
        const y = tensor(ints, { device: gpu });
        assertEquals([...await y.data()], [-7, -7]);
        // Into a buffer that recorded work uses, too.
        const z = tensor([0, 0, 0, 0], { device: gpu });
        const sum = before.add(z);
        z.copy_(tensor(floats.fill(2), { device: gpu }));
        assertEquals([...await z.data()], [2, 2, 2, 2]);
        assertEquals([...await sum.data()], [10, 10, 10, 10]);
      }
    });

    it("are not read without waiting", () => {
      const x = tensor([1, 2], { device: gpu });
      assertThrows(() => x.dataSync(), DeviceError, "await");
      assertThrows(() => x.sum().itemSync(), DeviceError, "await");
      assertStringIncludes(x.toString(), "await");
    });

    it("keep the order of writes and of the work between them", async () => {
      const x = gpu.alloc("float32", 4);
      const y = tensor([0, 0, 0, 0], { device: gpu });
      const sums: Promise<unknown>[] = [];
      const copy = gpu.prepare({
        kind: "map",
        rank: 1,
        outputs: [{ dtype: "float32", access: "dense" }],
        inputs: [{ dtype: "float32", access: "dense" }],
        exprs: [{ kind: "arg", index: 0, dtype: "float32" }],
        scalars: 0,
      })!;
      const copies = [1, 2, 3].map((value) => {
        gpu.write(x, 0, new Float32Array(4).fill(value));
        const out = gpu.alloc("float32", 4);
        copy({
          shape: [4],
          buffers: [out, x],
          offsets: [0, 0],
          strides: [[1], [1]],
          scalars: [],
        });
        return out;
      });
      for (const [i, out] of copies.entries()) {
        sums.push(
          gpu.read(out, 0, 1).then(([value]) => {
            assertEquals(value, i + 1);
          }),
        );
      }
      await Promise.all(sums);
      y.dispose();
    });

    it("keep that order for more than an upload buffer holds", async () => {
      const size = 400_000;
      const x = tensor(new Float32Array(size), { device: gpu });
      const parts = [];
      for (let i = 1; i <= 3; i++) {
        x.copy_(tensor(new Float32Array(size).fill(i), { device: gpu }));
        parts.push(x.add(0.5));
      }
      for (const [i, part] of parts.entries()) {
        assertEquals((await part.data())[size - 1], i + 1.5);
      }
    });

    it("are read as they were, though their buffer is used again at once", async () => {
      const own = await openWith();
      const x = own.alloc("float32", 3);
      own.write(x, 0, Float32Array.of(1, 2, 3));
      await own.synchronize();
      const pending = own.read(x, 0, 3);
      own.free(x);
      const y = own.alloc("float32", 3);
      own.write(y, 0, Float32Array.of(7, 8, 9));
      assertEquals([...await pending], [1, 2, 3]);
      assertEquals([...await own.read(y, 0, 3)], [7, 8, 9]);
      own.dispose();
    });

    it("are unharmed by buffers that are used again while work waits", async () => {
      const kept = [];
      for (let i = 0; i < 400; i++) {
        const x = tensor([i, i + 1], { device: gpu });
        kept.push(x.mul(2));
        x.dispose();
      }
      for (const [i, y] of kept.entries()) {
        assertEquals([...await y.data()], [2 * i, 2 * i + 2]);
      }
    });
  });

  describe("work", () => {
    it("is submitted once for all that is read together", async () => {
      const x = randn([8, 8], { device: gpu });
      const compute = () => {
        const y = x.matmul(x).add(1).relu();
        return [y, y.sum()] as const;
      };
      // Kernels that nobody knows to compile are submitted alone.
      await compute()[1].item();
      const before = gpu.counters;
      const [y, z] = compute();
      await Promise.all([y.data(), z.item(), x.data()]);
      const after = gpu.counters;
      assertEquals(after.submits - before.submits, 1);
      assertEquals(after.reads - before.reads, 3);
      assert(after.dispatches - before.dispatches >= 4);
    });

    it("is submitted when much of it has gathered", async () => {
      const before = gpu.counters.submits;
      let x = tensor([0], { device: gpu });
      for (let i = 0; i < 1000; i++) x = x.add(1);
      assert(gpu.counters.submits - before >= 3);
      assertEquals(await x.item(), 1000);
    });

    it("leaves buffers and bytes where they were, over 1,000 steps", async () => {
      // A device of its own, whose counts are of these steps alone.
      const own = await openWith();
      const w = randn([10, 20], { device: own }).detach().requiresGrad_();
      const step = async (read: boolean) => {
        using _ = scope();
        const x = randn([16, 20], { device: own });
        const loss = x.matmul(w.t()).square().mean();
        loss.backward();
        w.grad!.mul_(-0.01);
        w.detach().add_(w.grad!);
        w.grad = null;
        if (read) await loss.item();
      };
      for (let i = 0; i < 10; i++) await step(i % 5 === 4);
      const before = own.counters;
      for (let i = 0; i < 1000; i++) await step(i % 50 === 49);
      const after = own.counters;
      assertEquals(after.buffers, before.buffers);
      assertEquals(after.bytes, before.bytes);
      assertEquals(after.idleBytes, before.idleBytes);
      assertEquals(after.pipelines, before.pipelines);
      own.dispose();
    });

    it("is done after synchronize", async () => {
      const x = tensor([1], { device: gpu }).add(1);
      await gpu.synchronize();
      assertEquals(await x.item(), 2);
    });
  });

  describe("limits", () => {
    it("are named where a buffer would be too large", async () => {
      const small = await openWith({ maxBufferBytes: 1024 });
      assertThrows(
        () => zeros([300], { device: small }),
        OutOfMemoryError,
        "one buffer holds at most 1024 bytes",
      );
      // A bool takes as much as any other element here.
      assertThrows(
        () => zeros([300], { dtype: "bool", device: small }),
        OutOfMemoryError,
        "at most 1024 bytes",
      );
      assertEquals(await zeros([256], { device: small }).sum().item(), 0);
      small.dispose();
    });

    it("do not refuse a product whose parts would not fit", async () => {
      const small = await openWith({ maxBufferBytes: 16384 });
      const x = ones([64, 1], { device: small }).expand([64, 20_000]);
      const y = x.matmul(x.t());
      assertEquals(await y.sum().item(), 64 * 64 * 20_000);
      small.dispose();
    });

    it("on workgroups do not limit sizes", async () => {
      const narrow = await openWith({ maxGroups: 8, workgroup: 64 });
      const x = tensor(new Float32Array(4000).fill(1), { device: narrow });
      assertEquals(await x.add(1).sum().item(), 8000);
      assertEquals((await x.cumsum(0).data())[3999], 4000);
      narrow.dispose();
    });
  });

  describe("errors that the device finds later", () => {
    /** Runs a kernel that no device compiles: a bool is added to itself. */
    function fail(on: WebgpuBackend, operation: string, out: Buffer): void {
      on.enter(operation);
      on.prepare({
        kind: "map",
        rank: 1,
        outputs: [{ dtype: "float32", access: "strided" }],
        inputs: [],
        exprs: [{
          kind: "call",
          fn: "add",
          args: [1, 2].map(() => ({
            kind: "const",
            value: 1,
            dtype: "bool",
          })),
          dtype: "float32",
        }],
        scalars: 0,
      })!({
        shape: [1],
        buffers: [out],
        offsets: [0],
        strides: [[1]],
        scalars: [],
      });
    }
    /** The buffer of a tensor. */
    function bufferOf(x: Tensor): Buffer {
      return x[VALUE].storage.buffer;
    }
    const refuses = (x: Tensor, message: string) =>
      assertRejects(() => x.data(), DeviceError, message);

    it("come out of every read of what was to be written, with the operation's name", async () => {
      const failing = await openWith();
      const out = failing.alloc("float32", 1);
      fail(failing, "frobnicate", out);
      failing.enter("add");
      for (let i = 0; i < 3; i++) {
        await assertRejects(
          () => failing.read(out, 0, 1),
          DeviceError,
          "Cannot frobnicate on webgpu as the kernel map does not compile",
        );
      }
      // A kernel that is known not to compile fails at once, by itself.
      const again = failing.alloc("float32", 1);
      fail(failing, "frobnicate again", again);
      await assertRejects(
        () => failing.read(again, 0, 1),
        DeviceError,
        "Cannot frobnicate on webgpu",
      );
      failing.dispose();
    });

    it("leave alone what was recorded before and after in one batch", async () => {
      const failing = await openWith();
      const x = tensor([1, 2, 3], { device: failing });
      const known = x.add(1);
      await known.data();
      const before = x.add(1);
      const cold = x.mul(3);
      const bad = zeros([1], { device: failing });
      fail(failing, "frobnicate", bufferOf(bad));
      const after = before.add(1);
      const other = x.sub(5);
      // Whichever is read first.
      assertEquals([...await after.data()], [3, 4, 5]);
      assertEquals([...await other.data()], [-4, -3, -2]);
      await refuses(bad, "Cannot frobnicate");
      assertEquals([...await before.data()], [2, 3, 4]);
      assertEquals([...await cold.data()], [3, 6, 9]);
      failing.dispose();
    });

    it("go on to what is computed from it, in place and through views, and to nothing else", async () => {
      const failing = await openWith();
      const bad = ones([1], { device: failing });
      const x = ones([4], { device: failing });
      const target = ones([4], { device: failing });
      const kept = ones([4], { device: failing });
      fail(failing, "frobnicate", bufferOf(bad));
      const sum = x.add(bad);
      const gathered = sum.gather(
        0,
        tensor([0, 1], { dtype: "int32", device: failing }),
      );
      target.add_(sum);
      kept.slice(0, 0, 1).copy_(bad);
      const clean = x.gather(
        0,
        tensor([0, 3], { dtype: "int32", device: failing }),
      );
      for (let round = 0; round < 2; round++) {
        for (const tainted of [sum, gathered, target, kept, sum.mean()]) {
          await refuses(tainted, "Cannot frobnicate");
        }
        assertEquals([...await x.data()], [1, 1, 1, 1]);
        assertEquals([...await clean.data()], [1, 1]);
      }
      failing.dispose();
    });

    it("end where all of it is written anew", async () => {
      const failing = await openWith();
      const bad = ones([3], { device: failing });
      fail(failing, "frobnicate", bufferOf(bad));
      await refuses(bad, "Cannot frobnicate");
      bad.slice(0, 0, 2).fill_(4);
      await refuses(bad, "Cannot frobnicate");
      bad.fill_(4);
      assertEquals([...await bad.data()], [4, 4, 4]);
      fail(failing, "frobnicate", bufferOf(bad));
      failing.write(bufferOf(bad), 0, Float32Array.of(1, 2, 3));
      assertEquals([...await bad.data()], [1, 2, 3]);
      // Nor do they stay with a buffer that goes to somebody else.
      fail(failing, "frobnicate", bufferOf(bad));
      await refuses(bad, "Cannot frobnicate");
      bad.dispose();
      const next = failing.alloc("float32", 3);
      await failing.read(next, 0, 3);
      failing.dispose();
    });

    it("are told by synchronize where nobody reads what failed", async () => {
      const failing = await openWith();
      const out = failing.alloc("float32", 1);
      fail(failing, "frobnicate", out);
      await assertRejects(
        () => failing.synchronize(),
        DeviceError,
        "Cannot frobnicate",
      );
      await failing.synchronize();
      failing.dispose();
    });

    it("of memory that is not there stay with it, and harm nothing else", async () => {
      // More than the device takes, which it says later.
      const greedy = await openWith({ maxBufferBytes: 2 ** 40 });
      const x = ones([3], { device: greedy });
      await x.add(1).data();
      const before = x.add(1);
      const large = zeros([2 ** 31 - 1], { device: greedy });
      const from = large.slice(0, 0, 3).add(x);
      const after = before.mul(2);
      await Promise.all([
        assertRejects(
          () => large.slice(0, 0, 3).data(),
          OutOfMemoryError,
          "Cannot full as the device has no",
        ),
        after.data().then((data) => assertEquals([...data], [4, 4, 4])),
      ]);
      for (let i = 0; i < 2; i++) {
        await assertRejects(() => from.data(), OutOfMemoryError, "Cannot full");
        await assertRejects(
          () => large.slice(0, 5, 6).data(),
          OutOfMemoryError,
        );
        assertEquals([...await before.data()], [2, 2, 2]);
      }
      greedy.dispose();
    });

    it("are said of a device that was lost, by all that follows", async () => {
      const lost = await openWith();
      const x = tensor([1, 2, 3], { device: lost });
      await x.data();
      const pending = x.add(1).data();
      lost.dispose();
      await assertRejects(() => pending, DeviceError, "lost");
      assert(lost.lost);
      await assertRejects(() => x.data(), DeviceError, "setBackend");
      assertThrows(() => x.add(1), DeviceError, "lost");
    });

    it("of a lost device are mended by opening a new one", async () => {
      let opened: WebgpuBackend[] = [];
      registerBackend("webgpu-under-test", async () => {
        const backend = await openWith();
        opened.push(backend);
        return backend;
      });
      await setBackend("webgpu-under-test");
      opened[0]!.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await setBackend("webgpu-under-test");
      assertEquals(opened.length, 2);
      assertEquals(await tensor([1, 2]).sum().item(), 3);
      await setBackend(cpuTypedArray());
      for (const backend of opened) backend.dispose();
      opened = [];
    });
  });
});
