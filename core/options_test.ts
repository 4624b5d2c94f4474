import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as z from "zod";
import { parseOptions } from "./options.ts";

const schema = z.strictObject({
  rate: z.number("must be a number").min(0, "must not be negative"),
  mode: z.enum(["a", "b"], "must be a or b").default("a"),
  count: z.int("must be an integer").optional(),
  inner: z.strictObject({ on: z.boolean("must be true or false") }).optional(),
}).refine(({ rate, count }) => count === undefined || rate > 0, {
  message: "a count needs a rate above 0",
});

const parse = (options: unknown) => parseOptions(schema, options, "do it");

describe("parseOptions", () => {
  it("fills in the defaults", () => {
    assertEquals(parse({ rate: 1 }), { rate: 1, mode: "a" });
  });

  it("names the field of a wrong value, and what was got", () => {
    const cases: [unknown, string][] = [
      [{ rate: -1 }, "rate must not be negative: got -1"],
      [{ rate: NaN }, "rate must be a number: got NaN"],
      [{ rate: 1, mode: "c" }, 'mode must be a or b: got "c"'],
      [{ rate: 1, count: 1.5 }, "count must be an integer: got 1.5"],
      [{ rate: 0, count: 1 }, "a count needs a rate above 0"],
    ];
    for (const [options, why] of cases) {
      assertThrows(() => parse(options), RangeError, `Cannot do it as ${why}`);
    }
  });

  it("names the field of a wrong type", () => {
    const cases: [unknown, string][] = [
      [{}, "rate must be a number: got undefined"],
      [{ rate: "1" }, 'rate must be a number: got "1"'],
      [{ rate: 1, inner: { on: [1, 2] } }, "inner.on must be true or false"],
      [{ rate: 1, rat: 2 }, "there is no such option: got rat"],
      [{ rat: 2 }, "there is no such option: got rat"],
      [undefined, "the options must be an object: got undefined"],
      [5, "options go by name: got 5, write { rate: 5 }"],
      ["b", 'options go by name: got "b", write { mode: "b" }'],
      [
        [],
        "options go by name: got [], its options are rate, mode, count, inner",
      ],
    ];
    for (const [options, why] of cases) {
      assertThrows(() => parse(options), TypeError, `Cannot do it as ${why}`);
    }
  });
});
