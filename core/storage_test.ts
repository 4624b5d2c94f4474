import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on, pause, renamed } from "./_testing.ts";
import { memory, ones, OutOfMemoryError, type Tensor, zeros } from "./mod.ts";

function makeOnes(count: number): Tensor[] {
  return Array.from({ length: count }, () => {
    const made = ones([10]);
    // A call in the last place would leave no frame in JavaScriptCore.
    return made.released ? zeros([1]) : made;
  });
}

describe("memory()", () => {
  it(
    "lists live tensors by the place that made them, once it is asked",
    clean(() => {
      const before = ones([5]);
      try {
        assertEquals(memory({ report: true }).report, []);
        const kept = makeOnes(3);
        const other = zeros([1000]).add(1);
        kept[0]!.dispose();
        const view = other.reshape([10, 100]);
        const { report } = memory({ report: true });
        assertEquals(
          report!.map(({ tensors, bytes }) => [tensors, bytes]),
          // zeros, what add makes of it, the two that are left, the view
          [[1, 4000], [1, 4000], [2, 80], [1, 0]],
        );
        for (const { place } of report!) {
          assertMatch(place, /core\/storage_test\.ts:\d+:\d+$/);
        }
        for (const tensor of [...kept, other, view]) tensor.dispose();
        const [last, ...none] = memory({ report: true }).report!;
        assertEquals([last!.tensors, last!.bytes, none], [1, 4000, []]);
      } finally {
        memory({ report: false });
        before.dispose();
      }
    }),
  );

  it(
    "reports nothing and costs nothing unless it is asked",
    clean(() => {
      makeOnes(1);
      assert(!("report" in memory()));
      memory({ report: true });
      memory({ report: false });
      makeOnes(1);
      assertEquals(memory({ report: true }).report, []);
      memory({ report: false });
    }),
  );

  it(
    "forgets what the program has released, however much that is",
    clean(() => {
      memory({ report: true });
      for (let i = 0; i < 5000; i++) ones([1]).dispose();
      assertEquals(memory({ report: true }).report, []);
      memory({ report: false });
    }),
  );

  it(
    "lets the peak begin anew",
    clean(() => {
      ones([100_000]).dispose();
      const past = memory({ resetPeak: true });
      assert(past.peakBytes >= 400_000 + past.bytes);
      assertEquals(memory().peakBytes, past.bytes);
      ones([1000]).dispose();
      assertEquals(memory().peakBytes, past.bytes + 4000);
    }),
  );

  it("refuses options that it does not know", () => {
    assertThrows(
      () => memory({ reset: true } as never),
      TypeError,
      "there is no such option: got reset, did you mean resetPeak?",
    );
    assertThrows(
      () => memory({ report: "all" } as never),
      TypeError,
      'report must be true or false: got "all"',
    );
  });
});

describe("what a program forgets", () => {
  it("is freed where it awaits reads, the last few small ones too", async () => {
    const backend = renamed("forgetful");
    const { alloc, free } = backend;
    const small = new Set<unknown>();
    Object.defineProperty(backend, "collected", { value: false });
    backend.alloc = (dtype, size) => {
      const buffer = alloc(dtype, size);
      if (size === 8) small.add(buffer);
      return buffer;
    };
    backend.free = (buffer) => {
      small.delete(buffer);
      free(buffer);
    };
    await on(backend, async () => {
      for (let i = 0; i < 10; i++) ones([8]);
      assertEquals(small.size, 10);
      for (let step = 0; step < 10_000 && small.size > 0; step++) {
        using x = ones([1000]);
        await x.data();
        // Address space that counts as memory makes the collector look.
        if (step % 64 === 63) void new ArrayBuffer(2 ** 28);
      }
      assertEquals(small.size, 0);
    });
  });

  it(
    "is not freed twice, nor counted twice, where it is released",
    clean(async () => {
      const { buffers, tensors } = memory();
      // More than stay young, both small and large.
      const made = Array.from(
        { length: 200 },
        (_, i) => ones([i % 2 === 0 ? 8 : 2000]),
      );
      const views = made.map((each) => each.reshape([2, -1]));
      assertEquals(memory().buffers, buffers + 200);
      assertEquals(memory().tensors, tensors + 400);
      for (const each of [...made, ...views]) each.dispose();
      await pause();
    }),
  );
});

describe("awaited reads", () => {
  it(
    "give way to the event loop within 48 where more and more is held, and within 256 where not",
    clean(async () => {
      const x = ones([4]);
      const made: Tensor[] = [];
      /** How many reads there are before something else has its turn. */
      const readsBeforeTurn = async (between: () => void) => {
        let turned = false;
        setImmediate(() => turned = true);
        let reads = 0;
        while (!turned && reads < 1000) {
          between();
          await x.data();
          reads++;
        }
        return reads;
      };
      const growing = await readsBeforeTurn(() => made.push(ones([8])));
      const steady = await readsBeforeTurn(() => ones([8]).dispose());
      for (const each of [x, ...made]) each.dispose();
      assertEquals([growing <= 48, steady > 48, steady <= 256], [
        true,
        true,
        true,
      ]);
    }),
  );
});

describe("running out of memory", () => {
  it(
    "names scope and how many bytes may be garbage",
    clean(async () => {
      const backend = renamed("small");
      const { alloc } = backend;
      let left = 1000;
      backend.alloc = (dtype, size) => {
        if ((left -= 4 * size) < 0) throw new OutOfMemoryError("No room");
        return alloc(dtype, size);
      };
      await on(backend, async () => {
        // What was there when the program last awaited is not garbage.
        const weight = ones([50]);
        for (let i = 0; i < 16; i++) await weight.data();
        const made: Tensor[] = [];
        const error = assertThrows(() => {
          for (;;) made.push(ones([50]));
        }, OutOfMemoryError);
        assertMatch(
          error.message,
          /^No room; 800 bytes in 4 buffers were made/,
        );
        assertMatch(error.message, /using _ = scope\(\)/);
        assertMatch(error.message, /await a read, such as item\(\)/);
        for (const tensor of [weight, ...made]) tensor.dispose();
      });
    }),
  );

  it(
    "says nothing of garbage where there is none",
    clean(async () => {
      const backend = renamed("smaller");
      backend.alloc = () => {
        throw new OutOfMemoryError("No room");
      };
      await on(backend, async () => {
        const weight = ones([1], { device: "cpu-typedarray" });
        for (let i = 0; i < 16; i++) await weight.data();
        weight.dispose();
        const error = assertThrows(() => ones([50]), OutOfMemoryError);
        assertEquals(error.message, "No room");
      });
    }),
  );
});
