/**
 * What the browser runs, as a page and as the worker of that page: decodes
 * pictures as browsers do, and makes batches of a folder in the worker.
 *
 * @module
 */
import { DataLoader } from "@tenfold/data";
import { decodeImage, ImageFolder } from "@tenfold/data/images";
import { serveDataset, WorkerDataset } from "@tenfold/data/worker";
import { memory, type Tensor } from "@tenfold/tenfold";
import figures from "../../data/_testdata/images.json" with { type: "json" };

/** What the page reports. */
export interface PicturesReport {
  /** How far the pixels of each file lie from Pillow's, at most. */
  readonly off: { readonly [name: string]: number };
  readonly classes: readonly string[];
  /** The shapes and labels of batches that the worker made. */
  readonly batches: readonly (readonly [number[], number[]])[];
  /** Whether the worker's pixels are those of a folder read here. */
  readonly alike: boolean;
  /** Bytes of tensors that are left. */
  readonly left: number;
  readonly error: string;
}

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const FILES = Object.entries(figures.files)
  .filter(([name]) => name !== "jpeg cmyk");

/** As `<input type="file" webkitdirectory>` gives them. */
const chosen = () =>
  FILES.map(([name, { file }], i) =>
    new File(
      [bytesOf(file)],
      `photos/${name.split(" ")[0]}/${i}.${
        name.startsWith("png") ? "png" : "jpg"
      }`,
    )
  );

async function batchesOf(
  dataset: ImageFolder | WorkerDataset<readonly [Tensor, Tensor]>,
): Promise<[number[], number[], string][]> {
  const seen: [number[], number[], string][] = [];
  const loader = new DataLoader<readonly [Tensor, Tensor]>(dataset, {
    batchSize: 2,
    prefetch: 2,
  });
  for await (const batch of loader) {
    const [x, y] = batch as readonly [Tensor, Tensor];
    const labels = await y.toArray() as number[];
    seen.push([[...x.shape], labels, (await x.data()).join()]);
  }
  return seen;
}

async function run(): Promise<PicturesReport> {
  const off: Record<string, number> = {};
  for (const [name, { file, rgb }] of FILES) {
    const { data } = await decodeImage(bytesOf(file));
    const due = bytesOf(rgb);
    off[name] = data.length === due.length
      ? due.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - data[i]!)),
        0,
      )
      : Infinity;
  }
  const folder = await ImageFolder.open(chosen());
  const here = await batchesOf(folder);
  const begin = () => new Worker(import.meta.url, { type: "module" });
  const there = await WorkerDataset.open<readonly [Tensor, Tensor]>(
    begin,
    { files: chosen() },
    { workers: 2 },
  );
  const batches = await batchesOf(there);
  there.dispose();
  const refused = await WorkerDataset.open(begin, { files: [] })
    .catch((error) => error);
  return {
    off,
    classes: folder.classes,
    batches: batches.map(([shape, labels]) => [shape, labels]),
    alike: here.join() === batches.join(),
    left: memory().bytes,
    error: refused.message,
  };
}

if ("WorkerGlobalScope" in globalThis) {
  serveDataset(({ files }: { files: File[] }) => ImageFolder.open(files));
} else {
  const report = await run().catch((error) => ({ failed: error.stack }));
  await fetch("/report", { method: "POST", body: JSON.stringify(report) });
}
