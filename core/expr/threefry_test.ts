import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { threefry } from "./threefry.ts";

describe("threefry", () => {
  // Known answers of Threefry-2x32 with 20 rounds from the Random123 library.
  it("gives the published words", () => {
    const word = (...args: Parameters<typeof threefry>) => threefry(...args);
    assertEquals(word(0, 0, 0, 0), 0x6b200159 | 0);
    assertEquals(word(-1, -1, -1, -1), 0x1cb996fc | 0);
    assertEquals(
      word(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3 | 0),
      0xc4923a9c | 0,
    );
  });
});
