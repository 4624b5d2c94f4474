import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory, type Tensor, tensor } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { fromBase64, fuzz } from "./_testdata/bytes.ts";
import {
  SAFETENSORS_FILE,
  SAFETENSORS_VALUES,
} from "./_testdata/safetensors.ts";
import { DataFormatError, FileError } from "./errors.ts";
import { openSafetensors } from "./open_safetensors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { writeFileAtomic } from "./write_file_atomic.ts";

const FILE = fromBase64(SAFETENSORS_FILE);
const FOLDER = "out/open_safetensors_test";

const text = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value));

/** A blob that notes which bytes are read. */
class WatchedBlob extends Blob {
  readonly parts: [number, number][] = [];
  override slice(begin?: number, end?: number): Blob {
    this.parts.push([begin!, end!]);
    return super.slice(begin, end);
  }
}

/** A server that gives parts of files, and notes which. */
function serving(
  files: { [path: string]: Uint8Array },
  { whole = false, tag = (): string => "1" } = {},
): { parts: string[]; close: () => void } {
  const original = globalThis.fetch;
  const parts: string[] = [];
  globalThis.fetch = ((input: URL, init?: RequestInit) => {
    const { pathname } = new URL(input);
    const file = files[decodeURIComponent(pathname.slice(1))];
    const range = new Headers(init?.headers).get("range") ?? "";
    parts.push(`${pathname} ${range}`);
    if (file === undefined) {
      return Promise.resolve(new Response(null, { status: 404 }));
    }
    const [begin, last] = range.slice("bytes=".length).split("-").map(Number);
    return Promise.resolve(
      whole
        ? new Response(file as Uint8Array<ArrayBuffer>)
        : new Response(file.slice(begin, last! + 1), {
          status: 206,
          headers: {
            "content-range": `bytes ${begin}-${last}/${file.length}`,
            etag: tag(),
          },
        }),
    );
  }) as typeof fetch;
  return { parts, close: () => globalThis.fetch = original };
}

async function values(read: Tensor): Promise<number[]> {
  using kept = read;
  return Array.from(await kept.data());
}

/** Two files with an index. */
async function sharded(): Promise<{ [name: string]: Uint8Array }> {
  using weight = tensor([1, 2]);
  using bias = tensor([3]);
  return {
    "model-1.safetensors": await encodeSafetensors({ weight }),
    "model-2.safetensors": await encodeSafetensors({ bias }),
    "model.safetensors.index.json": text({
      metadata: { total_size: 12, note: "n", other: [1] },
      weight_map: {
        weight: "model-1.safetensors",
        bias: "model-2.safetensors",
      },
    }),
  };
}

describe("openSafetensors", () => {
  it("reads every dtype as loadSafetensors does", async () => {
    const before = memory().tensors;
    const file = await openSafetensors(FILE);
    const all = decodeSafetensors(FILE);
    assertEquals([...file.names].sort(), Object.keys(all).sort());
    assertEquals(file.metadata, { format: "pt" });
    const read = await file.tensors(file.names);
    for (const [name, expected] of Object.entries(all)) {
      using one = await file.tensor(name);
      for (const tensor of [one, read[name]!]) {
        assertEquals(tensor.shape, expected.shape);
        assertEquals(tensor.dtype, expected.dtype);
        assertEquals(await tensor.data(), await expected.data());
      }
      expected.dispose();
      read[name]!.dispose();
    }
    for (const dtype of Object.keys(SAFETENSORS_VALUES)) {
      const info = await file.info(`layer.${dtype}`);
      assertEquals(info, { dtype, shape: [2, 2] });
    }
    assertEquals((await file.entry("layer.BF16")).data.length, 8);
    assert(file.has("größe") && !file.has("nothing"));
    assertEquals(memory().tensors, before);
  });

  it("reads the bytes of the tensor alone", async () => {
    const large = tensor(new Float32Array(100_000).fill(1));
    const small = tensor([1, 2], { dtype: "int32" });
    const bytes = await encodeSafetensors({ a: large, z: small });
    large.dispose();
    small.dispose();
    const blob = new WatchedBlob([bytes as Uint8Array<ArrayBuffer>]);
    const file = await openSafetensors(blob);
    assertEquals(blob.parts, [[0, 65536]]);
    assertEquals(await values(await file.tensor("z")), [1, 2]);
    assertEquals(blob.parts.slice(1), [[bytes.length - 8, bytes.length]]);

    await writeFileAtomic(`${FOLDER}/large.safetensors`, bytes);
    const onDisk = await openSafetensors(`${FOLDER}/large.safetensors`);
    assertEquals(await values(await onDisk.tensor("z")), [1, 2]);

    const server = serving({ "large.safetensors": bytes });
    try {
      const remote = await openSafetensors(
        "https://models.test/large.safetensors",
      );
      assertEquals(await values(await remote.tensor("z")), [1, 2]);
      assertEquals(server.parts, [
        "/large.safetensors bytes=0-65535",
        `/large.safetensors bytes=${bytes.length - 8}-${bytes.length - 1}`,
      ]);
    } finally {
      server.close();
    }
  });

  it("reads headers that are longer than its first look", async () => {
    const names = Array.from({ length: 3000 }, (_, i) => `layer.${i}.weight`);
    using one = tensor([7]);
    const bytes = await encodeSafetensors(
      Object.fromEntries(names.map((name) => [name, one])),
    );
    const blob = new WatchedBlob([bytes as Uint8Array<ArrayBuffer>]);
    const file = await openSafetensors(blob);
    assertEquals(file.names.length, 3000);
    assertEquals(blob.parts.length, 2);
    assertEquals(await values(await file.tensor("layer.2999.weight")), [7]);
  });

  it("opens a checkpoint of several files by its index or its folder", async () => {
    const files = await sharded();
    for (const [name, bytes] of Object.entries(files)) {
      await writeFileAtomic(`${FOLDER}/sharded/${name}`, bytes);
    }
    const server = serving(files);
    try {
      for (
        const source of [
          `${FOLDER}/sharded/model.safetensors.index.json`,
          `${FOLDER}/sharded`,
          "https://models.test/model.safetensors.index.json",
        ]
      ) {
        const reader = await openSafetensors(source);
        assertEquals(reader.names, ["weight", "bias"]);
        assertEquals(reader.metadata, { total_size: "12", note: "n" });
        assertEquals(await values(await reader.tensor("bias")), [3]);
        assertEquals((await reader.info("weight")).shape, [2]);
      }
      assertEquals(server.parts.length, 3);
    } finally {
      server.close();
    }
    const index = files["model.safetensors.index.json"]!;
    const reader = await openSafetensors(index, {
      shards: (file) => new Blob([files[file] as Uint8Array<ArrayBuffer>]),
    });
    assertEquals(await values(await reader.tensor("weight")), [1, 2]);
    await assertRejects(
      () => openSafetensors(index),
      TypeError,
      "an index from bytes has nothing beside it: pass { shards: (file) => source }",
    );
  });

  it("refuses an index that leads elsewhere or nowhere", async () => {
    for (const file of ["../secret", "/etc/passwd", "c:\\x", "..", "a/b"]) {
      await assertRejects(
        () => openSafetensors(text({ weight_map: { weight: file } })),
        DataFormatError,
        "Cannot read the safetensors index as a file must lie beside it",
      );
    }
    await assertRejects(
      () => openSafetensors(text({ metadata: { total_size: 1 } })),
      DataFormatError,
      "it has no weight_map",
    );
    const reader = await openSafetensors(
      text({ weight_map: { weight: "model.safetensors" } }),
      { shards: () => FILE },
    );
    await assertRejects(
      () => reader.tensor("weight"),
      DataFormatError,
      'the file that the index names for "weight" does not hold it',
    );
  });

  it("names what is not there", async () => {
    const file = await openSafetensors(FILE);
    const before = memory().tensors;
    await assertRejects(
      () => file.tensors(["scalar", "wieght"]),
      RangeError,
      'Cannot read "wieght" as there is no tensor of this name: expected one of "layer.',
    );
    assertEquals(memory().tensors, before);
    await assertRejects(
      () => openSafetensors(`${FOLDER}/nothing.safetensors`),
      FileError,
      "there is no such file or folder",
    );
  });

  it("says when a server gives no parts, or others than before", async () => {
    let server = serving({ "x.safetensors": FILE }, { whole: true });
    try {
      await assertRejects(
        () => openSafetensors("https://models.test/x.safetensors"),
        FileError,
        "the server gives whole files only: read it with loadSafetensors",
      );
    } finally {
      server.close();
    }
    let count = 0;
    using big = tensor(new Float32Array(50_000));
    const bytes = await encodeSafetensors({ big });
    server = serving({ "y.safetensors": bytes }, { tag: () => `${count++}` });
    try {
      const file = await openSafetensors("https://models.test/y.safetensors");
      await assertRejects(
        () => file.tensor("big"),
        FileError,
        "as it has changed since it was opened: open it again",
      );
    } finally {
      server.close();
    }
  });

  it("500 damaged files and indices end in a clear error", async () => {
    const { "model.safetensors.index.json": index, ...files } = await sharded();
    const { refused } = await fuzz([FILE, index!], async (bytes) => {
      const file = await openSafetensors(bytes, {
        shards: (name) => files[name] ?? FILE,
      });
      const read = Object.values(await file.tensors(file.names));
      for (const tensor of read) tensor.dispose();
      return read.length;
    }, 500);
    assert(refused > 300, `${refused}`);
  });
});
