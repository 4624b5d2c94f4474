import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on, renamed, waiting } from "./_testing.ts";
import { ones } from "./creation.ts";
import { DeviceError } from "./errors.ts";
import {
  currentBackend,
  listBackends,
  probeBackends,
  registerBackend,
  setBackend,
} from "./registry.ts";

describe("backends", () => {
  it(
    "are chosen by name while the program runs",
    clean(async () => {
      registerBackend("second", () => renamed("second"));
      await setBackend("second");
      const x = ones([1]);
      assertEquals(x.device.name, "second");
      assertEquals(currentBackend().name, "second");
      await setBackend("cpu-typedarray");
      assertEquals(ones([1]).device.toString(), "cpu-typedarray");
      assertEquals(x.add(1).device.name, "second");
    }),
  );

  it("are listed with the reason why they cannot be used", async () => {
    registerBackend("broken", () => {
      throw new Error("no adapter was found");
    });
    registerBackend("probed", () => renamed("probed"), {
      probe: () => "no SIMD",
    });
    await assertRejects(
      () => setBackend("broken"),
      DeviceError,
      "no adapter was found",
    );
    const list = listBackends();
    assertEquals(list.find((b) => b.name === "broken"), {
      name: "broken",
      available: false,
      reason: "no adapter was found",
    });
    assertEquals(list.find((b) => b.name === "probed")?.reason, "no SIMD");
    const probed = await probeBackends();
    assert(probed.find((b) => b.name === "cpu-typedarray")?.available);
  });

  it(
    "that open asynchronously must be awaited",
    clean(async () => {
      registerBackend("slow", async () => {
        await Promise.resolve();
        return renamed("slow");
      });
      assertThrows(
        () => ones([1], { device: "slow" }),
        DeviceError,
        'await setBackend("slow")',
      );
      await setBackend("slow");
      assertEquals(ones([1]).device.name, "slow");
      await setBackend("cpu-typedarray");
    }),
  );

  it("refuse unknown names and list the known ones", async () => {
    await assertRejects(
      () => setBackend("cuda"),
      DeviceError,
      'Cannot find backend "cuda": the known ones are cpu-typedarray',
    );
  });

  it(
    "say that they only read asynchronously",
    clean(() =>
      on(waiting("asynchronous"), async () => {
        const x = ones([2]);
        assertThrows(() => x.dataSync(), DeviceError, "await tensor.data()");
        assertEquals(await x.toArray(), [1, 1]);
        assertEquals(
          String(x),
          "Tensor(shape [2], float32, on asynchronous: await tensor.toText() for the values)",
        );
      })
    ),
  );
});
