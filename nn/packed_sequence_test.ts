import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arange, randn, scope } from "@tenfold/core";
import { clean } from "./_testing.ts";
import {
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
} from "./packed_sequence.ts";

describe("packPaddedSequence", () => {
  it(
    "says which lengths it cannot take",
    clean(() => {
      using _ = scope();
      assertThrows(
        () => packPaddedSequence(randn([3, 2, 1]), [1, 3]),
        RangeError,
        "pass { enforceSorted: false }",
      );
      assertThrows(
        () => packPaddedSequence(randn([3, 2, 1]), [4, 3]),
        RangeError,
        "2 integers from 1 to 3",
      );
    }),
  );
});

describe("padSequence", () => {
  it(
    "pads behind each sequence, and packs and pads there and back",
    clean(() => {
      using _ = scope();
      const sequences = [arange(3), arange(1), arange(2)]
        .map((x) => x.add(1));
      const padded = padSequence(sequences, { paddingValue: -1 });
      const expected = [[1, 1, 1], [2, -1, 2], [3, -1, -1]];
      assertEquals(padded.toArraySync(), expected);
      const packed = packSequence(sequences, { enforceSorted: false });
      assertEquals(packed.batchSizes, [3, 2, 1]);
      const [again, lengths] = padPackedSequence(packed, {
        paddingValue: -1,
        totalLength: 4,
      });
      assertEquals(again.toArraySync(), [...expected, [-1, -1, -1]]);
      assertEquals(lengths, [3, 1, 2]);
    }),
  );
});
