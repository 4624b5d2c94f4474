import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory, tensor } from "@tenfold/core";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { DataFormatError, parseCsv } from "../mod.ts";
import { streamCsv, StreamLoader } from "./mod.ts";

/** Numbers, and how far somebody has read and whether it was closed. */
function numbers(length: number) {
  const seen = { read: 0, closed: 0 };
  return {
    seen,
    async *[Symbol.asyncIterator]() {
      try {
        for (let i = 0; i < length; i++) {
          await Promise.resolve();
          seen.read = i + 1;
          yield i;
        }
      } finally {
        seen.closed++;
      }
    },
  };
}

async function batchesOf(loader: AsyncIterable<unknown>): Promise<number[][]> {
  const before = memory();
  const batches: number[][] = [];
  for await (const x of loader) {
    batches.push(await (x as ReturnType<typeof tensor>).toArray() as number[]);
  }
  assertEquals(memory().bytes, before.bytes);
  return batches;
}

describe("StreamLoader", () => {
  for (const prefetch of [0, 1, 5]) {
    it(`gives batches in order, epoch after epoch, ${prefetch} ahead`, async () => {
      const source = numbers(7);
      const loader = new StreamLoader(source, { batchSize: 3, prefetch });
      const expected = [[0, 1, 2], [3, 4, 5], [6]];
      assertEquals(await batchesOf(loader), expected);
      assertEquals(await batchesOf(loader), expected);
      assertEquals(source.seen.closed, 2);
      const even = new StreamLoader(numbers(6), { batchSize: 3, prefetch });
      assertEquals(await batchesOf(even), [[0, 1, 2], [3, 4, 5]]);
      const whole = { batchSize: 3, prefetch, dropLast: true };
      assertEquals(await batchesOf(new StreamLoader(numbers(7), whole)), [
        [0, 1, 2],
        [3, 4, 5],
      ]);
      assertEquals(await batchesOf(new StreamLoader([], { prefetch })), []);
    });
  }

  it("reads no further than it is asked to, and closes the stream", async () => {
    const source = numbers(100);
    const before = memory();
    for await (
      const _ of new StreamLoader(source, { batchSize: 4, prefetch: 1 })
    ) {
      break;
    }
    assertEquals(source.seen, { read: 8, closed: 1 });
    assertEquals(memory().bytes, before.bytes);
  });

  it("shuffles within a buffer, by the seed and the epoch", async () => {
    const options = { batchSize: 50, shuffleBuffer: 10, seed: 4 };
    const epochs = async (seed: number) => {
      const loader = new StreamLoader(numbers(50), { ...options, seed });
      return [(await batchesOf(loader))[0]!, (await batchesOf(loader))[0]!];
    };
    const [first, second] = await epochs(4);
    assertEquals(await epochs(4), [first, second]);
    assert(`${first}` !== `${second}`);
    assert(`${first}` !== `${(await epochs(5))[0]}`);
    assertEquals([...first!].sort((a, b) => a - b), [...Array(50).keys()]);
    // What comes out at a place went in not more than the buffer later.
    first!.forEach((value, place) => assert(value < place + 10));
  });

  it("releases tensors of samples with their batch", async () => {
    const source = {
      *[Symbol.iterator]() {
        for (let i = 0; i < 5; i++) yield tensor([i]);
      },
    };
    assertEquals(await batchesOf(new StreamLoader(source, { batchSize: 2 })), [
      [[0], [1]],
      [[2], [3]],
      [[4]],
    ] as unknown as number[][]);
    const loader = new StreamLoader(source, { shuffleBuffer: 2, seed: 0 });
    await assertRejects(
      () => batchesOf(loader),
      TypeError,
      "Cannot shuffle a stream of tensors",
    );
  });

  it("ends with the error of the stream", async () => {
    const source = {
      async *[Symbol.asyncIterator]() {
        yield 1;
        await Promise.resolve();
        throw new Error("the line broke");
      },
    };
    for (const prefetch of [0, 3]) {
      const before = memory();
      await assertRejects(
        () => batchesOf(new StreamLoader(source, { prefetch })),
        Error,
        "the line broke",
      );
      assertEquals(memory().bytes, before.bytes);
    }
  });

  it("refuses what cannot be iterated", () => {
    assertThrows(
      () => new StreamLoader(3 as never),
      TypeError,
      "samples that can be iterated: got 3",
    );
    assertThrows(
      () => new StreamLoader([], { batchSize: 0 }),
      RangeError,
      "must be a positive integer",
    );
  });
});

const TEXT = [
  '# made by hand, "so',
  'name,"note"',
  'a,"line one',
  'line ""two"", 2"',
  "",
  'b,5" pipe',
  "# between",
  "c,ü🙂",
  "d,last",
].join("\r\n");

describe("streamCsv", () => {
  it("gives the rows and lines of the whole file, however it is cut", async () => {
    for (const text of [TEXT, TEXT.replaceAll("\r\n", "\n"), `${TEXT}\r\n`]) {
      const whole = parseCsv(text, { comment: "#" });
      const bytes = new TextEncoder().encode(text);
      for (let chunkBytes = 1; chunkBytes < bytes.length + 2; chunkBytes++) {
        const rows: string[][] = [[], []];
        for await (
          const table of streamCsv(bytes, { chunkBytes, comment: "#" })
        ) {
          assertEquals(table.columns, ["name", "note"]);
          rows[0]!.push(...table.strings("name"));
          rows[1]!.push(...table.strings("note"));
        }
        assertEquals(rows, [whole.strings("name"), whole.strings("note")]);
      }
    }
  });

  it("names the line of the file", async () => {
    const bytes = new TextEncoder().encode("x,y\n1,2\n3,4\n5,six\n");
    await assertRejects(
      async () => {
        for await (const table of streamCsv(bytes, { chunkBytes: 4 })) {
          table.numbers("y");
        }
      },
      DataFormatError,
      '"six" in line 4',
    );
    await assertRejects(
      async () => {
        const more = new TextEncoder().encode("x,y\n1,2\n3,4\n5\n6,7\n");
        for await (const _ of streamCsv(more, { chunkBytes: 4 })) { /* all */ }
      },
      DataFormatError,
      "line 4 has the wrong number of fields",
    );
  });

  it("takes names of columns in place of a header", async () => {
    const bytes = new TextEncoder().encode("1;2\n3;4\n");
    const options = { header: false, columns: ["a", "b"], delimiter: ";" };
    const sums = [];
    for await (const table of streamCsv(bytes, { ...options, chunkBytes: 3 })) {
      sums.push(...table.numbers("a"));
    }
    assertEquals(sums, [1, 3]);
  });

  it("refuses what is not text, and unknown options", async () => {
    const all = async (bytes: Uint8Array, options = {}) => {
      for await (const _ of streamCsv(bytes, options)) { /* all */ }
    };
    await assertRejects(
      () => all(Uint8Array.of(65, 10, 0)),
      DataFormatError,
      "byte 2 is zero",
    );
    await assertRejects(
      () => all(Uint8Array.of(65, 10, 0xff, 10)),
      DataFormatError,
      "not text in UTF-8",
    );
    await assertRejects(() => all(new Uint8Array(0)), DataFormatError);
    await assertRejects(
      () => all(Uint8Array.of(65), { delimiters: ";" }),
      TypeError,
      "delimiters",
    );
  });
});
