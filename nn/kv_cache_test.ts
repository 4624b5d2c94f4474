import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, noGrad, randn, scope, type Tensor } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { KVCache } from "./kv_cache.ts";
import { TransformerEncoderLayer } from "./transformer_encoder.ts";

const far = (a: Tensor, b: Tensor) => a.sub(b).abs().max().itemSync();

describe("KVCache", () => {
  it(
    "gives what all tokens at once give, in pieces of any size",
    clean(() => {
      manualSeed(1);
      using _ = scope();
      using cache = new KVCache();
      using layer = new TransformerEncoderLayer(8, 2, { batchFirst: true });
      layer.eval();
      const x = randn([2, 90, 8]);
      noGrad(() => {
        const whole = layer.forward(x, { isCausal: true });
        let start = 0;
        for (const length of [3, 1, 70, 1, 15]) {
          const part = layer.forward(x.narrow(1, start, length), {
            isCausal: true,
            cache,
          });
          assert(far(part, whole.narrow(1, start, length)) < 1e-5);
          start += length;
        }
      });
      assertEquals(cache.length, 90);
      assertThrows(
        () => layer.forward(x, { cache }),
        TypeError,
        "use noGrad(() => ...)",
      );
    }),
  );
});
