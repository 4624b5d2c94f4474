import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as zod from "zod";
import * as own from "./schema.ts";

/** What all schemas of options are made of, by either library. */
function schemas(z: typeof own) {
  return {
    string: z.string("must be text").min(1, "must not be empty"),
    int: z.int("must be an integer").min(1, "must be positive"),
    number: z.number("must be a number").gt(0, "must be above 0").max(9, "big"),
    boolean: z.boolean("must be true or false"),
    word: z.enum(["a", "b"], "must be a or b"),
    literal: z.literal(Infinity),
    custom: z.custom<number>((v) => v === 3, "must be 3"),
    array: z.array(z.int("must be an integer"), "must be an array").min(
      1,
      "empty",
    ),
    tuple: z.tuple([z.number(), z.number()], "must be two numbers"),
    record: z.record(z.string(), z.boolean("must be true or false"), "bad"),
    union: z.union(
      [z.int("no").min(1, "must be positive"), z.array(z.int("no"))],
      "must be one or several",
    ),
    object: z.strictObject({
      a: z.int("must be an integer").default(1),
      b: z.string("must be text").optional(),
      inner: z.strictObject({ on: z.boolean("must be a bool") }).optional(),
      n: z.number("must be a number").nullable().default(null),
    }).refine(({ a, b }) => a < 5 || b !== undefined, "a needs b"),
    loose: z.object({ a: z.literal("x") }),
  };
}

const VALUES: unknown[] = [
  undefined,
  null,
  true,
  0,
  1,
  -1,
  1.5,
  3,
  10,
  NaN,
  Infinity,
  2 ** 60,
  "",
  "a",
  "x",
  [],
  [1],
  [1, 2],
  [1, "2"],
  [0.5, 2],
  [1, 2, 3],
  {},
  { a: 2 },
  { a: 7 },
  { a: 7, b: "text" },
  { a: undefined, b: undefined },
  { a: "x" },
  { a: 1, c: 2 },
  { on: true },
  { inner: { on: 1 } },
  { inner: { on: true, off: true } },
  { n: 2 },
  { n: null },
  { x: true, y: false },
  { x: 1 },
];

describe("schemas", () => {
  it("find what zod finds, in the same words", () => {
    const ours = schemas(own);
    const theirs = schemas(zod as unknown as typeof own);
    for (const name of Object.keys(ours) as (keyof typeof ours)[]) {
      for (const value of VALUES) {
        const got = ours[name].safeParse(value);
        const due = theirs[name].safeParse(value);
        const of = `${name} of ${String(JSON.stringify(value))}`;
        assertEquals(got.success, due.success, of);
        if (got.success) assertEquals(got.data, due.data as unknown, of);
        else {
          const [a, b] = [got.error.issues[0]!, due.error!.issues[0]!];
          assertEquals(a.path, b.path, of);
          assertEquals(a.code, b.code, of);
          if (!b.message.startsWith("Invalid")) {
            assertEquals(
              a.message.startsWith("Invalid") ? "" : a.message,
              b.message.startsWith("Unrecognized") ? "" : b.message,
              of,
            );
          }
        }
      }
    }
  });

  it("keep names that objects have already", () => {
    const value = JSON.parse('{ "__proto__": true }');
    const { data } = own.record(own.string(), own.boolean()).safeParse(value);
    assert(Object.hasOwn(data!, "__proto__"));
  });

  it("give a default of its own to each", () => {
    const schema = own.strictObject({
      list: own.array(own.int()).default([1]),
    });
    schema.safeParse({}).data!.list.push(2);
    assertEquals(schema.safeParse({}).data, { list: [1] });
  });
});
