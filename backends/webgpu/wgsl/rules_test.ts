import { beforeAll, describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { collectShaders } from "./testing.ts";
import { LIBRARY, libraryFor } from "./library.ts";
import { RENDER } from "./scalar.ts";

/** Shaders without what a compiler does not read. */
const bare = (code: string): string => code.replace(/\/\/.*$/gm, "");

/** Functions of WGSL whose results differ widely between devices. */
const UNEVEN = [
  ...["sin", "cos", "tan", "asin", "acos", "atan", "atan2"],
  ...["sinh", "cosh", "tanh", "asinh", "acosh", "atanh"],
  ...["exp", "exp2", "log", "log2", "pow", "inverseSqrt", "mix"],
  ...["length", "distance", "normalize", "dot", "fract", "modf"],
  ...["frexp", "ldexp", "smoothstep", "step", "sign", "saturate"],
];

/** True for an operand that is a `u32`, as far as the text tells. */
function isUnsigned(operand: string, code: string): boolean {
  if (/^\(*(\d+u\b|bitcast<u32>\(|u32\()/.test(operand)) return true;
  const name = operand.match(/^\(*([a-z_]\w*)/i)?.[1];
  if (!name) return false;
  if (new RegExp(`\\b${name}: u32\\b`).test(code)) return true;
  const made = code.match(
    new RegExp(`\\b(?:let|var) ${name}(?:: u32)? = (.*);`),
  )?.[1];
  return made !== undefined && /\bu32\b|\b\d+u\b/.test(made);
}

/** True for a value that is not a float, as far as the text tells. */
function isInteger(name: string, code: string): boolean {
  if (new RegExp(`let ${name}(: | = )[iu]32\\b`).test(code)) return true;
  const buffer = code.match(new RegExp(`let ${name} = (b\\d+)\\[`))?.[1];
  return new RegExp(`> ${buffer}: array<(vec4<)?[iu]32`).test(code);
}

describe("the WGSL of all kernels", () => {
  const shaders = new Map<string, string>();
  const each = (check: (code: string, label: string) => void) =>
    shaders.forEach((label, code) => check(bare(code), label));
  beforeAll(() => {
    for (const software of [false, true]) {
      const workgroup = software ? 64 : 256;
      for (
        const [code, label] of collectShaders({ software, workgroup })
      ) shaders.set(code, label);
    }
    const together = { software: false, workgroup: 256, subgroups: true };
    for (const [code, label] of collectShaders(together)) {
      shaders.set(code, label);
    }
  });

  it("is all here: every kind of kernel, every function of ours", () => {
    const labels = [...shaders.values()]
      .map((label) => label.replace(/\b\d+(x\d+)?$/, "n"));
    assertEquals([...new Set(labels)].sort(), [
      "argmax",
      "argmax of parts",
      "argmin",
      "argmin of parts",
      "conv2d in tiles of n",
      "conv2d n",
      "conv2d sum of parts",
      "cumsum",
      "cumsum of parts",
      "cumsum of sums",
      "gather",
      "logSoftmax",
      "map",
      "map by tiles",
      "matmul in tiles of n",
      "matmul n",
      "matmul of n",
      "matmul sum of parts",
      "maxPool2d",
      "reduce max",
      "reduce min",
      "reduce prod",
      "reduce sum",
      "scatterAdd",
      "scatterMax",
      "scatterMin",
      "scatterProd",
      "softmax",
      "sort",
    ]);
    const all = [...shaders.keys()].join("\n");
    for (const name of Object.keys(LIBRARY)) {
      assert(all.includes(`${name}(`) || all.includes(`struct ${name}`), name);
    }
    assert(shaders.size > 1000, `${shaders.size} shaders`);
  });

  it("calls no function whose results differ between devices", () => {
    const uneven = new RegExp(`\\b(${UNEVEN.join("|")})\\(`);
    each((code, label) => {
      // sign of an int32 is exact.
      const found = code.replace(/\bsign\(/g, "").match(uneven);
      assertEquals(found?.[0], undefined, label);
    });
    for (const fn of ["sign", "abs", "max", "min", "pow"] as const) {
      assert(RENDER[fn]("float32", "x", "y").startsWith("tf_"), fn);
    }
  });

  it("finds NaN in the bits: nothing is compared with itself", () => {
    each((code, label) => {
      for (
        const [text, x] of code.matchAll(
          /\b(\w+) [!=]= \1(?![\w.[(])(?!\) [&|] !?tf_ordered)/g,
        )
      ) {
        assert(isInteger(x!, code), `${label}: ${text}`);
      }
    });
    for (const fn of ["lt", "le", "gt", "ge", "eq", "ne"] as const) {
      assert(RENDER[fn]("float32", "x", "y").includes("tf_ordered"), fn);
    }
  });

  it("takes remainders of unsigned integers alone", () => {
    each((code, label) => {
      for (const [text, operand] of code.matchAll(/% *([^;]*)/g)) {
        assert(isUnsigned(operand!, code), `${label}: ${text}`);
      }
    });
    for (const dtype of ["float32", "int32"] as const) {
      assert(!RENDER.remainder(dtype, "x", "y").includes("%"));
    }
  });

  it("divides floats by way of a function that scales large divisors", () => {
    assertEquals(RENDER.div("float32", "x", "y"), "tf_div(x, y)");
    assert(LIBRARY.tf_atan2!.includes("tf_div("));
    each((code, label) => {
      assertEquals(code.match(/\/ *0(\.0*)?f?\b(?!x)/)?.[0], undefined, label);
    });
  });

  it("chooses among floats by integer keys", () => {
    for (const name of ["tf_max", "tf_min"]) {
      const source = LIBRARY[name]!;
      assertEquals(source.match(/tf_key\((\w)\)/g)?.length, 2, name);
      assert(!/\b[ab] [<>]=? [ab]\b/.test(source), name);
    }
    for (const fn of ["Max", "Min"]) {
      const source = LIBRARY[`tf_subgroup_${fn.toLowerCase()}`]!;
      assert(source.includes(`subgroup${fn}(select(key, `), fn);
      assert(source.includes("tf_is_nan(x)"), fn);
    }
  });

  it("turns no sign by a constant, nor compares one power with a whole", () => {
    each((code, label) => {
      const found = code.match(
        /bitcast<f32>\([^;]*\^ *(0x80000000u|2147483648u)/,
      );
      assertEquals(found?.[0], undefined, label);
      assertEquals(code.match(/trunc\((\w+)\) == \1/)?.[0], undefined, label);
    });
  });

  it("knows neither infinity nor NaN nor which zero it is", () => {
    each((code, label) => {
      for (
        const [text, number] of code.matchAll(/\b([\d.]+(?:e[-+]?\d+)?)f\b/g)
      ) {
        assert(Math.abs(Number(number)) < 3.4028236e38, `${label}: ${text}`);
      }
      assertEquals(code.match(/-0\.?0*f\b/)?.[0], undefined, label);
    });
  });

  it("has no literal that an integer cannot hold", () => {
    each((code, label) => {
      for (
        const [text] of code.matchAll(/(?<![\w.])\d{10,}(?=[iu]?\b(?![.ef]))/g)
      ) {
        assert(Number(text) <= 2 ** 32, `${label}: ${text}`);
      }
    });
  });

  it("does not rely on the order of additions", () => {
    each((code, label) => {
      // (a + b) - a is b to a compiler that may reassociate.
      const found = code.match(
        /\((\w+) \+ \w+\) - \1\b|\(\w+ \+ (\w+)\) - \2\b/,
      );
      assertEquals(found?.[0], undefined, label);
    });
    assertEquals(RENDER.sub("float32", "x", "y"), "(x - tf_opaque(y))");
  });

  it("hides negations, of floats and of integers", () => {
    assertEquals(RENDER.neg("float32", "x"), "tf_neg(x)");
    assertEquals(RENDER.neg("int32", "x"), "tf_int_neg(x)");
    each((code, label) => {
      for (const name of ["tf_neg", "tf_int_neg"]) {
        const body = code.match(new RegExp(`fn ${name}[^}]*`))?.[0];
        if (body !== undefined) assert(body.includes("P[0]"), label);
      }
    });
  });

  it("bounds every loop in its head", () => {
    each((code, label) => {
      assert(!/\bloop\b/.test(code), label);
      for (const [head] of code.matchAll(/\bfor \([^{]*\{/g)) {
        const [, condition] = head.split(";");
        assert(condition && /[<>]/.test(condition), `${label}: ${head}`);
      }
      for (const [head] of code.matchAll(/\bwhile [^{]*\{/g)) {
        assert(/\((ea > eb|e > 0)\)/.test(head), `${label}: ${head}`);
      }
    });
  });

  it("asks for subgroups alone where it calls them, in front of all else", () => {
    let asked = 0;
    each((code, label) => {
      const calls = /\bsubgroup[A-Z]/.test(code);
      const rest = calls
        ? code.replace(/^enable subgroups;\nrequires subgroup_id;\n/, "")
        : code;
      assertEquals(rest.length < code.length, calls, label);
      if (calls) asked++;
      assert(!/^\s*(enable|requires|override)\b/m.test(rest), label);
      assert(!/\bf16\b/.test(code), label);
      assert(calls || !/subgroup/.test(code), label);
    });
    assert(asked > 20, `${asked} shaders`);
  });

  it("takes no size of subgroups for granted", () => {
    each((code, label) => {
      assert(!/subgroup_size|subgroupShuffle|quadSwap/.test(code), label);
      // All numbers of subgroups come with the shader's builtins.
      for (const name of ["subgroup_id", "num_subgroups"]) {
        if (code.includes("[subgroup]")) assert(code.includes(name), label);
      }
    });
  });

  it("adds atomically only what it reports", () => {
    each((code, label) => {
      for (const [call] of code.matchAll(/atomicAdd\([^,]*/g)) {
        assert(/&b\d+\[3\]$/.test(call), `${label}: ${call}`);
      }
    });
  });

  it("uses storage as it says: what is read is not written", () => {
    each((code, label) => {
      for (
        const [, name] of code.matchAll(/var<storage, read> (b\d+)/g)
      ) {
        const written = new RegExp(`\\b${name}\\[[^;=]*\\] [-+*/|]?= `);
        assert(!written.test(code), `${label}: ${name}`);
      }
    });
  });

  it("takes along the functions that it calls, and no others", () => {
    each((code, label) => {
      const defined = [...code.matchAll(/\b(?:fn|struct) (tf_\w+)/g)]
        .map(([, name]) => name!);
      const called = new Set(
        [...code.matchAll(/\btf_\w+/g)].map(([name]) => name),
      );
      assertEquals(defined.sort(), [...called].sort(), label);
      assertEquals(new Set(defined).size, defined.length, label);
    });
    assertEquals(libraryFor("let x = 1;"), "");
  });
});
