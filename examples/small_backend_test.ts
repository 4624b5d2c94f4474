import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFile } from "node:fs/promises";
import { conformance } from "@tenfold/backends/conformance";
import { inFolder, start } from "./_testing.ts";
import { open } from "./small_backend.ts";

describe("a backend of maps and reductions alone", () => {
  // A sample, within seconds. All of it:
  // deno run -A tools/conformance.ts examples/small_backend.ts
  conformance({ backend: open, describe, it, every: 16, programs: 75 });

  it("has no routine", () => {
    const kernel = { kind: "routine", name: "matmul", rank: 3 } as const;
    const dtypes = ["float32", "float32"] as const;
    assertEquals(
      open().prepare({ ...kernel, outputs: ["float32"], inputs: dtypes }),
      null,
    );
  });

  it("trains the digits demo, with cross entropy, to 0.97", async () => {
    const { code, output } = await inFolder((folder) =>
      start("small_backend.ts", [], folder).outcome
    );
    assertEquals(code, 0, output);
    const accuracy = output.match(/^Test accuracy: (\d\.\d+)$/m)?.[1];
    assert(Number(accuracy) >= 0.97, output);
  });

  it("takes less than 120 lines", async () => {
    const url = new URL("small_backend.ts", import.meta.url);
    const lines = (await readFile(url, "utf8")).trimEnd().split("\n");
    assert(lines.length < 120, `${lines.length} lines`);
  });
});
