import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory, type Tensor, tensor, zeros } from "@tenfold/core";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { fromBase64, fuzz } from "../_testdata/bytes.ts";
import { DAMAGED } from "../_testdata/damaged.ts";
import {
  NPZ_ARRAYS,
  NPZ_FILES,
  NPZ_TEXT,
  NPZ_UNNAMED,
} from "../_testdata/npz.ts";
import { zipOf } from "../_testdata/zip.ts";
import { DataFormatError } from "../errors.ts";
import { readBytes } from "../source.ts";
import { readNpz, writeNpz } from "./mod.ts";

const FOLDER = "out/npz_test";

function release(tensors: { [name: string]: Tensor }): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

describe("readNpz", () => {
  for (const [how, file] of Object.entries(NPZ_FILES)) {
    it(`reads what numpy.${how} wrote`, async () => {
      const before = memory().tensors;
      const read = await readNpz(fromBase64(file));
      assertEquals(Object.keys(read), [...Object.keys(NPZ_ARRAYS), "zeros"]);
      for (const [name, { shape, values }] of Object.entries(NPZ_ARRAYS)) {
        assertEquals([...read[name]!.shape], shape, name);
        assertEquals(Array.from(await read[name]!.data()), values, name);
      }
      assertEquals(read["zeros"]!.shape, [40, 50]);
      assertEquals(read["i8"]!.dtype, "int32");
      assertEquals(read["f8"]!.dtype, "float64");
      release(read);
      assertEquals(memory().tensors, before);
    });
  }

  it("names arrays that have no name as NumPy does", async () => {
    const read = await readNpz(fromBase64(NPZ_UNNAMED));
    assertEquals(Object.keys(read), ["arr_0", "arr_1"]);
    release(read);
  });

  it("refuses arrays that hold no numbers, or leaves them out", async () => {
    const bytes = fromBase64(NPZ_TEXT);
    await assertRejects(
      () => readNpz(bytes),
      DataFormatError,
      'Cannot read npz data as the array "names" is not sound: Cannot read npy data as elements of this kind cannot become a tensor: got <U1, which means text',
    );
    const read = await readNpz(bytes, { unsupported: "skip" });
    assertEquals(Object.keys(read), ["x"]);
    release(read);
  });

  it("passes over files that are not arrays", async () => {
    const note = zipOf({ "readme.txt": new Uint8Array(3) });
    assertEquals(await readNpz(note), {});
  });

  it("500 damaged files end in a clear error", async () => {
    const { files, read } = DAMAGED["files of NumPy"]!;
    const { refused } = await fuzz(files, read, 500);
    assert(refused > 300, `${refused}`);
  });
});

describe("writeNpz", () => {
  it("writes what it reads, compressed or not", async () => {
    const tensors = {
      weight: tensor([[1.5, -2], [0.1, 3]]),
      "layers.0/größe": tensor([1, -7], { dtype: "int32" }),
      mask: tensor([true, false]),
      scalar: tensor(2.5),
      precise: tensor([0.1], { dtype: "float64" }),
      none: zeros([0, 4]),
      zeros: zeros([100, 100]),
      ["__proto__"]: tensor([1]),
    };
    const before = memory().tensors;
    const sizes: number[] = [];
    for (const compressed of [false, true]) {
      const path = `${FOLDER}/${compressed}.npz`;
      await writeNpz(path, tensors, { compressed });
      sizes.push((await readBytes(path)).length);
      const read = await readNpz(path);
      assertEquals(Object.keys(read), Object.keys(tensors));
      for (const [name, original] of Object.entries(tensors)) {
        assertEquals(read[name]!.dtype, original.dtype);
        assertEquals(read[name]!.shape, original.shape);
        assertEquals(await read[name]!.data(), await original.data());
      }
      release(read);
    }
    assert(sizes[0]! > 40_000 && sizes[1]! < 4000, `${sizes}`);
    assertEquals(memory().tensors, before);
    release(tensors);
  });

  it("gives the same bytes for the same tensors", async () => {
    using x = tensor([1, 2]);
    await writeNpz(`${FOLDER}/a.npz`, { x });
    await writeNpz(`${FOLDER}/b.npz`, { x });
    assertEquals(
      await readBytes(`${FOLDER}/a.npz`),
      await readBytes(`${FOLDER}/b.npz`),
    );
  });

  it("refuses what is not tensors by name", async () => {
    using x = tensor([1]);
    await assertRejects(
      () => writeNpz(`${FOLDER}/x.npz`, x as never),
      TypeError,
      "Cannot write npz data as the tensors must be an object of tensors by name",
    );
    await assertRejects(
      () => writeNpz(`${FOLDER}/x.npz`, { x, y: 3 as never }),
      TypeError,
      'Cannot write npz data as "y" is not a tensor: got 3',
    );
    await assertRejects(
      () => writeNpz(`${FOLDER}/x.npz`, { ["n".repeat(70_000)]: x }),
      RangeError,
      "a name is longer than 65535 bytes: got 70004",
    );
  });
});
