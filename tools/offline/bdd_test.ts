// Runs against the real library where JSR can be reached and against the
// adapter elsewhere: both must behave alike.
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
} from "@std/testing/bdd";
import { assertEquals } from "@std/assert";

const log: string[] = [];
const note = (text: string) => () => {
  log.push(text);
};

describe("a suite with hooks", () => {
  beforeAll(note("outer: before all"));
  afterAll(note("outer: after all"));
  beforeEach(async () => {
    await Promise.resolve();
    log.push("outer: before");
  });
  afterEach(note("outer: after"));

  it("holds a test", note("first test"));

  describe("a suite inside", () => {
    beforeAll(note("inner: before all"));
    beforeEach(note("inner: before"));
    afterEach(note("inner: after"));
    it("awaits its test", async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      log.push("inner test");
    });
  });

  it({ name: "takes a definition", fn: note("last test") });
});

describe("hooks", () => {
  it("ran once or around each test, in order", () => {
    assertEquals(log, [
      "outer: before all",
      "outer: before",
      "first test",
      "outer: after",
      "inner: before all",
      "outer: before",
      "inner: before",
      "inner test",
      "inner: after",
      "outer: after",
      "outer: before",
      "last test",
      "outer: after",
      "outer: after all",
    ]);
  });
});
