/**
 * float16 in files: what PyTorch and NumPy write stays float16, what is written
 * has the bits that were there, and other dtypes come where they are asked for.
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { it } from "@std/testing/bdd";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeviceError, type Tensor, tensor } from "@tenfold/core";
import {
  decodeSafetensors,
  encodeSafetensors,
  openSafetensors,
  parseNpy,
  parseSafetensors,
  readNpy,
  serializeNpy,
  writeNpy,
} from "@tenfold/data";
import { readGguf } from "@tenfold/data/gguf";
import { readNpz, writeNpz } from "@tenfold/data/npz";
import { loadTorch } from "@tenfold/data/torch";
import { Linear } from "@tenfold/nn";
import { fromBase64 } from "../../data/_testdata/bytes.ts";
import { GGUF_FILES, GGUF_TENSORS } from "../../data/_testdata/gguf.ts";
import { NPY } from "../../data/_testdata/npy.ts";
import {
  DTYPES,
  DTYPES_FILE,
  STRIDED_FILE,
} from "../../data/_testdata/torch.ts";
import { clean, onEachBackend } from "./_testing.ts";

/** The bits of every float16: both zeros, subnormals, infinities and NaN. */
const CODES = new Uint16Array(65536).map((_, i) => i);

const bitsOf = (data: Float16Array): Uint16Array =>
  new Uint16Array(data.buffer, data.byteOffset, data.length);

/** Asserts that a tensor holds every float16; NaN of any bits is NaN. */
async function assertEvery(x: Tensor): Promise<void> {
  assertEquals(x.dtype, "float16");
  const bits = bitsOf(await x.data() as unknown as Float16Array);
  for (let i = 0; i < bits.length; i++) {
    const nan = (i & 0x7fff) > 0x7c00;
    const same = nan ? (bits[i]! & 0x7fff) > 0x7c00 : bits[i] === i;
    if (!same) throw new Error(`Code ${i} became ${bits[i]}`);
  }
}

onEachBackend("float16 in files", (backend) => {
  if (!backend.dtypes.includes("float16")) return;
  const every = () => tensor(new Float16Array(CODES.buffer));

  it(
    "goes through safetensors bit for bit",
    clean(async () => {
      const bytes = await encodeSafetensors({ every: every() });
      const entry = parseSafetensors(bytes).tensors.get("every")!;
      assertEquals(entry.dtype, "F16");
      assertEquals(entry.data.length, 2 * 65536);
      await assertEvery(decodeSafetensors(bytes)["every"]!);
      const file = await openSafetensors(bytes);
      await assertEvery(await file.tensor("every"));
      const all = await file.tensors(["every"], { dtype: "float32" });
      assertEquals(all["every"]!.dtype, "float32");
    }),
  );

  it(
    "goes through npy and npz bit for bit",
    clean(async () => {
      const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
      try {
        const path = join(folder, "every.npy");
        await writeNpy(path, every());
        const { type, data } = parseNpy(await readFile(path));
        assertEquals(type, "float16");
        assert(data instanceof Float16Array);
        await assertEvery(await readNpy(path));
        const archive = join(folder, "every.npz");
        await writeNpz(archive, { every: every() });
        await assertEvery((await readNpz(archive))["every"]!);
        const { every: single } = await readNpz(archive, { dtype: "float32" });
        assertEquals(single!.dtype, "float32");
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
  );

  it(
    "stays what PyTorch and NumPy have written",
    clean(async () => {
      const torch = await loadTorch(fromBase64(DTYPES_FILE));
      assertEquals(torch["float16"]!.dtype, "float16");
      assertEquals(torch["bfloat16"]!.dtype, "float32");
      const values = [...await torch["float16"]!.data()];
      assertEquals(values, DTYPES["float16"]!.values as number[]);
      const strided = await loadTorch(fromBase64(STRIDED_FILE));
      assertEquals(await strided["half transposed"]!.toArray(), [
        [0, 3],
        [1, 4],
        [2, 5],
      ]);
      const fixtures = NPY.filter(({ type }) => type === "float16");
      assert(fixtures.length > 1);
      for (const { file, values, name } of fixtures) {
        const x = await readNpy(fromBase64(file));
        assertEquals(x.dtype, "float16", name);
        assertEquals([...await x.data()], values as number[], name);
      }
      const { tensors } = await readGguf(fromBase64(GGUF_FILES.aligned));
      assertEquals(tensors["f16"]!.dtype, "float16");
      assertEquals(tensors["bf16"]!.dtype, "float32");
      assertEquals(
        [...await tensors["f16"]!.data()],
        [...GGUF_TENSORS["f16"]!.values],
      );
    }),
  );

  it(
    "becomes another dtype where it is asked for, and others become it",
    clean(async () => {
      const values = [1.5, 2 ** -24, 65504, Infinity, 0.1];
      const x = tensor(values, { dtype: "float16" });
      const count = tensor([7], { dtype: "int32" });
      const bytes = await encodeSafetensors({ x, y: tensor(values), count });
      const single = decodeSafetensors(bytes, { dtype: "float32" });
      assertEquals([single["x"]!.dtype, single["y"]!.dtype], [
        "float32",
        "float32",
      ]);
      assertEquals([...await single["x"]!.data()], [...await x.data()]);
      const half = decodeSafetensors(bytes, { dtype: "float16" });
      assertEquals(half["y"]!.dtype, "float16");
      assertEquals([...await half["y"]!.data()], [...await x.data()]);
      // Only floats are meant.
      assertEquals(half["count"]!.dtype, "int32");
      const torch = await loadTorch(fromBase64(DTYPES_FILE), {
        dtype: "float16",
      });
      assertEquals(torch["bfloat16"]!.dtype, "float16");
      assertEquals(torch["float64"]!.dtype, "float16");
      const gguf = await readGguf(fromBase64(GGUF_FILES.aligned), {
        dtype: "float32",
        filter: (name) => name === "f16",
      });
      assertEquals(gguf.tensors["f16"]!.dtype, "float32");
      const npy = serializeNpy({
        type: "float16",
        shape: [2],
        data: new Float32Array([1.5, 2 ** -24]),
      });
      const read = await readNpy(npy, { dtype: "float32" });
      assertEquals(await read.toArray(), [1.5, 2 ** -24]);
    }),
  );

  it(
    "is cast to the dtype of the parameters that load it",
    clean(async () => {
      using layer = new Linear(2, 1, { dtype: "float16" });
      using other = new Linear(2, 1);
      const bytes = await encodeSafetensors(layer.stateDict());
      other.loadStateDict(decodeSafetensors(bytes));
      assertEquals(other.weight.dtype, "float32");
      assertEquals(await other.weight.toArray(), await layer.weight.toArray());
    }),
  );

  it(
    "is refused by name where it is no dtype, or the device lacks it",
    clean(async () => {
      const bytes = await encodeSafetensors({ x: tensor([1]) });
      assertThrows(
        () => decodeSafetensors(bytes, { dtype: "int32" as never }),
        RangeError,
        'must be "float16", "float32" or "float64"',
      );
      const npy = serializeNpy({
        type: "float32",
        shape: [1],
        data: new Float32Array([1]),
      });
      await assertRejects(
        () => readNpy(npy, { dtyp: "float32" } as never),
        TypeError,
        "dtyp",
      );
      if (backend.dtypes.includes("float64")) return;
      assertThrows(
        () => decodeSafetensors(bytes, { dtype: "float64" }),
        DeviceError,
        "float64 on",
      );
    }),
  );
});
