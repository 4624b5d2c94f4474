import { assertEquals, assertRejects } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory, tensor } from "@tenfold/core";
import { MemoryFile } from "./_testdata/page_file.ts";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { FileError } from "./errors.ts";
import { loadSafetensors, saveSafetensors } from "./safetensors.ts";
import { readBytes } from "./source.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

describe("a file handle of a page", () => {
  it("is written to and read from as a path is", async () => {
    const file = new MemoryFile();
    await writeFileAtomic(file, "größe");
    assertEquals(new TextDecoder().decode(await readBytes(file)), "größe");
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(7);
    await writeFileAtomic(file, shared);
    assertEquals(await readBytes(file), new Uint8Array([7, 7]));
    const before = memory().bytes;
    const x = tensor([1, 2]);
    await saveSafetensors(file, { x });
    const { x: again } = await loadSafetensors(file);
    assertEquals(await again!.toArray(), [1, 2]);
    x.dispose();
    again!.dispose();
    assertEquals(memory().bytes, before);
  });

  it("keeps what it held where it cannot be written, and says why", async () => {
    const file = new MemoryFile();
    await writeFileAtomic(file, "old");
    file.full = true;
    const error = await assertRejects(
      () => writeFileAtomic(file, "new"),
      FileError,
    );
    assertEquals(
      error.message,
      "Cannot write run.safetensors: the quota is used up",
    );
    assertEquals(new TextDecoder().decode(await readBytes(file)), "old");
    file.getFile = () => Promise.reject(new Error("it is gone"));
    await assertRejects(
      () => readBytes(file),
      FileError,
      "Cannot read run.safetensors: it is gone",
    );
  });
});
