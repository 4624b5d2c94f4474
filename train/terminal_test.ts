import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(
  new URL("./_testdata/terminal.ts", import.meta.url),
);
const run = "Deno" in globalThis
  ? `'${process.execPath}' run -A --no-check '${PROGRAM}'`
  : `'${process.execPath}' '${PROGRAM}'`;

/** `script` of util-linux gives a program a terminal of its own. */
const hasScript = /util-linux/.test(
  String(spawnSync("script", ["--version"]).stdout ?? ""),
);

interface Capture {
  /** What came after the program said that it begins. */
  readonly text: string;
  readonly status: number | null;
}

/**
 * Runs a command of the shell on a terminal.
 *
 * @param interruptAfter The text after which Ctrl-C is pressed.
 */
function onTerminal(
  command: string,
  interruptAfter?: RegExp,
): Promise<Capture> {
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  let pressed = false;
  child.stdout.on("data", (data) => {
    text += data;
    if (pressed || !interruptAfter?.test(text)) return;
    pressed = true;
    child.stdin.write("\x03");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on(
      "close",
      (status) => resolve({ text: text.split("begin\r\n")[1] ?? text, status }),
    );
  });
}

/** Runs a command whose output goes into a pipe, as into a log file. */
function intoLog(command: string): Promise<Capture> {
  const child = spawn("sh", ["-c", `${command} 2>&1`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (data) => text += data);
  return new Promise((resolve) => {
    child.on(
      "close",
      (status) => resolve({ text: text.split("begin\n")[1] ?? text, status }),
    );
  });
}

/** The lines that a terminal shows in the end, and all that it ever drew. */
function screen(text: string): { shown: string[]; drawn: string[] } {
  const drawn = text.split(/[\r\n]+/).map((line) =>
    line.replaceAll("\x1b[K", "")
  ).filter((line) => line !== "");
  const shown = text.split("\r\n").map((line) =>
    line.split("\r").at(-1)!.replaceAll("\x1b[K", "")
  ).filter((line) => line !== "");
  return { shown, drawn };
}

const FIGURES =
  "loss \\d\\.\\d{4} · accuracy \\d\\.\\d{4} · validation \\d\\.\\d{4} · \\d\\.\\d{4}";

// Outside of the tests, as Bun gives a test five seconds.
const captures = hasScript
  ? await Promise.all([
    onTerminal(`stty cols 80; ${run} 2`),
    onTerminal(`stty cols 80; NO_COLOR=1 ${run} 1`),
    onTerminal(`stty cols 80; exec ${run} 1000000`, /epoch +2\/1000000 ·/),
    intoLog(`${run} 2`),
  ])
  : null;

describe("progress on a terminal", () => {
  if (captures === null) {
    it("needs script of util-linux, which was not found", () => {
      assert(!process.env.CI, "CI has no script: install bsdutils");
    });
    return;
  }
  const [wide, plain, interrupted, log] = captures;

  it("shows a finished line for each epoch above the bar, with the validation at 80 columns", () => {
    assertEquals(wide.status, 0, wide.text);
    const { shown, drawn } = screen(wide.text);
    for (const line of drawn) assert(line.length < 80, line);
    assertEquals(shown.length, 4, wide.text);
    for (const [i, line] of shown.slice(0, 2).entries()) {
      assertMatch(line, new RegExp(`^epoch ${i + 1}/2 · ${FIGURES} · .* s$`));
    }
    assertMatch(shown[2]!, /^2\/2 █+ 100% · loss .* · in \d/);
    assertEquals(shown[3], "end");
    assert(drawn.some((line) => /░ +\d+% .* left$/.test(line)), wide.text);
  });

  it("clears to the end of the line and moves nothing else: no colour, no hidden cursor", () => {
    for (const { text } of [wide, plain, interrupted]) {
      // deno-lint-ignore no-control-regex -- the beginning of what terminals obey
      const codes = [...text.matchAll(/\x1b[^A-Za-z]*[A-Za-z]/g)];
      assertEquals([...new Set(codes.map(String))], ["\x1b[K"]);
    }
    assertEquals(plain.status, 0);
    assertMatch(screen(plain.text).shown[0]!, /^epoch 1\/1 · loss /);
  });

  it("ends with exit code 130 where Ctrl-C is pressed, the finished epochs left above", () => {
    assertEquals(interrupted.status, 130);
    const { shown, drawn } = screen(interrupted.text);
    // The terminal shows ^C behind the line in which it was pressed.
    for (const line of drawn) assert(line.replace("^C", "").length < 80, line);
    // Such a number leaves no room for the validation in the same line.
    assertMatch(
      shown[0]!,
      /^epoch {7}1\/1000000 · loss [\d.]+ · accuracy [\d.]+$/,
    );
    assertMatch(
      shown[1]!,
      /^ {2}validation loss [\d.]+ · accuracy [\d.]+ · .* s$/,
    );
    assertMatch(shown[2]!, /^epoch {7}2\/1000000 · loss /);
  });

  it("writes a line for each epoch into a log, without a control character", () => {
    assertEquals(log.status, 0, log.text);
    const lines = log.text.trimEnd().split("\n");
    assertEquals(lines.length, 3, log.text);
    // deno-lint-ignore no-control-regex -- these are what must not be there
    assertEquals(/[\x00-\x09\x0b-\x1f]/.test(log.text), false);
    assertMatch(
      lines[1]!,
      /^epoch 2\/2 · loss \d\.\d{4} · accuracy \d\.\d{4} · validation loss \d\.\d{4} · accuracy \d\.\d{4} · .* s$/,
    );
  });
});
