/**
 * Bundles a page with what runs the tests: Deno's bundler or Bun's.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";

interface BunBundler {
  build(options: {
    entrypoints: string[];
    target: "browser";
  }): Promise<{
    success: boolean;
    logs: unknown[];
    outputs: { text(): Promise<string> }[];
  }>;
}

/** The text of one script with everything that the entry imports. */
export async function bundle(entry: string): Promise<string> {
  const { Bun: bun } = globalThis as { Bun?: BunBundler };
  if (!bun) {
    return run(process.execPath, ["bundle", "--platform=browser", entry]);
  }
  const result = await bun.build({
    entrypoints: [entry],
    target: "browser",
  });
  if (!result.success) throw new Error(result.logs.map(String).join("\n"));
  return result.outputs[0]!.text();
}

/** What a command prints. */
function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (data) => output += data);
    child.stderr.on("data", (data) => errors += data);
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`${command} ${args[0]} failed: ${errors}`));
    });
  });
}
