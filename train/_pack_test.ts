import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { ones, scope, zeros } from "@tenfold/core";
import { pack, unpack } from "./_pack.ts";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";

describe("pack", () => {
  it("takes tensors out by their paths, and puts them back", () => {
    const [a, b] = [ones([1]), ones([2])];
    const state = { net: { "0.weight": a }, list: [1, b, null, "text"] };
    const packed = pack(state);
    assertEquals(Object.keys(packed.tensors), ["net.0.weight", "list.1"]);
    assertEquals(unpack(packed), state);
  });

  it("keeps apart what would have the same path", () => {
    const [a, b] = [ones([1]), ones([2])];
    const state = { x: { "y.z": a }, "x.y": { z: b } };
    assertEquals(unpack(pack(state)), state);
  });

  it("keeps every number as it is", () => {
    const numbers = [NaN, Infinity, -Infinity, -0, 0, 0.1, 5e-324, 2 ** 53];
    const back = unpack(pack({ numbers })) as { numbers: number[] };
    numbers.forEach((number, i) => assert(Object.is(number, back.numbers[i])));
  });

  it("says where something is that cannot be saved", () => {
    assertThrows(
      () => pack({ optimizer: { state: [() => {}] } }),
      TypeError,
      "Cannot save optimizer.state.0 as it is not a plain value: got a function",
    );
    assertThrows(
      () => pack({ optimizer: { state: new Map() } }),
      TypeError,
      "Cannot save optimizer.state as it is not a plain value: got a Map",
    );
  });

  it("notices a tensor that is not the one it was", () => {
    using _ = scope();
    const { json } = pack({ a: zeros([2, 3]) });
    for (const shape of [[6], [2, 3, 1], []]) {
      assertThrows(
        () => unpack({ json, tensors: { a: zeros(shape) } }),
        SyntaxError,
        'the tensor "a" has another shape',
      );
    }
    assertThrows(
      () =>
        unpack({ json: '{"a":{"$tensor":"a"}}', tensors: { a: zeros([2]) } }),
      SyntaxError,
      'the tensor "a" has another shape',
    );
  });

  it("takes no shapes at all where the layout had none, but not some", () => {
    using _ = scope();
    const tensors = { a: zeros([2]), b: zeros([3]) };
    const bare = '{"x":{"$tensor":"a"},"y":{"$tensor":"b"}}';
    assertEquals(unpack({ json: bare, tensors }, { shapeless: true }), {
      x: tensors.a,
      y: tensors.b,
    });
    for (
      const [x, y] of [
        ['{"$tensor":"a","shape":[2]}', '{"$tensor":"b"}'],
        ['{"$tensor":"a"}', '{"$tensor":"b","shape":[3]}'],
      ]
    ) {
      assertThrows(
        () =>
          unpack({ json: `{"x":${x},"y":${y}}`, tensors }, { shapeless: true }),
        SyntaxError,
        'the tensor "b" has another shape',
      );
    }
  });

  it("misses a tensor that is gone", () => {
    const { json } = pack({ a: ones([1]) });
    assertThrows(
      () => unpack({ json, tensors: {} }),
      SyntaxError,
      'the tensor "a" is missing',
    );
  });
});
