/**
 * Times the files that cost a naive reader most, and the memory that they take,
 * each in a process of its own:
 *
 *     deno run -A tools/costly_files.ts
 *
 * @module
 */
import {
  DataFormatError,
  parseCsv,
  parseNpy,
  parseSafetensors,
  readIdx,
} from "@tenfold/data";

const encoder = new TextEncoder();

function safetensors(header: string, data = 0): Uint8Array {
  const json = encoder.encode(header);
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function npy(shape: string): Uint8Array {
  const header = encoder.encode(
    `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`,
  );
  const bytes = new Uint8Array(12 + header.length);
  bytes.set([0x93, 78, 85, 77, 80, 89, 2, 0]);
  new DataView(bytes.buffer).setUint32(8, header.length, true);
  bytes.set(header, 12);
  return bytes;
}

async function members(count: number): Promise<Uint8Array> {
  const gzip = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(
      await new Response(
        new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")),
      ).arrayBuffer(),
    );
  const head = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 0]);
  const part = crypto.getRandomValues(new Uint8Array(60_000));
  new DataView(head.buffer).setUint32(4, part.length * count);
  const parts = [await gzip(head)];
  const one = await gzip(part);
  for (let i = 0; i < count; i++) parts.push(one);
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

const names = (count: number) =>
  Array.from({ length: count }, (_, i) => `g${i}`);

/** Files, and how they are read. */
const FILES: {
  readonly [name: string]: {
    make(): Uint8Array | Promise<Uint8Array>;
    read(bytes: Uint8Array): unknown;
  };
} = {
  "CSV, 100,000 columns": {
    make: () =>
      encoder.encode(`${names(100_000)}\n${names(100_000).map(() => 1)}\n`),
    read: (bytes) => parseCsv(new TextDecoder().decode(bytes)).toTensor(),
  },
  "CSV, 20 MB of one-letter rows": {
    make: () => encoder.encode("1\n".repeat(10_000_000)),
    read: (bytes) => parseCsv(new TextDecoder().decode(bytes)).numbers("1"),
  },
  "CSV, 20 MB of empty fields": {
    make: () => encoder.encode(`${",".repeat(999)}\n`.repeat(20_000)),
    read: (bytes) =>
      parseCsv(new TextDecoder().decode(bytes), { header: false }),
  },
  "CSV, 20 MB behind an open quote": {
    make: () => encoder.encode(`x\n"${"a,\n".repeat(6_666_666)}`),
    read: (bytes) => parseCsv(new TextDecoder().decode(bytes)),
  },
  "safetensors, 20 MB of nested objects": {
    make: () => safetensors('{"a":'.repeat(4_000_000)),
    read: parseSafetensors,
  },
  "safetensors, 20 MB of nested arrays": {
    make: () => safetensors(`{"a":{"b":${"[".repeat(20_000_000)}`),
    read: parseSafetensors,
  },
  "safetensors, 20 MB of empty arrays": {
    make: () => safetensors(`{"a":{"b":[${"[],".repeat(6_600_000)}[]]}}`),
    read: parseSafetensors,
  },
  "safetensors, a million extents": {
    make: () =>
      safetensors(
        `{"a":{"dtype":"U8","shape":[${
          "1,".repeat(1_000_000)
        }1],"data_offsets":[0,1]}}`,
        1,
      ),
    read: parseSafetensors,
  },
  "safetensors, 250,000 tensors in a header of 16 MB": {
    make: () =>
      safetensors(
        `{${
          names(250_000).map((name) =>
            `"${name}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`
          )
        }}`,
      ),
    read: parseSafetensors,
  },
  "npy, half a million extents": {
    make: () => npy("1,".repeat(500_000)),
    read: parseNpy,
  },
  "gzip, 340 members of 60 kB": {
    make: () => members(340),
    read: (bytes) => readIdx(bytes),
  },
};

const [wanted] = Deno.args;
if (wanted === undefined) {
  for (const name of Object.keys(FILES)) {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", import.meta.filename!, name],
    }).output();
    console.log(
      new TextDecoder().decode(stdout.length ? stdout : stderr).trim(),
    );
  }
} else {
  const { registerBackend } = await import("@tenfold/core");
  const { cpuTypedArray } = await import("@tenfold/backends/cpu-typedarray");
  registerBackend("cpu-typedarray", () => cpuTypedArray(), { preferred: true });
  const { make, read } = FILES[wanted]!;
  const bytes = await make();
  // Let what making the file took be collected.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = Deno.memoryUsage().rss;
  const began = performance.now();
  let outcome = "read";
  try {
    await read(bytes);
  } catch (error) {
    if (!(error instanceof DataFormatError)) throw error;
    outcome = error.message;
  }
  const seconds = (performance.now() - began) / 1000;
  const megabytes = (value: number) => `${(value / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `${wanted}: ${megabytes(bytes.length)}, ${seconds.toFixed(2)} s, grew by ${
      megabytes(Math.max(0, Deno.memoryUsage().rss - before))
    }, ${outcome.slice(0, 90)}`,
  );
}
