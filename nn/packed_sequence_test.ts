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

describe("padPackedSequence", () => {
  it(
    "gives back what was packed, as PyTorch 1.13 does",
    clean(() => {
      using _ = scope();
      const x = arange(24).add(1).reshape([4, 3, 2]);
      const packed = packPaddedSequence(x, [2, 4, 1], {
        enforceSorted: false,
      });
      assertEquals(packed.data.toArraySync(), [
        ...[[3, 4], [1, 2], [5, 6], [9, 10], [7, 8], [15, 16], [21, 22]],
      ]);
      assertEquals(packed.batchSizes, [3, 2, 1, 1]);
      assertEquals(packed.sortedIndices, [1, 0, 2]);
      assertEquals(packed.unsortedIndices, [1, 0, 2]);
      const [padded, lengths] = padPackedSequence(packed, {
        batchFirst: true,
        paddingValue: -1,
        totalLength: 5,
      });
      const none = [-1, -1];
      assertEquals(padded.toArraySync(), [
        [[1, 2], [7, 8], none, none, none],
        [[3, 4], [9, 10], [15, 16], [21, 22], none],
        [[5, 6], none, none, none, none],
      ]);
      assertEquals(lengths, [2, 4, 1]);
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
