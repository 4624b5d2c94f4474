import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  arange,
  type Backend,
  manualSeed,
  rand,
  randn,
  scope,
  setBackend,
  tensor,
  type TypedArray,
} from "@tenfold/core";
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { i32 } from "../assembler.ts";
import { ALL_PARTS } from "../all_parts.ts";
import { WasmSimd } from "../backend.ts";
import { ARGUMENTS } from "../addresses.ts";
import { Engine } from "../engine.ts";
import { probeFeatures } from "../features.ts";
import { LinearMemory } from "../memory.ts";
import type { Threading } from "../parts.ts";
import { ThreadPool } from "./pool.ts";

const features = probeFeatures();

function backendOf(threads: number): WasmSimd {
  const memory = new LinearMemory(threads > 1);
  const backend = new WasmSimd(features, memory, {
    threads,
    parts: ALL_PARTS,
  });
  if (threads > 1) assert(backend.pool!.awaitStart(20_000));
  return backend;
}

/** Results of kernels of every kind, large enough for threads. */
function results(): TypedArray[] {
  manualSeed(1);
  const a = randn([700, 300]);
  const b = randn([300, 901]);
  const long = rand([300_001]);
  const index = tensor([...Array(500).keys()].map((i) => (i * 7) % 700), {
    dtype: "int32",
  });
  // Rows of a line of cache and more, and of less; single elements.
  const many = tensor([...Array(21_600).keys()].map((i) => (i * 7919) % 700), {
    dtype: "int32",
  });
  const columns = many.reshape([72, 300]).remainder(200);
  const rows = rand([21_600, 67]);
  return [
    ...[67, 3].flatMap((width) => {
      const table = a.narrow(1, 0, width).contiguous();
      const added = rows.narrow(1, 0, width).contiguous();
      const index = many.unsqueeze(1).expand([21_600, width]);
      return [
        table.indexSelect(0, many),
        table.gather(0, index),
        table.scatterAdd(0, index, added),
        table.cast("float64").scatterAdd(0, index, added.cast("float64")),
        table.scatterAdd(0, index, added.narrow(1, 0, 1).expand(added.shape)),
        table.mul(100).cast("int32").indexSelect(0, many),
      ];
    }),
    a.gather(1, columns),
    a.gather(0, columns.t()),
    a.scatterAdd(
      0,
      columns.t().contiguous(),
      rows.narrow(1, 0, 1)
        .expand([21_600, 72]).narrow(0, 0, 300),
    ),
    a.narrow(0, 0, 72).scatterAdd(
      1,
      columns,
      rows.narrow(0, 0, 300).sum(1)
        .expand([72, 300]),
    ),
    a.flatten().gather(0, many),
    a.matmul(b),
    b.t().matmul(a.t()),
    long.sin().add(long.mul(1e6).cos()),
    a.unsqueeze(1).add(a.narrow(0, 0, 40)),
    a.sum(0),
    b.sum(1),
    ...[long, rows, rows.t()].flatMap((x) => [
      x.sum(),
      x.sum(0),
      x.max(0),
      x.min(),
      x.variance(),
      x.variance(0),
      x.norm(),
      x.logsumexp(0),
      x.argmax(),
    ]),
    b.softmax(1),
    b.softmax(0),
    b.cumsum(1),
    b.argmax(1),
    a.indexSelect(0, index),
    long.sub(0.5).gelu(),
  ].map((t) => t.dataSync());
}

async function resultsWith(threads: number): Promise<TypedArray[]> {
  const backend = backendOf(threads);
  await setBackend(backend);
  const all = results();
  backend.dispose();
  return all;
}

/** Runs a file with this runtime; without any permission on Deno. */
function runAlone(file: URL): Promise<{ code: number; output: string }> {
  const path = fileURLToPath(file);
  const args = "Deno" in globalThis
    ? ["run", "--no-prompt", "--no-lock", path]
    : [path];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { timeout: 60_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? -1);
        // A runtime may speak of downloads on stderr.
        resolve({ code, output: code === 0 ? stdout : stdout + stderr });
      },
    );
  });
}

describe("threads", () => {
  it("give the same bits however many there are", async () => {
    const one = await resultsWith(1);
    for (const threads of [2, 3]) {
      const several = await resultsWith(threads);
      one.forEach((expected, i) => {
        assertEquals(several[i], expected, `result ${i}, ${threads} threads`);
      });
    }
  });

  it("each take a part of the work", () => {
    const engine = new Engine(features, new LinearMemory(true), 3);
    engine.start({ ThreadPool });
    assert(engine.pool!.awaitStart(20_000));
    // Each position gets the number of the thread that did it.
    const draft = engine.draft();
    draft.module.func("run", ["i32", "i32", "i32", "i32"], "none", (
      f,
      args,
      begin,
      end,
      thread,
    ) => {
      const out = f.let(i32.load(args));
      const position = f.let(begin);
      const wait = f.let(i32.const(20_000_000));
      f.loop((again) => {
        f.increase(wait, -1);
        f.branchIf(again, wait);
      });
      f.for(position, end, 1, () => {
        const at = i32.add(out, i32.shl(position, i32.const(2)));
        f.do(i32.store(at, i32.add(thread, i32.const(1))));
      });
    });
    const program = engine.finish(draft);
    const block = engine.allocate("int32", 1000);
    engine.memory.i32[ARGUMENTS / 4] = block.pointer;
    engine.run(program, "run", 1000, 1, 1e9);
    const start = block.pointer / 4;
    const took = new Set(engine.memory.i32.subarray(start, start + 1000));
    assert(!took.has(0), "something was left out");
    assert(took.size > 1, "one thread did everything");
    engine.pool!.dispose();
  });

  it("turn a failure of theirs into an error of the call", () => {
    const engine = new Engine(features, new LinearMemory(true), 2);
    engine.start({ ThreadPool });
    assert(engine.pool!.awaitStart(20_000));
    const draft = engine.draft();
    draft.module.func("run", ["i32", "i32", "i32", "i32"], "none", (
      f,
      _args,
      _begin,
      _end,
      thread,
    ) => {
      f.if(thread, () => f.drop(i32.div_s(i32.const(1), i32.const(0))));
      const wait = f.let(i32.const(50_000_000));
      f.loop((again) => {
        f.increase(wait, -1);
        f.branchIf(again, wait);
      });
    });
    const program = engine.finish(draft);
    const error = assertThrows(() => engine.run(program, "run", 100, 1, 1e9));
    assertMatch(
      (error as Error).message,
      /^Cannot run a kernel as a thread failed: RuntimeError: .*zero/i,
    );
    // And the next call works.
    const empty = engine.draft();
    empty.module.func("run", ["i32", "i32", "i32"], "none", () => {});
    engine.run(engine.finish(empty), "run", 100, 1, 1e9);
    engine.pool!.dispose();
  });

  it("are left out where the work is small or not begun", () => {
    const engine = new Engine(features, new LinearMemory(true), 2);
    engine.start({ ThreadPool });
    assertEquals(engine.pool!.takes(1000), false);
    assertEquals(engine.pool!.takes(1_000_000), false);
  });

  /** A backend of two threads whose code is loaded by `threading`. */
  const lateOf = (threading: () => Promise<Threading>) =>
    new WasmSimd(features, new LinearMemory(true), {
      threads: 2,
      parts: { threading },
    });

  /** 0 + 1 + 2 + 3 on a backend. */
  const total = (device: Backend) => {
    using _ = scope();
    return arange(4, { device }).sum().dataSync()[0];
  };

  it("take part once they are loaded; the backend works before", async () => {
    const backend = lateOf(() => Promise.resolve({ ThreadPool }));
    assertEquals([total(backend), backend.pool], [6, null]);
    await backend.ready;
    assert(backend.pool!.awaitStart(20_000));
    assertEquals([total(backend), backend.notice], [6, undefined]);
    backend.dispose();
  });

  it("do not start in a backend that was disposed while they loaded", async () => {
    const backend = lateOf(() => Promise.resolve({ ThreadPool }));
    backend.dispose();
    await backend.ready;
    assertEquals(backend.pool, null);
  });

  it("are left out with a notice where they cannot be loaded", async () => {
    const backend = lateOf(() => Promise.reject(new Error("no such file")));
    await backend.ready;
    assertEquals(backend.notice, "works on one thread as no such file");
    assertEquals([total(backend), backend.pool], [6, null]);
  });

  it("never keep a program from ending", async () => {
    const file = new URL("./ends_by_itself.ts", import.meta.url);
    const { code, output } = await runAlone(file);
    assertEquals(output.trim(), "done 16777216");
    assertEquals(code, 0);
  });
});
