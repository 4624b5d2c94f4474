import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run as runOn } from "./foundations/_testing.ts";

const onDeno = "Deno" in globalThis;

/** What the documentation of the scripts says they need, and the checks off. */
const PERMISSIONS = ["--no-prompt", "--no-check"];
const FILES = ["--allow-read=out", "--allow-write=out", ...PERMISSIONS];

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** What Deno's own way to start programs looks like; `spawn` adds `-A`. */
interface DenoCommand {
  new (path: string, options: { args: string[]; cwd: string }): {
    output(): Promise<{ code: number; stdout: Uint8Array; stderr: Uint8Array }>;
  };
}

/** Runs an example with the runtime of this test, in a folder. */
async function run(
  script: string,
  folder: string,
  permissions: readonly string[],
  args: readonly string[] = [],
): Promise<Outcome> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { Deno: deno } = globalThis as { Deno?: { Command: DenoCommand } };
  if (deno === undefined) return await runOnBun([path, ...args], folder);
  const command = new deno.Command(process.execPath, {
    args: ["run", ...permissions, path, ...args],
    cwd: folder,
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

function runOnBun(args: readonly string[], cwd: string): Promise<Outcome> {
  const child = spawn(process.execPath, ["run", ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => output += bytes);
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** The accuracy that the demo ends with. */
function accuracyIn(output: string): number {
  return Number(output.trimEnd().match(/Test accuracy: (\d\.\d+)$/)?.[1]);
}

describe("the digits examples", () => {
  let folder = "";
  let demo: Outcome;
  let bare: Outcome;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    [demo, bare] = await Promise.all([
      run("digits.ts", folder, FILES),
      onDeno ? run("digits.ts", folder, PERMISSIONS) : Promise.resolve({
        code: null,
        output: "",
      }),
    ]);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it("train to an accuracy of at least 0.97", () => {
    assertEquals(demo.code, 0, demo.output);
    assert(accuracyIn(demo.output) >= 0.97, demo.output);
  });

  it("show epochs, a confusion matrix and drawn digits", () => {
    assert(/^epoch +1\/\d+ · loss /m.test(demo.output));
    assert(/^ +0 +1 +2 +3 +4 +5 +6 +7 +8 +9$/m.test(demo.output));
    assertStringIncludes(demo.output, "██");
    assert(/\d, right/.test(demo.output));
  });

  it("write the weights and the curves", async () => {
    assertEquals((await readdir(join(folder, "out"))).sort(), [
      "digits.safetensors",
      "digits.svg",
    ]);
    const svg = await readFile(join(folder, "out", "digits.svg"), "utf8");
    assertStringIncludes(svg, "Accuracy");
  });

  it("come to the same figure without permission, and say what is missing", () => {
    if (!onDeno) return;
    assertEquals(bare.code, 0, bare.output);
    assertEquals(accuracyIn(bare.output), accuracyIn(demo.output));
    assertStringIncludes(
      bare.output,
      "run again with --allow-read=out --allow-write=out",
    );
  });

  it("predict with the weights", async () => {
    const { code, output } = await run("digits_predict.ts", folder, [
      "--allow-read=out",
      ...PERMISSIONS,
    ], ["0", "1", "2"]);
    assertEquals(code, 0, output);
    assert(/0 \(\d+%\), is 0 +1 \(\d+%\), is 1 +2 \(\d+%\), is 2/.test(output));
  });

  it("say what is wrong with what they are asked to predict", async () => {
    const { code, output } = await run("digits_predict.ts", folder, [
      "--allow-read=out",
      ...PERMISSIONS,
    ], ["2000"]);
    assertEquals(code, 1);
    assertStringIncludes(output, "There is no digit 2000");
  });

  it("say what to do where there are no weights", async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), "tenfold-"));
    try {
      const { code, output } = await run("digits_predict.ts", elsewhere, [
        "--allow-read=out",
        ...PERMISSIONS,
      ]);
      assertEquals(code, 1);
      assertStringIncludes(output, "Cannot read out/digits.safetensors");
      assertStringIncludes(output, "Train the net first: deno task demo");
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it("say which variable asks for a backend that is not there", async () => {
    const { code, output } = await runOn("../digits.ts", { backend: "nope" });
    assertEquals(code, 1, output);
    assertStringIncludes(
      output,
      'Cannot use the backend "nope" that the environment variable TENFOLD_BACKEND asks for: the known ones are cpu-typedarray, wasm-simd, webgpu\n',
    );
  });
});
