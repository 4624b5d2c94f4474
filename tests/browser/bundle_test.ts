import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fileURLToPath } from "node:url";
import { bundle } from "./_bundle.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

// Outside of the tests, as Bun gives a test five seconds.
const [one, all, browser, layers] = [
  await bundle(here("./_one_import.ts")),
  await bundle(here("./_all_imports.ts")),
  await bundle(here("./_browser_entry.ts")),
  await bundle(here("./_layers_only.ts")),
];

const NODE_ONLY = ["readline", "fs", "path", "tty", "stream", "events", "os"];

describe("a bundle for browsers", () => {
  it("asks for no module that only Node has", () => {
    for (const script of [one, all]) {
      // Examples in comments name modules too; code that runs names these.
      assertEquals(
        NODE_ONLY.filter((name) =>
          script.includes(`require("${name}")`) ||
          script.includes(`from "node:${name}"`)
        ),
        [],
      );
    }
  });

  it("is a classic script, without imports, await at the top level and using", () => {
    // It is compiled here, not run.
    // Where there is no `import.meta`, bundlers write an empty object.
    const compile = (script: string) =>
      new Function(script.replaceAll("import.meta", "({})"));
    for (const script of [browser, layers]) {
      compile(script);
      assertEquals(script.match(/^\s*(await )?using \w+ = /m), null);
    }
    assertThrows(() => compile("await 1;"), SyntaxError);
  });

  it("leaves the languages of zod's messages out", () => {
    for (const script of [one, all]) {
      assertEquals(/Ungültige Eingabe|Entrée invalide/.test(script), false);
    }
  });

  it("holds no compiled steps where nobody compiles", () => {
    const says = "Cannot compile with maxSignatures";
    assertEquals([all.includes(says), layers.includes(says)], [true, false]);
  });

  it("holds no reader of files where tensors and layers are used alone", () => {
    // Names that are in the readers' messages or in the libraries below them.
    const readers = /ONNX|PyTorch data|GGUF|safetensors data|protobuf|inflate/;
    assertEquals(
      layers.split("\n").filter((line) =>
        readers.test(line) && !/^\s*(\/\/|\*)/.test(line)
      ),
      [],
    );
  });

  it("holds less where less is used", () => {
    // What layers, optimizers, schedules, loaders, data sets and
    // callbacks say of themselves.
    const parts = [
      "make a Linear",
      "make an optimizer",
      "make a StepLR",
      "make a DataLoader",
      "load the digits",
      "save checkpoints",
    ];
    assertEquals(parts.filter((part) => !all.includes(part)), []);
    assertEquals(parts.filter((part) => one.includes(part)), []);
    assertEquals(one.length < all.length * 3 / 5, true);
  });
});
