import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  memory,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { clean, waiting } from "./_testing.ts";
import { Linear, ReLU, Sequential, StateDictError } from "./mod.ts";

describe("loadStateDict", () => {
  it(
    "copies values, also of another dtype",
    clean(() => {
      using layer = new Linear(2, 1);
      const report = layer.loadStateDict({
        weight: tensor([[1, 2]], { dtype: "int32" }),
        bias: tensor([3], { dtype: "float64" }),
      });
      assertEquals(report, {
        missingKeys: [],
        unexpectedKeys: [],
        mismatchedKeys: [],
        loadedKeys: ["weight", "bias"],
      });
      assertEquals(layer.forward(tensor([10, 1])).toArraySync(), [15]);
      assertEquals(layer.weight.dtype, "float32");
      assert(layer.weight.requiresGrad);
    }),
  );

  it(
    "reads the module's own tensors before it writes any",
    clean(() => {
      using pair = new Sequential(new Linear(2, 2), new Linear(2, 2));
      pair.loadStateDict({
        "0.weight": tensor([[1, 2], [3, 4]]),
        "0.bias": tensor([5, 6]),
        "1.weight": tensor([[7, 8], [9, 10]]),
        "1.bias": tensor([11, 12]),
      });
      const before = memory().tensors;
      const state = pair.stateDict();
      pair.loadStateDict({
        "0.weight": state["1.weight"]!,
        "0.bias": state["1.bias"]!,
        "1.weight": state["0.weight"]!,
        "1.bias": state["0.bias"]!,
      });
      assertEquals(state["0.weight"]!.toArraySync(), [[7, 8], [9, 10]]);
      assertEquals(state["1.weight"]!.toArraySync(), [[1, 2], [3, 4]]);
      assertEquals(state["0.bias"]!.toArraySync(), [11, 12]);
      assertEquals(state["1.bias"]!.toArraySync(), [5, 6]);
      pair.loadStateDict(state);
      assertEquals(memory().tensors, before);
      // Views of what is written: a transpose, and a row of the other weight.
      const { weight, bias } = pair[0] as Linear;
      using transposed = noGrad(() => weight.t());
      using row = noGrad(() => weight.select(0, 1));
      pair.loadStateDict(
        { "0.bias": row, "0.weight": transposed },
        { strict: false },
      );
      assertEquals(weight.toArraySync(), [[7, 9], [8, 10]]);
      assertEquals(bias!.toArraySync(), [9, 10]);
      assert(weight.requiresGrad);
    }),
  );

  it(
    "lists everything that does not fit, and changes nothing",
    clean(() => {
      using layer = new Linear(2, 1);
      const before = layer.weight.toArraySync();
      const error = assertThrows(
        () => layer.loadStateDict({ weight: ones([1, 3]), wait: ones([1]) }),
        StateDictError,
        'Cannot load the state dict into Linear as it does not fit: missing bias; unexpected wait; weight: got shape [1, 3], expected [1, 2]; pass { strict: false, mismatched: "skip" } to load the rest',
      );
      assertEquals(error.missingKeys, ["bias"]);
      assertEquals(error.unexpectedKeys, ["wait"]);
      const late = { weight: ones([1, 2]), bias: ones([2]) };
      assertThrows(() => layer.loadStateDict(late), StateDictError, "bias");
      const gone = ones([1]);
      gone.dispose();
      for (const bias of [gone, 5 as unknown as Tensor]) {
        assertThrows(
          () => layer.loadStateDict({ weight: ones([1, 2]), bias }),
          StateDictError,
          "bias: got",
        );
      }
      assertEquals(layer.weight.toArraySync(), before);
    }),
  );

  it(
    "takes what there is of both if it is not strict, but no other shape",
    clean(() => {
      using layer = new Linear(2, 1);
      const report = layer.loadStateDict(
        { weight: ones([1, 2]), wait: ones([1]) },
        { strict: false },
      );
      assertEquals(report, {
        missingKeys: ["bias"],
        unexpectedKeys: ["wait"],
        mismatchedKeys: [],
        loadedKeys: ["weight"],
      });
      assertEquals(layer.weight.toArraySync(), [[1, 1]]);
      assertThrows(
        () => layer.loadStateDict({ weight: ones([2]) }, { strict: false }),
        StateDictError,
      );
    }),
  );

  it(
    "leaves tensors of another shape as they are where asked, and reports them",
    clean(() => {
      using model = new Sequential(new Linear(2, 2), new Linear(2, 3));
      const head = model.stateDict()["1.weight"]!.toArraySync();
      using weight = ones([2, 2]);
      using other = ones([5, 2]);
      const state = { "0.weight": weight, "1.weight": other, extra: weight };
      const report = model.loadStateDict(state, {
        strict: false,
        mismatched: "skip",
      });
      assertEquals(report, {
        missingKeys: ["0.bias", "1.bias"],
        unexpectedKeys: ["extra"],
        mismatchedKeys: ["1.weight"],
        loadedKeys: ["0.weight"],
      });
      assertEquals(model.stateDict()["0.weight"]!.toArraySync(), [
        [1, 1],
        [1, 1],
      ]);
      assertEquals(model.stateDict()["1.weight"]!.toArraySync(), head);
      const error = assertThrows(
        () => model.loadStateDict(state, { strict: false }),
        StateDictError,
        "1.weight: got shape [5, 2], expected [3, 2]",
      );
      assertEquals(error.mismatchedKeys, ["1.weight"]);
      assertThrows(
        () => model.loadStateDict(state, { mismatched: "drop" as "skip" }),
        RangeError,
        'mismatched must be "error" or "skip": got ',
      );
    }),
  );

  it(
    "gives tensors new names, by parts of names or by a function",
    clean(() => {
      using model = new Sequential(new Linear(1, 1), new Linear(1, 1));
      using one = tensor([[1]]);
      using two = tensor([2]);
      const rename = { "module.backbone": "0", module: "", "module.fc": "1" };
      const names = model.loadStateDict({
        "module.backbone.weight": one,
        "module.backbone.bias": two,
        "module.fc.weight": one,
        "module.1.bias": two,
      }, { rename }).loadedKeys;
      assertEquals(names, ["0.weight", "0.bias", "1.weight", "1.bias"]);
      model.loadStateDict({ weight: one, bias: two, step: two }, {
        strict: false,
        rename: (name) => name === "step" ? null : `1.${name}`,
      });
      const inner = new Sequential(model);
      inner.loadStateDict(model.stateDict(), { rename: { "": "0" } });
      assertThrows(
        () =>
          model.loadStateDict({ a: one, b: one }, {
            rename: { a: "0.weight", b: "0.weight" },
          }),
        RangeError,
        "Cannot load the state dict into Sequential as two names become 0.weight: a and b",
      );
      assertThrows(
        () => model.loadStateDict({}, { rename: 3 as never }),
        TypeError,
        "rename must be an object of names or a function: got 3",
      );
    }),
  );

  it(
    "copies from another device where it can be read without waiting",
    clean(async () => {
      using here = new Linear(2, 1);
      using there = new Linear(2, 1, { device: waiting("there") });
      there.loadStateDict(here.stateDict());
      assertEquals(await there.weight.toArray(), await here.weight.toArray());
      assertThrows(
        () => here.loadStateDict(there.stateDict()),
        StateDictError,
        'weight: got a tensor on there: move it with await tensor.to("cpu-typedarray") first',
      );
    }),
  );

  it(
    "gives the same outputs in another module, and counts as a change",
    clean(() => {
      using one = new Sequential(
        new Linear(3, 4),
        new ReLU(),
        new Linear(4, 2),
      );
      using other = new Sequential(
        new Linear(3, 4),
        new ReLU(),
        new Linear(4, 2),
      );
      const x = randn([5, 3]);
      const stale = other.forward(x).square().sum();
      other.loadStateDict(one.stateDict());
      assertEquals(
        other.forward(x).toArraySync(),
        one.forward(x).toArraySync(),
      );
      assertThrows(() => stale.backward(), TypeError, "changed in place");
    }),
  );
});
