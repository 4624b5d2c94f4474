import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inFolder, start } from "./_testing.ts";

/** The number behind a text in the output of a script. */
const numberAfter = (output: string, text: string): number =>
  parseFloat(output.slice(output.lastIndexOf(text) + text.length));

/** Runs a script to its end, with fewer steps than it takes by itself. */
async function quick(
  script: string,
  args: string,
  check: (output: string, folder: string) => void | Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const { code, output } = await start(
      `${script}.ts`,
      args.split(" "),
      folder,
    ).outcome;
    assertEquals(code, 0, output);
    await check(output, folder);
  });
}

/** A picture that a script has drawn. */
async function pictureIn(folder: string, name: string): Promise<string> {
  const svg = await readFile(join(folder, "out", `${name}.svg`), "utf8");
  assert(!/NaN|Infinity|undefined/.test(svg), svg);
  return svg;
}

describe("the showpieces, with fewer steps", () => {
  it("pinn.ts solves its equation", () =>
    quick("pinn", "--steps 2000", async (output, folder) => {
      assert(numberAfter(output, "Largest error: ") < 0.5, output);
      const svg = await pictureIn(folder, "pinn");
      assertStringIncludes(svg, "A damped oscillator");
    }));

  it("maml.ts comes closer to a sine within a step", () =>
    quick("maml", "--steps 300", async (output, folder) => {
      const error = (steps: number) =>
        numberAfter(output, `points: ${steps} · squared error `);
      assert(error(1) < error(0) && error(10) < error(1), output);
      assertEquals(
        (await pictureIn(folder, "maml")).match(/<circle/g)?.length,
        10,
      );
    }));

  it("vae_digits.ts draws digits, their map and the plane", () =>
    quick("vae_digits", "--epochs 8", async (output, folder) => {
      assert(numberAfter(output, "epoch 8 · ") < 31, output);
      assertStringIncludes(output, "██");
      assertStringIncludes(await pictureIn(folder, "vae_map"), "<circle");
      const png = await readFile(join(folder, "out", "vae_plane.png"));
      assertEquals(png.subarray(1, 4).toString(), "PNG");
    }));

  it("dcgan_digits.ts makes up digits", () =>
    quick("dcgan_digits", "--epochs 2 --width 8", async (output, folder) => {
      assert(numberAfter(output, "epoch 2 · judge's loss ") < 2, output);
      assertStringIncludes(output, "made up");
      const png = await readFile(join(folder, "out", "dcgan_digits.png"));
      assertEquals(png.subarray(1, 4).toString(), "PNG");
    }));

  it("dqn_cartpole.ts plays, learns and shows the cart", () =>
    quick("dqn_cartpole", "--episodes 20", async (output, folder) => {
      assert(numberAfter(output, "episode 20 · ") > 8, output);
      assertStringIncludes(output, "[ ]");
      assertStringIncludes(await pictureIn(folder, "dqn_cartpole"), "polyline");
    }));

  it("lstm_names.ts makes up names of four languages", () =>
    quick("lstm_names", "--epochs 2 --count 3", (output) => {
      assert(numberAfter(output, "epoch 2 · ") < 3, output);
      for (const name of ["English", "German", "Italian", "Japanese"]) {
        assert(new RegExp(`^${name} +[A-Z][a-z]+, [A-Z]`, "m").test(output));
      }
    }));
});
