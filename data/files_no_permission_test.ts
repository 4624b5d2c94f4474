import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { environment, isTerminal } from "./_fs.ts";
import { FileError } from "./errors.ts";
import { mnist } from "./mnist.ts";
import { readBytes } from "./source.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

// On Deno this file runs with no permission at all, on Bun with every one.
const { Deno: deno } = globalThis as {
  Deno?: { permissions: { querySync(d: { name: "read" }): { state: string } } };
};
const bare = deno?.permissions.querySync({ name: "read" }).state === "prompt";

describe("without permission", () => {
  it("refused reading names the path and the flag", async () => {
    const error = await assertRejects(
      () => readBytes("no/such/file.npy"),
      FileError,
      "Cannot read no/such/file.npy as ",
    );
    if (bare) {
      assert(
        error.message.endsWith("run again with --allow-read=no/such/file.npy"),
      );
      assertEquals((error.cause as Error).name, "NotCapable");
    }
  });

  it("refused writing names the path and the flag", async () => {
    if (!bare) return;
    await assertRejects(
      () => writeFileAtomic("no/such/file.txt", "x"),
      FileError,
      "Cannot write no/such/file.txt as the runtime was not given the permission: run again with --allow-read=no/such --allow-write=no/such",
    );
  });

  it("a variable that may not be read counts as unset", () => {
    if (bare) assertEquals(environment("TENFOLD_DATA"), undefined);
    assertEquals(environment("TENFOLD_NO_SUCH_VARIABLE"), undefined);
  });

  it("the terminal may be asked for", () => {
    assert([true, false].includes(isTerminal()));
  });

  it("MNIST says how to name a folder", async () => {
    if (!bare) return;
    await assertRejects(
      () => mnist(),
      FileError,
      "pass { root }, or set TENFOLD_DATA",
    );
    await assertRejects(
      () => mnist({ root: "no/such/folder" }),
      FileError,
      "--allow-read=no/such/folder",
    );
  });
});
