/**
 * Processes that answer requests: lines of JSON on their standard input and
 * output. Whatever a library prints goes to the standard error instead.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { tmpdir } from "node:os";

/** What marks a line as an answer. */
const MARK = "\u0001";

/** Handles one request; what it returns is sent back. */
export type Handler = (request: unknown) => unknown;

/**
 * Answers requests until the input ends, then ends the process.
 *
 * @param handle Handles one request; what it throws is sent back as text.
 */
export async function serve(handle: Handler): Promise<never> {
  const { stdout } = process;
  for (const method of ["log", "info", "debug", "warn"] as const) {
    console[method] = (...words) => console.error(...words);
  }
  for await (const line of createInterface({ input: process.stdin })) {
    let answer: unknown;
    try {
      answer = { answer: await handle(JSON.parse(line)) ?? null };
    } catch (error) {
      answer = { error: errorText(error) };
    }
    stdout.write(`${MARK}${JSON.stringify(answer)}\n`);
  }
  // Workers and devices of a library must not keep the process.
  process.exit(0);
}

/** The first line of what was thrown, with the name of its class. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.trim().split("\n")[0] || error.name;
}

/** A process was started that ended, or was never there. */
export class ProcessError extends Error {
  /** Always `"ProcessError"`. */
  override name = "ProcessError";
}

/** The other end: a process that answers. */
export class Channel {
  readonly #child: ReturnType<typeof start>;
  readonly #waiting: {
    resolve: (answer: unknown) => void;
    reject: (reason: Error) => void;
  }[] = [];
  #stderr = "";
  #ended: ProcessError | null = null;

  /** Starts a process. */
  constructor(command: readonly string[], env: Record<string, string> = {}) {
    this.#child = start(command, env);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000);
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (!line.startsWith(MARK)) return;
      const { answer, error } = JSON.parse(line.slice(MARK.length));
      const waiting = this.#waiting.shift();
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    this.#child.on("error", (error) => this.#end(errorText(error)));
    this.#child.on("close", (code, signal) => {
      this.#end(`it ended with ${signal ?? `exit code ${code}`}${this.#why()}`);
    });
    // A process that ended is reported by the next request.
    this.#child.stdin.on("error", () => {});
  }

  #why(): string {
    const lines = this.#stderr.split("\n").map((l) => stripColors(l).trim());
    const line = lines.findLast((l) => /error/i.test(l)) ??
      lines.findLast((l) => l !== "");
    return line ? `: ${plain(line)}` : "";
  }

  #end(reason: string): void {
    this.#ended ??= new ProcessError(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }

  /** Sends a request and waits for its answer. */
  request(request: unknown): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** Lets the process end. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin.end();
    const patience = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(patience);
  }
}

function start(command: readonly string[], env: Record<string, string>) {
  const [program = "", ...args] = command;
  return spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    // Vulkan loaders ask for the folder; any will do.
    env: { XDG_RUNTIME_DIR: tmpdir(), ...process.env, NO_COLOR: "1", ...env },
  });
}

/** A line of an error without what runtimes put before its message. */
function plain(line: string): string {
  return line.trim()
    .replace(/^error: Uncaught (\(in promise\) )?/, "")
    .replace(/^(\w*Error|error): /, "");
}

function stripColors(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}

/**
 * Runs a process to its end.
 *
 * @returns What it printed.
 * @throws {ProcessError} If it fails; the message is its own.
 */
export async function output(
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const child = start(command, env);
  child.stdin.end();
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => out += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => err += text);
  const ended = await new Promise<string | null>((resolve) => {
    child.on("error", (error) => resolve(errorText(error)));
    child.on("close", (code, signal) => {
      resolve(code === 0 ? null : `${signal ?? `exit code ${code}`}`);
    });
  });
  if (ended === null) return out;
  const lines = stripColors(err).split("\n").filter((l) => l.trim() !== "");
  const reason = lines.find((l) => /error/i.test(l)) ?? lines.at(-1) ?? ended;
  throw new ProcessError(plain(reason));
}

/**
 * The command that runs a program on the runtime that runs this one.
 *
 * @param config For Deno, a configuration in place of the project's.
 */
export function runtimeCommand(
  program: URL,
  args: readonly string[] = [],
  config?: URL,
): string[] {
  const path = fileURLToPath(program);
  if (!("Deno" in globalThis)) return [process.execPath, path, ...args];
  const flags = ["--quiet", "-A", "--v8-flags=--expose-gc"];
  if (config) flags.push("--config", fileURLToPath(config));
  return [process.execPath, "run", ...flags, path, ...args];
}
