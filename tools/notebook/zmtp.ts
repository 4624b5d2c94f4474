/**
 * As much of ZMTP 3.0 (ZeroMQ's protocol) as a client of a Jupyter kernel
 * needs: one connection, messages of several frames, no encryption.
 *
 * @module
 */

/** What a socket is to the kernel. */
export type SocketType = "DEALER" | "SUB";

const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** A connection to one socket of a kernel. */
export class Socket {
  readonly #connection: Deno.TcpConn;
  #rest = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects, and subscribes to everything if it is a `SUB`. */
  static async open(port: number, type: SocketType): Promise<Socket> {
    const socket = new Socket(await Deno.connect({ port }));
    const greeting = new Uint8Array(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
    greeting.set(new TextEncoder().encode("NULL"), 12);
    await socket.#write(greeting);
    await socket.#read(64);
    const ready = [
      [5],
      "READY",
      ...property("Socket-Type", type),
      ...property("Identity", ""),
    ];
    await socket.#write(frame(COMMAND, join(ready)));
    await socket.#frame();
    if (type === "SUB") await socket.send([new Uint8Array([1])]);
    return socket;
  }

  /** Sends the frames of a message. */
  async send(frames: readonly Uint8Array[]): Promise<void> {
    const last = frames.length - 1;
    await this.#write(
      join(frames.map((body, i) => [...frame(i < last ? MORE : 0, body)])),
    );
  }

  /** The frames of the next message. */
  async receive(): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    while (true) {
      const { flags, body } = await this.#frame();
      if (flags & COMMAND) continue;
      frames.push(body);
      if (!(flags & MORE)) return frames;
    }
  }

  /** Ends the connection. */
  close(): void {
    this.#connection.close();
  }

  async #frame(): Promise<{ flags: number; body: Uint8Array }> {
    const flags = (await this.#read(1))[0]!;
    const long = (flags & LONG) !== 0;
    const head = await this.#read(long ? 8 : 1);
    const size = long
      ? Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0))
      : head[0]!;
    return { flags, body: await this.#read(size) };
  }

  async #read(size: number): Promise<Uint8Array> {
    const chunks = [this.#rest];
    let length = this.#rest.length;
    while (length < size) {
      const chunk = new Uint8Array(65_536);
      const got = await this.#connection.read(chunk);
      if (got === null) throw new Error("The kernel has closed the connection");
      chunks.push(chunk.subarray(0, got));
      length += got;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#rest = all.subarray(size);
    return all.slice(0, size);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#connection.write(bytes.subarray(at));
    }
  }
}

function frame(flags: number, body: Uint8Array): Uint8Array {
  if (body.length < 256) return join([[flags, body.length], [...body]]);
  const head = new Uint8Array(9);
  head[0] = flags | LONG;
  new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
  return join([[...head], [...body]]);
}

function property(name: string, value: string): (string | number[])[] {
  return [[name.length], name, [0, 0, 0, value.length], value];
}

function join(parts: readonly (string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...new TextEncoder().encode(part)] : part
    ),
  );
}
