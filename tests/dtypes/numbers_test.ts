import { assert, assertEquals, assertThrows } from "@std/assert";
import { it } from "@std/testing/bdd";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import {
  arange,
  type DType,
  DTypeError,
  full,
  fused,
  linspace,
  ones,
  randint,
  ShapeError,
  type Tensor,
  tensor,
  type TensorData,
  zeros,
} from "@tenfold/core";
import { call } from "@tenfold/core/backend";
import { collate, parseCsv } from "@tenfold/data";
import { clean, dtypesOf, onEachBackend, read } from "./_testing.ts";

/** The dtype in which a number waits before it is cast. */
const sourceOf = (dtype: DType) => dtype === "float64" ? "float64" : "float32";
const sourceFor = (value: number, dtype: DType) =>
  tensor([value], { dtype: sourceOf(dtype) });

/** Every way in: a tensor whose last element came from the number. */
const WAYS: {
  readonly [way: string]: (value: number, dtype: DType) => Tensor;
} = {
  "`tensor`": (value, dtype) => tensor([[0, value]], { dtype }),
  "`CsvTable.toTensor`": (value, dtype) =>
    parseCsv(`a,b\n0,${value}\n`).toTensor(["a", "b"], {
      dtype,
      missing: "nan",
    }),
  "`cast`": (value, dtype) => sourceFor(value, dtype).cast(dtype),
  "`copy_`": (value, dtype) =>
    zeros([1], { dtype }).copy_(sourceFor(value, dtype)),
  "`full`": (value, dtype) => full([3], value, { dtype }),
  "`fill_`": (value, dtype) => zeros([3], { dtype }).fill_(value),
  "`pad`": (value, dtype) => zeros([2], { dtype }).pad([1, 1], { value }),
  "`add_`": (value, dtype) => zeros([3], { dtype }).add_(value),
  "`mul_`": (value, dtype) => ones([3], { dtype }).mul_(value),
};

/** The rows of the table in core's README. */
function documented(): string[][] {
  const url = new URL("../../core/README.md", import.meta.url);
  const lines = readFileSync(url, "utf8").split("\n");
  const first = lines.findIndex((line) => line.startsWith("| Way in"));
  const table = lines.slice(first);
  return table.slice(0, table.findIndex((line) => line === ""))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
}

const [[, , ...values], , ...rows] = documented() as [
  string[],
  string[],
  ...string[][],
];

onEachBackend("the documented table of numbers", (backend) => {
  for (const [names, type, ...cells] of rows) {
    const dtype = type as DType;
    if (!backend.dtypes.includes(dtype)) continue;
    it(
      `holds for ${names} and ${dtype}`,
      clean(async () => {
        for (const name of names!.split(", ")) {
          for (const [i, cell] of cells.entries()) {
            const way = WAYS[name]!;
            const number = Number(values[i]);
            const what = `${name} of ${number}`;
            if (cell === "refused") {
              const error = assertThrows(() => way(number, dtype)) as Error;
              assert(
                error instanceof RangeError || error instanceof DTypeError ||
                  error.name === "DataFormatError",
                `${what}: ${error}`,
              );
              continue;
            }
            const due = Number(cell);
            const got = await read(way(number, dtype));
            assertEquals(
              [got[0], got[1].at(-1)],
              [dtype, dtype === "float32" ? Math.fround(due) : due],
              what,
            );
          }
        }
      }),
    );
  }
});

type Numbers = new (values: never[]) => ArrayBufferView & ArrayLike<number>;

/** Kinds of typed arrays with values, and the dtype that they become. */
const KINDS: readonly (readonly [string, DType, readonly number[]])[] = [
  ["Int8Array", "int32", [-128, 127]],
  ["Uint8Array", "int32", [0, 255]],
  ["Uint8ClampedArray", "int32", [0, 255]],
  ["Int16Array", "int32", [-32768, 32767]],
  ["Uint16Array", "int32", [0, 65535]],
  ["Int32Array", "int32", [-2147483648, 2147483647]],
  ["Uint32Array", "int32", [0, 2147483647]],
  ["BigInt64Array", "int32", [-2147483648, 2147483647]],
  ["BigUint64Array", "int32", [0, 2147483647]],
  ["Float16Array", "float16", [0.5, -1.5]],
  ["Float32Array", "float32", [0.25, Infinity]],
  ["Float64Array", "float64", [0.25, -Infinity]],
];

/** Values that arrays hold and int32 does not. */
const WIDE: readonly (readonly [string, number | bigint])[] = [
  ["Uint32Array", 2147483648],
  ["Uint32Array", 4294967295],
  ["BigInt64Array", 2147483648n],
  ["BigInt64Array", -2147483649n],
  ["BigInt64Array", -9007199254740993n],
  ["BigUint64Array", 2147483648n],
  ["BigUint64Array", 18446744073709551615n],
];

/** Where typed arrays come from: this realm, another one, and a subclass. */
const REALMS: { readonly [name: string]: (kind: string) => Numbers | null } = {
  "this realm": (kind) =>
    (globalThis as unknown as Record<string, Numbers>)[kind] ?? null,
  "another realm": (kind) =>
    runInNewContext(`globalThis.${kind} ?? null`) as Numbers | null,
  "a subclass": (kind) => {
    const base = REALMS["this realm"]!(kind);
    return base && class extends base {};
  },
};

/** An array of a kind; null where the runtime does not have it. */
function arrayOf(
  realm: string,
  kind: string,
  values: readonly (number | bigint)[],
): TensorData | null {
  const Kind = REALMS[realm]!(kind);
  const big = kind.startsWith("Big");
  return Kind && new Kind(
    values.map((value) => big ? BigInt(value) : value) as never[],
  ) as unknown as TensorData;
}

/** Typed arrays as the rows of a tensor. */
const rowsOf = (arrays: readonly TensorData[]): Tensor =>
  collate(arrays as readonly Float32Array[]);

onEachBackend("typed arrays", (backend) => {
  for (const realm of Object.keys(REALMS)) {
    it(
      `of ${realm} become the dtype that holds them`,
      clean(async () => {
        for (const [kind, dtype, values] of KINDS) {
          const array = arrayOf(realm, kind, values);
          if (array === null) continue;
          if (backend.dtypes.includes(dtype)) {
            assertEquals(await read(tensor(array)), [dtype, [...values]], kind);
          }
          const held = backend.dtypes.includes(dtype) ? dtype : "float32";
          assertEquals(
            await read(rowsOf([array, array])),
            [held, [...values, ...values]],
            kind,
          );
          assertEquals(
            await read(tensor(array, { dtype: "float32" })),
            ["float32", values.map(Math.fround)],
            kind,
          );
          assertEquals(
            await read(tensor(array, { dtype: "bool" })),
            ["bool", values.map((value) => value === 0 ? 0 : 1)],
            kind,
          );
        }
      }),
    );

    it(
      `of ${realm} are refused where a value is not int32`,
      clean(async () => {
        for (const [kind, value] of WIDE) {
          const array = arrayOf(realm, kind, [0, value])!;
          const shown = typeof value === "bigint" ? `${value}n` : `${value}`;
          for (
            const way of [
              () => tensor(array),
              () => tensor(array, { dtype: "int32" }),
              () => rowsOf([array]),
            ]
          ) {
            assertThrows(way, RangeError, `got ${shown} at [1]`);
          }
          assertEquals(
            await read(tensor(array, { dtype: "float32" })),
            ["float32", [0, Math.fround(Number(value))]],
          );
        }
        for (const kind of ["Float16Array", "Float32Array", "Float64Array"]) {
          const array = arrayOf(realm, kind, [1.5, 2]);
          if (array === null) continue;
          assertThrows(
            () => tensor(array, { dtype: "int32" }),
            RangeError,
            "Cannot make a tensor of int32 as each value must be a whole number from -2147483648 to 2147483647: got 1.5 at [0], round it first",
          );
        }
      }),
    );
  }

  it(
    "of several kinds are collated in their common dtype",
    clean(async () => {
      const rows = collate([Int32Array.of(1, 2), Float32Array.of(0.5, 1.5)]);
      assertEquals(await read(rows), ["float32", [1, 2, 0.5, 1.5]]);
    }),
  );

  it(
    "nest, also in plain arrays of another realm",
    clean(async () => {
      const list = runInNewContext(
        "[[1.5, 2], new Float32Array([3, 4])]",
      ) as TensorData;
      const x = tensor(list);
      assertEquals([x.shape, await read(x)], [
        [2, 2],
        ["float32", [1.5, 2, 3, 4]],
      ]);
    }),
  );
});

onEachBackend("what holds no numbers", () => {
  it(
    "is refused by name",
    clean(async () => {
      const buffer = new ArrayBuffer(8);
      for (
        const [data, name] of [
          [new DataView(buffer), "a DataView"],
          [runInNewContext("new DataView(new ArrayBuffer(8))"), "a DataView"],
          [buffer, "an ArrayBuffer"],
          [null, "null"],
          [undefined, "undefined"],
          ["12", '"12"'],
          [1n, "1n"],
          [{ length: "2" }, "an object"],
          [new Map(), "a Map"],
        ] as [TensorData, string][]
      ) {
        assertThrows(
          () => tensor(data),
          TypeError,
          `Cannot make a tensor of ${name}: give a number, nested arrays, or a typed array`,
        );
      }
      for (const [data, place] of [[[null], "[0]"], [[1, "2"], "[1]"]]) {
        assertThrows(
          () => tensor(data as TensorData),
          ShapeError,
          `expected a number at ${place}`,
        );
      }
      await Promise.resolve();
    }),
  );
});

onEachBackend("ranges", (backend) => {
  it(
    "of int32 take whole numbers in its range, up to their last",
    clean(async () => {
      const dtype = "int32";
      assertEquals(
        await read(arange(2147483645, 2147483648)),
        [dtype, [2147483645, 2147483646, 2147483647]],
      );
      for (
        const [from, to, by] of [
          [0, 2, 0.5],
          [0.5, 3, 1],
          [3e9, 3e9 + 3, 1],
          [2147483646, 2147483650, 1],
          [0, -4e9, -1e9],
        ] as const
      ) {
        assertThrows(
          () => arange(from, to, by, { dtype }),
          RangeError,
          "Cannot make a range of int32 as each value must be a whole number",
        );
      }
      assertThrows(() => arange(3e9, 3e9 + 3), RangeError, "got 3000000000");
      assertThrows(() => randint(3e9, 3e9 + 9, [2]), RangeError, "int32");
    }),
  );

  it(
    "of bool are refused, those of floats counted",
    clean(async () => {
      assertThrows(
        () => arange(3, { dtype: "bool" }),
        DTypeError,
        "Cannot make a range of bools as they do not count",
      );
      assertEquals(await read(arange(3, { dtype: "float32" })), [
        "float32",
        [0, 1, 2],
      ]);
    }),
  );

  it(
    "between two ends are cast",
    clean(async () => {
      for (const dtype of dtypesOf(backend)) {
        const due = { bool: [0, 1, 1], int32: [0, 0, 1] }[dtype as "bool"] ??
          [0, 0.5, 1];
        assertEquals(await read(linspace(0, 1, 3, { dtype })), [dtype, due]);
      }
    }),
  );
});

/** Calls with a value where a number, or a list of them, belongs. */
const NUMBERED: readonly ((
  x: Tensor,
  value: never,
) => unknown)[] = [
  (_, value) => full([2], value),
  (_, value) => arange(value),
  (_, value) => arange(0, value),
  (_, value) => arange(0, 1, value),
  (_, value) => linspace(value, 1, 3),
  (_, value) => linspace(0, value, 3),
  (x, value) => x.fill_(value),
  (x, value) => x.pad([1, 1], { value }),
  (x, value) => x.norm(0, { p: value }),
  (x, value) => x.dropout(value),
  (x, value) => x.tril(value),
  (x, value) => x.triu(value),
  (x, value) => doubled.sum([x], { divisor: value }),
  (x, value) => doubled.map([x], [value]),
  (x, value) => x.sum(value),
  (x, value) => x.sum([value]),
  (x, value) => x.softmax(value),
  (x, value) => x.reshape(value),
  (x, value) => x.reshape([value, 3]),
  (x, value) => x.expand(value),
  (x, value) => x.permute(value),
  (x, value) => x.permute([value, 0]),
  (x, value) => x.pad(value),
  (x, value) => x.pad([value, 1]),
  (x, value) => x.repeat(value),
  (x, value) => x.tile(value),
  (x, value) => x.split(value),
  (x, value) => x.split([value, 1]),
  (x, value) => x.index(value),
  (x, value) => x.slice(0, value),
  (x, value) => x.outer(value),
  (x, value) => x.matmul(value),
  (_, value) => doubled.map(value, [1]),
  () => fused("f", ([x]) => x, { inputs: "number" as never }),
  (_, value) => fused("f", ([x]) => x, { inputs: [value] }),
  (_, value) => fused("f", ([x]) => x, { scalars: value }),
];

const doubled = fused("doubled", ([x], [by]) => call("mul", x, by), {
  scalars: 1,
});

onEachBackend("text and other values where a number belongs", () => {
  it(
    "are refused by the usual message",
    clean(async () => {
      const x = zeros([2, 3]);
      for (const wrong of ["1", true, 1n]) {
        for (const [i, run] of NUMBERED.entries()) {
          const error = assertThrows(
            () => run(x, wrong as never),
            Error,
            "Cannot ",
            `${i} of ${String(wrong)}: ${run}`,
          );
          assert(
            error instanceof TypeError || error instanceof RangeError,
            `${i}: ${error}`,
          );
        }
      }
      assertEquals(await read(x), ["float32", [0, 0, 0, 0, 0, 0]]);
    }),
  );

  it(
    "are named with what was due",
    clean(async () => {
      const x = zeros([2, 3]);
      const text = "0" as never;
      for (
        const [run, message] of [
          [
            () => x.sum(text),
            'Cannot sum as the dims must be an integer or an array of integers: got "0"',
          ],
          [
            () => x.sum([text]),
            'Cannot sum as each dim must be an integer: got "0"',
          ],
          [
            () => x.index(text),
            'Cannot index with "0": give a number',
          ],
          [
            () => x.norm(0, { p: text }),
            'Cannot norm as p must be a number: got "0"',
          ],
          [
            () => full([2], text),
            'Cannot make a tensor as the value must be a number: got "0"',
          ],
          [
            () => x.fill_(text),
            'Cannot fill_ a tensor as the value must be a number: got "0"',
          ],
          [
            () => arange(0, text),
            'Cannot make a range as each bound must be a number: got "0"',
          ],
        ] as [() => unknown, string][]
      ) {
        assertThrows(run, TypeError, message);
      }
      assertThrows(
        () => x.tril(0.5),
        RangeError,
        "must be an integer: got 0.5",
      );
      await Promise.resolve();
    }),
  );
});
