import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DeviceError, IndexError, OutOfMemoryError } from "@tenfold/core";
import { FakeGpu } from "./testing.ts";
import { DeferredErrors } from "./deferred_errors.ts";
import { Outcome } from "./outcome.ts";

function fakeDevice() {
  const fake = new FakeGpu();
  return { fake, errors: new DeferredErrors(fake.device) };
}

class GPUOutOfMemoryError extends Error {}

describe("errors found later", () => {
  it("are thrown once, by the next check", async () => {
    const { fake, errors } = fakeDevice();
    errors.operation = "matmul";
    fake.fail(new Error("a bind group is\n  wrong"));
    errors.operation = "add";
    fake.fail(new Error("what follows from it"));
    await assertRejects(
      () => errors.check(null, null),
      DeviceError,
      "Cannot matmul on webgpu: a bind group is wrong",
    );
    await errors.check(null, null);
  });

  it("tell a lack of memory from other errors", async () => {
    const { fake, errors } = fakeDevice();
    errors.operation = "sort";
    fake.fail(new GPUOutOfMemoryError("no room"));
    await assertRejects(
      () => errors.check(null, null),
      OutOfMemoryError,
      "Cannot sort as the device is out of memory: no room",
    );
  });

  it("of a watched call are waited for, and stay with what it made", async () => {
    const { fake, errors } = fakeDevice();
    errors.operation = "allocate";
    fake.found.push(new Error("too large"));
    const outcome = new Outcome();
    const made = errors.watch(
      () => 42,
      outcome,
      ({ message }, operation) =>
        new OutOfMemoryError(`Cannot ${operation}: ${message}`),
    );
    assertEquals(made, 42);
    assertEquals(fake.scopes, ["internal", "out-of-memory", "validation"]);
    errors.operation = "add";
    for (let i = 0; i < 2; i++) {
      await assertRejects(
        () => errors.check(outcome, null),
        OutOfMemoryError,
        "Cannot allocate: too large",
      );
    }
    // Who reads something else is not harmed.
    await errors.check(new Outcome(), null);
    await errors.check(null, null);
    errors.checkUnmet();
  });

  it("are met once where nobody reads what they harmed", async () => {
    const { fake, errors } = fakeDevice();
    errors.operation = "sort";
    fake.found.push(new Error("no such thing"));
    errors.watch(() => {}, new Outcome());
    await errors.check(null, null);
    assertThrows(
      () => errors.checkUnmet(),
      DeviceError,
      "Cannot sort on webgpu: no such thing",
    );
    errors.checkUnmet();
  });

  it("of every kind are asked for", async () => {
    for (const kind of [0, 1, 2]) {
      const { fake, errors } = fakeDevice();
      for (let i = 0; i < kind; i++) fake.found.push(null);
      fake.found.push(new GPUOutOfMemoryError("no room"));
      const outcome = new Outcome();
      errors.watch(() => {}, outcome);
      await assertRejects(() => errors.check(outcome, null), OutOfMemoryError);
    }
  });

  it("that no call was asked for harm what is on its way", async () => {
    const { fake, errors } = fakeDevice();
    const [before, work] = [new Outcome(), new Outcome()];
    errors.watch(() => {}, before);
    await errors.check(before, null);
    errors.operation = "sort";
    errors.watch(() => {}, work, errors.describe, ["validation"]);
    fake.fail(new GPUOutOfMemoryError("no room"));
    for (let i = 0; i < 2; i++) {
      await assertRejects(
        () => errors.check(work, null),
        OutOfMemoryError,
        "Cannot sort",
      );
    }
    assert(before.good);
  });

  it("of an index outlast an error that is thrown first", async () => {
    const { fake, errors } = fakeDevice();
    errors.operation = "gather";
    const report = Int32Array.of(errors.reporter(), 9, 4, 1);
    fake.fail(new Error("a bind group is wrong"));
    await assertRejects(() => errors.check(null, report), DeviceError, "bind");
    await assertRejects(() => errors.check(null, null), IndexError, "got 9");
    await errors.check(null, null);
  });

  it("name the index that a shader reports", async () => {
    const { errors } = fakeDevice();
    await errors.check(null, Int32Array.of(0, 0, 0, 0));
    errors.operation = "gather";
    const gather = errors.reporter();
    errors.operation = "scatterAdd";
    const scatterAdd = errors.reporter();
    assertEquals(errors.reporter(), scatterAdd);
    await assertRejects(
      () => errors.check(null, Int32Array.of(gather, 9, 4, 1)),
      IndexError,
      "Cannot gather as an index is out of range: got 9, expected 0 to 3",
    );
    // A dim without elements has no index that is in range.
    await assertRejects(
      () => errors.check(null, Int32Array.of(scatterAdd, 0, 0, 1)),
      IndexError,
      "got 0, expected none",
    );
  });

  it("of a lost device stay", async () => {
    const { fake, errors } = fakeDevice();
    errors.checkLost();
    fake.lose({ reason: "destroyed", message: "" });
    await Promise.resolve();
    for (let i = 0; i < 2; i++) {
      await assertRejects(
        () => errors.check(null, null),
        DeviceError,
        'its device was lost (destroyed): open a new one with await setBackend("webgpu")',
      );
      assertThrows(() => errors.checkLost(), DeviceError, "lost");
    }
  });
});
