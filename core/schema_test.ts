import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as zod from "zod/mini";
import { type OptionsSchema, parseOptions } from "./options.ts";
import * as own from "./schema.ts";

/** Schemas of ours, beside the same ones of zod. */
type Twins = readonly [
  ours: OptionsSchema<unknown>,
  zods: OptionsSchema<unknown>,
];

const size = "must be a positive integer or a pair of them";
const count = "must be a positive integer";
const bound = "must be above 0 and at most 1";

class Thing {}

/** The field `a` of each pair of schemas is tried with every value. */
const FIELDS: { readonly [name: string]: Twins } = {
  number: [own.number("must be a number"), zod.number("must be a number")],
  int: [own.int("must be an integer"), zod.int("must be an integer")],
  string: [own.string("must be text"), zod.string("must be text")],
  boolean: [own.boolean("must be a flag"), zod.boolean("must be a flag")],
  literal: [
    own.literal("same", "must be same"),
    zod.literal("same", "must be same"),
  ],
  enum: [
    own.enum(["x", "y"], "must be x or y"),
    zod.enum(["x", "y"], "must be x or y"),
  ],
  instance: [
    own.instanceof(Thing, "must be a Thing"),
    zod.instanceof(Thing, { error: "must be a Thing" }),
  ],
  custom: [
    own.custom((value) => value === "x" || value === 1, "must be x or 1"),
    zod.custom((value) => value === "x" || value === 1, "must be x or 1"),
  ],
  checked: [
    own.number(bound).check(own.gt(0, bound), own.lte(1, bound)),
    zod.number(bound).check(zod.gt(0, bound), zod.lte(1, bound)),
  ],
  "checked below": [
    own.number("must be a number").check(own.lt(1, "must be below 1")),
    zod.number("must be a number").check(zod.lt(1, "must be below 1")),
  ],
  "checked text": [
    own.string("must be text").check(
      own.minLength(2, "must not be short"),
      own.regex(/^x/, "must begin with x"),
    ),
    zod.string("must be text").check(
      zod.minLength(2, "must not be short"),
      zod.regex(/^x/, "must begin with x"),
    ),
  ],
  array: [
    own.array(own.int(count).check(own.gte(1, count)), "must be a list"),
    zod.array(zod.int(count).check(zod.gte(1, count)), "must be a list"),
  ],
  "array of some": [
    own.array(own.unknown(), "must be a list").check(
      own.minLength(1, "is empty"),
    ),
    zod.array(zod.unknown(), "must be a list").check(
      zod.minLength(1, "is empty"),
    ),
  ],
  tuple: [
    own.tuple(
      [own.number("must be a number"), own.string("must be text")],
      "must be two",
    ),
    zod.tuple(
      [zod.number("must be a number"), zod.string("must be text")],
      "must be two",
    ),
  ],
  record: [
    own.record(own.int("must be an integer"), "must be an object"),
    zod.record(
      zod.string(),
      zod.int("must be an integer"),
      "must be an object",
    ),
  ],
  union: [
    own.union([
      own.int(count).check(own.gte(1, count)),
      own.tuple([own.int(count).check(own.gte(1, count)), own.int(count)]),
    ], size),
    zod.union([
      zod.int(count).check(zod.gte(1, count)),
      zod.tuple([zod.int(count).check(zod.gte(1, count)), zod.int(count)]),
    ], size),
  ],
  "union of words": [
    own.union(
      [own.int(count), own.literal("same"), own.literal("valid")],
      "must fit",
    ),
    zod.union(
      [zod.int(count), zod.literal("same"), zod.literal("valid")],
      "must fit",
    ),
  ],
  "union by message": [
    own.union([own.boolean(), own.literal(1)], (value) => `is ${typeof value}`),
    zod.union([zod.boolean(), zod.literal(1)], {
      error: ({ input }) => `is ${typeof input}`,
    }),
  ],
  optional: [
    own.optional(own.number("must be a number")),
    zod.optional(zod.number("must be a number")),
  ],
  exactOptional: [
    own.exactOptional(own.number("must be a number")),
    zod.exactOptional(zod.number("must be a number")),
  ],
  nullable: [
    own.nullable(own.number("must be a number")),
    zod.nullable(zod.number("must be a number")),
  ],
  "optional nullable": [
    own.optional(own.nullable(own.number("must be a number"))),
    zod.optional(zod.nullable(zod.number("must be a number"))),
  ],
  default: [
    own._default(own.number("must be a number"), 3),
    zod._default(zod.number("must be a number"), 3),
  ],
  readonly: [
    own.readonly(own.array(own.number("must be a number"), "must be a list")),
    zod.readonly(zod.array(zod.number("must be a number"), "must be a list")),
  ],
  inner: [
    own.optional(own.strictObject({ on: own.boolean("must be a flag") })),
    zod.optional(zod.strictObject({ on: zod.boolean("must be a flag") })),
  ],
};

const VALUES: readonly unknown[] = [
  ...[0, 1, -1, 2, 0.5, NaN, Infinity, null, undefined, true, 3n],
  ...["", "x", "xx", "yy", "same"],
  ...[[], [1], [1, 2], [0, 1], [1, "x"], [1, 2, 3], ["x"], [undefined]],
  ...[{}, { on: true }, { on: 1 }, { off: 1 }, { on: true, off: 1 }, {
    k: 1.5,
  }],
  ...[new Thing(), new Date(0), () => 1],
];

const show = (value: unknown) =>
  Array.isArray(value) ? value.map(String) : value;

function outcome(schema: OptionsSchema<unknown>, options: unknown): unknown {
  try {
    return parseOptions(schema, options, "do it");
  } catch (error) {
    assert(error instanceof Error);
    return `${error.name}: ${error.message}`;
  }
}

describe("a schema", () => {
  for (const [name, [ours, zods]] of Object.entries(FIELDS)) {
    it(`of ${name} says of every value what zod says of it`, () => {
      const [mine, theirs] = [
        own.strictObject({
          a: ours,
          b: own.optional(own.string("must be text")),
        }),
        zod.strictObject({
          a: zods as zod.ZodMiniType,
          b: zod.optional(zod.string("must be text")),
        }),
      ];
      for (
        const options of [{}, ...VALUES.map((a) => ({ a })), { a: 1, c: 2 }, {
          b: 1,
        }]
      ) {
        assertEquals(
          outcome(mine, options),
          outcome(theirs, options),
          `${name} of ${show((options as { a?: unknown }).a)}`,
        );
      }
    });
  }

  it("is refused where something else is passed in its place", () => {
    const [mine, theirs] = [
      own.strictObject({ a: own.optional(own.number()), b: own.string() }),
      zod.strictObject({ a: zod.optional(zod.number()), b: zod.string() }),
    ];
    for (const value of VALUES) {
      if (typeof value === "object" && value !== null) continue;
      assertEquals(outcome(mine, value), outcome(theirs, value), String(value));
    }
  });

  it("checks an object once its fields are right", () => {
    const asked: unknown[] = [];
    const schema = own.strictObject({ a: own.number(), b: own.number() }).check(
      own.refine((options) => {
        asked.push(options);
        return options.a <= options.b;
      }, "a must not be above b"),
    );
    assertEquals(outcome(schema, { a: 1, b: 2 }), { a: 1, b: 2 });
    assertEquals(
      outcome(schema, { a: 2, b: 1 }),
      "RangeError: Cannot do it as a must not be above b",
    );
    assertEquals(
      outcome(schema, { a: 2, b: 1, other: 3 }),
      "TypeError: Cannot do it as there is no such option: got other, the options are a, b",
    );
    assertEquals(asked.length, 2);
  });

  it("leaves the names out that an object which is not strict has besides", () => {
    const schema = own.object({ a: own.number() });
    assertEquals(outcome(schema, { a: 1, b: 2 }), { a: 1 });
  });

  it("takes integers that a number holds exactly", () => {
    const schema = own.strictObject({ a: own.int("must be an integer") });
    assertEquals(outcome(schema, { a: 2 ** 53 - 1 }), { a: 2 ** 53 - 1 });
    assertEquals(
      outcome(schema, { a: 2 ** 53 }),
      "RangeError: Cannot do it as a must be an integer: got 9007199254740992",
    );
  });

  it("takes anything where that is said, and says a type without a message", () => {
    const schema = own.strictObject({ a: own.unknown(), b: own.string() });
    for (const a of VALUES) {
      assertEquals(outcome(schema, { a, b: "x" }), { a, b: "x" });
    }
    assertEquals(
      outcome(schema, { a: 1, b: 2 }),
      "TypeError: Cannot do it as b must be of type string: got 2",
    );
  });

  it("takes fields of zod", () => {
    const schema = own.strictObject({
      a: zod.number("must be a number"),
      b: own.array(zod.int("must be an integer")),
    });
    assertEquals(outcome(schema, { a: 1, b: [2] }), { a: 1, b: [2] });
    assertEquals(
      outcome(schema, { a: 1, b: [2.5] }),
      "RangeError: Cannot do it as b.0 must be an integer: got 2.5",
    );
  });

  it("names the options of an object within", () => {
    const schema = own.strictObject({
      inner: own._default(own.strictObject({ on: own.boolean() }), {
        on: true,
      }),
    });
    assertEquals(
      outcome(schema, { inner: { onn: true } }),
      "TypeError: Cannot do it as there is no such option: got onn, did you mean on? The options are on",
    );
  });

  it("gives the type of its output", () => {
    const schema = own.strictObject({
      a: own.number(),
      b: own.optional(own.string()),
      c: own.exactOptional(own.enum(["x", "y"])),
      d: own._default(own.tuple([own.number(), own.boolean()]), [1, true]),
    });
    const typed: own.Output<typeof schema> = { a: 1, d: [2, false] };
    const back: {
      a: number;
      b?: string | undefined;
      c?: "x" | "y";
      d: [number, boolean];
    } = typed;
    assertEquals(outcome(schema, back), back);
  });
});
