/**
 * Compressed buffers of Arrow files: the packages that decompress them are
 * loaded when a file needs one.
 *
 * @module
 */
import { loadOptional } from "../_optional.ts";

/** Decompresses the bytes of a buffer. */
type Decompress = (bytes: Uint8Array) => Uint8Array;

/** What registers codecs, and their numbers: flechette. */
interface Codecs {
  readonly CompressionType: { readonly LZ4_FRAME: 0; readonly ZSTD: 1 };
  setCompressionCodec(
    type: 0 | 1,
    codec: { decode: Decompress; encode: Decompress },
  ): void;
}

/** A codec that a file needs and that is not loaded yet. */
class CodecNeeded extends Error {
  constructor(readonly load: () => Promise<void>) {
    super("A codec must be loaded");
  }
}

/**
 * What `read` returns, which decodes a file: where it needs a codec, the codec
 * is loaded and `read` is called again.
 *
 * @throws {Error} What `refuse` makes of an error of `read`, or if a package
 * cannot be loaded.
 */
export async function withCodecs<T>(
  flechette: Codecs,
  read: () => T,
  refuse: (cause: unknown) => Error,
): Promise<T> {
  const { CompressionType } = flechette;
  offer(flechette, CompressionType.LZ4_FRAME, "lz4js", async () => {
    const { default: lz4 } = await import("lz4js");
    return (bytes) => lz4.decompress(bytes);
  });
  offer(flechette, CompressionType.ZSTD, "fzstd", async () => {
    const { decompress } = await import("fzstd");
    return (bytes) => decompress(bytes);
  });
  while (true) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CodecNeeded)) throw refuse(error);
      await error.load();
    }
  }
}

/** Codecs that are loaded, by their packages. */
const loaded = new Map<string, Decompress>();

/** Registers a codec that asks to be loaded where it is used before it is. */
function offer(
  flechette: Codecs,
  type: 0 | 1,
  name: string,
  load: () => Promise<Decompress>,
): void {
  const decode = (bytes: Uint8Array) => {
    const decompress = loaded.get(name);
    if (decompress === undefined) {
      throw new CodecNeeded(async () => {
        loaded.set(
          name,
          await loadOptional(name, "read a compressed Arrow file", load),
        );
      });
    }
    const out = decompress(bytes);
    // Numbers of 8 bytes must begin at multiples of 8.
    return out.byteOffset % 8 === 0 ? out : out.slice();
  };
  flechette.setCompressionCodec(type, {
    decode,
    encode() {
      throw new Error("Arrow files are only read");
    },
  });
}
