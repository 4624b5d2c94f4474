import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inFolder, type Outcome, start } from "./_testing.ts";
import { backends, mnistFolder } from "./foundations/_testing.ts";

const SCRIPTS = ["mnist_mlp", "mnist_cnn"] as const;

/** MNIST is not committed: what needs it is tested where it is at hand. */
const itWithDigits = mnistFolder ? it : it.ignore;

/** Runs a script to its end. */
function run(
  script: string,
  folder: string,
  ...args: readonly string[]
): Promise<Outcome> {
  const data = args.includes("--data") ? [] : ["--data", mnistFolder!];
  return start(`${script}.ts`, [...data, ...args], folder).outcome;
}

/** The accuracy that a script ends with. */
function accuracyIn(output: string): number {
  return Number(output.trimEnd().match(/Test accuracy: (\d\.\d+)$/)?.[1]);
}

/** What training printed, without the times. */
function epochsIn(output: string): string[] {
  return [...output.matchAll(/^epoch .*(?= · )/gm)].map(([line]) => line);
}

describe("the MNIST scripts", () => {
  for (const script of SCRIPTS) {
    // The same seed leads to the same digits misread, but for rounding.
    const accuracies: number[] = [];
    for (const backend of backends) {
      itWithDigits(`learn on ${backend}: ${script}`, async () => {
        await inFolder(async (folder) => {
          const { code, output } = await run(
            script,
            folder,
            ...["--limit", "400", "--epochs", "3", "--backend", backend],
          );
          assertEquals(code, 0, output);
          assertStringIncludes(output, `from 400 digits on ${backend}`);
          assertEquals(epochsIn(output).length, 3, output);
          assert(/^ +0 +1 +2 +3 +4 +5 +6 +7 +8 +9$/m.test(output), output);
          assert(/at most \d+ MiB of tensors/.test(output), output);
          accuracies.push(accuracyIn(output));
          assert(accuracies.at(-1)! > 0.65, output);
          assert(Math.abs(accuracies.at(-1)! - accuracies[0]!) < 0.02, output);

          const out = join(folder, "out");
          assertEquals((await readdir(out)).sort(), [
            `${script}.checkpoint.safetensors`,
            `${script}.safetensors`,
            `${script}.svg`,
            `${script}_mistakes.svg`,
          ]);
          const curves = await readFile(join(out, `${script}.svg`), "utf8");
          assertStringIncludes(curves, "Accuracy");
          const sheet = await readFile(
            join(out, `${script}_mistakes.svg`),
            "utf8",
          );
          const wrong = Math.round(400 * (1 - accuracies.at(-1)!));
          const shown = sheet.match(/\d → \d/g);
          assertEquals(shown?.length, Math.min(100, wrong));
          assert(shown?.every((text) => text[0] !== text.at(-1)));
        });
      });
    }

    it(`show their usage for what they cannot do: ${script}`, async () => {
      await inFolder(async (folder) => {
        for (
          const [args, message] of [
            [["--optimizer", "sgd"], "the option --optimizer: there is none"],
            [["fast"], "the argument fast: there are only options"],
            [["--lr", "-1"], "--lr as it must be a positive number: got -1"],
            [["--lr"], "--lr without a value"],
            [["--epochs", "0"], "--epochs as it must be an integer from 1"],
            [["--epochs", "two"], "from 1 on: got two"],
            [["--batch-size", "2.5"], "from 1 to 60000: got 2.5"],
            [["--limit=60001"], "from 1 to 60000: got 60001"],
            [["--resume=no"], "--resume with a value: got no"],
            [["--backend", "abacus"], ": got abacus"],
          ] as const
        ) {
          const { code, output } = await run(
            script,
            folder,
            ...["--data", "nowhere", ...args],
          );
          assertEquals(code, 1, output);
          assertStringIncludes(output.split("\n")[0]!, message);
          assertStringIncludes(output, `Usage: ${script}.ts [options]`);
          assertStringIncludes(output, "--batch-size N");
        }
        assertEquals(await readdir(folder), []);
      });
    });
  }

  it("show their usage when they are asked", async () => {
    await inFolder(async (folder) => {
      const { code, output } = await start("mnist_cnn.ts", ["--help"], folder)
        .outcome;
      assertEquals(code, 0, output);
      assert(output.startsWith("Usage: mnist_cnn.ts [options]"), output);
    });
  });

  it("say in one line what is missing, where, and how to fetch it", async () => {
    await inFolder(async (folder) => {
      const nowhere = join(folder, "nowhere");
      const { code, output } = await run(
        "mnist_cnn",
        folder,
        "--data",
        nowhere,
      );
      assertEquals(code, 1, output);
      assertEquals(output.trimEnd().split("\n").length, 1, output);
      assertStringIncludes(
        output,
        `Cannot find train-images-idx3-ubyte or train-images-idx3-ubyte.gz in ${nowhere}`,
      );
      assertStringIncludes(output, `downloadMnist(${JSON.stringify(nowhere)})`);
      assertEquals(await readdir(folder), []);
    });
  });

  itWithDigits("refuse a damaged file before they learn anything", async () => {
    await inFolder(async (folder) => {
      const data = join(folder, "mnist");
      await mkdir(data);
      for (const file of await readdir(mnistFolder!)) {
        const to = join(data, file);
        const damaged = file.startsWith("t10k-labels");
        if (!damaged) await symlink(join(mnistFolder!, file), to);
        else {await writeFile(
            to,
            (await readFile(join(mnistFolder!, file))).subarray(0, 3000),
          );}
      }
      const { code, output } = await run("mnist_mlp", folder, "--data", data);
      assertEquals(code, 1, output);
      assertEquals(output.trimEnd().split("\n").length, 1, output);
      assertStringIncludes(output, join(data, "t10k-labels-idx1-ubyte.gz"));
      assertStringIncludes(output, "downloadMnist(");
      assertEquals(await readdir(folder), ["mnist"]);
    });
  });

  itWithDigits(
    "refuse to resume from another net, and keep its file",
    async () => {
      await inFolder(async (folder) => {
        const args = [
          "--limit",
          "64",
          "--epochs",
          "1",
          "--checkpoint",
          "a.safetensors",
        ];
        const first = await run("mnist_mlp", folder, ...args);
        assertEquals(first.code, 0, first.output);
        const saved = await readFile(join(folder, "a.safetensors"));
        const files = (await readdir(folder, { recursive: true })).sort();

        const { code, output } = await run(
          "mnist_cnn",
          folder,
          ...args,
          "--resume",
        );
        assertEquals(code, 1, output);
        assertStringIncludes(
          output,
          "Cannot resume as the checkpoint is of another net, which differs first in 0.weight: got none in the checkpoint and shape [16, 1, 3, 3] of float32 in the model",
        );
        assert(!output.includes("epoch "), output);
        assertEquals(await readFile(join(folder, "a.safetensors")), saved);
        assertEquals(
          (await readdir(folder, { recursive: true })).sort(),
          files,
        );
      });
    },
  );

  itWithDigits(
    "refuse to resume with other options, and name both",
    async () => {
      await inFolder(async (folder) => {
        const asked = ["--limit", "64", "--batch-size", "16", "--epochs", "2"];
        const first = await run("mnist_mlp", folder, ...asked);
        assertEquals(first.code, 0, first.output);
        for (
          const [other, message] of [
            [
              ["--lr", "0.01"],
              "largest rate differs: got 0.003, expected 0.01",
            ],
            [["--epochs", "3"], "cycle differs: got 8 steps, expected 12"],
            [["--limit", "32"], "got 64 samples in batches of 16, expected 32"],
            [
              ["--batch-size", "32"],
              "batches of 16, expected 64 in batches of 32",
            ],
          ] as const
        ) {
          // Of an option that is given twice, the last one counts.
          const { code, output } = await run(
            "mnist_mlp",
            folder,
            ...[...asked, ...other, "--resume"],
          );
          assertEquals(code, 1, output);
          const [said, why, ...more] = output.trimEnd().split("\n");
          assertStringIncludes(said!, "Learning from ");
          assertStringIncludes(why!, "Cannot resume as the state of ");
          assertStringIncludes(why!, message);
          assertEquals(more, []);
        }
      });
    },
  );
});
