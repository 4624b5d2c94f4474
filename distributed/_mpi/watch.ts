/**
 * Finds out that another rank has failed, and tells the others when this one
 * does, so that nobody waits for ever. What MPI promises of failed ranks is
 * nothing; launchers end a job when a process dies, and not when a script does.
 *
 * @module
 */
import type { HostArray } from "../_communicator.ts";
import { RankError } from "../errors.ts";
import { type Mpi, Request } from "./call.ts";

/** The bytes of a message about a rank. */
const MESSAGE = 1024;
/** The bytes of a name of a host. */
const HOST = 256;
/** Milliseconds between two looks whether processes are there. */
const PERIOD = 50;
/** Milliseconds that the others have to read why, before the job is ended. */
const GRACE = 300;

/** What a message says of its rank. */
type Notice = {
  readonly rank: number;
  readonly kind: "failed" | "left";
  readonly why: string;
};

/** What it takes to watch. */
export interface WatchOptions {
  readonly mpi: Mpi;
  /** A communicator for notices alone. */
  readonly comm: number;
  readonly rank: number;
  readonly size: number;
  readonly gather: (data: HostArray, into: HostArray) => void;
  /** Leaves when the program ends. */
  readonly leave: () => void;
}

/** A process of the same machine. */
interface Peer {
  readonly rank: number;
  readonly pid: number;
}

interface Process {
  on(event: string, listener: (argument: never) => void): void;
  off(event: string, listener: (argument: never) => void): void;
  exit(code: number): never;
}

const processNow = (): Process | undefined =>
  (globalThis as unknown as { process?: Process }).process;

/** Watches the other ranks. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #inbox = new Uint8Array(MESSAGE);
  readonly #peers: readonly Peer[];
  #receiving: Request;
  #looked = 0;
  #known: RankError | null = null;
  #told = false;
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#peers = this.#findPeers();
    this.#receiving = this.#receive();
    processNow()?.on("exit", this.#exit);
    processNow()?.on("SIGTERM", this.#terminated);
    globalThis.addEventListener?.("unhandledrejection", this.#rejected);
    globalThis.addEventListener?.("error", this.#thrown);
  }

  /** The other ranks of this machine whose processes can be seen. */
  #findPeers(): Peer[] {
    const { mpi, rank, size, gather } = this.#options;
    const { libc, foreign } = mpi.library;
    const own = new Uint8Array(HOST + 4);
    const length = new Int32Array(1);
    const at = mpi.addressOf(own);
    mpi.call("MPI_Get_processor_name", at, mpi.addressOf(length));
    const host = foreign.textAt(at);
    own.fill(0);
    new TextEncoder().encodeInto(host, own.subarray(0, HOST));
    const view = new DataView(own.buffer);
    view.setInt32(HOST, Number(libc.getpid()), true);
    const all = new Uint8Array(size * own.length);
    gather(own, all);
    const peers: Peer[] = [];
    for (let other = 0; other < size; other++) {
      const theirs = all.subarray(other * own.length);
      const here = own.subarray(0, HOST).every((byte, i) => byte === theirs[i]);
      const pid = new DataView(all.buffer).getInt32(
        other * own.length + HOST,
        true,
      );
      if (other === rank || !here || Number(libc.kill(pid, 0)) !== 0) continue;
      peers.push({ rank: other, pid });
    }
    return peers;
  }

  #receive(): Request {
    const { mpi, comm } = this.#options;
    const { byte, anySource } = mpi.library.handles;
    const request = new Request(mpi, "receive", [this.#inbox]);
    mpi.call(
      "MPI_Irecv",
      mpi.addressOf(this.#inbox),
      MESSAGE,
      byte,
      anySource,
      0,
      comm,
      request.address,
    );
    return request;
  }

  /**
   * Looks for notices, and now and then for processes.
   *
   * @throws {RankError} If a rank has failed or left.
   */
  look(operation: string): void {
    if (this.#closed) return;
    if (this.#receiving.done()) {
      const end = this.#inbox.indexOf(0);
      const text = new TextDecoder().decode(this.#inbox.subarray(0, end));
      this.#receiving = this.#receive();
      this.#note(JSON.parse(text) as Notice, operation);
    }
    const now = performance.now();
    if (now - this.#looked > PERIOD) {
      this.#looked = now;
      const gone = this.#gone();
      if (gone !== null) {
        this.#known ??= new RankError(
          `Cannot ${operation} as rank ${gone.rank} of ${this.#options.size} has died: its process ${gone.pid} is gone`,
          gone.rank,
        );
      }
    }
    if (this.#known !== null) throw this.#known;
  }

  #note({ rank, kind, why }: Notice, operation: string): void {
    const { size } = this.#options;
    this.#known ??= new RankError(
      `Cannot ${operation} as rank ${rank} of ${size} ${
        kind === "failed" ? `has failed: ${why}` : `has ended: ${why}`
      }`,
      rank,
    );
  }

  /** A rank of this machine whose process has gone. */
  #gone(): Peer | null {
    const { libc } = this.#options.mpi.library;
    return this.#peers.find(({ pid }) => Number(libc.kill(pid, 0)) !== 0) ??
      null;
  }

  /** Tells the others that this rank cannot go on, and ends the job. */
  fail(cause: unknown): void {
    if (this.#told || this.#closed) return;
    this.#told = true;
    const { mpi, rank, size } = this.#options;
    // The job is over before the runtime could print it.
    console.error(`Rank ${rank} of ${size} has failed: ${describe(cause)}`);
    console.error(cause);
    // What another rank is the cause of, all have heard from there.
    if (!(cause instanceof RankError)) {
      this.#tell("failed", describe(cause));
    }
    this.#pause(GRACE);
    mpi.library.mpi.MPI_Abort(mpi.library.handles.world, 1);
  }

  #tell(kind: Notice["kind"], why: string): void {
    const { mpi, comm, rank, size } = this.#options;
    const short = why.length > MESSAGE / 4 ? `${why.slice(0, 250)}…` : why;
    const text = JSON.stringify({ rank, kind, why: short });
    const bytes = new Uint8Array(MESSAGE);
    new TextEncoder().encodeInto(text, bytes.subarray(0, MESSAGE - 1));
    for (let other = 0; other < size; other++) {
      if (other === rank) continue;
      const request = new Request(mpi, "send", [bytes]);
      mpi.library.mpi.MPI_Isend(
        mpi.addressOf(bytes),
        MESSAGE,
        mpi.library.handles.byte,
        other,
        0,
        comm,
        request.address,
      );
      this.#outbox.push(request);
    }
  }

  /** Messages on their way. */
  readonly #outbox: Request[] = [];

  /** Lets messages travel for some milliseconds. */
  #pause(milliseconds: number): void {
    const { libc } = this.#options.mpi.library;
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      for (const request of this.#outbox) request.done();
      libc.usleep(1000);
    }
  }

  readonly #rejected = (event: Event): void =>
    this.fail((event as unknown as { reason: unknown }).reason);

  readonly #thrown = (event: Event): void =>
    this.fail((event as unknown as { error: unknown }).error);

  /** The program ends without `finalize`. */
  readonly #exit = (code: number): void => {
    if (this.#closed) return;
    if (code !== 0) {
      this.fail(new Error(`its program has ended with exit code ${code}`));
      return;
    }
    this.#tell("left", "its program is over");
    this.#options.leave();
  };

  /** The launcher ends the job. */
  readonly #terminated = (): void => {
    const { rank, size } = this.#options;
    const gone = this.#known === null ? this.#gone() : null;
    const why = this.#known?.message ??
      (gone === null
        ? "the launcher ends the job: what it prints tells why"
        : `rank ${gone.rank} has died: its process ${gone.pid} is gone`);
    console.error(`Rank ${rank} of ${size} ends as ${why}`);
    this.#told = true;
    processNow()?.exit(143);
  };

  /** Watches no longer. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { mpi } = this.#options;
    mpi.call("MPI_Cancel", this.#receiving.address);
    mpi.call("MPI_Request_free", this.#receiving.address);
    processNow()?.off("exit", this.#exit);
    processNow()?.off("SIGTERM", this.#terminated);
    globalThis.removeEventListener?.("unhandledrejection", this.#rejected);
    globalThis.removeEventListener?.("error", this.#thrown);
  }
}

/** What an error says, in one line. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return `${cause.name}: ${cause.message}`;
}
