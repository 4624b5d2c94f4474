import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  compile,
  f32,
  f32x4,
  f64,
  i32,
  i32x4,
  i64,
  i8x16,
  memoryCopy,
  memoryFill,
  ModuleBuilder,
  select,
  v128,
  writeSigned,
  writeUnsigned,
} from "../assembler.ts";

const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
const MEMORY = { shared: false, minimum: 1, maximum: 4 };

// deno-lint-ignore no-explicit-any
type Exports = Record<string, (...args: any[]) => any>;

function build(
  define: (module: ModuleBuilder) => void,
  env: WebAssembly.ModuleImports = {},
): Exports {
  const module = new ModuleBuilder();
  module.importMemory(MEMORY);
  define(module);
  return new WebAssembly.Instance(compile(module), {
    env: { memory, ...env },
  }).exports as unknown as Exports;
}

describe("LEB128", () => {
  it("encodes unsigned numbers", () => {
    const out: number[] = [];
    for (const n of [0, 127, 128, 624485, 2 ** 32 - 1]) writeUnsigned(out, n);
    assertEquals(
      out,
      [0, 127, 0x80, 1, 0xe5, 0x8e, 0x26, 0xff, 0xff, 0xff, 0xff, 0x0f],
    );
  });

  it("encodes signed numbers", () => {
    const out: number[] = [];
    for (const n of [0, 63, 64, -1, -64, -65, -123456]) writeSigned(out, n);
    assertEquals(
      out,
      [0, 63, 0xc0, 0, 0x7f, 0x40, 0xbf, 0x7f, 0xc0, 0xbb, 0x78],
    );
  });
});

describe("the assembler", () => {
  it("lets the statements of several bodies take turns", () => {
    const { run } = build((module) => {
      module.func("run", ["i32"], "i32", (f, start) => {
        const log = f.let(i32.const(0));
        const note = (digit: number) =>
          f.set(log, i32.add(i32.mul(log, i32.const(10)), i32.const(digit)));
        const body = (digit: number, times: number) => () => {
          note(digit);
          // What has statements of its own is one of them.
          f.if(i32.gt_s(start, i32.const(0)), () => {
            note(digit);
            note(digit);
          });
          for (let i = 0; i < times; i++) note(digit);
        };
        f.interleave([body(1, 1), body(2, 2), body(3, 0)]);
        f.result(log);
      });
    });
    assertEquals(run!(0), 123122);
    assertEquals(run!(1), 123112233122 | 0);
  });

  it("computes with every scalar type", () => {
    const e = build((m) => {
      m.func("i", ["i32", "i32"], "i32", (f, a, b) => {
        f.result(i32.sub(i32.mul(a, b), i32.const(-5)));
      });
      m.func("l", ["i32"], "i32", (f, a) => {
        const wide = i64.mul(i64.extend_i32_u(a), i64.const(2n ** 33n));
        f.result(i32.wrap_i64(i64.shr_u(wide, i64.const(32n))));
      });
      m.func(
        "f",
        ["f32"],
        "f32",
        (f, a) => f.result(f32.mul(a, f32.const(2.5))),
      );
      m.func(
        "d",
        ["f64"],
        "f64",
        (f, a) => f.result(f64.add(a, f64.const(1e300))),
      );
    });
    assertEquals(e.i!(6, 7), 47);
    assertEquals(e.l!(21), 42);
    assertEquals(e.f!(3), 7.5);
    assertEquals(e.d!(1e300), 2e300);
  });

  it("loops, branches and chooses", () => {
    const e = build((m) => {
      m.func("sum", ["i32"], "i32", (f, n) => {
        const i = f.local("i32");
        const sum = f.local("i32");
        f.block((done) => {
          f.for(i, n, 1, () => {
            f.branchIf(done, i32.gt_s(sum, i32.const(100)));
            f.if(
              i32.and(i, i32.const(1)),
              () => f.increase(sum, i),
              () => f.increase(sum, 1),
            );
          });
        });
        f.result(select(i32.eqz(n), i32.const(-1), sum));
      });
    });
    assertEquals(e.sum!(0), -1);
    assertEquals(e.sum!(5), 1 + 1 + 1 + 3 + 1);
    assert(e.sum!(1000) > 100 && e.sum!(1000) < 150);
  });

  it("computes with vectors", () => {
    const view = new Float32Array(memory.buffer);
    view.set([1, 2, 3, 4, 10, 20, 30, 40]);
    const e = build((m) => {
      m.func("run", ["i32", "i32"], "f32", (f, x, y) => {
        const sum = f.let(f32x4.add(v128.load(x), v128.load(y)));
        f.do(v128.store(x, i32x4.shuffle(sum, f.f32x4(0.5), [3, 2, 4, 0])));
        f.do(v128.store32_lane(y, sum, 1, 4));
        f.result(f32x4.extract_lane(v128.load32_splat(y, 8), 3));
      });
    });
    assertEquals(e.run!(0, 16), 30);
    assertEquals([...view.slice(0, 8)], [44, 33, 0.5, 11, 10, 22, 30, 40]);
  });

  it("makes a constant once however often it is asked for", () => {
    const module = new ModuleBuilder();
    module.importMemory(MEMORY);
    module.func("run", ["i32"], "none", (f, x) => {
      assert(f.f32x4(1) === f.f32x4(1));
      assert(f.f32x4(1) !== f.i32x4(1));
      f.do(v128.store(x, f.f32x4(1)));
    });
    assert(WebAssembly.validate(module.encode()));
  });

  it("calls imports, helpers and its own functions", () => {
    const e = build((m) => {
      const sin = m.importFunction("sin", ["f64"], "f64");
      const twice = () =>
        m.helper(
          "twice",
          () => m.func(null, ["f64"], "f64", (f, x) => f.result(f64.add(x, x))),
        );
      m.func("run", ["f64"], "f64", (f, x) => {
        f.result(twice().call(twice().call(sin.call(x))));
      });
      assertThrows(
        () => m.importFunction("late", [], "none"),
        Error,
        "Cannot import function late",
      );
    }, { sin: Math.sin });
    assertEquals(e.run!(1), 4 * Math.sin(1));
  });

  it("copies and fills memory", () => {
    const bytes = new Uint8Array(memory.buffer);
    const e = build((m) => {
      m.func("run", [], "none", (f) => {
        f.do(memoryFill(i32.const(64), i32.const(7), i32.const(8)));
        f.do(memoryCopy(i32.const(68), i32.const(64), i32.const(8)));
        f.do(
          i32.store8(
            i32.const(64),
            i8x16.extract_lane_u(v128.load(i32.const(64)), 4),
            12,
          ),
        );
      });
    });
    e.run!();
    assertEquals([...bytes.slice(64, 78)], [
      ...Array(13).fill(7),
      0,
    ]);
  });

  it("emits modules for shared memory", () => {
    const module = new ModuleBuilder();
    module.importMemory({ shared: true, minimum: 1, maximum: 2 });
    module.func(
      "get",
      ["i32"],
      "i32",
      (f, x) => f.result(i32["atomic.load"](x)),
    );
    assert(WebAssembly.validate(module.encode()));
  });
});
