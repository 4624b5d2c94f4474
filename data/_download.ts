/**
 * Files from a list of mirrors, checked before they are kept.
 *
 * @module
 */
import { FileError, messageOf } from "./errors.ts";

/**
 * Progress of a download.
 *
 * @example Percentages
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * function show({ file, received, total }: data.DownloadProgress): void {
 *   if (total) console.log(`${file}: ${Math.round(100 * received / total)} %`);
 * }
 * ```
 */
export interface DownloadProgress {
  /** The name of the file. */
  readonly file: string;
  /** Bytes received so far. */
  readonly received: number;
  /** Total number of bytes, if the server reports it. */
  readonly total: number | undefined;
}

/** What {@linkcode downloadFile} needs to know. */
export interface DownloadRequest {
  /** The name of the file. */
  readonly file: string;
  /** Addresses of the file, best first. */
  readonly urls: readonly string[];
  /** Bytes beyond which a server is not believed any more. */
  readonly maxBytes: number;
  /** Milliseconds without a byte after which a mirror is given up. */
  readonly timeout: number;
  /** Throws if the bytes are not the file. */
  readonly check: (bytes: Uint8Array) => Promise<void>;
  /** Hears of each piece that arrives. */
  readonly onProgress: (progress: DownloadProgress) => void;
}

/**
 * The file from the first mirror that gives it whole and sound.
 *
 * @throws {FileError} If no mirror does; the message says why, one by one.
 */
export async function downloadFile(
  request: DownloadRequest,
): Promise<Uint8Array> {
  const failures: unknown[] = [];
  const reasons: string[] = [];
  for (const url of request.urls) {
    try {
      const bytes = await receive(url, request);
      await request.check(bytes);
      return bytes;
    } catch (error) {
      failures.push(error);
      reasons.push(`${url}: ${explain(error)}`);
    }
  }
  throw new FileError(
    `Cannot download ${request.file} as ${
      reasons.length === 0
        ? "the list of mirrors is empty"
        : `no mirror gave it: ${reasons.join("; ")}`
    }`,
    { cause: new AggregateError(failures) },
  );
}

function explain(error: unknown): string {
  const refused = error instanceof Error &&
    (error.name === "NotCapable" || error.name === "PermissionDenied");
  return refused
    ? "the runtime was not given the permission, run again with --allow-net"
    : messageOf(error);
}

async function receive(
  url: string,
  { file, maxBytes, timeout, onProgress }: DownloadRequest,
): Promise<Uint8Array> {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => abort.abort(new Error(`no answer for ${timeout / 1000} s`)),
      timeout,
    );
  };
  try {
    wait();
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the server answers ${response.status}`);
    }
    const announced = Number(response.headers.get("content-length"));
    const encoded = response.headers.has("content-encoding");
    const total = announced > 0 && !encoded ? announced : undefined;
    const chunks: Uint8Array[] = [];
    let received = 0;
    for await (const chunk of response.body) {
      wait();
      received += chunk.length;
      if (received > maxBytes) {
        throw new Error(`it is larger than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
      onProgress({ file, received, total });
    }
    if (total !== undefined && received !== total) {
      throw new Error(`it was cut short: got ${received} of ${total} bytes`);
    }
    const bytes = new Uint8Array(received);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  } finally {
    clearTimeout(timer);
  }
}
