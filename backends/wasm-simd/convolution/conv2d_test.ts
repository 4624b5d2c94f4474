import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  EagerDevice,
  type Op,
  type Value,
  type View,
} from "@tenfold/core/backend";
import { setFloat32Precision } from "@tenfold/core";
import { WasmSimd } from "../backend.ts";
import { probeFeatures } from "../features.ts";
import { LinearMemory } from "../memory.ts";
import { ALL_PARTS } from "../all_parts.ts";
import { bothOf, device, upload } from "./testing.ts";

type Four = readonly [number, number, number, number];
type Pair = readonly [number, number];

/** A convolution: the shapes of its input and filters, and how it walks. */
interface Setting {
  readonly x: Four;
  readonly w: Four;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

const setting = (
  x: Four,
  w: Four,
  rest: Partial<Omit<Setting, "x" | "w">> = {},
): Setting => ({
  x,
  w,
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
  ...rest,
});

const SETTINGS: Readonly<Record<string, Setting>> = {
  "one channel": setting([3, 1, 14, 12], [16, 1, 3, 3], { padding: [1, 1] }),
  "rows that end within a vector": setting([2, 3, 9, 14], [5, 3, 3, 3], {
    padding: [1, 1],
  }),
  "strides": setting([2, 3, 15, 17], [6, 3, 3, 5], { stride: [2, 3] }),
  "dilation": setting([2, 2, 12, 19], [3, 2, 3, 3], { dilation: [2, 3] }),
  "rows whose last vector overlaps": setting([3, 3, 13, 15], [6, 3, 2, 2]),
  "few columns": setting([2, 1, 20, 30], [5, 1, 11, 21], { padding: [1, 1] }),
  "groups": setting([2, 6, 11, 10], [9, 2, 3, 3], { groups: 3 }),
  "channels of their own": setting([2, 7, 9, 9], [7, 1, 3, 3], {
    groups: 7,
    padding: [1, 1],
  }),
  "channels of their own, in vectors": setting([3, 5, 9, 11], [5, 1, 3, 3], {
    groups: 5,
    padding: [1, 1],
  }),
  "channels of their own, whole vectors": setting([2, 3, 8, 16], [3, 1, 3, 3], {
    groups: 3,
    padding: [1, 1],
  }),
  "one channel, a few rows": setting([2, 1, 4, 21], [1, 1, 3, 3]),
  "several blocks of steps": setting([1, 130, 4, 7], [7, 130, 3, 3], {
    padding: [1, 1],
  }),
  "several blocks of filters": setting([1, 3, 3, 5], [270, 3, 1, 1]),
  "several blocks of columns": setting([7, 1, 14, 14], [2, 1, 3, 3]),
  "two filters": setting([2, 5, 9, 26], [2, 5, 3, 3], { padding: [1, 1] }),
  "three filters": setting([3, 2, 6, 35], [3, 2, 5, 2]),
  "four filters of groups": setting([2, 6, 8, 14], [12, 2, 3, 3], {
    groups: 3,
    dilation: [1, 2],
  }),
  "three channels and strides": setting([2, 3, 13, 14], [9, 3, 5, 5], {
    stride: [2, 2],
    padding: [2, 2],
  }),
  "one filter in long rows": setting([1, 2, 5, 150], [1, 2, 3, 3]),
  "tiles of two by two": setting([2, 9, 8, 16], [11, 9, 3, 3], {
    padding: [1, 1],
  }),
  "tiles that end beyond the plane": setting([3, 8, 7, 7], [10, 8, 3, 3], {
    padding: [1, 1],
  }),
  "tiles of a few positions": setting([40, 8, 3, 4], [8, 8, 3, 3]),
  "few tiles": setting([2, 8, 4, 5], [8, 8, 3, 3]),
  "tiles of groups": setting([2, 18, 9, 11], [16, 9, 3, 3], { groups: 2 }),
  "rows of many tiles": setting([1, 8, 4, 1003], [9, 8, 3, 3]),
  "several blocks of tiles": setting([5, 40, 14, 14], [36, 40, 3, 3], {
    padding: [1, 1],
  }),
  "two taps": setting([5, 9, 8, 9], [10, 9, 2, 2]),
  "two taps, padded": setting([9, 8, 4, 5], [8, 8, 2, 2], { padding: [1, 1] }),
  "every second position of four taps": setting([3, 9, 10, 14], [11, 9, 4, 4], {
    stride: [2, 2],
    padding: [1, 1],
  }),
  "every second position, odd planes": setting([9, 10, 11, 9], [8, 10, 4, 4], {
    stride: [2, 2],
  }),
  "every second position, groups": setting([4, 16, 8, 18], [18, 8, 4, 4], {
    stride: [2, 2],
    padding: [2, 2],
    groups: 2,
  }),
  "two taps in long rows": setting([1, 8, 3, 1801], [9, 8, 2, 2]),
  "a kernel as large as the input": setting([3, 2, 9, 11], [4, 2, 9, 11]),
};

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Whole numbers, of which sums are exact. */
const whole = (shape: readonly number[], seed: number): number[] =>
  Array.from(
    { length: sizeOf(shape) },
    (_, i) => (i * 7919 + seed * 31) % 13 - 6,
  );

function outOf({ x, w, stride, padding, dilation }: Setting): Four {
  const [h, v] = ([0, 1] as const).map((d) =>
    Math.floor(
      (x[d + 2]! + 2 * padding[d] - dilation[d] * (w[d + 2]! - 1) - 1) /
        stride[d],
    ) + 1
  );
  return [x[0], w[0], h!, v!];
}

/** The convolution and its two gradients, with their operands. */
function opsOf(
  each: Setting,
  view?: (whole: View) => View,
  on: EagerDevice = device,
  of: (value: number) => number = (value) => value,
): (readonly [Op, readonly Value[]])[] {
  const { x, w, ...params } = each;
  const out = outOf(each);
  const plane = ({ 2: h, 3: v }: Four) => [h, v] as const;
  const make = (shape: Four, seed: number) =>
    upload(whole(shape, seed).map(of), shape, "float32", view, on);
  return [
    [{ name: "conv2d", ...params }, [
      make(x, 1),
      make(w, 2),
      upload(whole([w[0]], 3).map(of), [w[0]], "float32", undefined, on),
    ]],
    [{ name: "conv2d", ...params }, [make(x, 1), make(w, 2)]],
    [{ name: "conv2dInput", ...params, size: plane(x) }, [
      make(out, 4),
      make(w, 5),
    ]],
    [{ name: "conv2dWeight", ...params, size: plane(w) }, [
      make(x, 6),
      make(out, 7),
    ]],
  ];
}

/** Holds the results of one to three threads against each other. */
function sameBits(settings: readonly Setting[]): void {
  const results = [1, 2, 3].map((threads) => {
    const backend = new WasmSimd(
      probeFeatures(),
      new LinearMemory(threads > 1),
      { threads, parts: ALL_PARTS },
    );
    if (threads > 1) assert(backend.pool!.awaitStart(20_000));
    const device = new EagerDevice(backend);
    const found = settings.flatMap((each) =>
      opsOf(each, undefined, device, Math.sin).map(([op, inputs]) =>
        device.readSync(device.apply(op, inputs)[0]!)
      )
    );
    backend.dispose();
    return found;
  });
  assertEquals(results[1], results[0]);
  assertEquals(results[2], results[0]);
}

describe("conv2d", () => {
  for (const [name, each] of Object.entries(SETTINGS)) {
    it(`convolves, forth and back: ${name}`, () => {
      for (const [op, inputs] of opsOf(each)) {
        const [found, expected] = bothOf(op, inputs);
        assertEquals(found, expected);
      }
    });
  }

  it("gives the same bits for any number of threads, more loosely", () => {
    setFloat32Precision("high");
    try {
      sameBits([
        setting([16, 16, 14, 14], [33, 16, 3, 3], { padding: [1, 1] }),
        setting([8, 24, 13, 15], [20, 24, 3, 3], { padding: [1, 1] }),
      ]);
    } finally {
      setFloat32Precision("highest");
    }
  });

  it("reads images of any layout in place", () => {
    const square = setting([2, 4, 10, 10], [4, 4, 10, 10]);
    const small = setting([2, 4, 10, 10], [4, 4, 3, 3], { padding: [1, 1] });
    const channelsLast = (x: View) => {
      const [n, c, h, w] = x.shape as Four;
      return x.reshape([n, h, w, c])!.permute([0, 3, 1, 2]);
    };
    const backwards = (dim: number) => (x: View) =>
      x.slice(dim, x.shape[dim]! - 1, x.shape[dim]!, -1);
    const transposed = (x: View) => {
      const [n, c, h, w] = x.shape as Four;
      return x.reshape([n, c, w, h])!.permute([0, 1, 3, 2]);
    };
    for (const view of [channelsLast, backwards(2), backwards(3), transposed]) {
      for (const each of [square, small]) {
        for (const [op, inputs] of opsOf(each, view)) {
          const [found, expected] = bothOf(op, inputs);
          assertEquals(found, expected);
        }
      }
    }
  });

  it("gives the bias where there is nothing to sum", () => {
    const op: Op = {
      name: "conv2d",
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
    };
    const inputs = [
      upload([], [2, 0, 5, 5]),
      upload([], [3, 0, 3, 3]),
      upload([1, 2, 3], [3]),
    ];
    const [found, expected] = bothOf(op, inputs);
    assertEquals(found, expected);
  });

  it("gives the same bits for any number of threads", () => {
    const settings = [
      setting([16, 16, 14, 14], [33, 16, 3, 3], { padding: [1, 1] }),
      setting([40, 1, 28, 28], [16, 1, 3, 3], { padding: [1, 1] }),
      setting([8, 21, 13, 15], [19, 21, 3, 3], { padding: [1, 1] }),
      setting([8, 24, 13, 15], [20, 24, 5, 3], { padding: [1, 1] }),
      setting([2, 5, 13, 15], [5, 1, 3, 3], { groups: 5, padding: [1, 1] }),
      setting([9, 20, 14, 14], [18, 20, 4, 4], {
        stride: [2, 2],
        padding: [1, 1],
      }),
    ];
    sameBits(settings);
  });

  it("never makes a buffer of all windows", () => {
    const each = setting([8, 16, 28, 28], [32, 16, 3, 3], { padding: [1, 1] });
    const out = sizeOf(outOf(each));
    const padded = 8 * 16 * 30 * 30;
    for (const [op, inputs] of opsOf(each)) {
      let most = 0;
      const { alloc } = device.backend;
      device.backend.alloc = function (dtype, size) {
        most = Math.max(most, size);
        return alloc.call(this, dtype, size);
      };
      try {
        for (const value of device.apply(op, inputs)) value.release();
      } finally {
        device.backend.alloc = alloc;
      }
      assert(most <= Math.max(2 * out, padded), `${op.name} took ${most}`);
      for (const value of inputs) value.release();
    }
  });
});
