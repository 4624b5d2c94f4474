import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { showProgress, TestProgress } from "./test_progress.ts";

/** What is shown of lines that come a second apart. */
function shown(lines: readonly string[], files = 3): (string | null)[] {
  let now = 58_000;
  const progress = new TestProgress(files, () => now);
  return lines.map((line) => {
    now += 1000;
    return progress.show(line);
  });
}

describe("the progress of tests", () => {
  it("is a line for each suite, with counts, files and time", () => {
    assertEquals(
      shown([
        "./a_test.ts => sums ... of zeros ... ok (3ms)",
        "./b_test.ts => products ... of zeros ... ok (1ms)",
        "./a_test.ts => sums ... of views ... of rows ... ok (3ms)",
        "\x1b[38;5;245m./a_test.ts =>\x1b[0m sums ... of views ... \x1b[32mok\x1b[0m (4ms)",
        "./a_test.ts => sums ... ok (8ms)",
      ]),
      [
        null,
        null,
        null,
        null,
        "[0:05, file 2 of 3] a_test.ts: sums: 2 passed",
      ],
    );
  });

  it("shows what fails at once, and counts it once", () => {
    assertEquals(
      shown([
        "./a_test.ts => sums ... of zeros ... FAILED (3ms)",
        "./a_test.ts => sums ... of ones ... ok (3ms)",
        "./a_test.ts => sums ... of twos ... ignored (0ms)",
        "./a_test.ts => sums ... FAILED (due to 1 failed step) (8ms)",
      ]),
      [
        "./a_test.ts => sums ... of zeros ... FAILED (3ms)",
        null,
        null,
        "[0:04, file 1 of 3] a_test.ts: sums: 1 passed, 1 FAILED",
      ],
    );
  });

  it("leaves all else as it is, in order, however it is cut", async () => {
    const text =
      "noise\n./a_test.ts => é ... x ... ok (3ms)\n./a_test.ts => é ... ok (1s)\n\nok | 1 passed\nlast";
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 7, 1000]) {
      let written = "";
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) {
            controller.enqueue(bytes.slice(at, at + size));
          }
          controller.close();
        },
      });
      await showProgress(
        stream,
        new TestProgress(1, () => 0),
        (part) => written += part,
      );
      assertEquals(
        written,
        "noise\n[0:00, file 1 of 1] a_test.ts: é: 1 passed\n\nok | 1 passed\nlast",
      );
    }
  });
});
