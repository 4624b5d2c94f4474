import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import process from "node:process";
import { openDisplay } from "./_display.ts";
import type { Progress } from "./_progress_text.ts";
import { captureLines } from "./_testing.ts";

const progress: Progress = {
  epoch: 1,
  epochs: 2,
  done: 0.25,
  figures: { loss: 0.5 },
  validation: undefined,
  rate: 100,
  elapsed: 1,
  remaining: 3,
};

const record = {
  epoch: 1,
  step: 4,
  learningRate: 0.1,
  seconds: 2,
  train: { loss: 0.5 },
};

/** What is written to the terminal that `work` is made to believe in. */
async function onTerminal(
  columns: number,
  work: () => void | Promise<void>,
): Promise<string> {
  const { stderr } = process;
  let written = "";
  const pretended = {
    isTTY: true,
    columns,
    write: (chunk: unknown, ...rest: unknown[]) => {
      written += String(chunk);
      const done = rest.find((part) => typeof part === "function");
      (done as (() => void) | undefined)?.();
      return true;
    },
  };
  const before = Object.keys(pretended).map((key) =>
    [key, Object.getOwnPropertyDescriptor(stderr, key)] as const
  );
  for (const [key, value] of Object.entries(pretended)) {
    Object.defineProperty(stderr, key, {
      value,
      configurable: true,
      writable: true,
    });
  }
  try {
    await work();
  } finally {
    for (const [key, descriptor] of before) {
      if (descriptor) Object.defineProperty(stderr, key, descriptor);
      else Reflect.deleteProperty(stderr, key);
    }
  }
  return written;
}

describe("the display", () => {
  it("is a bar on a terminal, which stops cleanly", async () => {
    const lines: string[] = [];
    const written = await onTerminal(100, async () => {
      lines.push(
        ...await captureLines(() => {
          const display = openDisplay(true);
          assertEquals(display.live, true);
          display.update(progress);
          display.epoch(record, 2);
          display.update({ ...progress, epoch: 2, done: 1 });
          display.stop();
          display.stop();
        }),
      );
    });
    assertEquals(lines, []);
    assertStringIncludes(written, "epoch 1/2 ███████");
    assertStringIncludes(
      written,
      " 25% · loss 0.5000 · 100 samples/s · 3.0 s left",
    );
    assertStringIncludes(
      written,
      "100% · loss 0.5000 · 100 samples/s · in 1.0 s",
    );
    // What an epoch came to stays above the bar.
    assertStringIncludes(
      written,
      "\repoch 1/2 · loss 0.5000 · 2.0 s\x1b[K\n\r",
    );
    // Neither cursor nor line wrapping are left changed by Ctrl-C.
    assert(!written.includes("\x1b[?25l") && !written.includes("\x1b[?7l"));
    assert(written.endsWith("\n"));
  });

  it("stops cleanly before it was begun", async () => {
    const written = await onTerminal(80, () => {
      (openDisplay(true)).stop();
    });
    assertEquals(written, "");
  });

  it("is a line for each epoch elsewhere", async () => {
    const lines = await captureLines(() => {
      const display = openDisplay(true);
      assertEquals(display.live, false);
      display.update(progress);
      display.epoch(record, 2);
      display.stop();
    });
    assertEquals(lines, ["epoch 1/2 · loss 0.5000 · 2.0 s"]);
  });

  it("is nothing where none is wanted", async () => {
    const written = await onTerminal(80, () => {
      const display = openDisplay(false);
      display.update(progress);
      display.epoch(record, 2);
      display.stop();
    });
    assertEquals(written, "");
  });
});
