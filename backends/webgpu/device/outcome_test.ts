import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Outcome } from "./outcome.ts";

describe("an outcome", () => {
  it("is neither good nor bad before the device reports", () => {
    const outcome = new Outcome();
    assert(!outcome.good);
    assertEquals(outcome.error, null);
    outcome.settle(null);
    assert(outcome.good);
  });

  it("is as bad as what it depends on, whichever is reported first", () => {
    const error = new Error("a shader does not compile");
    for (const order of [[0, 1], [1, 0]]) {
      const [bad, fine] = [new Outcome(), new Outcome()];
      const both = fine.and(bad);
      const further = new Outcome().and(both);
      const reports = [() => bad.settle(error), () => fine.settle(null)];
      for (const i of order) reports[i]!();
      assertStrictEquals(both.error, error);
      assertStrictEquals(further.error, error);
      assert(!further.good && fine.good);
    }
  });

  it("names the cause before what followed from it", () => {
    const [shader, submit] = [new Outcome(), new Outcome()];
    const work = shader.and(submit);
    submit.settle(new Error("a pipeline is invalid"));
    shader.settle(new Error("a bool is added"));
    assertEquals(work.error?.message, "a bool is added");
  });

  it("is the same object for the same two, and for what adds nothing", () => {
    const [a, b, sound] = [new Outcome(), new Outcome(), new Outcome()];
    sound.settle(null);
    const both = a.and(b);
    assertStrictEquals(a.and(b), both);
    assertStrictEquals(both.and(b), both);
    assertStrictEquals(b.and(both), both);
    assertStrictEquals(a.and(a), a);
    assertStrictEquals(a.and(sound), a);
    assertStrictEquals(sound.and(a), a);
  });

  it("follows from thousands of others", () => {
    const links = Array.from({ length: 20_000 }, () => new Outcome());
    const chain = (error: Error | null) => {
      let last = links[0]!;
      for (const link of links.slice(1)) last = link.and(last);
      links.forEach((link, i) => link.settle(i === 7 ? error : null));
      return last;
    };
    assert(chain(null).good);
    for (let i = 0; i < links.length; i++) links[i] = new Outcome();
    assertEquals(chain(new Error("early")).error?.message, "early");
  });
});
