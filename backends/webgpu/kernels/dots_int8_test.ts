import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { addLinearInt8, wordsOf } from "@tenfold/core/int8";
import { APPLY } from "@tenfold/core/internal";
import { ones, tensor } from "@tenfold/core";
import { clean, describeWithAdapter, openWith } from "../testing.ts";

/** Integers from `low` to `low + 254`, the same ones each time. */
const integers = (count: number, low: number): number[] =>
  Array.from({ length: count }, (_, i) => low + (i * 7919 + 13) % 255);

describeWithAdapter("products of 8-bit integers on webgpu", () => {
  for (const packedDots of [true, false]) {
    const how = packedDots ? "four at a time" : "one by one";
    it(`are exact, ${how}`, async () => {
      const device = await openWith({ packedDots });
      addLinearInt8();
      await device.load("linearInt8");
      await clean(async () => {
        for (
          const [m, n, k] of [[5, 7, 37], [1, 1, 1], [3, 4, 64], [2, 33, 1030]]
        ) {
          // Steps of one, as each row has 0 and 127 or -127.
          const x = Array.from({ length: m! }, (_, i) => {
            const sign = i % 2 === 0 ? 1 : -1;
            const row = integers(k!, 0).map((v) => sign * (v % 128));
            return [sign * 127, ...row.slice(1)];
          });
          const w = Array.from(
            { length: n! },
            (_, j) => integers(k! + j, -127).slice(j),
          );
          const words = w.flatMap((row) =>
            Array.from({ length: wordsOf(k!) }, (_, i) =>
              [0, 1, 2, 3].reduce(
                (word, byte) =>
                  word | ((row[4 * i + byte] ?? 0) & 255) << 8 * byte,
                0,
              ))
          );
          const sums = w.map((row) => row.reduce((a, b) => a + b, 0));
          const found = tensor(x, { device })[APPLY](
            { name: "linearInt8" },
            tensor(words, { dtype: "int32", device })
              .reshape([n!, wordsOf(k!)]),
            tensor(sums, { dtype: "int32", device }),
            ones([n!], { device }),
          );
          const expected = x.map((row) =>
            w.map((column) =>
              row.reduce((sum, v, i) => sum + v * column[i]!, 0)
            )
          );
          assertEquals(await found.toArray(), expected);
        }
      })();
      device.dispose();
    });
  }
});
