import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory } from "@tenfold/core";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { bytesOf, FIGURES } from "../_testdata/images.ts";
import { DataFormatError, DataLoader, FileError, Subset } from "../mod.ts";
import * as images from "./mod.ts";

const png = bytesOf(FIGURES.files["png rgb"]!.file);
const jpeg = bytesOf(FIGURES.files["jpeg 4:2:0"]!.file);

const TREE: Readonly<Record<string, Uint8Array>> = {
  "dog/1.JPG": jpeg,
  "cat/b.png": png,
  "cat/a.jpeg": jpeg,
  "cat/deep/c.png": png,
  "cat/notes.txt": png,
  "readme.png": png,
};

async function inTree(
  tree: Readonly<Record<string, Uint8Array>>,
  test: (root: string) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "tenfold-"));
  const before = memory();
  try {
    for (const [path, bytes] of Object.entries(tree)) {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), bytes);
    }
    await test(root);
  } finally {
    await rm(root, { recursive: true });
  }
  assertEquals(memory().bytes, before.bytes);
}

describe("ImageFolder", () => {
  it("has the classes and files that torchvision finds, in its order", async () => {
    await inTree(TREE, async (root) => {
      await symlink(join(root, "dog"), join(root, "ant"));
      const folder = await images.ImageFolder.open(root);
      assertEquals(folder.classes, ["ant", "cat", "dog"]);
      assertEquals(
        folder.samples.map(({ path, label }) => [path, label]),
        [
          ["ant/1.JPG", 0],
          ["cat/a.jpeg", 1],
          ["cat/b.png", 1],
          ["cat/deep/c.png", 1],
          ["dog/1.JPG", 2],
        ],
      );
    });
  });

  it("gives samples and batches as tensors, normalised", async () => {
    await inTree(TREE, async (root) => {
      const folder = await images.ImageFolder.open(root, {
        mean: [0.5, 0.4, 0.3],
        std: [0.5, 0.2, 0.1],
      });
      const [x, y] = await folder.get(1);
      assertEquals([x.shape, y.shape], [[3, 14, 21], []]);
      assertEquals([x.dtype, y.dtype, await y.item()], [
        "float32",
        "int32",
        0,
      ]);
      const rgb = bytesOf(FIGURES.files["png rgb"]!.rgb);
      const at = 5 * 21 + 4;
      const expected = [0, 1, 2].map((c) =>
        Math.fround(
          (rgb[at * 3 + c]! / 255 - [0.5, 0.4, 0.3][c]!) / [0.5, 0.2, 0.1][c]!,
        )
      );
      const values = await x.data();
      assertEquals([0, 1, 2].map((c) => values[c * 14 * 21 + at]), expected);
      x.dispose();
      y.dispose();
      const loader = new DataLoader(folder, { batchSize: 3, prefetch: 1 });
      const seen = [];
      for await (const [x, y] of loader) {
        seen.push([x.shape, await y.toArray()]);
      }
      assertEquals(seen, [[[3, 3, 14, 21], [0, 0, 0]], [[1, 3, 14, 21], [1]]]);
    });
  });

  it("is random by seed, epoch and index, whatever asks for it", async () => {
    await inTree(TREE, async (root) => {
      const open = (seed: number) =>
        images.ImageFolder.open(root, {
          seed,
          transform: images.compose(
            images.randomResizedCrop(6),
            images.colorJitter({ brightness: 0.5, hue: 0.2 }),
          ),
        });
      const epochs = async (folder: images.ImageFolder, batchSize: number) => {
        const all = new Subset(folder, [0, 1, 2, 3]);
        const loader = new DataLoader(all, { batchSize });
        const made: string[] = [];
        for (let epoch = 0; epoch < 2; epoch++) {
          for await (const [x] of loader) made.push((await x.data()).join());
        }
        return made.join();
      };
      const one = await epochs(await open(5), 1);
      assertEquals(await epochs(await open(5), 4), one);
      assertNotEquals(await epochs(await open(6), 4), one);
      const halves = one.length / 2;
      assertNotEquals(one.slice(0, halves), one.slice(halves));
    });
  });

  it("takes files that a person has chosen", async () => {
    const files = Object.entries(TREE).map(([path, bytes]) =>
      new File([bytes as Uint8Array<ArrayBuffer>], `root/${path}`)
    );
    const folder = await images.ImageFolder.open(files);
    assertEquals(folder.classes, ["cat", "dog"]);
    assertEquals(folder.length, 4);
    assertEquals((await folder.image(0)).width, 21);
  });

  it("says what is wrong with a folder", async () => {
    const failure = async (root: string | Iterable<File>) =>
      (await assertRejects(() => images.ImageFolder.open(root), Error)).message;
    assertEquals(
      (await failure([])).startsWith(
        "Cannot open an ImageFolder as there is no folder of a class",
      ),
      true,
    );
    await assertRejects(() => images.ImageFolder.open("no/such"), FileError);
    await inTree({ "cat/a.png": png, "dog/a.txt": png }, async (root) => {
      assertEquals(
        await failure(root),
        "Cannot open an ImageFolder as the folder of a class has no PNG or JPEG file: dog",
      );
    });
    await assertRejects(
      () => images.ImageFolder.open(1 as unknown as string),
      TypeError,
      "it takes a path, a URL or files: got 1",
    );
  });

  it("names a file that is no picture, and pictures that differ in size", async () => {
    const half = images.resize(7);
    await inTree(
      { "a/1.png": png, "a/2.png": png.subarray(0, 99) },
      async (root) => {
        const folder = await images.ImageFolder.open(root);
        const { message } = await assertRejects(
          () => folder.get(1),
          DataFormatError,
        );
        assertEquals(
          message,
          "Cannot decode the image as the PNG file is damaged: Failed to decode png image: a/2.png",
        );
      },
    );
    await inTree({ "a/1.png": png, "a/2.png": png }, async (root) => {
      let count = 0;
      const folder = await images.ImageFolder.open(root, {
        transform: (image, random) => count++ % 2 ? half(image, random) : image,
      });
      const { message } = await assertRejects(
        () => folder.getBatch(Int32Array.of(0, 1)),
        RangeError,
      );
      // Either may be decoded first.
      const text = (first: string, second: string) =>
        `Cannot make a batch of images as they differ in size: got ${first}, and ${second} in a/2.png, resize or crop them in a transform`;
      const sizes = ["21 by 14", "10 by 7"] as const;
      assert([text(...sizes), text(sizes[1], sizes[0])].includes(message));
    });
  });
});
