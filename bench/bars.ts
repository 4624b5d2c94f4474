/**
 * What compiling saves, beside what it has to save: each program eager and
 * compiled in turns, in a process of its own.
 *
 *     deno task bench:bars [NAME…] [--seconds N]
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parse } from "./harness/arguments.ts";
import { runCommand } from "./harness/usage.ts";
import { BARS, type Measured } from "./suites/_bars.ts";

const HELP = `deno task bench:bars [NAME…] [options]

Times compiled programs beside the same ones eager, and takes their memory; with
names, only those whose titles have one of them.

  --seconds N  how long each program is timed (default 8)
  --help       this text`;

const PROBE = fileURLToPath(new URL("suites/_bars_probe.ts", import.meta.url));

await runCommand(async (args) => {
  const { values, positionals } = parse({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "8" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const chosen = BARS.map((bar, index) => ({ ...bar, index })).filter(
    ({ title, backend }) =>
      positionals.length === 0 ||
      positionals.some((part) => `${title} ${backend}`.includes(part)),
  );
  console.log(
    row([
      "program",
      "eager",
      "compiled",
      "ratio",
      "fastest",
      "processor",
      "bar",
    ]),
  );
  let missed = 0;
  for (const { index, title, backend, most } of chosen) {
    const name = `${title}, ${backend}`;
    try {
      const { eager, compiled, ratio, fastest, worked, unit } = await probe(
        index,
        values.seconds,
      );
      if (ratio > most) missed++;
      console.log(row([
        name,
        `${eager.toPrecision(4)} ${unit}`,
        `${compiled.toPrecision(4)} ${unit}`,
        ratio.toFixed(3),
        fastest?.toFixed(3) ?? "",
        worked?.toFixed(3) ?? "",
        `${most}${ratio > most ? " missed" : ""}`,
      ]));
    } catch (error) {
      missed++;
      console.log(`${name}: ${(error as Error).message}`);
    }
  }
  return missed > 0 ? 1 : 0;
});

function row([name, ...cells]: string[]): string {
  return `${name!.padEnd(62)}${
    cells.map((cell) => cell.padStart(13)).join("")
  }`;
}

function probe(index: number, seconds: string): Promise<Measured> {
  const { Deno } = globalThis as { Deno?: unknown };
  const flags = Deno ? ["run", "-A", "--v8-flags=--expose-gc"] : [];
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [...flags, PROBE, String(index), seconds],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    let text = "";
    child.stdout.on("data", (part) => text += part);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(`It ended with ${code}`));
      resolve(JSON.parse(text.trim().split("\n").at(-1)!));
    });
  });
}
