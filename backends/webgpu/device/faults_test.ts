import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DeviceError, IndexError, OutOfMemoryError } from "@tenfold/core";
import { Faults, reporterNumber } from "./faults.ts";

/** A device that finds the errors that a test wants. */
function fakeDevice() {
  const target = new EventTarget();
  const lost = Promise.withResolvers<{ reason: string; message: string }>();
  const found: (Error | null)[] = [];
  const scopes: string[] = [];
  const device = Object.assign(target, {
    lost: lost.promise,
    pushErrorScope: (filter: string) => scopes.push(filter),
    popErrorScope: () => Promise.resolve(found.shift() ?? null),
  });
  return {
    faults: new Faults(device as unknown as GPUDevice),
    scopes,
    found,
    lose: lost.resolve,
    /** Fires the event of an error that no scope caught. */
    fail: (error: Error) =>
      target.dispatchEvent(
        Object.assign(new Event("uncapturederror", { cancelable: true }), {
          error,
        }),
      ),
  };
}

class GPUOutOfMemoryError extends Error {}

describe("errors found later", () => {
  it("are thrown once, by the next check", async () => {
    const { faults, fail } = fakeDevice();
    faults.operation = "matmul";
    fail(new Error("a bind group is\n  wrong"));
    faults.operation = "add";
    fail(new Error("what follows from it"));
    await assertRejects(
      () => faults.check(null),
      DeviceError,
      "Cannot matmul on webgpu: a bind group is wrong",
    );
    await faults.check(null);
  });

  it("tell a lack of memory from other errors", async () => {
    const { faults, fail } = fakeDevice();
    faults.operation = "sort";
    fail(new GPUOutOfMemoryError("no room"));
    await assertRejects(
      () => faults.check(null),
      OutOfMemoryError,
      "Cannot sort as the device is out of memory: no room",
    );
  });

  it("of a watched call are waited for", async () => {
    const { faults, found, scopes } = fakeDevice();
    found.push(new Error("too large"));
    const made = faults.watch(
      "out-of-memory",
      () => 42,
      (message) => new OutOfMemoryError(`Cannot allocate: ${message}`),
    );
    assertEquals(made, 42);
    assertEquals(scopes, ["out-of-memory"]);
    await assertRejects(
      () => faults.check(null),
      OutOfMemoryError,
      "Cannot allocate: too large",
    );
  });

  it("name the index that a shader reports", async () => {
    const { faults } = fakeDevice();
    await faults.check(Int32Array.of(0, 0, 0, 0));
    await assertRejects(
      () => faults.check(Int32Array.of(reporterNumber("gather"), 9, 4, 1)),
      IndexError,
      "Cannot gather as an index is out of range: got 9, expected 0 to 3",
    );
    // A dim without elements has no index that is in range.
    await assertRejects(
      () => faults.check(Int32Array.of(reporterNumber("scatterAdd"), 0, 0, 1)),
      IndexError,
      "got 0, expected none",
    );
  });

  it("of a lost device stay", async () => {
    const { faults, lose } = fakeDevice();
    faults.checkLost();
    lose({ reason: "destroyed", message: "" });
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
