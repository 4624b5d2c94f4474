/**
 * What is shown of tests while they run: a line for each suite that is done,
 * with its file, how many files have begun, and the time since the start.
 *
 * @module
 */

/** A case or a suite of `deno test --parallel`: steps are joined by dots. */
const OUTCOME = /^(?:\.\/)?(\S+) => (.+) \.\.\. (ok|FAILED|ignored)\b/;

/** What a terminal is told of colors. */
// deno-lint-ignore no-control-regex
const COLOR = /\x1b\[[0-9;]*m/g;

/** Turns the lines of a runner into those that are shown. */
export class TestProgress {
  readonly #files: number;
  readonly #clock: () => number;
  readonly #start: number;
  readonly #begun = new Set<string>();
  readonly #suites = new Set<string>();
  readonly #counts = new Map<string, { passed: number; failed: number }>();

  /**
   * Begins now.
   *
   * @param files How many files there are.
   * @param clock Milliseconds.
   */
  constructor(files: number, clock: () => number = () => performance.now()) {
    this.#files = files;
    this.#clock = clock;
    this.#start = clock();
  }

  /** What is shown for a line, or null for nothing. */
  show(line: string): string | null {
    const match = OUTCOME.exec(line.replace(COLOR, ""));
    if (match === null) return line;
    const [, file = "", name = "", outcome = ""] = match;
    this.#begun.add(file);
    const path = name.split(" ... ");
    for (let length = 1; length < path.length; length++) {
      this.#suites.add(key(file, path.slice(0, length)));
    }
    const top = key(file, path.slice(0, 1));
    let counts = this.#counts.get(top);
    if (!counts) this.#counts.set(top, counts = { passed: 0, failed: 0 });
    if (!this.#suites.has(key(file, path))) {
      if (outcome === "ok") counts.passed++;
      if (outcome === "FAILED") counts.failed++;
    }
    if (path.length > 1) return outcome === "FAILED" ? line : null;
    return this.#done(file, name, counts);
  }

  #done(
    file: string,
    suite: string,
    { passed, failed }: { passed: number; failed: number },
  ): string {
    const seconds = Math.floor((this.#clock() - this.#start) / 1000);
    const time = `${Math.floor(seconds / 60)}:${
      String(seconds % 60).padStart(2, "0")
    }`;
    const failures = failed > 0 ? `, ${failed} FAILED` : "";
    return `[${time}, file ${this.#begun.size} of ${this.#files}] ${file}: ${suite}: ${passed} passed${failures}`;
  }
}

function key(file: string, path: readonly string[]): string {
  return `${file} ${path.join(" ... ")}`;
}

/** Shows the lines of a stream as they come. */
export async function showProgress(
  stream: ReadableStream<Uint8Array>,
  progress: TestProgress,
  write: (text: string) => void,
): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const shown = progress.show(line);
      if (shown !== null) write(`${shown}\n`);
    }
  }
  if (rest !== "") write(rest);
}
