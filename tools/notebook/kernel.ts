/**
 * Deno's kernel for notebooks, started and spoken to by Jupyter's protocol.
 *
 * @module
 */
import { createHmac, randomUUID } from "node:crypto";
import { Socket } from "./zmtp.ts";

/** An output of a cell, as notebook files hold it. */
export type Output = Readonly<Record<string, unknown>> & {
  readonly output_type: string;
};

interface Message {
  readonly type: string;
  readonly parent: string | undefined;
  readonly content: Record<string, unknown>;
}

const DELIMITER = "<IDS|MSG>";
/** How often a kernel is started until one listens. */
const TRIES = 3;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A running kernel. */
export class Kernel implements AsyncDisposable {
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #child: Deno.ChildProcess;
  readonly #shell: Socket;
  readonly #news: Socket;
  readonly #folder: string;

  private constructor(
    child: Deno.ChildProcess,
    sockets: readonly [shell: Socket, news: Socket],
    key: string,
    folder: string,
  ) {
    this.#child = child;
    [this.#shell, this.#news] = sockets;
    this.#key = key;
    this.#folder = folder;
  }

  /**
   * Starts a kernel in a folder. Its ports are free when they are chosen; where
   * another program takes one before the kernel does, others are tried.
   */
  static async start(cwd: string): Promise<Kernel> {
    for (let tries = 1;; tries++) {
      try {
        return await Kernel.#startOnce(cwd);
      } catch (error) {
        if (tries === TRIES) throw error;
      }
    }
  }

  static async #startOnce(cwd: string): Promise<Kernel> {
    const folder = await Deno.makeTempDir();
    const key = randomUUID();
    const names = ["shell", "iopub", "stdin", "control", "hb"];
    const ports = freePorts(names.length);
    await Deno.writeTextFile(
      `${folder}/connection.json`,
      JSON.stringify({
        ip: "127.0.0.1",
        transport: "tcp",
        signature_scheme: "hmac-sha256",
        key,
        ...Object.fromEntries(names.map((name, i) => [
          `${name}_port`,
          ports[i],
        ])),
      }),
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--kernel", "--conn", `${folder}/connection.json`],
      cwd,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let ended = false;
    child.status.then(() => ended = true);
    const sockets: Socket[] = [];
    try {
      for (const [i, type] of (["DEALER", "SUB"] as const).entries()) {
        sockets.push(
          await patiently(() => Socket.open(ports[i]!, type), () => ended),
        );
      }
    } catch (error) {
      for (const socket of sockets) socket.close();
      if (!ended) child.kill();
      await child.status;
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
    const [shell, news] = sockets as [Socket, Socket];
    const kernel = new Kernel(child, [shell, news], key, folder);
    // The first news may come before the subscription is known.
    await kernel.#request("kernel_info_request", {});
    while ((await kernel.#receive(shell)).type !== "kernel_info_reply");
    return kernel;
  }

  /** Runs a cell, and gives its outputs in order. */
  async run(code: string): Promise<Output[]> {
    const id = await this.#execute(code, true);
    const outputs: Output[] = [];
    const displays = new Map<string, number>();
    const take = async (until: string) => {
      while (true) {
        const { type, parent, content } = await this.#receive(this.#news);
        if (parent === id) this.#take(type, content, outputs, displays);
        if (
          parent === until && type === "status" &&
          content.execution_state === "idle"
        ) break;
      }
      while ((await this.#receive(this.#shell)).parent !== until);
    };
    await take(id);
    // A result may come after the word that the cell is done: the kernel sends
    // it before it runs what follows.
    await take(await this.#execute("void 0", false));
    return outputs;
  }

  #execute(code: string, counts: boolean): Promise<string> {
    return this.#request("execute_request", {
      code,
      silent: !counts,
      store_history: counts,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
  }

  #take(
    type: string,
    content: Record<string, unknown>,
    outputs: Output[],
    displays: Map<string, number>,
  ): void {
    const { transient, ...rest } = content as {
      transient?: { display_id?: string };
    };
    const shown = transient?.display_id;
    const last = outputs.at(-1);
    if (type === "update_display_data" && shown !== undefined) {
      const at = displays.get(shown);
      if (at === undefined) return;
      outputs[at] = { output_type: "display_data", ...rest };
    } else if (
      type === "stream" && last?.output_type === "stream" &&
      last.name === content.name
    ) {
      outputs[outputs.length - 1] = {
        ...last,
        text: `${last.text}${content.text}`,
      };
    } else if (
      ["stream", "display_data", "execute_result", "error"].includes(type)
    ) {
      if (shown !== undefined) displays.set(shown, outputs.length);
      outputs.push({ output_type: type, ...rest });
    }
  }

  async #request(type: string, content: object): Promise<string> {
    const id = randomUUID();
    const header = {
      msg_id: id,
      session: this.#session,
      username: "tenfold",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const hash = createHmac("sha256", this.#key);
    for (const part of parts) hash.update(part);
    await this.#shell.send(
      [DELIMITER, hash.digest("hex"), ...parts].map((text) =>
        encoder.encode(text)
      ),
    );
    return id;
  }

  async #receive(socket: Socket): Promise<Message> {
    const texts = (await socket.receive()).map((part) => decoder.decode(part));
    const [, header, parent, , content] = texts.slice(texts.indexOf(DELIMITER))
      .slice(1);
    return {
      type: JSON.parse(header!).msg_type,
      parent: JSON.parse(parent!).msg_id,
      content: JSON.parse(content!),
    };
  }

  /** Ends the kernel. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell.close();
    this.#news.close();
    this.#child.kill();
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Ports that are free, all at once, so that none is chosen twice. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Tries until the kernel listens, or has ended. */
async function patiently<T>(
  open: () => Promise<T>,
  ended: () => boolean,
): Promise<T> {
  const until = performance.now() + 30_000;
  while (true) {
    try {
      return await open();
    } catch (error) {
      if (ended() || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
