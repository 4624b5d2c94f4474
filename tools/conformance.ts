/**
 * Runs a part of the conformance suite on a backend, for those who write one:
 *
 *     deno run -A tools/conformance.ts cpu-typedarray "sort of"
 *
 * The pattern is a regular expression on the names of the tests; left out, all
 * of them run. Prints what fails, the slowest tests, and the sum. A backend that
 * is not registered goes by the file of a function `open`, which gives it:
 *
 *     deno run -A tools/conformance.ts examples/small_backend.ts
 *
 * @module
 */
import { type Backend, currentDevice, setBackend } from "@tenfold/tenfold";
import { conformance } from "@tenfold/backends/conformance";

const [name = "cpu-typedarray", pattern = "", shard = ""] = Deno.args;
/** `--shard=0/4` takes the first of four parts. */
const [part = 0, parts = 1] = shard.match(/\d+/g)?.map(Number) ?? [];
const chosen = new RegExp(pattern);

async function open(): Promise<Backend> {
  if (name.endsWith(".ts")) {
    const path = new URL(name, `file://${Deno.cwd()}/`);
    const file: { open(): Backend | Promise<Backend> } = await import(
      path.href
    );
    return file.open();
  }
  await setBackend(name);
  return currentDevice().backend;
}

interface Test {
  readonly name: string;
  readonly body: () => void | Promise<void>;
}

const tests: Test[] = [];
const path: string[] = [];
conformance({
  backend: open,
  describe(name, body) {
    path.push(name);
    body();
    path.pop();
  },
  it: (name, body) => tests.push({ name: [...path, name].join(" > "), body }),
});

const times: { name: string; ms: number }[] = [];
let failed = 0;
for (const [i, { name, body }] of tests.entries()) {
  if (!chosen.test(name) || i % parts !== part) continue;
  const start = performance.now();
  try {
    await body();
  } catch (error) {
    failed++;
    const text = error instanceof Error ? error.message : String(error);
    console.error(`FAILED ${name}\n  ${text}`);
  }
  times.push({ name, ms: performance.now() - start });
}

const total = times.reduce((sum, { ms }) => sum + ms, 0);
for (const { name, ms } of times.sort((a, b) => b.ms - a.ms).slice(0, 8)) {
  console.log(`${ms.toFixed(0).padStart(7)} ms  ${name}`);
}
console.log(
  `${times.length - failed} passed, ${failed} failed in ${
    (total / 1000).toFixed(1)
  } s`,
);
Deno.exit(failed > 0 ? 1 : 0);
