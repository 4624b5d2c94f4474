import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PbfReader } from "pbf";
import { memory, scope, tensor, zeros } from "@tenfold/core";
import { readCsv } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import "../_testing.ts";
import type { Callback } from "../callback.ts";
import { fit } from "../fit.ts";
import { csv, jsonLines, loadTensorboard, tensorboard } from "./mod.ts";

/** Runs `work` with a folder that is gone afterwards, and no tensor left. */
async function inFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const before = memory().bytes;
  const folder = await mkdtemp(join(tmpdir(), "tenfold-loggers-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
  assertEquals(memory().bytes, before);
}

async function trainWith(callbacks: Callback[], lr = 0.1): Promise<void> {
  const room = scope();
  const model = new nn.Sequential(
    new nn.Linear(1, 2),
    new nn.ReLU(),
    new nn.Linear(2, 1),
  );
  const optimizer = new optim.SGD(model.parameters(), { lr });
  const batch = [tensor([[1]]), tensor([[2]])] as const;
  try {
    await fit(model, {
      loss: nn.functional.mseLoss,
      optimizer,
      train: [batch, batch],
      validation: [batch],
      epochs: 3,
      callbacks,
      progress: false,
    });
  } finally {
    model.dispose();
    optimizer.dispose();
    room.dispose();
  }
}

/** An event of TensorBoard, as far as the tests look. */
interface Event {
  step: number;
  version?: string;
  graph?: number;
  tags: string[];
}

async function eventsIn(folder: string): Promise<Event[]> {
  const names = await readdir(folder);
  assertEquals(names.length, 1);
  assert(/^events\.out\.tfevents\.\d{10}\./.test(names[0]!), names[0]);
  const bytes = await readFile(join(folder, names[0]!));
  const events: Event[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at);
    const event: Event = { step: 0, tags: [] };
    const reader = new PbfReader(bytes.subarray(at + 12, at + 12 + length));
    reader.readFields((tag, event, pbf) => {
      if (tag === 2) event.step = pbf.readVarint();
      if (tag === 3) event.version = pbf.readString();
      if (tag === 4) event.graph = pbf.readBytes().length;
      if (tag === 5) {
        pbf.readMessage((_, tags: string[], summary) => {
          summary.readMessage((field, tags: string[], value) => {
            if (field === 1) tags.push(value.readString());
          }, tags);
        }, event.tags);
      }
    }, event);
    events.push(event);
    at += length + 16;
  }
  return events;
}

describe("csv", () => {
  it("writes a row for each epoch, and once each", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "epochs.csv");
      for (let run = 0; run < 2; run++) await trainWith([csv(path)]);
      const table = await readCsv(path);
      assertEquals(table.columns, [
        "epoch",
        "step",
        "learningRate",
        "seconds",
        "train.loss",
        "validation.loss",
      ]);
      assertEquals(table.length, 3);
      const text = await readFile(path, "utf8");
      assert(text.split("\n")[3]!.startsWith("3,6,0.1,"), text);
    });
  });

  it("names the file that cannot be written", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "file");
      await trainWith([csv(path)]);
      await assertRejects(
        () => trainWith([csv(join(path, "epochs.csv"))]),
        Error,
        "epochs.csv",
      );
    });
  });
});

describe("jsonLines", () => {
  it("writes an object for each epoch; what is not finite is null", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "epochs.jsonl");
      await trainWith([jsonLines(path)], 1e30);
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n")
        .map((line) => JSON.parse(line));
      assertEquals(lines.map(({ step }) => step), [2, 4, 6]);
      assertEquals(lines[2].train.loss, null);
    });
  });
});

describe("tensorboard", () => {
  it("writes the graph, the figures and histograms of each epoch", async () => {
    await inFolder(async (folder) => {
      const run = join(folder, "runs", "a");
      await trainWith([tensorboard(run, { histograms: true })]);
      const [version, graph, ...others] = await eventsIn(run);
      assertEquals(version!.version, "brain.Event:2");
      assert(graph!.graph! > 0);
      const figures = ["learningRate", "loss/train", "loss/validation"];
      assertEquals(
        others.filter(({ tags }) => tags.length === 3),
        [2, 4, 6].map((step) => ({ step, tags: figures })),
      );
      const histograms = others.filter(({ tags }) => tags.length === 1);
      assertEquals(histograms.length, 3 * 8);
      assertEquals(histograms[0]!.tags, ["parameters/0.weight"]);
      assertEquals(histograms[1]!.tags, ["gradients/0.weight"]);
    });
  });

  it("writes images, and refuses other shapes", async () => {
    await inFolder(async (folder) => {
      const { TensorboardWriter } = await loadTensorboard();
      const writer = new TensorboardWriter(folder);
      const [image, strange] = [zeros([3, 2, 4]), zeros([2, 2, 4])];
      await writer.image("black", image, 5);
      await assertRejects(
        () => writer.image("strange", strange, 6),
        RangeError,
        "Cannot write an image of shape [2, 2, 4]",
      );
      image.dispose();
      strange.dispose();
      assertEquals((await eventsIn(folder))[1], { step: 5, tags: ["black"] });
    });
  });

  it("refuses an option that it does not know", () => {
    let message = "";
    try {
      tensorboard("out/x", { histogram: true } as never);
    } catch (error) {
      message = (error as Error).message;
    }
    assert(message.includes("did you mean histograms?"), message);
  });
});
