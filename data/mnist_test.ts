import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  after,
  afterEach,
  before,
  beforeEach,
  describe,
} from "@std/testing/bdd";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { gzip } from "./_testdata/bytes.ts";
import type { DownloadProgress } from "./_download.ts";
import type { MnistSplit } from "./_mnist_files.ts";
import { DataFormatError, FileError } from "./errors.ts";
import { serializeIdx } from "./idx.ts";
import { mnist, MnistDataset, openMnist } from "./mnist.ts";

/** Two images and their labels, in files of the published form. */
const pixels = Uint8Array.from({ length: 2 * 784 }, (_, i) => i % 256);
const images = serializeIdx({
  type: "uint8",
  shape: [2, 28, 28],
  data: pixels,
});
const labels = serializeIdx({
  type: "uint8",
  shape: [2],
  data: new Uint8Array([7, 3]),
});

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest(
    "SHA-256",
    bytes as Uint8Array<ArrayBuffer>,
  );
  return Array.from(
    new Uint8Array(hash),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

describe("MNIST", () => {
  let folder = "";
  let split: MnistSplit;
  let server: Server;
  let address = "";
  let answer: RequestListener = (_, response) => response.writeHead(404).end();
  let asked: string[] = [];

  before(async () => {
    split = {
      images: {
        name: "images",
        sha256: await digest(images),
        bytes: images.length,
      },
      labels: {
        name: "labels",
        sha256: await digest(labels),
        bytes: labels.length,
      },
    };
    server = createServer((request, response) => {
      asked.push(request.url!);
      answer(request, response);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    return new Promise<void>((closed) => server.close(() => closed()));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    asked = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  function open(options: {
    download?: boolean;
    mirrors?: string[];
    timeout?: number;
    progress?: boolean | ((progress: DownloadProgress) => void);
  } = {}): Promise<MnistDataset> {
    const defaults = {
      root: folder,
      download: false,
      mirrors: [`${address}/a`, `${address}/b/`],
      timeout: 2000,
      progress: false,
    };
    return openMnist(split, { ...defaults, ...options }, {});
  }

  it("reads a folder of plain files", async () => {
    await writeFile(join(folder, "images"), images);
    await writeFile(join(folder, "labels"), labels);
    const dataset = await open();
    assertEquals(dataset.length, 2);
    assertEquals(dataset.rawImages, pixels);
    assertEquals(dataset.images.shape, [2, 1, 28, 28]);
    assertEquals(dataset.images.dtype, "float32");
    const values = await dataset.images.data();
    assertEquals(values[255], 1);
    assertEquals(values[1], Math.fround(1 / 255));
    assertEquals(dataset.labels.dtype, "int32");
    assertEquals(await dataset.labels.toArray(), [7, 3]);
    const [image, label] = dataset.get(1);
    assertEquals(image.shape, [1, 28, 28]);
    assertEquals(await label.item(), 3);
    const [batch] = dataset.getBatch(new Int32Array([1, 1, 0]));
    assertEquals(batch.shape, [3, 1, 28, 28]);
    dataset.dispose();
    assertEquals(await dataset.labels.toArray(), [7, 3]);
    dataset.dispose();
  });

  it("reads gzipped files, and the folders that others make", async () => {
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(folder, "MNIST", "raw"), { recursive: true });
    await writeFile(join(folder, "images.gz"), await gzip(images));
    await writeFile(
      join(folder, "MNIST", "raw", "labels.gz"),
      await gzip(labels),
    );
    assertEquals((await open()).rawLabels, new Uint8Array([7, 3]));
  });

  it("a missing folder: what, where, and the command, in one line", async () => {
    const root = join(folder, "none");
    const error = await assertRejects(() => mnist({ root }), FileError);
    assertEquals(
      error.message,
      `Cannot find train-images-idx3-ubyte or train-images-idx3-ubyte.gz in ${root}: pass another root, set TENFOLD_DATA, or fetch it with deno eval 'import { downloadMnist } from "@tenfold/data"; await downloadMnist("${root}")'`,
    );
  });

  it("a damaged file is named, with the command", async () => {
    const damaged = images.slice();
    damaged[100]! ^= 1;
    await writeFile(join(folder, "images"), damaged);
    await writeFile(join(folder, "labels"), labels);
    const error = await assertRejects(() => open(), DataFormatError);
    assert(error.message.startsWith(
      `Cannot read ${join(folder, "images")} as it is not the published file: `,
    ));
    assert(error.message.includes("its SHA-256 is wrong: got "));
    assert(error.message.includes("fetch it again with deno eval"));
    assert(!error.message.includes("\n"));
  });

  it("a file that is cut short is named too", async () => {
    await writeFile(
      join(folder, "images.gz"),
      (await gzip(images)).subarray(0, 50),
    );
    await assertRejects(() => open(), DataFormatError, "cut short");
  });

  it("fetches what is missing, keeps it, and says how far it is", async () => {
    answer = async (request, response) => {
      const body = await gzip(
        request.url!.endsWith("images.gz") ? images : labels,
      );
      response.writeHead(200, { "content-length": body.length }).end(body);
    };
    const heard: DownloadProgress[] = [];
    const dataset = await open({
      download: true,
      progress: (progress) => heard.push(progress),
    });
    assertEquals(dataset.rawImages, pixels);
    assertEquals(asked, ["/a/images.gz", "/a/labels.gz"]);
    assertEquals((await readdir(folder)).sort(), ["images.gz", "labels.gz"]);
    const last = heard.at(-1)!;
    assertEquals(last.file, "labels.gz");
    assertEquals(last.received, last.total);
    // The second time nothing is asked for.
    assertEquals((await open({ download: true })).length, 2);
    assertEquals(asked.length, 2);
  });

  it("goes to the next mirror when one fails", async () => {
    const good = { images: await gzip(images), labels: await gzip(labels) };
    const wrong = await gzip(labels);
    const failures: { [name: string]: RequestListener } = {
      "is not there": (_, response) => response.writeHead(404).end("no"),
      "breaks off": (_, response) => {
        response.writeHead(200, { "content-length": good.images.length });
        response.write(good.images.subarray(0, 100));
        setTimeout(() => response.destroy(), 20);
      },
      "falls silent": (_, response) => {
        response.writeHead(200, { "content-length": good.images.length });
        response.write(good.images.subarray(0, 100));
      },
      "gives something else": (_, response) => response.end(wrong),
      "gives a page": (_, response) => response.end("<html>sorry</html>"),
      "never ends": (_, response) => {
        const piece = new Uint8Array(1 << 16);
        const more = () => {
          if (!response.destroyed) {
            response.write(piece, () => setTimeout(more, 1));
          }
        };
        more();
      },
    };
    for (const [name, fail] of Object.entries(failures)) {
      answer = (request, response) => {
        if (request.url!.startsWith("/a")) return fail(request, response);
        const file = request.url!.includes("images") ? "images" : "labels";
        response.end(good[file]);
      };
      const dataset = await open({
        download: true,
        // Only one is waited for; the others have time on a busy machine.
        timeout: name === "falls silent" ? 1500 : 20_000,
      });
      assertEquals(dataset.rawImages, pixels, name);
      assertEquals((await readdir(folder)).sort(), ["images.gz", "labels.gz"]);
      for (const file of await readdir(folder)) await rm(join(folder, file));
    }
  });

  it("says why no mirror would do, and leaves no file", async () => {
    answer = (request, response) =>
      request.url!.startsWith("/a")
        ? response.writeHead(503).end()
        : response.end("not a file");
    const error = await assertRejects(
      () => open({ download: true }),
      FileError,
    );
    assert(
      error.message.startsWith(
        `Cannot download images.gz as no mirror gave it: ${address}/a/images.gz: the server answers 503; ${address}/b/images.gz: Cannot accept images as its SHA-256 is wrong`,
      ),
      error.message,
    );
    assertEquals((error.cause as AggregateError).errors.length, 2);
    assertEquals(await readdir(folder), []);
    await assertRejects(
      () => open({ download: true, mirrors: [] }),
      FileError,
      "the list of mirrors is empty",
    );
  });

  it("replaces a damaged file", async () => {
    answer = async (request, response) => {
      response.end(
        await gzip(request.url!.includes("images") ? images : labels),
      );
    };
    await writeFile(join(folder, "images"), images.subarray(0, 500));
    assertEquals((await open({ download: true })).rawImages, pixels);
    assertEquals((await open()).rawImages, pixels);
  });

  it("keeps what a server unpacked on the way under a fitting name", async () => {
    answer = (request, response) => {
      response.end(request.url!.includes("images") ? images : labels);
    };
    await open({ download: true });
    assertEquals((await readdir(folder)).sort(), ["images", "labels"]);
    assertEquals((await open()).length, 2);
  });

  it("names the field of a wrong option", async () => {
    await assertRejects(
      // @ts-expect-error There is no such split.
      () => mnist({ root: folder, split: "validation" }),
      RangeError,
      'Cannot open MNIST as split must be "train" or "test": got "validation"',
    );
    await assertRejects(
      () => mnist({ root: folder, mirrors: ["file:///etc"] }),
      RangeError,
      "Cannot open MNIST as mirrors.0 must be an http address",
    );
    await assertRejects(
      // @ts-expect-error The option takes a boolean.
      () => mnist({ root: folder, download: "yes" }),
      TypeError,
      "download must be true or false",
    );
  });

  it("belongs to no scope", async () => {
    const { scope } = await import("@tenfold/core");
    const dataset = new MnistDataset(pixels, new Uint8Array([7, 3]));
    {
      using _ = scope();
      assertEquals(dataset.images.shape, [2, 1, 28, 28]);
    }
    assertEquals(await dataset.labels.toArray(), [7, 3]);
    dataset.dispose();
  });
});
