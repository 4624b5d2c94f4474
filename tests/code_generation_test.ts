/** What users write must reach generated code as numbers and names of ours. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  fused,
  listBackends,
  memory,
  ones,
  probeBackends,
  scope,
  setBackend,
  zeros,
} from "@tenfold/tenfold";
import {
  arg,
  call,
  type Expr,
  type ScalarFunction,
  updateInPlace,
} from "@tenfold/core/backend";

await probeBackends();
const BACKENDS = listBackends().filter((b) => b.available).map((b) => b.name);

const CODE = [
  "0",
  "0]; globalThis.broken = true; [0",
  "1); globalThis.broken = true; (1",
  "*/ globalThis.broken = true; /*",
  "\n globalThis.broken = true; \n",
  "`${globalThis.broken = true}`",
];

const x = arg(0, "float32");

/** Nodes as they could be written by hand, with text in one place each. */
function nodes(text: unknown): Expr[] {
  return [
    { kind: "arg", index: text, dtype: "float32" },
    { kind: "arg", index: 0, dtype: text },
    { kind: "scalar", index: text, dtype: "float32" },
    { kind: "const", value: text, dtype: "float32" },
    { kind: "const", value: 1, dtype: text },
    {
      kind: "cast",
      value: { kind: "index", dim: text, dtype: "int32" },
      dtype: "float32",
    },
    { kind: "cast", value: x, dtype: text },
    { kind: "cast", value: text, dtype: "float32" },
    { kind: "call", fn: text, args: [x], dtype: "float32" },
    { kind: "call", fn: "neg", args: [text], dtype: "float32" },
    { kind: "call", fn: "neg", args: text, dtype: "float32" },
    { kind: "call", fn: "neg", args: [x], dtype: text },
    { kind: text, dtype: "float32" },
    text,
  ] as unknown as Expr[];
}

/** Names that every object has, and no scalar function. */
const INHERITED = ["constructor", "toString", "__proto__", "hasOwnProperty"];

describe("text in an expression", () => {
  for (const name of BACKENDS) {
    it(`is refused by every door on ${name}, and never run`, async () => {
      await setBackend(name);
      const { tensors } = memory();
      {
        using _ = scope();
        const input = ones([4]);
        const target = zeros([4]);
        const doors: ((node: Expr) => void)[] = [
          (node) => void fused("f", () => node).map([input]),
          (node) =>
            void fused("f", ([a]) => call("add", a!, node)).map([input]),
          (node) => void fused("f", () => node).sum([input]),
          (node) =>
            void fused("f", () => node, { scalars: 1 }).map([input], [1]),
          (node) =>
            updateInPlace(
              { label: "u", inputs: ["float32"], exprs: [node] },
              [target],
              [],
              [1],
            ),
        ];
        for (const door of doors) {
          for (const text of CODE) {
            for (const [i, node] of nodes(text).entries()) {
              const { message } = assertThrows(() => door(node), Error);
              assertMatch(
                message,
                /^Cannot (?!read properties|use 'in')/,
                `node ${i}`,
              );
            }
          }
          for (const fn of INHERITED) {
            const node = { kind: "call", fn, args: [x], dtype: "float32" };
            assertThrows(() => door(node as unknown as Expr), TypeError);
          }
        }
        for (const fn of INHERITED) {
          assertThrows(() => call(fn as ScalarFunction, x), TypeError);
        }
        assertEquals(await target.toArray(), [0, 0, 0, 0]);
      }
      assertEquals((globalThis as { broken?: boolean }).broken, undefined);
      assertEquals(memory().tensors, tensors);
    });

    it(`may be a label on ${name}, which is no code`, async () => {
      await setBackend(name);
      using _ = scope();
      for (const label of CODE) {
        const twice = fused(label, ([a]) => call("add", a!, a!));
        assertEquals(await twice.map([ones([2])]).toArray(), [2, 2]);
        assertEquals(await twice.sum([ones([2])]).item(), 4);
      }
      assertEquals((globalThis as { broken?: boolean }).broken, undefined);
    });

    it(`is no run-time scalar on ${name}`, async () => {
      await setBackend(name);
      using _ = scope();
      const scaled = fused(
        "f",
        ([a], [by]) => call("mul", a!, by!),
        { scalars: 1 },
      );
      for (const text of CODE as unknown as number[]) {
        assertThrows(() => scaled.map([ones([2])], [text]), TypeError);
        assertThrows(() => ones([2]).add(text), TypeError);
        assertThrows(() => ones([2]).clamp({ min: text }), TypeError);
        assertThrows(() => zeros([2]).fill_(text), TypeError);
        assertThrows(() => ones([2]).pad([1, 1], { value: text }), TypeError);
      }
    });
  }
});
