import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FileError } from "./errors.ts";
import { readBytes } from "./source.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

describe("writeFileAtomic", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenfold-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("writes bytes and text, to paths and URLs", async () => {
    const path = join(folder, "a.bin");
    await writeFileAtomic(path, new Uint8Array([1, 2]));
    assertEquals(await readBytes(path), new Uint8Array([1, 2]));
    await writeFileAtomic(pathToFileURL(path), "größe");
    assertEquals(await readFile(path, "utf8"), "größe");
    assertEquals(
      await readBytes(pathToFileURL(path)),
      new TextEncoder().encode("größe"),
    );
  });

  it("makes the folders that are missing", async () => {
    const path = join(folder, "x", "y", "z.txt");
    await writeFileAtomic(path, "z");
    assertEquals(await readFile(path, "utf8"), "z");
  });

  it("leaves nothing else behind", async () => {
    const path = join(folder, "a.txt");
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => writeFileAtomic(path, `${i}`)),
    );
    assertEquals(await readdir(folder), ["a.txt"]);
    assert(/^[0-7]$/.test(await readFile(path, "utf8")));
  });

  it("leaves no temporary file when it fails", async () => {
    // A folder stands where the file would go.
    await writeFileAtomic(join(folder, "taken", "inner.txt"), "");
    await assertRejects(
      () => writeFileAtomic(join(folder, "taken"), "x"),
      FileError,
      `Cannot write ${join(folder, "taken")} as `,
    );
    assertEquals(await readdir(folder), ["taken"]);
  });

  it("removes what killed programs have left of the same file", async () => {
    const uuid = () => crypto.randomUUID();
    const left = [`.a.txt.${uuid()}.tmp`, `.a.txt.${uuid()}.tmp`];
    const others = [
      `.b.txt.${uuid()}.tmp`,
      `.a.txt.${uuid()}.${uuid()}.tmp`,
      `.a.txt.${uuid()}.tmp.old`,
      `.a.txt.notes.tmp`,
      `a.txt.${uuid()}.tmp`,
    ];
    const live = `.a.txt.${uuid()}.tmp`;
    for (const name of [...left, ...others, live]) {
      const path = join(folder, name);
      await writeFile(path, "half");
      const minutes = name === live ? 9 : 11;
      const then = Date.now() / 1000 - 60 * minutes;
      await utimes(path, then, then);
    }
    await writeFileAtomic(join(folder, "a.txt"), "whole");
    assertEquals(
      (await readdir(folder)).sort(),
      ["a.txt", live, ...others].sort(),
    );
  });

  it("leaves a folder alone that is named like a temporary file", async () => {
    const name = `.a.txt.${crypto.randomUUID()}.tmp`;
    await mkdir(join(folder, name));
    await utimes(join(folder, name), 1, 1);
    await writeFileAtomic(join(folder, "a.txt"), "whole");
    assertEquals((await readdir(folder)).sort(), [name, "a.txt"]);
  });

  it("says where the path leads through a file", async () => {
    await writeFile(join(folder, "a"), "");
    await assertRejects(
      () => writeFileAtomic(join(folder, "a", "b"), ""),
      FileError,
      "Cannot write",
    );
  });
});

describe("readBytes", () => {
  it("passes bytes through without a copy", async () => {
    const bytes = new Uint8Array([1, 2, 3]).subarray(1);
    const read = await readBytes(bytes);
    assertEquals(read, new Uint8Array([2, 3]));
    assert(read.buffer === bytes.buffer);
    assertEquals((await readBytes(new ArrayBuffer(3))).length, 3);
  });

  it("names a file that is not there, and a folder", async () => {
    await assertRejects(
      () => readBytes("no/such/file.npy"),
      FileError,
      "Cannot read no/such/file.npy as there is no such file or folder",
    );
    await assertRejects(
      () => readBytes(tmpdir()),
      FileError,
      `Cannot read ${tmpdir()} as it is a folder`,
    );
  });

  it("refuses what is no source", async () => {
    await assertRejects(
      () => readBytes(3 as unknown as string),
      TypeError,
      "the source must be bytes, a path or a URL: got number",
    );
  });
});
