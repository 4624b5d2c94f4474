/**
 * Draws frames as fast as the browser lets it while nothing is trained, while a
 * worker trains, and while the page itself does.
 *
 * @module
 */
import { train } from "@tenfold/tenfold/browser";
import { learn } from "./learn.ts";

/** Milliseconds from frame to frame. */
export type Frames = Readonly<
  Record<"nothing" | "worker" | "page", readonly number[]>
>;

const SECONDS = 8;
const context = document.querySelector("canvas")!.getContext("2d")!;
let last: train.EpochRecord | undefined;

/** Frames for some seconds, each with a little that is drawn. */
function frames(): Promise<number[]> {
  const between: number[] = [];
  const began = performance.now();
  let before = began;
  return new Promise((resolve) => {
    const frame = () => {
      const now = performance.now();
      between.push(now - before);
      before = now;
      context.clearRect(0, 0, 300, 150);
      context.fillText(`${between.length} ${last?.train["loss"]}`, 10, 20);
      for (let i = 0; i < 100; i++) context.fillRect(i * 3, now % 100, 2, 40);
      if (now - began < 1000 * SECONDS) requestAnimationFrame(frame);
      else resolve(between.slice(1));
    };
    requestAnimationFrame(frame);
  });
}

/** Frames once training has come to its second epoch. */
async function whileTraining(
  begin: (signal: AbortSignal, second: () => void) => Promise<unknown>,
): Promise<number[]> {
  const controller = new AbortController();
  const second = Promise.withResolvers<void>();
  const over = begin(controller.signal, second.resolve).catch(second.reject);
  await second.promise;
  const between = await frames();
  controller.abort();
  await over;
  return between;
}

async function measure(): Promise<Frames> {
  const nothing = await frames();
  const worker = await whileTraining(async (signal, second) => {
    const job = train.inWorker(new URL("./job.js", location.href), null, {
      signal,
    });
    for await (const event of job) {
      if (event.type === "epoch") last = event.record;
      if (last?.epoch === 2) second();
    }
  });
  const page = await whileTraining((signal, second) =>
    learn(signal, [{
      name: "follow",
      epochEnd: (_, record) => {
        last = record;
        if (record.epoch === 2) second();
      },
    }])
  );
  return { nothing, worker, page };
}

const report = await measure().catch((error) => ({ error: error.stack }));
await fetch("/report", { method: "POST", body: JSON.stringify(report) });
