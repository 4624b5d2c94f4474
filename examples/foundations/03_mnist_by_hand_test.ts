import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backends, learn, mnistFolder, numberAfter, run } from "./_testing.ts";

const SCRIPT = "03_mnist_by_hand.ts";
const permissions = ["--allow-read"];

/** What must hold whichever digits there are. */
function checkOutput(output: string): void {
  for (const way of ["autograd", "classes", "Module"]) {
    for (const by of ["input", "w1", "b1", "w2", "b2"]) {
      assertStringIncludes(output, `✓ ${way}: gradient by ${by} (`);
    }
  }
  assertEquals(output.match(/✓ library: gradient by/g)?.length, 4);
  // Forward and backward wall times.
  for (const way of ["classes", "Module", "library"]) {
    const times = output.match(new RegExp(`^${way} +\\d+ ms +\\d+ ms$`, "m"));
    assert(times !== null, way);
  }
  assert(numberAfter(output, "largest memory in use: ") > 0);
}

describe("the lesson on MNIST by hand", () => {
  for (const backend of backends) {
    it(`holds on ${backend}`, async () => {
      // Where MNIST is not at hand, the digits of the package stand in.
      const args = mnistFolder
        ? ["--data", mnistFolder, "--limit", "1000"]
        : ["--digits"];
      const output = await learn(SCRIPT, { backend, args, permissions });
      assertStringIncludes(output, `on ${backend}`);
      checkOutput(output);
      if (!mnistFolder) return;
      // The same seed gives the same loss everywhere.
      assertAlmostEquals(numberAfter(output, "loss "), LOSS, 0.02);
      assertStringIncludes(output, "1000 samples of 784 pixels, 10 digits");
    });
  }

  it("needs no file for the digits of the package", async () => {
    const output = await learn(SCRIPT, { args: ["--digits"] });
    checkOutput(output);
    assertStringIncludes(output, "1500 samples of 64 pixels, 10 digits");
  });

  it("says in one line what is missing, where, and how to fetch it", async () => {
    const folder = join(tmpdir(), "there-is-no-mnist-here");
    const { code, output } = await run(SCRIPT, {
      args: ["--data", folder],
      permissions,
    });
    assertEquals(code, 1, output);
    const message = output.trimEnd().split("\n").slice(1);
    assertEquals(message.length, 1, output);
    assertStringIncludes(message[0]!, "Cannot find train-images-idx3-ubyte");
    assertStringIncludes(message[0]!, folder);
    assertStringIncludes(message[0]!, "downloadMnist(");
  });

  it("refuses a damaged file in one line", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    try {
      await writeFile(join(folder, "train-images-idx3-ubyte"), "no digits");
      const { code, output } = await run(SCRIPT, {
        environment: { TENFOLD_DATA: folder },
        permissions,
      });
      assertEquals(code, 1, output);
      const message = output.trimEnd().split("\n").slice(1);
      assertEquals(message.length, 1, output);
      assertStringIncludes(message[0]!, join(folder, "train-images"));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("shows its usage for options that it does not know or cannot take", async () => {
    for (
      const [args, offending] of [
        [["--epochs", "3"], "--epochs"],
        [["--limit", "0"], '"0"'],
        [["--limit", "many"], '"many"'],
        [["--limit", "60001"], '"60001"'],
      ] as const
    ) {
      const { code, output } = await run(SCRIPT, { args, permissions });
      assertEquals(code, 1, output);
      assertStringIncludes(output, offending);
      assertStringIncludes(output, "--data FOLDER");
    }
  });
});

/** Of the first 1,000 digits and the random weights of the lesson. */
const LOSS = 1102.21;
