import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Participant } from "./participants.ts";
import { ratioTables } from "./ratio_table.ts";
import { WORKS } from "./works.ts";

describe("the table of ratios", () => {
  it("says what a peer ran on, a fallback above all", () => {
    const who = (
      name: string,
      library: Participant["library"],
    ): Participant => ({
      name,
      library,
      setting: "1 thread",
      group: "cpu",
      command: [],
    });
    const ours = who("ours", "tenfold");
    const theirs = who("theirs", "PyTorch");
    const failures = [ours, theirs].map(({ name }) => ({
      suite: "matmul",
      case: WORKS[0]!.name,
      backend: name,
      error: "not measured",
    }));
    const reason = "OpenBLAS with its Prescott kernel, 33 GFLOP/s, a fallback";
    const text = ratioTables([WORKS[0]!], [ours, theirs], [], failures, [
      { name: "theirs", available: true, reason },
    ]);
    assertEquals(text.split("\n")[1], `  a  theirs: ${reason}`);
  });
});
