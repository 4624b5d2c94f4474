import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { nn, ones, scope, type Tensor } from "@tenfold/tenfold";

/** What a tensor may be, and what holds one. */
function held(): unknown[] {
  const x: Tensor = ones([2]);
  return [
    x,
    [x],
    { x },
    new Map([["x", x]]),
    new nn.Parameter(x),
    new nn.Buffer(x),
  ];
}

/** The message of what must fail. */
function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return "it did not fail";
}

describe("a tensor that leaves by a way that would lose its values", () => {
  it("throws from JSON.stringify", () => {
    using _ = scope();
    const x = ones([2]);
    for (const value of [x, [x], { x }, { inner: { x } }]) {
      assertThrows(
        () => JSON.stringify(value),
        TypeError,
        "write JSON.stringify(await x.toArray())",
      );
    }
  });

  it("throws from structuredClone and postMessage", () => {
    using _ = scope();
    const { port1, port2 } = new MessageChannel();
    for (const value of held()) {
      for (const call of [structuredClone, port1.postMessage.bind(port1)]) {
        const message = messageOf(() => call(value));
        assert(/could not be cloned|can not be cloned/.test(message), message);
      }
      if (value instanceof nn.Parameter || value instanceof nn.Buffer) {
        value.dispose();
      }
    }
    port1.close();
    port2.close();
  });

  it("throws from arithmetic and from joining with text", () => {
    using _ = scope();
    // deno-lint-ignore no-explicit-any
    const x: any = ones([2]);
    const cases = [
      () => "x: " + x,
      () => x + x,
      () => x * 2,
      () => x > 1,
      () => -x,
      () => x == 1,
    ];
    for (const call of cases) {
      assertThrows(call, TypeError, "x.add(y)", String(call));
    }
  });

  it("is text in a template", () => {
    using _ = scope();
    assertEquals(`${ones([2])}`, ones([2]).toString());
    assertEquals(String(ones([2])), ones([2]).toString());
  });
});
