import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Value } from "@tenfold/core/backend";
import { Interpreter } from "./interpreter.ts";
import { addressesOf, ALL_LAYOUTS, layOut } from "./layout.ts";
import { Random } from "./random.ts";
import { balanced, Session, sessionOf } from "./session.ts";
import { common } from "./values.ts";

const SHAPES = [[], [1], [7], [3, 4], [2, 3, 4], [0], [3, 0, 2], [1, 5]];

describe("a layout", () => {
  for (const layout of ALL_LAYOUTS) {
    it(`${layout} stays inside of its memory and shows the shape`, () => {
      for (const shape of SHAPES) {
        const { view, size } = layOut(shape, layout);
        assertEquals(view.shape, shape);
        for (const at of addressesOf(view)) {
          assertEquals(at >= 0 && at < size, true);
        }
      }
    });
  }

  it("shows each element once, except where it repeats", () => {
    const { view } = layOut([3, 4], "negative");
    assertEquals(addressesOf(view), [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    const counts = ALL_LAYOUTS.map((layout) =>
      new Set(addressesOf(layOut([3, 4], layout).view)).size
    );
    assertEquals(counts, [12, 12, 12, 4, 3, 12, 12]);
  });
});

describe("a session", () => {
  it("places what it says that it has placed", async () => {
    const session = new Session(new Interpreter());
    const random = new Random(1, "placed");
    for (const shape of SHAPES) {
      for (const layout of ALL_LAYOUTS) {
        const { value, plain } = session.place(
          { shape, dtype: "float32", layout, values: common },
          random,
        );
        const data = await session.device.read(value);
        assertEquals(Array.from(data), plain.data);
        value.release();
      }
    }
    assertEquals(session.backend.live, 0);
  });

  it("tells what is not given back", async () => {
    const session = new Session(new Interpreter());
    let value: Value | null = null;
    await assertRejects(
      () =>
        balanced(session, () => {
          value = session.device.upload(new Float32Array(3), [3], "float32");
        }),
      Error,
      "Not given back: 1 buffers, 12 bytes, 1 buffers of interpreter",
    );
    value!.release();
    await balanced(session, () => {});
  });

  it("is opened once", async () => {
    let opened = 0;
    const open = sessionOf(() => {
      opened++;
      return new Interpreter();
    });
    assertEquals(await open(), await open());
    assertEquals(opened, 1);
  });
});

describe("a watched backend", () => {
  const kernel = {
    kind: "map",
    rank: 1,
    outputs: [{ dtype: "float32", access: "dense" }],
    inputs: [],
    exprs: [{ kind: "const", value: 1, dtype: "float32" }],
    scalars: 0,
  } as const;

  /** Launches the kernel above with one thing changed. */
  const launchWith = (
    change: { size?: number; shape?: number[]; strides?: number[] },
  ) => {
    const { backend } = new Session(new Interpreter());
    const buffer = backend.alloc("float32", change.size ?? 4);
    return () =>
      Promise.resolve().then(() =>
        backend.prepare(kernel)!({
          shape: change.shape ?? [4],
          buffers: [buffer],
          offsets: [0],
          strides: [change.strides ?? [1]],
          scalars: [],
        })
      );
  };

  it("refuses what core must not ask for", async () => {
    await launchWith({})();
    const wrong = [
      [{ size: 3 }, "outside of its buffer"],
      [{ shape: [0] }, "an empty loop"],
      [{ shape: [2, 2], strides: [2, 1] }, "a loop of another rank"],
      [{ size: 9, strides: [2] }, "that is not dense"],
      [{ strides: [] }, "with too few strides"],
    ] as const;
    for (const [change, message] of wrong) {
      await assertRejects(
        launchWith(
          change as { size?: number; shape?: number[]; strides?: number[] },
        ),
        Error,
        message,
      );
    }
  });

  it("counts what is alive", () => {
    const { backend } = new Session(new Interpreter());
    const buffer = backend.alloc("int32", 2);
    assertEquals(backend.live, 1);
    backend.free(buffer);
    assertEquals(backend.live, 0);
    assertThrows(() => backend.free(buffer), Error, "not alive");
    assertThrows(() => backend.alloc("float64", 1), Error, "float64");
    assertThrows(() => backend.alloc("int32", 0), Error, "0 elements");
  });
});
