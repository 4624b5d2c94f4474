import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as tenfold from "@tenfold/tenfold";
import * as distributions from "@tenfold/core/distributions";
import * as fft from "@tenfold/core/fft";
import * as func from "@tenfold/core/func";
import * as functions from "@tenfold/core/functions";
import * as linalg from "@tenfold/core/linalg";
import * as torch from "@tenfold/data/torch";

type Names = Readonly<Record<string, unknown>>;

const page = await (await fetch(
  new URL("../docs/from-pytorch.md", import.meta.url),
)).text();

/** The cells of the last column of all tables. */
const cells = page.split("\n").filter((line) => line.startsWith("|"))
  .map((line) => line.replaceAll("\\|", "").split("|").at(-2)!);

/** What stands in code there. */
const code = cells.flatMap((cell) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!)
);

/** Names that may stand alone, and what is reached by a dot. */
const ALONE: Names = {
  ...distributions,
  ...tenfold,
  ...tenfold.nn,
  ...functions,
  ...linalg,
  ...fft,
  ...func,
  ...torch,
};
const BEHIND: { readonly [name: string]: Names } = {
  nn: tenfold.nn as Names,
  optim: tenfold.optim as Names,
  data: tenfold.data as Names,
  train: tenfold.train as Names,
  distributions: distributions as Names,
};

describe("the page for those who come from PyTorch", () => {
  it("names what there is", () => {
    const missing = code.flatMap((text) => {
      const wrong: string[] = [];
      for (
        const [, space, name] of text.matchAll(
          /\b(nn|optim|data|train|distributions)\.(\w+)/g,
        )
      ) {
        if (!(name! in BEHIND[space!]!)) wrong.push(`${space}.${name}`);
      }
      // A call such as `zeros(`, or a name alone.
      const [, call] = /^(?:new |await )?([A-Za-z_]\w*)(?:\(|$)/.exec(text) ??
        [];
      if (call !== undefined && !(call in ALONE) && !(call in BEHIND)) {
        if (!(call in tenfold.optim || call in tenfold.data)) wrong.push(call);
      }
      return wrong;
    });
    // Members of results and an option.
    assertEquals(missing, ["values", "indices", "strategy"]);
  });

  it("names every layer", () => {
    const bases = ["BatchNorm", "Loss", "RNNBase", "RNNCellBase"];
    const { Module } = tenfold.nn;
    const layers = Object.entries(tenfold.nn).filter(([name, value]) =>
      typeof value === "function" && value.prototype instanceof Module &&
      !bases.includes(name)
    ).map(([name]) => name);
    assert(layers.length > 100);
    const words = new Set(code.flatMap((text) => text.split(/\W+/)));
    assertEquals(layers.filter((name) => !words.has(name)), []);
  });
});
