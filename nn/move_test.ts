import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, pause, renamed, withoutAsyncContext } from "./_testing.ts";
import {
  DeviceError,
  isGradEnabled,
  memory,
  noGrad,
  ones,
  registerBackend,
} from "@tenfold/core";
import { BatchNorm1d, Linear, Sequential } from "./mod.ts";

/** A device that can only be read by waiting, some milliseconds. */
function slow(name: string, ms: number) {
  const { readSync: _, read, ...rest } = renamed(name);
  return {
    ...rest,
    read: async (...of: Parameters<typeof read>) => {
      await pause(ms);
      return await read(...of);
    },
  };
}

for (
  const [runtime, on] of [
    ["where tasks can be told apart", (test: () => Promise<void>) => test()],
    ["where they cannot", withoutAsyncContext],
  ] as const
) {
  describe(`modules that move at once, ${runtime}`, () => {
    it(
      "come to one device and leave recording on",
      clean(() =>
        on(async () => {
          let opened = 0;
          registerBackend("moving", async () => {
            opened++;
            await pause(3);
            return renamed("moving");
          });
          using a = new Sequential(new Linear(3, 2), new Linear(2, 2));
          using b = new Linear(3, 2);
          const during = pause(1).then(isGradEnabled);
          await Promise.all([a.to("moving"), b.to("moving"), during]);
          assertEquals(await during, true);
          assertEquals(isGradEnabled(), true);
          const devices = [...a.parameters(), ...b.parameters()].map((p) =>
            p.device
          );
          assert(devices.every((device) => device === devices[0]));
          assertEquals([devices[0]!.name, opened <= 1], ["moving", true]);
          using x = ones([1, 3], { device: devices[0]! });
          a.forward(x).add(b.forward(x)).sum().backward();
          assert(a.parameters().every(({ grad }) => grad !== null));
        })
      ),
    );

    it(
      "go where they were asked to last",
      clean(() =>
        on(async () => {
          using model = new Linear(3, 2);
          const [near, far] = [slow("near", 1), slow("far", 4)];
          const before = model.weight.toArraySync();
          await Promise.all([model.to(far), model.to(near)]);
          assertEquals(model.weight.device.name, "near");
          await Promise.all([model.to(far), model.to(near), model.to(far)]);
          assertEquals(model.weight.device.name, "far");
          assertEquals(model.bias!.device.name, "far");
          assertEquals(await model.weight.toArray(), before);
        })
      ),
    );

    it(
      "are refused, and stay, where a step changes them meanwhile",
      clean(() =>
        on(async () => {
          const device = slow("stepping", 2);
          using model = new Linear(3, 2);
          await model.to(device);
          const { tensors } = memory();
          const moving = model.to("cpu-typedarray");
          await pause(1);
          noGrad(() => model.weight.fill_(7));
          await assertRejects(
            () => moving,
            DeviceError,
            "Cannot move Linear as a tensor of shape [2, 3] in it was changed meanwhile: await the steps that change it first",
          );
          assertEquals(model.weight.device.name, "stepping");
          assertEquals(memory().tensors, tensors);
          await model.to("cpu-typedarray");
          assertEquals(model.weight.toArraySync(), [[7, 7, 7], [7, 7, 7]]);
        })
      ),
    );
  });
}

describe("a module that becomes another dtype", () => {
  it(
    "keeps its parameters, their gradients and its integers",
    clean(async () => {
      const model = new Sequential(new Linear(2, 2), new BatchNorm1d(2));
      const [weight] = model.parameters();
      model.forward(ones([3, 2])).sum().backward();
      for (const dtype of ["float64", "float16", "float32"] as const) {
        assertEquals(await model.to({ dtype }), model);
        assertEquals(model.parameters()[0], weight);
        for (const parameter of model.parameters()) {
          assertEquals(parameter.dtype, dtype);
          assertEquals(parameter.grad?.dtype, dtype);
          assert(parameter.isLeaf && parameter.requiresGrad);
        }
        const dtypes = model.buffers().map(({ dtype }) => dtype);
        assertEquals(dtypes, [dtype, dtype, "int32"]);
        const x = ones([3, 2], { dtype });
        assertEquals(model.forward(x).dtype, dtype);
      }
      model.dispose();
    }),
  );

  it(
    "takes half the bytes as float16",
    clean(async () => {
      const sizes: number[] = [];
      for (const dtype of ["float32", "float16"] as const) {
        const before = memory().bytes;
        const model = await new Linear(64, 64).to({ dtype });
        sizes.push(memory().bytes - before);
        model.dispose();
      }
      assertEquals(sizes[1]! * 2, sizes[0]);
    }),
  );

  it(
    "moves with it, and refuses what is no float",
    clean(async () => {
      const model = new Linear(2, 2);
      await model.to({ device: renamed("afar"), dtype: "float16" });
      assertEquals(model.weight.device.name, "afar");
      assertEquals(model.weight.dtype, "float16");
      await assertRejects(
        () => model.to({ dtype: "int32" as "float32" }),
        RangeError,
        "dtype must be one of float16, float32, float64",
      );
      await assertRejects(
        () => model.to({ dtype: "float32", place: 1 } as never),
        TypeError,
        "place",
      );
      assertEquals(model.weight.dtype, "float16");
      model.dispose();
    }),
  );
});
