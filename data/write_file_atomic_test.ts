import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterEach, beforeEach, describe } from "@std/testing/bdd";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { readCsv } from "./csv.ts";
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

  it("keeps the mode of a file", async () => {
    const path = join(folder, "a.txt");
    for (const mode of [0o600, 0o640, 0o664, 0o666]) {
      await writeFile(path, "old");
      await chmod(path, mode);
      const { mode: before } = await stat(path);
      await writeFileAtomic(path, "new");
      assertEquals((await stat(path)).mode, before);
      assertEquals(await readFile(path, "utf8"), "new");
    }
  });

  it("replaces the file to which a symbolic link leads", async () => {
    await mkdir(join(folder, "far"));
    const target = join(folder, "far", "a.txt");
    const link = join(folder, "link.txt");
    const second = join(folder, "second.txt");
    await symlink(join("far", "a.txt"), link);
    await symlink(link, second);
    // First the link leads nowhere, then to a file.
    for (const text of ["one", "two"]) {
      await writeFileAtomic(second, text);
      assertEquals(await readFile(target, "utf8"), text);
      assertEquals((await lstat(link)).isSymbolicLink(), true);
      assertEquals((await lstat(second)).isSymbolicLink(), true);
    }
    assertEquals(await readdir(join(folder, "far")), ["a.txt"]);
    assertEquals((await readdir(folder)).sort(), [
      "far",
      "link.txt",
      "second.txt",
    ]);
  });

  it("refuses links that lead in a circle", async () => {
    await symlink("b", join(folder, "a"));
    await symlink("a", join(folder, "b"));
    await assertRejects(
      () => writeFileAtomic(join(folder, "a"), ""),
      FileError,
      "Cannot write",
    );
    assertEquals((await readdir(folder)).sort(), ["a", "b"]);
  });

  it("writes to a device instead of replacing it", async () => {
    const before = await lstat("/dev/null").catch(() => null);
    if (before === null) return;
    await writeFileAtomic("/dev/null", "x");
    assertEquals((await lstat("/dev/null")).isCharacterDevice(), true);
  });

  it("throws the first error, whatever closing does then", async () => {
    const path = join(folder, "a.txt");
    await writeFile(path, "old");
    const failing = {
      open: () =>
        Promise.resolve({
          chmod: () => Promise.resolve(),
          writeFile: () => Promise.reject(new Error("the disk is full")),
          sync: () => Promise.resolve(),
          close: () => Promise.reject(new Error("cannot close")),
        }),
    };
    const runtime = process as unknown as {
      getBuiltinModule(name: string): object;
    };
    const { getBuiltinModule } = runtime;
    runtime.getBuiltinModule = (name) => {
      const real = getBuiltinModule.call(process, name);
      return name === "node:fs/promises" ? { ...real, ...failing } : real;
    };
    try {
      await assertRejects(
        () => writeFileAtomic(path, "new"),
        FileError,
        "the disk is full",
      );
    } finally {
      runtime.getBuiltinModule = getBuiltinModule;
    }
    assertEquals(await readFile(path, "utf8"), "old");
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

  it("reads blobs, files of a page, and shared memory", async () => {
    const bytes = new Uint8Array([7, 0, 255]);
    assertEquals(await readBytes(new Blob([bytes])), bytes);
    assertEquals(await readBytes(new File([bytes], "a.npy")), bytes);
    assertEquals(
      await readBytes(new Blob([bytes]).slice(1)),
      bytes.subarray(1),
    );
    const shared = new SharedArrayBuffer(3);
    new Uint8Array(shared).set(bytes);
    for (const source of [shared, new Uint8Array(shared)]) {
      const read = await readBytes(source);
      assertEquals(read, bytes);
      assert(read.buffer instanceof ArrayBuffer);
    }
    const table = await readCsv(new File(["x,y\n1,2\n"], "table.csv"));
    assertEquals([...table.numbers("y")], [2]);
  });

  it("names a file of a page that cannot be read", async () => {
    const file = new File(["x"], "gone.csv");
    file.arrayBuffer = () => Promise.reject(new Error("it was removed"));
    await assertRejects(
      () => readBytes(file),
      FileError,
      "Cannot read gone.csv: it was removed",
    );
  });

  it("fetches data: and blob: URLs", async () => {
    assertEquals(
      await readBytes("data:application/octet-stream;base64,BwD/"),
      new Uint8Array([7, 0, 255]),
    );
    const url = URL.createObjectURL(new Blob(["ab"]));
    try {
      assertEquals(await readBytes(url), new Uint8Array([97, 98]));
    } finally {
      URL.revokeObjectURL(url);
    }
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

  it("refuses what is not a source", async () => {
    await assertRejects(
      () => readBytes(3 as unknown as string),
      TypeError,
      "the source must be bytes, a Blob, a path or a URL: got number",
    );
  });
});
