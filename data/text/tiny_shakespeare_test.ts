import { assertEquals, assertRejects } from "@std/assert";
import { after, before, describe } from "@std/testing/bdd";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { DataFormatError, FileError } from "../errors.ts";
import { tinyShakespeare } from "./mod.ts";

describe("tinyShakespeare", () => {
  let folder = "";
  let server: Server;
  let address = "";
  const asked: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    server = createServer((request, response) => {
      asked.push(request.url!);
      response.end("To be, or not to be");
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise<void>((closed) => server.close(() => closed()));
    await rm(folder, { recursive: true });
  });

  it("says what is missing, where, and the command", async () => {
    const error = await assertRejects(
      () => tinyShakespeare({ root: folder }),
      FileError,
    );
    assertEquals(
      error.message,
      `Cannot find tiny-shakespeare.txt or tiny-shakespeare.txt.gz in ${folder}: pass another root, set TENFOLD_DATA, or fetch it with deno eval 'import { tinyShakespeare } from "@tenfold/data/text"; await tinyShakespeare({ root: ${
        JSON.stringify(folder)
      }, download: true })'`,
    );
  });

  it("keeps nothing that is not the published text", async () => {
    const mirrors = [`${address}/input.txt`, `${address}/other`];
    await assertRejects(
      () =>
        tinyShakespeare({
          root: folder,
          download: true,
          mirrors,
          progress: false,
        }),
      FileError,
      "no mirror gave it",
    );
    assertEquals(asked, ["/input.txt", "/other"]);
    assertEquals(await readdir(folder), []);
  });

  it("names a damaged file, also in the folder text", async () => {
    const path = join(folder, "text", "tiny-shakespeare.txt");
    await mkdir(join(folder, "text"));
    await writeFile(path, "To be");
    await assertRejects(
      () => tinyShakespeare({ root: folder }),
      DataFormatError,
      `Cannot read ${path} as it is not the published file`,
    );
    await rm(join(folder, "text"), { recursive: true });
  });

  it("checks its options before it looks for anything", async () => {
    for (
      const [options, message] of [
        [{ root: "" }, "root must be a path"],
        [{ mirrors: ["ftp://a"] }, "must be an http address"],
        [{ timeout: 0 }, "must be positive"],
        [{ split: "test" }, "split"],
      ] as const
    ) {
      await assertRejects(
        () => tinyShakespeare(options as never),
        Error,
        message,
      );
    }
  });
});
