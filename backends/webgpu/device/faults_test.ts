import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DeviceError, IndexError, OutOfMemoryError } from "@tenfold/core";
import { FakeGpu } from "./_testing.ts";
import { Faults } from "./faults.ts";

function fakeDevice() {
  const fake = new FakeGpu();
  return { fake, faults: new Faults(fake.device) };
}

class GPUOutOfMemoryError extends Error {}

describe("errors found later", () => {
  it("are thrown once, by the next check", async () => {
    const { fake, faults } = fakeDevice();
    faults.operation = "matmul";
    fake.fail(new Error("a bind group is\n  wrong"));
    faults.operation = "add";
    fake.fail(new Error("what follows from it"));
    await assertRejects(
      () => faults.check(null),
      DeviceError,
      "Cannot matmul on webgpu: a bind group is wrong",
    );
    await faults.check(null);
  });

  it("tell a lack of memory from other errors", async () => {
    const { fake, faults } = fakeDevice();
    faults.operation = "sort";
    fake.fail(new GPUOutOfMemoryError("no room"));
    await assertRejects(
      () => faults.check(null),
      OutOfMemoryError,
      "Cannot sort as the device is out of memory: no room",
    );
  });

  it("of a watched call are waited for", async () => {
    const { fake, faults } = fakeDevice();
    fake.found.push(new Error("too large"));
    const made = faults.watch(
      "out-of-memory",
      () => 42,
      (message) => new OutOfMemoryError(`Cannot allocate: ${message}`),
    );
    assertEquals(made, 42);
    assertEquals(fake.scopes, ["out-of-memory"]);
    await assertRejects(
      () => faults.check(null),
      OutOfMemoryError,
      "Cannot allocate: too large",
    );
  });

  it("are thrown as the one that the others followed from", async () => {
    const { fake, faults } = fakeDevice();
    fake.found.push(new Error("a bool is added"));
    faults.watch("validation", () => {}, (message) => new DeviceError(message));
    fake.fail(new Error("a pipeline is invalid due to a previous error"));
    await assertRejects(
      () => faults.check(null),
      DeviceError,
      "a bool is added",
    );
    await faults.check(null);
  });

  it("name the index that a shader reports", async () => {
    const { faults } = fakeDevice();
    await faults.check(Int32Array.of(0, 0, 0, 0));
    faults.operation = "gather";
    const gather = faults.reporter();
    faults.operation = "scatterAdd";
    const scatterAdd = faults.reporter();
    assertEquals(faults.reporter(), scatterAdd);
    await assertRejects(
      () => faults.check(Int32Array.of(gather, 9, 4, 1)),
      IndexError,
      "Cannot gather as an index is out of range: got 9, expected 0 to 3",
    );
    // A dim without elements has no index that is in range.
    await assertRejects(
      () => faults.check(Int32Array.of(scatterAdd, 0, 0, 1)),
      IndexError,
      "got 0, expected none",
    );
  });

  it("of a lost device stay", async () => {
    const { fake, faults } = fakeDevice();
    faults.checkLost();
    fake.lose({ reason: "destroyed", message: "" });
    await Promise.resolve();
    for (let i = 0; i < 2; i++) {
      await assertRejects(
        () => faults.check(null),
        DeviceError,
        'its device was lost (destroyed): open a new one with await setBackend("webgpu")',
      );
      assertThrows(() => faults.checkLost(), DeviceError, "lost");
    }
  });
});
