/**
 * The bytes of a safetensors file from its parts.
 *
 * @module
 */
import { MAX_DIMS } from "./_dims.ts";
import {
  isKnownDType,
  MAX_HEADER_BYTES,
  SAFETENSORS_BITS,
} from "./_safetensors_header.ts";

/** The header is padded so that the data begins at a multiple of this. */
const ALIGNMENT = 8;

const ORDER = Object.keys(SAFETENSORS_BITS);

interface Part {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

function checkPart(name: string, { dtype, shape, data }: Part): void {
  const why = name === "__metadata__"
    ? "the name is taken by the format"
    : shape.length > MAX_DIMS
    ? `it has more than ${MAX_DIMS} dims: got ${shape.length}`
    : !isKnownDType(dtype)
    ? `the dtype is unknown: got ${dtype}`
    : shape.reduce((a, b) => a * b, SAFETENSORS_BITS[dtype]) !== data.length * 8
    ? `its bytes do not fit its shape: got ${data.length} bytes for ${dtype} of shape [${
      shape.join(", ")
    }]`
    : null;
  if (why !== null) {
    throw new RangeError(`Cannot write ${JSON.stringify(name)} as ${why}`);
  }
}

/** The whole file: widest elements first, then by name. */
export function layOutSafetensors(
  tensors: ReadonlyMap<string, Part>,
  metadata: { readonly [key: string]: string },
): Uint8Array {
  const parts = [...tensors].sort(([a, x], [b, y]) =>
    ORDER.indexOf(y.dtype) - ORDER.indexOf(x.dtype) ||
    (a < b ? -1 : a > b ? 1 : 0)
  );
  const fields: [string, unknown][] = Object.keys(metadata).length > 0
    ? [["__metadata__", metadata]]
    : [];
  let end = 0;
  for (const [name, part] of parts) {
    checkPart(name, part);
    const begin = end;
    end += part.data.length;
    const { dtype, shape } = part;
    fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(fields)),
  );
  const start = 8 + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (start - 8 > MAX_HEADER_BYTES) {
    throw new RangeError(
      `Cannot write safetensors data as the header is longer than ${MAX_HEADER_BYTES} bytes: got ${
        start - 8
      }`,
    );
  }
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let at = start;
  for (const [, { data }] of parts) {
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}
