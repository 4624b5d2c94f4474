import { assertEquals, assertThrows } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  type DType,
  DTypeError,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@tenfold/core";
import { clean, dtypesOf, onEachBackend, read } from "./_testing.ts";

/** Which kind of number a dtype holds: bools, integers, floats. */
const kindOf = (dtype: DType) => ["bool", "int32"].indexOf(dtype) & 3;

onEachBackend("changes in place", (backend) => {
  const dtypes = dtypesOf(backend);

  it(
    "take what the result of the same operation fits into, by the kind of dtype",
    clean(async () => {
      for (const target of dtypes) {
        for (const other of dtypes) {
          for (const name of ["add_", "sub_", "mul_", "pow_"] as const) {
            const a = tensor([1, 0, 1], { dtype: target });
            const b = tensor([1, 1, 0], { dtype: other });
            const label = `${name} of ${other} into ${target}`;
            // Bools are not subtracted, and their powers are int32.
            const numbers = name === "sub_" || name === "pow_";
            if (numbers && (target === "bool" || other === "bool")) continue;
            if (kindOf(other) > kindOf(target)) {
              assertThrows(
                () => a[name](b),
                DTypeError,
                `Cannot ${name} in place as the result is ${other} and the target ${target}: use ${
                  name.slice(0, -1)
                }`,
              );
              assertEquals(await read(a), [target, [1, 0, 1]], label);
              continue;
            }
            const plain = name.slice(0, -1) as "add" | "sub" | "mul" | "pow";
            const due = a[plain](b);
            const [, values] = await read(due.cast(target));
            assertEquals(await read(a[name](b)), [target, values], label);
          }
        }
      }
    }),
  );

  it(
    "are `or` and `and` of bools",
    clean(async () => {
      const a = () => tensor([true, true, false, false]);
      const b = tensor([true, false, true, false]);
      assertEquals(await read(a().add_(b)), ["bool", [1, 1, 1, 0]]);
      assertEquals(await read(a().mul_(b)), ["bool", [1, 0, 0, 0]]);
    }),
  );

  it(
    "of scatterAdd do not cut floats either",
    clean(async () => {
      const index = tensor([0, 0, 1], { dtype: "int32" });
      for (const target of dtypes) {
        for (const source of dtypes) {
          const x = zeros([2], { dtype: target });
          const src = tensor([1, 1, 1], { dtype: source });
          const run = () => x.scatterAdd(0, index, src);
          if (kindOf(source) > kindOf(target)) {
            assertThrows(run, DTypeError, "Cannot scatterAdd");
          } else {
            const first = target === "bool" ? 1 : 2;
            assertEquals(await read(run()), [target, [first, 1]]);
          }
        }
      }
    }),
  );

  it(
    "keep wide floats until they are written",
    clean(async () => {
      if (!backend.dtypes.includes("float64")) return;
      const x = tensor([1], { dtype: "float32" });
      const third = tensor([1 / 3], { dtype: "float64" });
      assertEquals(await read(x.mul_(third).add_(third)), [
        "float32",
        [Math.fround(Math.fround(1 / 3) + 1 / 3)],
      ]);
    }),
  );

  it(
    "name what is neither a tensor nor a number, and leave the target alone",
    clean(async () => {
      const x = tensor([1, 2]);
      for (const wrong of ["1", null, undefined, true, 1n, [1, 2], {}]) {
        const other = wrong as unknown as Tensor;
        for (
          const run of [
            () => x.add(other),
            () => x.sub(other),
            () => x.pow(other),
            () => x.lt(other),
            () => x.logicalAnd(other),
            () => x.add_(other),
            () => x.mul_(other),
            () => x.copy_(other),
            () => x.where(x, other),
            () => where(x, other, 0),
            () => x.gather(0, other),
          ]
        ) {
          assertThrows(
            run,
            TypeError,
            "as each operand must be a tensor or a number: got ",
          );
        }
      }
      assertThrows(
        () => x.clamp({ max: "1" as never }),
        TypeError,
        'Cannot clamp as max must be a number or a tensor: got "1"',
      );
      assertThrows(
        () => x.add([1] as never),
        TypeError,
        "Cannot add as each operand must be a tensor or a number: got [1], make a tensor of it with tensor(data)",
      );
      assertEquals(await read(x), ["float32", [1, 2]]);
    }),
  );
});

onEachBackend("an ellipsis", () => {
  it(
    "stands for no dim too, and parts the indices beside it as in NumPy",
    clean(async () => {
      const x = tensor(Float32Array.from({ length: 60 }, (_, i) => i), {
        shape: [5, 3, 4],
      });
      const i = tensor([0, 1], { dtype: "int32" });
      const j = tensor([1, 2], { dtype: "int32" });
      const y = x.index(":", i, "...", j);
      assertEquals(y.shape, [2, 5]);
      assertEquals((await read(y))[1].slice(0, 5), [1, 13, 25, 37, 49]);
      assertEquals(x.index(":", 0, "...", j).shape, [2, 5]);
      assertEquals(x.index(":", i, "...", 0).shape, [2, 5]);
      assertEquals(x.index(":", i, j).shape, [5, 2]);
      assertEquals(x.index(i, "...", j).shape, [2, 3]);
      assertEquals(x.index("...", i, j).shape, [5, 2]);
      assertEquals(x.index(i, j, "...").shape, [2, 4]);
      for (
        const one of [
          x.index("...", 4, 2, 3),
          x.index(4, "...", 2, 3),
          x.index(4, 2, "...", 3),
          x.index(4, 2, 3, "..."),
        ]
      ) {
        assertEquals([one.shape, await read(one)], [[], ["float32", [59]]]);
      }
      assertEquals(tensor(7).index("...").shape, []);
    }),
  );
});
