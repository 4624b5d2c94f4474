import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, tensor, zeros } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import { EmbeddingBag } from "./embedding_bag.ts";
import { embeddingBag } from "./functional/embedding_bag.ts";

const int = (...values: number[]) => tensor(values, { dtype: "int32" });
const none = () => zeros([0], { dtype: "int32" });

describe("bags of embeddings", () => {
  it(
    "give zeros for empty bags, of every mode",
    clean(async () => {
      const table = tensor([[-1, -2], [-3, -4]]);
      for (const mode of ["sum", "mean", "max"] as const) {
        const y = embeddingBag(int(0), table, { offsets: int(0, 1, 1), mode });
        assertEquals(await y.toArray(), [[-1, -2], [0, 0], [0, 0]]);
        const padded = embeddingBag(int(0, 0, 1), table, {
          offsets: int(0, 2),
          mode,
          paddingIdx: 0,
        });
        assertEquals(await padded.toArray(), [[0, 0], [-3, -4]]);
        const empty = embeddingBag(none(), table, { offsets: int(0, 0), mode });
        assertEquals(await empty.toArray(), [[0, 0], [0, 0]]);
        const nothing = embeddingBag(none(), table, { offsets: none(), mode });
        assertEquals(nothing.shape, [0, 2]);
        const last = embeddingBag(none(), table, {
          offsets: int(0),
          includeLastOffset: true,
          mode,
        });
        assertEquals(last.shape, [0, 2]);
        const wide = zeros([3, 0], { dtype: "int32" });
        assertEquals(
          await embeddingBag(wide, table, { mode }).toArray(),
          [[0, 0], [0, 0], [0, 0]],
        );
      }
    }),
  );

  it(
    "leave the padding row alone, also where it is not finite",
    clean(async () => {
      using layer = new EmbeddingBag(3, 1, { paddingIdx: -3, mode: "sum" });
      assertEquals(layer.paddingIdx, 0);
      layer.weight.detach().copy_(tensor([[Infinity], [2], [3]]));
      const y = layer.forward(tensor([[0, 1], [0, 0]], { dtype: "int32" }));
      assertEquals(await y.toArray(), [[2], [0]]);
      y.sum().backward();
      assertEquals(await layer.weight.grad!.toArray(), [[0], [1], [0]]);
      layer.zeroGrad();
    }),
  );

  it(
    "refuse offsets and weights that do not fit",
    clean(() => {
      const table = ones([4, 2]);
      const index = int(0, 1, 2);
      const refused = (
        why: string,
        options: Parameters<typeof embeddingBag>[2],
        of = index,
      ) => assertThrows(() => embeddingBag(of, table, options), Error, why);
      const ascend = "the offsets must ascend from 0 to";
      refused(ascend, { offsets: int(1, 2) });
      refused(ascend, { offsets: int(0, 2, 1) });
      refused(ascend, { offsets: int(0, 4) });
      refused(ascend, { offsets: int(0, 2), includeLastOffset: true });
      refused("[bags, n], or [n] with offsets: got [3]", {});
      refused("must be int32: got float32", { offsets: zeros([1]) });
      refused("the offsets must be [bags]", {
        offsets: int(0).reshape([1, 1]),
      });
      refused('in mode "mean": use mode "sum"', {
        offsets: int(0),
        perSampleWeights: ones([3]),
      });
      refused("the shape of the index, [3]: got [2]", {
        offsets: int(0),
        mode: "sum",
        perSampleWeights: ones([2]),
      });
      refused("an index is out of range: got 4", {}, int(4).reshape([1, 1]));
    }),
  );
});

describeLayer("EmbeddingBag", {
  make: () => new EmbeddingBag(4, 3, { mode: "sum" }),
  inputs: [() => tensor([[1, 0], [3, 2]], { dtype: "int32" })],
  outputs: [[2, 3]],
  state: { weight: [4, 3] },
  shown: "EmbeddingBag(4, 3, mode=sum)",
});
